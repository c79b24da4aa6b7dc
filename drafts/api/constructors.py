"""A constructor's part of a draft over the API: turns, picks, queue and autopick."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from drafts import lifecycle, order, picks, queues
from drafts.api.drafts import PickOut, points_context, visible_draft
from drafts.errors import (
    ConstructorNotInDraft,
    DraftNotOpen,
    DriverNotEntered,
    DriverTaken,
    NotOnTheClock,
    PicksComplete,
    QueueFirst,
    RaceLocked,
    TooEarlyToPickFor,
    WrongQueue,
    WrongSeasonList,
)
from drafts.models import ROUNDS, Autopilot, Draft
from fantasy_f1.core import clock
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.idempotency import MalformedKey, idempotent
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import IdField, ReferenceField, StrictSerializer, valid
from fantasy_f1.core.spoilers import SPOILERS, asked_until, seen_by
from leagues.models import Constructor
from races.models import Driver

REFUSALS = (
    DraftNotOpen,
    RaceLocked,
    ConstructorNotInDraft,
    NotOnTheClock,
    DriverNotEntered,
    DriverTaken,
    PicksComplete,
    TooEarlyToPickFor,
    QueueFirst,
)
"""Of a pick, in the order in which they are checked."""

MODES = [(Autopilot.OFF, "Off"), *Autopilot.Mode.choices]

# What goes in -----------------------------------------------------------------------------------


class PickIn(StrictSerializer):
    example = {"driver_id": 12, "reason": ""}

    driver_id = ReferenceField(queryset=Driver.objects.all())
    reason = serializers.CharField(
        max_length=200,
        allow_blank=True,
        default="",
        help_text="Why a manager picks for somebody else's team; everybody in the league reads it",
    )


class AutopickIn(StrictSerializer):
    example = {"mode": "draft"}

    mode = serializers.ChoiceField(MODES)
    pick_number = serializers.IntegerField(
        required=False,
        help_text="Which one the next pick is: once that is made nothing happens, however often it is asked for",
    )


class QueueIn(StrictSerializer):
    example = {"driver_ids": [12, 4]}

    driver_ids = serializers.ListField(
        child=IdField(),
        max_length=queues.MAX_QUEUE,
        help_text="Drivers entered for the race, each once; the most wanted first",
    )


class SeasonListIn(StrictSerializer):
    example = {"driver_ids": [12, 4], "never": [9]}

    driver_ids = serializers.ListField(
        child=IdField(), max_length=queues.MAX_QUEUE, help_text="Drivers of the season; the most wanted first"
    )
    never = serializers.ListField(
        child=IdField(),
        max_length=queues.MAX_QUEUE,
        help_text="Drivers whom the autopick leaves alone unless nobody else is left; in one of the lists, once",
    )


# What comes out ---------------------------------------------------------------------------------


class ConstructorDraftOut(serializers.Serializer[Any]):
    """A constructor's part of a draft; `turns` are pick numbers."""

    example = {"turns": [2, 3]}

    constructor = serializers.IntegerField()
    draft = serializers.IntegerField()
    league = serializers.IntegerField()
    race = serializers.IntegerField()
    status = serializers.ChoiceField(Draft.Status.choices)
    turns = serializers.ListField(child=serializers.IntegerField())
    is_on_the_clock = serializers.BooleanField()
    autopick = serializers.ChoiceField(MODES)
    picks = PickOut(many=True)


class AutopickOut(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(MODES, help_text="Off again where it was for the next pick and that was to make")


class QueueOut(serializers.Serializer[Any]):
    driver_ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="The most wanted first; who went stays in it"
    )


class SeasonListOut(serializers.Serializer[Any]):
    driver_ids = serializers.ListField(child=serializers.IntegerField(), help_text="The most wanted first")
    never = serializers.ListField(child=serializers.IntegerField())


# Operations -------------------------------------------------------------------------------------


@extend_schema(
    operation_id="constructors_draft",
    tags=["drafts"],
    parameters=[SPOILERS],
    responses={200: ConstructorDraftOut, **problems(400, 404)},
)
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def constructor_view(request: Request, pk: int, race_pk: int) -> Response:
    """A constructor's part of a draft: its turns and picks, and whether it is to pick now."""
    constructor = _constructor(request, pk)
    draft = visible_draft(request, constructor.league_id, race_pk)
    turns = enumerate(order.turns(lifecycle.order_now(draft), draft.method, ROUNDS), start=1)
    part = {
        "constructor": constructor.pk,
        "draft": draft.pk,
        "league": draft.league_id,
        "race": draft.race_id,
        "status": draft.status,
        "turns": [number for number, turn_of in turns if turn_of == constructor.pk],
        "is_on_the_clock": picks.on_the_clock(draft) == constructor.pk,
        "autopick": picks.autopick_mode(draft, constructor),
        "picks": draft.picks.filter(constructor=constructor),
    }
    return Response(ConstructorDraftOut(part, context=points_context(draft, asked_until(request))).data)


