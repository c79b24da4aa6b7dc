"""The draft room as a page, and its parts for HTMX."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from drafts import queues
from drafts.errors import DraftNotOpen, DriverTaken, NotOnTheClock
from drafts.feed import KINDS
from drafts.forms import (
    AutopickForForm,
    AutopickForm,
    ClockForm,
    DriverFilter,
    OrderForm,
    ReasonForm,
    UndoForm,
    VoidForm,
)
from drafts.models import Autopilot, Draft
from drafts.queries import (
    DraftBoard,
    DriverRow,
    countdown,
    draft_board,
    find_draft,
    milliseconds,
    queue_items,
    turning_point,
)
from drafts.ticker import Line, lines
from fantasy_f1.core import clock
from fantasy_f1.core.converters import id_of
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import PageRequest, render_page
from fantasy_f1.core.spoilers import seen_by
from leagues.models import Constructor
from leagues.permissions import may_manage

KEPT = ("q", "team", "sort", "free", "for")
"""What the room's address keeps of a request: how the drivers are listed, and for whom a manager picks."""

NEWS = 3
"""How many events a page that catches up tells at most, the latest."""


@require_safe
def room(request: PageRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """``seen`` is the version that a waiting page shows: it gets nothing (204) as long as that is the latest."""
    seen = request.GET.get("seen")
    if seen and str(find_draft(request.user, league_pk, race_pk).version) == seen:
        return HttpResponse(status=204)
    return show_room(request, league_pk, race_pk)


def scheduled(request: PageRequest, league_pk: int, race_pk: int) -> Draft:
    drafts = Draft.objects.visible_to(request.user).select_related("league", "race", "last_modified_by")
    return get_object_or_404(drafts, league=league_pk, race=race_pk)


def team_of(request: PageRequest, board: DraftBoard) -> Constructor | None:
    """The viewer's team, if they play in the league."""
    return next((team for team in board.playing if team.user_id == request.user.pk), None)


def act(request: PageRequest, draft: Draft, action: Callable[[], str], *, keeps_focus: bool = False) -> HttpResponse:
    """Do it and show the room as it is then, with the action's word on what is done.

    That word takes the focus, unless the action ``keeps_focus`` because people do it again and again. A refusal is
    shown there too, with its own status.
    """
    try:
        done = action()
    except DomainError as error:
        return show_room(request, draft.league_id, draft.race_id, error=error, status=error.status)
    if request.htmx:
        return show_room(request, draft.league_id, draft.race_id, done=done, keeps_focus=keeps_focus)
    messages.success(request, done)
    query = kept(request.POST).urlencode()
    return redirect(f"{reverse('drafts:room', args=[draft.league_id, draft.race_id])}{'?' if query else ''}{query}")


def show_room(
    request: PageRequest,
    league_pk: int,
    race_pk: int,
    *,
    done: str = "",
    keeps_focus: bool = False,
    error: DomainError | None = None,
    order_form: OrderForm | None = None,
    void_form: VoidForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole room, or for HTMX all that changes in it; the address of the room, not of the action, rules.

    ``?driver=`` asks to confirm a pick, ``?from=`` comes back from there without one.
    """
    draft, now = find_draft(request.user, league_pk, race_pk), clock.now()
    board = draft_board(draft, until=seen_by(request))
    given = request.POST if request.method == "POST" else request.GET
    driver_filter = DriverFilter(given, rows=board.drivers)
    mine, manages = team_of(request, board), may_manage(request.user, draft.league)
    on_the_clock = board.on_the_clock if draft.status == Draft.Status.OPEN and now < draft.locks_at else None
    picks_for = on_the_clock
    if on_the_clock and on_the_clock != mine and not (manages and given.get("for") == str(on_the_clock.pk)):
        picks_for = None
    chosen, left = (_row(board, request.GET.get(name, "")) for name in ("driver", "from"))
    if chosen and (refusal := _refusal(chosen, picks_for, on_the_clock)):
        chosen, error = None, refusal
    is_unlocked = bool(draft.pk) and draft.status in Draft.UNLOCKED and now < draft.locks_at
    can_set_order = manages and is_unlocked and draft.status in Draft.ORDERABLE and not board.has_picks
    controls = manages and is_unlocked and draft.status in Draft.RUNNING
    queue_ids = queues.queue_of(draft=draft, constructor=mine, actor=mine.user) if mine and is_unlocked else None
    my_turns, ticker = board.turns_of(mine), lines(board)
    autopick = board.autopick_of(mine) if mine else Autopilot.OFF
    my_next = next((cell.pick_number for cell in board.upcoming if cell.constructor == mine), None)
    others_turn = on_the_clock if manages and on_the_clock != mine else None
    last = board.last_pick if controls else None
    context: dict[str, Any] = {
        "draft": draft,
        "league": draft.league,
        "race": draft.race,
        "board": board,
        "mine": mine,
        "my_turns": my_turns,
        "my_points": sum((cell.points for cell in my_turns if cell.points is not None), Decimal(0)),
        "picks_until": board.picks_until(mine),
        "autopick": autopick,
        "autopick_form": AutopickForm(initial={"mode": autopick, "pick_number": my_next}, auto_id="autopick-%s")
        if mine
        else None,
        "autopick_for_form": AutopickForForm(initial={"pick_number": draft.current_pick}, auto_id="autopick-for-%s")
        if others_turn
        else None,
        "may_manage": manages,
        "reads_chat": bool(mine) or manages,
        "on_the_clock": on_the_clock,
        "picks_for": picks_for,
        "chosen": chosen,
        "left": left,
        "driver_filter": driver_filter,
        "rows": driver_filter.rows(),
        "room_query": kept(given).urlencode(),
        "kept": list(kept(given).items()),
        "ticker": ticker,
        "news": _news(ticker, request.GET.get("seen", "")),
        "is_news": "seen" in request.GET,
        "order_form": order_form or (OrderForm(board=board) if can_set_order else None),
        "turning_point": turning_point(draft),
        "controls": controls,
        "pause_form": ReasonForm(auto_id="pause-%s") if controls else None,
        "undo_form": UndoForm(auto_id="undo-%s", initial={"to_pick_number": last.pick_number}) if last else None,
        "clock_form": ClockForm(auto_id="clock-%s", initial=ClockForm.values_of(draft)) if controls else None,
        "void_form": void_form or (VoidForm() if manages and is_unlocked else None),
        "queue": None if queue_ids is None else queue_items(board, queue_ids),
        "queued": queue_ids or [],
        "queue_ids": ",".join(map(str, queue_ids or [])),
        "queueable": [
            row.driver for row in board.drivers if not row.taken_by and row.driver.pk not in (queue_ids or [])
        ],
        "done": done,
        "keeps_focus": keeps_focus,
        "error": error,
        "is_unlocked": is_unlocked,
        "kinds": " ".join(KINDS.values()),
        "countdown": countdown(draft, now) if on_the_clock else None,
        "now": now,
        "now_ms": milliseconds(now),
    }
    return render_page(request, "drafts/room.html", "room", context, status=status)


def _news(ticker: list[Line], seen: str) -> list[Line]:
    """What is new since the version ``seen``, oldest first, and not more than can be listened to; else the latest."""
    version = id_of(seen)
    new = [line for line in ticker if version and line.version > version]
    return (new or ticker[:1])[:NEWS][::-1]


def _row(board: DraftBoard, text: str) -> DriverRow | None:
    pk = id_of(text)
    return board.driver(pk) if pk else None


def _refusal(row: DriverRow, picks_for: Constructor | None, on_the_clock: Constructor | None) -> DomainError | None:
    """Why the driver, chosen on a page that may be old, cannot be drafted now."""
    if row.taken_by and row.pick:
        return DriverTaken(f"{row.driver} was drafted by {row.taken_by} with pick {row.pick.pick_number}.")
    if picks_for:
        return None
    if on_the_clock:
        return NotOnTheClock(f"You cannot pick now: {on_the_clock} is on the clock.")
    return DraftNotOpen("This draft is not open for picks.")


def kept(given: QueryDict) -> QueryDict:
    """What the address keeps of a request (``KEPT``)."""
    kept = QueryDict(mutable=True)
    for name in KEPT:
        if given.get(name):
            kept[name] = str(given[name])
    return kept
