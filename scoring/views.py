"""Leaderboards, a constructor's season, and the rules as they are played."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fantasy_f1.core.converters import id_of
from fantasy_f1.core.http import PageRequest, render_page
from fantasy_f1.core.spoilers import seen_by
from leagues.models import Constructor, League
from leagues.permissions import is_member
from races.models import Race
from scoring.leaderboards import overall_board
from scoring.queries import constructor_season, race_breakdown, season_grid
from scoring.rules import CLASSIC


@require_safe
def leaderboard(request: PageRequest, pk: int) -> HttpResponse:
    """The season's table, or with ``?race=`` the table of one race with every point's reason."""
    league = get_object_or_404(League.objects.visible_to(request.user).select_related("season"), pk=pk)
    until = seen_by(request)
    grid = season_grid(league, until=until)
    context = {"league": league, "grid": grid, "scored": grid.races[::-1], "is_member": is_member(request.user, league)}
    wanted = request.GET.get("race", "")
    if wanted:
        chosen = Race.objects.filter(season=league.season_id)
        race = get_object_or_404(chosen, pk=id_of(wanted))
        context["race"] = race
        context["board"], context["teams"] = race_breakdown(league, race, until=until)
    else:
        context["board"] = overall_board(league, until=until)
    return render_page(request, "scoring/leaderboard.html", "board", context)


@require_safe
def constructor(request: PageRequest, pk: int) -> HttpResponse:
    """A constructor's season: its picks and what they earned."""
    constructors = Constructor.objects.visible_to(request.user).select_related("user", "league__season")
    team = get_object_or_404(constructors, pk=pk)
    until = seen_by(request)
    board = overall_board(team.league, until=until)
    context = {
        "team": team,
        "league": team.league,
        "races": constructor_season(team, until=until),
        "row": next((row for row in board.rows if row.constructor_id == team.pk), None),
    }
    return render(request, "scoring/constructor.html", context)


@require_safe
def rules(request: PageRequest) -> HttpResponse:
    return render(
        request, "scoring/rules.html", {"rules": CLASSIC, "places": list(enumerate(CLASSIC.grand_prix, start=1))}
    )
