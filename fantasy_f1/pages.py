"""Pages that show several apps at once: the start page and a league's home."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from drafts.models import Draft
from drafts.picks import on_the_clock
from drafts.queries import find_draft
from fantasy_f1.core import clock
from fantasy_f1.core.http import PageRequest
from fantasy_f1.core.spoilers import results_until, seen_by
from leagues.models import Constructor, League
from leagues.permissions import is_member, may_manage
from races.models import Race
from races.queries import next_race
from scoring.leaderboards import Row, overall_board
from scoring.queries import race_breakdown


@dataclass(frozen=True)
class LeagueCard:
    """One of a user's leagues: their team and place in it, and its draft for the next race."""

    league: League
    constructor: Constructor | None
    draft: Draft | None
    standing: Row | None
    is_my_turn: bool


@require_safe
def home(request: PageRequest) -> HttpResponse:
    """What is to be done next, for who is signed in; else what this is."""
    race = next_race(now=clock.now())
    cards = _cards(request.user, race) if request.user.is_authenticated else []
    return render(request, "home.html", {"next_race": race, "my_leagues": cards})


@require_safe
def league(request: PageRequest, pk: int) -> HttpResponse:
    leagues = League.objects.visible_to(request.user).select_related("season").with_member_count()
    found = get_object_or_404(leagues, pk=pk)
    now, until = clock.now(), seen_by(request)
    race = next_race(now=now, season=found.season)
    draft = find_draft(request.user, found.pk, race.pk) if race else None
    teams = {team.pk: team for team in found.constructors.playing().select_related("user")}
    mine = next((team for team in teams.values() if team.user_id == request.user.pk), None)
    last = Race.objects.filter(season=found.season_id, drafts__league=found, status=Race.Status.FINISHED).last()
    context = {
        "league": found,
        "teams": list(teams.values()),
        "managers": found.managers.all(),
        "mine": mine,
        "is_member": is_member(request.user, found),
        "may_manage": may_manage(request.user, found),
        "now": now,
        "race": race,
        "draft": draft,
        "on_the_clock": teams.get(on_the_clock(draft) or 0) if draft else None,
        "board": overall_board(found, until=until),
        "last": last,
        "last_teams": race_breakdown(found, last, until=until)[1] if last else [],
        "invite_address": settings.BASE_URL + reverse("leagues:invite", args=[found.code]),
    }
    return render(request, "league.html", context)


def _cards(user: User, race: Race | None) -> list[LeagueCard]:
    leagues = League.objects.of(user).select_related("season")
    teams = {team.league_id: team for team in Constructor.objects.playing().filter(user=user)}
    mine = Draft.objects.filter(race=race, league__in=leagues).select_related("race")
    drafts = {draft.league_id: draft for draft in mine}
    cards = []
    for each in leagues:
        team, draft = teams.get(each.pk), drafts.get(each.pk)
        rows = overall_board(each, until=results_until(user)).rows
        cards.append(
            LeagueCard(
                league=each,
                constructor=team,
                draft=draft,
                standing=next((row for row in rows if team and row.constructor_id == team.pk), None),
                is_my_turn=bool(team and draft and on_the_clock(draft) == team.pk),
            )
        )
    return cards
