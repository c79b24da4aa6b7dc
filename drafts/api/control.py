"""What managers do to a draft while it runs, over the API."""

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from drafts import control
from drafts.api.drafts import DraftOut, DraftReasonIn, draft_response, visible_draft
from drafts.errors import (
    DraftNotOpen,
    DraftNotPaused,
    DraftNotRunning,
    NothingToUndo,
    NotOnTheClock,
    RaceLocked,
    TooEarlyToPickFor,
)
from fantasy_f1.core import clock
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.http import account_of
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid
from fantasy_f1.core.spoilers import seen_by
from leagues.api.leagues import PickSecondsField

# What goes in -----------------------------------------------------------------------------------


class ClockIn(DraftReasonIn):
    example = {"pick_seconds": 90}

    pick_seconds = PickSecondsField(
        allow_null=True, help_text="15 to 300, or 1 to 24 hours; null: from now on no clock runs"
    )


class UndoIn(DraftReasonIn):
    to_pick_number = serializers.IntegerField(
        required=False, help_text="Undo this pick and all after it; without it the last pick alone"
    )


class AutopickForIn(StrictSerializer):
    example = {"pick_number": 3, "reason": "No word from them since Monday"}

    pick_number = serializers.IntegerField(help_text="Of the turn on the clock; one that is taken is left as it is")
    reason = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Everybody in the league reads it"
    )


class VoidIn(StrictSerializer):
    example = {"reason": "Half of us are travelling."}

    reason = serializers.CharField(max_length=200, help_text="Everybody in the league reads it")


# Operations -------------------------------------------------------------------------------------


@extend_schema(
    operation_id="drafts_pause",
    tags=["drafts"],
    request=DraftReasonIn,
    responses={200: DraftOut, **problems(400, NotAllowed, 404, DraftNotRunning, RaceLocked)},
)
@api_view(["POST"])
def pause_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Stop a draft that is open or complete, as a manager: nobody picks until it is resumed. Safe to repeat.

    What is left of the turn on the clock is kept.
    """
    draft = visible_draft(request, league_pk, race_pk)
    given = valid(DraftReasonIn(data=request.data))
    draft = control.pause_draft(draft_id=draft.pk, actor=account_of(request), now=clock.now(), **given)
    return draft_response(draft, seen_by(request))


@extend_schema(
    operation_id="drafts_resume",
    tags=["drafts"],
    request=DraftReasonIn,
    responses={200: DraftOut, **problems(400, NotAllowed, 404, DraftNotRunning, RaceLocked)},
)
@api_view(["POST"])
def resume_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Let a paused draft go on, as a manager: open, or complete if nothing is left to pick. Safe to repeat.

    Teams on autopick whose turn it is pick at once.
    """
    draft = visible_draft(request, league_pk, race_pk)
    given = valid(DraftReasonIn(data=request.data))
    draft = control.resume_draft(draft_id=draft.pk, actor=account_of(request), now=clock.now(), **given)
    return draft_response(draft, seen_by(request))


@extend_schema(
    operation_id="drafts_set_clock",
    tags=["drafts"],
    request=ClockIn,
    responses={200: DraftOut, **problems(400, NotAllowed, 404, DraftNotRunning, RaceLocked)},
)
@api_view(["PUT"])
def clock_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Change the time for a pick of a draft that runs, as a manager. The turn on the clock begins anew.

    It holds for this draft; the next one has the league's.
    """
    draft = visible_draft(request, league_pk, race_pk)
    given = valid(ClockIn(data=request.data))
    draft = control.set_clock(draft_id=draft.pk, actor=account_of(request), now=clock.now(), **given)
    return draft_response(draft, seen_by(request))


@extend_schema(
    operation_id="drafts_undo",
    tags=["drafts"],
    request=UndoIn,
    responses={200: DraftOut, **problems(400, NotAllowed, 404, DraftNotPaused, RaceLocked, NothingToUndo)},
)
@api_view(["POST"])
def undo_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Undo the last pick of a paused draft, or a pick and all after it, as a manager.

    With `to_pick_number` it is safe to repeat. What was undone stays in the events.
    """
    draft = visible_draft(request, league_pk, race_pk)
    given = valid(UndoIn(data=request.data))
    draft = control.undo_pick(draft_id=draft.pk, actor=account_of(request), now=clock.now(), **given)
    return draft_response(draft, seen_by(request))


@extend_schema(
    operation_id="drafts_let_autopick",
    tags=["drafts"],
    request=AutopickForIn,
    responses={
        200: DraftOut,
        **problems(400, NotAllowed, 404, DraftNotOpen, RaceLocked, NotOnTheClock, TooEarlyToPickFor),
    },
)
@api_view(["POST"])
def autopick_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Let the autopick take the turn on the clock, as a manager, once half of its time has gone. Safe to repeat.

    It takes from the team's queue and season list, which nobody but the team's owner knows.
    """
    draft = visible_draft(request, league_pk, race_pk)
    given = valid(AutopickForIn(data=request.data))
    draft = control.autopick_for(draft_id=draft.pk, actor=account_of(request), now=clock.now(), **given)
    return draft_response(draft, seen_by(request))


@extend_schema(
    operation_id="drafts_void",
    tags=["drafts"],
    request=VoidIn,
    responses={200: DraftOut, **problems(400, NotAllowed, 404, RaceLocked)},
)
@api_view(["POST"])
def void_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Call a draft off before it locks, for good, as a manager: it scores nothing and the order does not rotate.

    Safe to repeat; the first reason stands.
    """
    draft = visible_draft(request, league_pk, race_pk)
    given = valid(VoidIn(data=request.data))
    draft = control.void_draft(draft_id=draft.pk, actor=account_of(request), now=clock.now(), **given)
    return draft_response(draft, seen_by(request))


urlpatterns: list[URLPattern] = [
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/pause", pause_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/resume", resume_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/clock", clock_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/undo", undo_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/autopick", autopick_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/void", void_view),
]