@extend_schema(
    operation_id="constructors_pick",
    tags=["drafts"],
    request=PickIn,
    responses={201: PickOut, **problems(400, MalformedKey, NotAllowed, 404, *REFUSALS, 422)},
)
@api_view(["POST"])
@idempotent
def pick_view(request: Request, pk: int, race_pk: int) -> Response:
    """Draft a driver, as the constructor's owner or as a manager of its league.

    A manager waits until half of the turn's time has gone, and leaves a queue to the autopick.
    Safe to repeat: a pick that stands is answered in the same way (201) and recorded once.
    """
    constructor = _constructor(request, pk)
    draft = visible_draft(request, constructor.league_id, race_pk)
    given = valid(PickIn(data=request.data))
    pick = picks.make_pick(
        draft_id=draft.pk,
        constructor=constructor,
        driver=given["driver_id"],
        reason=given["reason"],
        actor=account_of(request),
        now=clock.now(),
    )
    context = points_context(draft, seen_by(request))
    return created(PickOut(pick, context=context).data, at="api-constructor-draft", args=[pk, race_pk])


@extend_schema(
    methods=["GET"],
    operation_id="constructors_queue",
    tags=["drafts"],
    summary="Whom the constructor's autopick takes first, for its owner alone",
    responses={200: QueueOut, **problems(NotAllowed, 404)},
)
@extend_schema(
    methods=["PUT"],
    operation_id="constructors_set_queue",
    tags=["drafts"],
    summary="Replace the constructor's queue, as its owner, until the lock",
    request=QueueIn,
    responses={200: QueueOut, **problems(400, WrongQueue, NotAllowed, 404, RaceLocked, DraftNotOpen)},
)
@api_view(["GET", "HEAD", "PUT"])
def queue_view(request: Request, pk: int, race_pk: int) -> Response:
    """Whom the constructor's autopick takes first. Its owner alone reads and writes it, managers do not."""
    constructor = _constructor(request, pk)
    draft = visible_draft(request, constructor.league_id, race_pk)
    actor = account_of(request)
    if request.method == "PUT":
        ids = valid(QueueIn(data=request.data))["driver_ids"]
        queues.set_queue(draft_id=draft.pk, constructor=constructor, driver_ids=ids, actor=actor, now=clock.now())
    return Response(QueueOut({"driver_ids": queues.queue_of(draft=draft, constructor=constructor, actor=actor)}).data)


@extend_schema(
    operation_id="constructors_set_autopick",
    tags=["drafts"],
    request=AutopickIn,
    responses={200: AutopickOut, **problems(400, NotAllowed, 404, DraftNotOpen, RaceLocked)},
)
@api_view(["PUT"])
def autopick_view(request: Request, pk: int, race_pk: int) -> Response:
    """Let the autopick take the constructor's next pick (`pick`), this draft (`draft`) or all of them (`always`).

    `off` lets it take none. Its owner alone may say so, and the last word counts. Where the constructor is on the
    clock, the pick is made at once.
    """
    constructor = _constructor(request, pk)
    draft = visible_draft(request, constructor.league_id, race_pk)
    given = valid(AutopickIn(data=request.data))
    picks.set_autopilot(draft_id=draft.pk, constructor=constructor, actor=account_of(request), now=clock.now(), **given)
    return Response(AutopickOut({"mode": picks.autopick_mode(draft, constructor)}).data)


@extend_schema(
    methods=["GET"],
    operation_id="constructors_season_list",
    tags=["drafts"],
    summary="Whom the constructor wants in every draft, and whom never, for its owner alone",
    responses={200: SeasonListOut, **problems(NotAllowed, 404)},
)
@extend_schema(
    methods=["PUT"],
    operation_id="constructors_set_season_list",
    tags=["drafts"],
    summary="Replace the constructor's season list, as its owner",
    request=SeasonListIn,
    responses={200: SeasonListOut, **problems(400, WrongSeasonList, NotAllowed, 404)},
)
@api_view(["GET", "HEAD", "PUT"])
def season_list_view(request: Request, pk: int) -> Response:
    """Whom the constructor's autopick takes after the queue, and whom never. Its owner alone reads and writes it."""
    constructor, actor = _constructor(request, pk), account_of(request)
    if request.method == "PUT":
        given = valid(SeasonListIn(data=request.data))
        queues.set_season_list(
            constructor=constructor,
            driver_ids=given["driver_ids"],
            never_ids=given["never"],
            actor=actor,
            now=clock.now(),
        )
    wanted, never = queues.season_list_of(constructor=constructor, actor=actor)
    return Response(SeasonListOut({"driver_ids": wanted, "never": never}).data)


def _constructor(request: Request, pk: int) -> Constructor:
    return get_object_or_404(Constructor.objects.visible_to(request.user), pk=pk)


urlpatterns: list[URLPattern] = [
    path("constructors/<id:pk>/drafts/<id:race_pk>", constructor_view, name="api-constructor-draft"),
    path("constructors/<id:pk>/drafts/<id:race_pk>/picks", pick_view),
    path("constructors/<id:pk>/drafts/<id:race_pk>/queue", queue_view),
    path("constructors/<id:pk>/drafts/<id:race_pk>/autopick", autopick_view),
    path("constructors/<id:pk>/season-list", season_list_view),
]
