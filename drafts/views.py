"""The draft room, a league's drafts, and the proof of an order."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from drafts import control, lifecycle, order, picks, queues
from drafts.errors import DraftNotOpen, DriverTaken, NotOnTheClock
from drafts.feed import KINDS
from drafts.forms import (
    AutopickForForm,
    AutopickForm,
    ClockForm,
    DriverFilter,
    OrderForm,
    PickForm,
    QueueForm,
    ReasonForm,
    SeasonListForm,
    UndoForm,
    VoidForm,
)
from drafts.models import Autopilot, Draft
from drafts.queries import (
    DraftBoard,
    DriverRow,
    board_at,
    countdown,
    draft_board,
    find_draft,
    milliseconds,
    queue_items,
    season_drafts,
    turning_point,
    wanted_items,
)
from drafts.replay import replay as state_after
from drafts.ticker import Line, lines
from fantasy_f1.core import clock
from fantasy_f1.core.converters import id_of
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.http import PageRequest, UserRequest, post_only, render_page
from leagues.models import Constructor, League
from leagues.permissions import may_manage
from races.models import Driver
from races.queries import drivers_of

KEPT = ("q", "team", "sort", "free", "for")
"""What the room's address keeps of a request: how the drivers are listed, and for whom a manager picks."""

NEWS = 3
"""How many events a page that catches up tells at most, the latest."""

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
def room(request: PageRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """``seen`` is the version that a waiting page shows: it gets nothing (204) as long as that is the latest."""
    seen = request.GET.get("seen")
    if seen and str(find_draft(request.user, league_pk, race_pk).version) == seen:
        return HttpResponse(status=204)
    return _room(request, league_pk, race_pk)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def pick(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = _scheduled(request, league_pk, race_pk)

    def make() -> str:
        form = PickForm(request.POST, draft=draft)
        if not form.is_valid():
            raise Invalid("Choose one of the drivers on the list.")
        team = form.cleaned_data["constructor"]
        is_mine = team.user_id == request.user.pk
        if not is_mine and not form.cleaned_data["reason"] and may_manage(request.user, draft.league):
            raise Invalid(f"Say why you pick for {team}.", field="reason")
        made = picks.make_pick(draft_id=draft.pk, actor=request.user, now=clock.now(), **form.cleaned_data)
        whose = "" if is_mine else f" for {made.constructor}"
        return f"You drafted {made.driver}{whose}."

    return _act(request, draft, make)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def autopilot(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = _scheduled(request, league_pk, race_pk)
    constructor = get_object_or_404(Constructor.objects.playing(), league=draft.league_id, user=request.user)

    def switch() -> str:
        form = AutopickForm(request.POST)
        if not form.is_valid():
            raise Invalid("Choose one of the ways of autopick.")
        given = {"draft_id": draft.pk, "constructor": constructor, **form.cleaned_data}
        picks.set_autopilot(**given, actor=request.user, now=clock.now())
        return "Autopick is off." if given["mode"] == Autopilot.OFF else "Autopick is on."

    return _act(request, draft, switch)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def autopick_for(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """Let the autopick take the turn that was on the clock when the page was made."""
    draft = _scheduled(request, league_pk, race_pk)

    def let() -> str:
        form = AutopickForForm(request.POST)
        if not form.is_valid():
            raise Invalid("Say why the autopick is to pick.", field="reason")
        control.autopick_for(draft_id=draft.pk, actor=request.user, now=clock.now(), **form.cleaned_data)
        return f"The autopick made pick {form.cleaned_data['pick_number']}."

    return _act(request, draft, let)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def initialize(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = find_draft(request.user, league_pk, race_pk)

    def start() -> str:
        lifecycle.initialize_draft(league_id=league_pk, race_id=race_pk, actor=request.user, now=clock.now())
        return "The draft is open."

    return _act(request, draft, start)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def set_order(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = _scheduled(request, league_pk, race_pk)
    form = OrderForm(request.POST, board=draft_board(draft))
    if not form.is_valid():
        error = Invalid(str(form.non_field_errors()[0])) if form.non_field_errors() else None
        return _room(request, league_pk, race_pk, order_form=form, error=error, status=422)
    ids = form.order()

    def put() -> str:
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, actor=request.user, now=clock.now())
        return "The order is set."

    return _act(request, draft, put)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def queue(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = _scheduled(request, league_pk, race_pk)
    constructor = get_object_or_404(Constructor.objects.playing(), league=draft.league_id, user=request.user)

    def put() -> str:
        form = QueueForm(request.POST)
        if not form.is_valid():
            raise Invalid("Choose one of the drivers on the list.")
        queues.set_queue(
            draft_id=draft.pk,
            constructor=constructor,
            driver_ids=form.driver_ids(),
            actor=request.user,
            now=clock.now(),
        )
        return "Your queue is saved."

    return _act(request, draft, put, keeps_focus=True)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def pause(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = _scheduled(request, league_pk, race_pk)

    def stop() -> str:
        given = _read(ReasonForm(request.POST))
        control.pause_draft(draft_id=draft.pk, actor=request.user, now=clock.now(), **given)
        return "The draft is paused."

    return _act(request, draft, stop)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def resume(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = _scheduled(request, league_pk, race_pk)

    def go() -> str:
        control.resume_draft(draft_id=draft.pk, actor=request.user, now=clock.now())
        return "The pause is over."

    return _act(request, draft, go)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def set_clock(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = _scheduled(request, league_pk, race_pk)

    def change() -> str:
        given = _read(ClockForm(request.POST))
        changed = control.set_clock(draft_id=draft.pk, actor=request.user, now=clock.now(), **given)
        return f"The clock of this draft: {changed.pace}."

    return _act(request, draft, change)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def undo(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """Takes the number of the pick that was the last when the page was made, so that sending it twice is no harm."""
    draft = _scheduled(request, league_pk, race_pk)

    def take_back() -> str:
        given = _read(UndoForm(request.POST))
        control.undo_pick(draft_id=draft.pk, actor=request.user, now=clock.now(), **given)
        return f"Pick {given['to_pick_number']} is undone."

    return _act(request, draft, take_back)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def void(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = _scheduled(request, league_pk, race_pk)
    form = VoidForm(request.POST)
    if not form.is_valid():
        return _room(request, league_pk, race_pk, void_form=form, status=400)

    def call_off() -> str:
        reason = form.cleaned_data["reason"]
        control.void_draft(draft_id=draft.pk, reason=reason, actor=request.user, now=clock.now())
        return "The draft is void."

    return _act(request, draft, call_off)


@require_safe
def proof(request: PageRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """How the order of the draft comes about, also before it is scheduled, and those of the races to come."""
    draft = find_draft(request.user, league_pk, race_pk)
    board = draft_board(draft)
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
        "mine": _mine(request, board),
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
    draft = _scheduled(request, league_pk, race_pk)
    board = draft_board(draft)
    told = lines(board)[::-1]
    at = id_of(request.GET.get("at", "")) or 0
    place = max(sum(line.version <= at for line in told) - 1, 0)
    events = draft.events().filter(version__lte=told[place].version) if told else draft.events()
    then = board_at(board, state_after(events.order_by("version"), method=draft.method))
    context = {
        "draft": draft,
        "board": then,
        "mine": _mine(request, board),
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


def _scheduled(request: PageRequest, league_pk: int, race_pk: int) -> Draft:
    drafts = Draft.objects.visible_to(request.user).select_related("league", "race", "last_modified_by")
    return get_object_or_404(drafts, league=league_pk, race=race_pk)


def _read(form: Form) -> dict[str, Any]:
    """What the form was given. Raises ``Invalid`` with the first thing that is wrong with it."""
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]))
    return form.cleaned_data


def _mine(request: PageRequest, board: DraftBoard) -> Constructor | None:
    """The viewer's team, if they play in the league."""
    return next((team for team in board.playing if team.user_id == request.user.pk), None)


def _act(request: PageRequest, draft: Draft, action: Callable[[], str], *, keeps_focus: bool = False) -> HttpResponse:
    """Do it and show the room as it is then, with the action's word on what is done.

    That word takes the focus, unless the action ``keeps_focus`` because people do it again and again. A refusal is
    shown there too, with its own status.
    """
    try:
        done = action()
    except DomainError as error:
        return _room(request, draft.league_id, draft.race_id, error=error, status=error.status)
    if request.htmx:
        return _room(request, draft.league_id, draft.race_id, done=done, keeps_focus=keeps_focus)
    messages.success(request, done)
    query = kept(request.POST).urlencode()
    return redirect(f"{reverse('drafts:room', args=[draft.league_id, draft.race_id])}{'?' if query else ''}{query}")


def _room(
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
    board = draft_board(draft)
    given = request.POST if request.method == "POST" else request.GET
    driver_filter = DriverFilter(given, rows=board.drivers)
    mine, manages = _mine(request, board), may_manage(request.user, draft.league)
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
