"""Pages about drafts beside the room: a league's drafts, proof and replay of one, one's own season list."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from drafts import lifecycle, order, queues
from drafts.forms import (
    SeasonListForm,
)
from drafts.queries import (
    board_at,
    draft_board,
    find_draft,
    season_drafts,
    wanted_items,
)
from drafts.replay import replay as state_after
from drafts.ticker import lines
from drafts.views.room import scheduled, team_of
from fantasy_f1.core import clock
from fantasy_f1.core.converters import id_of
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.http import PageRequest, UserRequest, render_page
from fantasy_f1.core.spoilers import seen_by
from leagues.models import Constructor, League
from races.models import Driver
from races.queries import drivers_of

COMMAND = (
    "python3 -c \"from hashlib import sha256; seed, ids = '{seed}', {ids}; print(sha256(seed.encode()).hexdigest(), "
    "sorted(ids, key=lambda pk: sha256(f'{{seed}}:{{pk}}'.encode()).hexdigest()))\""
)
"""Prints the commitment to a seed and the random order that it makes of the ids."""


@require_safe
def season(request: PageRequest, league_pk: int) -> HttpResponse:
    league = get_object_or_404(League.objects.visible_to(request.user), pk=league_pk)
    mine = league.constructors.filter(user=request.user).first() if request.user.is_authenticated else None
    drafts, now = season_drafts(league, of=mine), clock.now()
    ahead = [item for item in drafts if item.race.starts_at > now and not item.is_off]
    context = {"league": league, "drafts": drafts, "next": ahead[0] if ahead else None}
    return render(request, "drafts/list.html", context)


@require_safe
def proof(request: PageRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """How the order of the draft comes about, also before it is scheduled, and those of the races to come."""
    draft = find_draft(request.user, league_pk, race_pk)
    board = draft_board(draft, until=seen_by(request))
    drawn = draft.events().filter(name="DraftOpened").order_by("version").first() if draft.seed_shown else None
    ids = sorted(drawn.data["order"]) if drawn else []
    ahead = lifecycle.orders_ahead(draft.league, now=clock.now())
    context = {
        "draft": draft,
        "board": board,
        "ids": ids,
        "drawn": [board.constructors[pk] for pk in order.random_order(draft.seed_shown, ids)],
        "command": COMMAND.format(seed=draft.seed_shown, ids=ids),
        "teams": board.playing,
        "mine": team_of(request, board),
        "ahead": [(step, [board.constructors[pk] for pk in step.order]) for step in ahead],
        "places": range(1, max([1, *(len(step.order) for step in ahead)]) + 1),
        "is_to_be_drawn": not draft.pk and any(step.race == draft.race and not step.order for step in ahead),
    }
    return render(request, "drafts/proof.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def season_list(request: UserRequest, league_pk: int) -> HttpResponse:
    """Whom one's own team wants in every draft of the league, and whom never; nobody else has this page."""
    league = get_object_or_404(League.objects.visible_to(request.user), pk=league_pk)
    teams = league.constructors.playing().select_related("league__season")
    constructor = get_object_or_404(teams, user=request.user)
    done, error = "", None
    if request.method == "POST":
        try:
            _put_season_list(request, constructor)
        except DomainError as refusal:
            error = refusal
        else:
            done = "Your season list is saved."
            if not request.htmx:
                messages.success(request, done)
                return redirect("drafts:season_list", league.pk)
    wanted, never = queues.season_list_of(constructor=constructor, actor=request.user)
    drivers = {driver.pk: driver for driver in drivers_of(constructor.league.season).order_by("-price", "family_name")}
    drivers |= Driver.objects.in_bulk([pk for pk in [*wanted, *never] if pk not in drivers])
    context = {
        "league": league,
        "lists": [
            (which, title, note, wanted_items([drivers[pk] for pk in ids]), ",".join(map(str, ids)))
            for which, ids, title, note in (
                (SeasonListForm.WANTED, wanted, "Wanted", "After your queue, it takes the first of these who is free."),
                (SeasonListForm.NEVER, never, "Never", "Left to the others, unless nobody else is free."),
            )
        ],
        "addable": [driver for pk, driver in drivers.items() if pk not in [*wanted, *never]],
        "done": done,
        "error": error,
    }
    status = error.status if error else 200
    return render_page(request, "drafts/season_list.html", "lists", context, status=status)


def _put_season_list(request: UserRequest, constructor: Constructor) -> None:
    """Replace the one list that the form holds; the other stays."""
    form = SeasonListForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose one of the drivers on the list.")
    wanted, never = queues.season_list_of(constructor=constructor, actor=request.user)
    if form.cleaned_data["list"] == SeasonListForm.NEVER:
        never = form.driver_ids()
    else:
        wanted = form.driver_ids()
    queues.set_season_list(
        constructor=constructor, driver_ids=wanted, never_ids=never, actor=request.user, now=clock.now()
    )


@require_safe
def replay(request: PageRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """The board as it stood after the event ``at`` of the draft's log, from the first one on."""
    draft = scheduled(request, league_pk, race_pk)
    board = draft_board(draft, until=seen_by(request))
    told = lines(board)[::-1]
    at = id_of(request.GET.get("at", "")) or 0
    place = max(sum(line.version <= at for line in told) - 1, 0)
    events = draft.events().filter(version__lte=told[place].version) if told else draft.events()
    then = board_at(board, state_after(events.order_by("version"), method=draft.method))
    context = {
        "draft": draft,
        "board": then,
        "mine": team_of(request, board),
        "on_the_clock": then.on_the_clock,
        "told": told,
        "line": told[place] if told else None,
        "place": place + 1,
        "steps": {
            "first": told[0] if place else None,
            "before": told[place - 1] if place else None,
            "after": told[place + 1] if place + 1 < len(told) else None,
            "last": told[-1] if place + 1 < len(told) else None,
        },
    }
    return render_page(request, "drafts/replay.html", "replay", context)
