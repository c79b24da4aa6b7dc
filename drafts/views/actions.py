"""What is done in the draft room: each action answers with the room as it is then."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from drafts import control, lifecycle, picks, queues
from drafts.forms import (
    AutopickForForm,
    AutopickForm,
    ClockForm,
    OrderForm,
    PickForm,
    QueueForm,
    ReasonForm,
    UndoForm,
    VoidForm,
)
from drafts.models import Autopilot
from drafts.queries import (
    draft_board,
    find_draft,
)
from drafts.views.room import act, scheduled, show_room
from fantasy_f1.core import clock
from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.http import UserRequest, post_only
from fantasy_f1.core.spoilers import seen_by
from leagues.models import Constructor
from leagues.permissions import may_manage


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def pick(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = scheduled(request, league_pk, race_pk)

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

    return act(request, draft, make)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def autopilot(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = scheduled(request, league_pk, race_pk)
    constructor = get_object_or_404(Constructor.objects.playing(), league=draft.league_id, user=request.user)

    def switch() -> str:
        form = AutopickForm(request.POST)
        if not form.is_valid():
            raise Invalid("Choose one of the ways of autopick.")
        given = {"draft_id": draft.pk, "constructor": constructor, **form.cleaned_data}
        picks.set_autopilot(**given, actor=request.user, now=clock.now())
        return "Autopick is off." if given["mode"] == Autopilot.OFF else "Autopick is on."

    return act(request, draft, switch)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def autopick_for(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """Let the autopick take the turn that was on the clock when the page was made."""
    draft = scheduled(request, league_pk, race_pk)

    def let() -> str:
        form = AutopickForForm(request.POST)
        if not form.is_valid():
            raise Invalid("Say why the autopick is to pick.", field="reason")
        control.autopick_for(draft_id=draft.pk, actor=request.user, now=clock.now(), **form.cleaned_data)
        return f"The autopick made pick {form.cleaned_data['pick_number']}."

    return act(request, draft, let)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def initialize(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = find_draft(request.user, league_pk, race_pk)

    def start() -> str:
        lifecycle.initialize_draft(league_id=league_pk, race_id=race_pk, actor=request.user, now=clock.now())
        return "The draft is open."

    return act(request, draft, start)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def set_order(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = scheduled(request, league_pk, race_pk)
    form = OrderForm(request.POST, board=draft_board(draft, until=seen_by(request)))
    if not form.is_valid():
        error = Invalid(str(form.non_field_errors()[0])) if form.non_field_errors() else None
        return show_room(request, league_pk, race_pk, order_form=form, error=error, status=422)
    ids = form.order()

    def put() -> str:
        lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, actor=request.user, now=clock.now())
        return "The order is set."

    return act(request, draft, put)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def queue(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = scheduled(request, league_pk, race_pk)
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

    return act(request, draft, put, keeps_focus=True)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def pause(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = scheduled(request, league_pk, race_pk)

    def stop() -> str:
        given = _read(ReasonForm(request.POST))
        control.pause_draft(draft_id=draft.pk, actor=request.user, now=clock.now(), **given)
        return "The draft is paused."

    return act(request, draft, stop)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def resume(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = scheduled(request, league_pk, race_pk)

    def go() -> str:
        control.resume_draft(draft_id=draft.pk, actor=request.user, now=clock.now())
        return "The pause is over."

    return act(request, draft, go)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def set_clock(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = scheduled(request, league_pk, race_pk)

    def change() -> str:
        given = _read(ClockForm(request.POST))
        changed = control.set_clock(draft_id=draft.pk, actor=request.user, now=clock.now(), **given)
        return f"The clock of this draft: {changed.pace}."

    return act(request, draft, change)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def undo(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    """Takes the number of the pick that was the last when the page was made, so that sending it twice is no harm."""
    draft = scheduled(request, league_pk, race_pk)

    def take_back() -> str:
        given = _read(UndoForm(request.POST))
        control.undo_pick(draft_id=draft.pk, actor=request.user, now=clock.now(), **given)
        return f"Pick {given['to_pick_number']} is undone."

    return act(request, draft, take_back)


@post_only("drafts:room", "league_pk", "race_pk")
@login_required
def void(request: UserRequest, league_pk: int, race_pk: int) -> HttpResponse:
    draft = scheduled(request, league_pk, race_pk)
    form = VoidForm(request.POST)
    if not form.is_valid():
        return show_room(request, league_pk, race_pk, void_form=form, status=400)

    def call_off() -> str:
        reason = form.cleaned_data["reason"]
        control.void_draft(draft_id=draft.pk, reason=reason, actor=request.user, now=clock.now())
        return "The draft is void."

    return act(request, draft, call_off)


def _read(form: Form) -> dict[str, Any]:
    """What the form was given. Raises ``Invalid`` with the first thing that is wrong with it."""
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]))
    return form.cleaned_data
