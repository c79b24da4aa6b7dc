"""Drafts over the API: the managers' part, a constructor's part, and picks."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes, renderer_classes
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from drafts import control, feed, lifecycle, order, picks, points, queues
from drafts.errors import (
    CannotDraft,
    ConstructorNotInDraft,
    DraftNotOpen,
    DriverNotEntered,
    DriverTaken,
    NotOnTheClock,
    OrderFixed,
    PicksComplete,
    RaceLocked,
)
from drafts.models import ROUNDS, Autopilot, Draft, Pick
from fantasy_f1.core import clock, numbers
from fantasy_f1.core.conditional import if_match, tagged
from fantasy_f1.core.filters import IdFilter
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.idempotency import idempotent
from fantasy_f1.core.pagination import refuse_unknown
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import IdField, ReferenceField, StrictSerializer, valid
from leagues.models import Constructor, League
from leagues.permissions import require_manager
from races.models import Driver, Race

EVENT_ID = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
EVENTS_EXAMPLE = """retry: 5000

id: 2
event: draft_opened
data: {"at": "2026-07-22T09:00:00Z", "by": null, "draft_id": 7, "order": [3, 1, 2], "seed": "5f3a"}

id: 3
event: pick_made
data: {"at": "2026-07-22T09:04:10Z", "by": {"id": 4, "username": "ana"}, "draft_id": 7, "pick_number": 1,
data: "constructor_id": 3, "driver_id": 12, "source": "player", "reason": ""}

"""
ORDERS = {"starts_at": "race__starts_at", "opens_at": "opens_at", "locks_at": "locks_at"}
REFUSALS = (
    DraftNotOpen,
    RaceLocked,
    ConstructorNotInDraft,
    NotOnTheClock,
    DriverNotEntered,
    DriverTaken,
    PicksComplete,
)
"""Of a pick, in the order in which they are checked."""

# What goes in -----------------------------------------------------------------------------------


class InitializeIn(StrictSerializer):
    race_id = ReferenceField(queryset=Race.objects.all())


class OrderIn(StrictSerializer):
    example = {"order": [2, 1]}

    order = serializers.ListField(
        child=IdField(), help_text="Every constructor of the league once; the first picks first"
    )


class UndoIn(StrictSerializer):
    to_pick_number = serializers.IntegerField(
        required=False, help_text="Undo this pick and all after it; without it the last pick alone"
    )


class VoidIn(StrictSerializer):
    reason = serializers.CharField(max_length=200, help_text="Everybody in the league reads it")


class PickIn(StrictSerializer):
    driver_id = ReferenceField(queryset=Driver.objects.all())


class AutopickIn(StrictSerializer):
    on = serializers.BooleanField()


class QueueIn(StrictSerializer):
    driver_ids = serializers.ListField(
        child=IdField(),
        max_length=queues.MAX_QUEUE,
        help_text="Drivers entered for the race, each once; the most wanted first",
    )


class EventsQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)


class DraftFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Draft.Status.choices)
    race = IdFilter(field_name="race_id", label="Id of a race")
    ordering = django_filters.ChoiceFilter(
        choices=[(f"{sign}{key}", key) for key in ORDERS for sign in ("", "-")],
        method="in_order",
        label="By the start of the race (the latest first by itself), the opening or the lock",
    )

    class Meta:
        model = Draft
        fields: list[str] = []

    def in_order(self, drafts: QuerySet[Draft], name: str, value: str) -> QuerySet[Draft]:
        sign, key = value[: value.startswith("-")], value.lstrip("-")
        return drafts.order_by(f"{sign}{ORDERS[key]}", "pk")


# What comes out ---------------------------------------------------------------------------------


# Expects the race's points in the context.
class PickOut(serializers.Serializer[Pick]):
    example = {"reason": "", "points_earned": "25"}

    pick_number = serializers.IntegerField()
    round = serializers.IntegerField()
    constructor = serializers.IntegerField(source="constructor_id")
    driver = serializers.IntegerField(source="driver_id")
    source = serializers.ChoiceField(Pick.Source.choices)  # type: ignore[assignment]
    reason = serializers.CharField(help_text="Why the autopick chose this driver")
    made_at = serializers.DateTimeField()
    points_earned = serializers.SerializerMethodField()

    def get_points_earned(self, pick: Pick) -> str | None:
        """An exact decimal; null until the race is scored"""
        scored: Mapping[int, Decimal] = self.context["points"]
        return numbers.plain(scored.get(pick.driver_id, Decimal(0))) if scored else None


class CurrentPickOut(serializers.Serializer[Any]):
    pick_number = serializers.IntegerField()
    round = serializers.IntegerField()
    constructor = serializers.IntegerField()
    deadline = serializers.DateTimeField(allow_null=True, help_text="null: no clock runs")


class DraftSummaryOut(serializers.Serializer[Any]):
    example: dict[str, Any] = {"order": [2, 1]}

    id = serializers.IntegerField()
    league = serializers.IntegerField(source="league_id")
    race = serializers.IntegerField(source="race_id")
    method = serializers.ChoiceField(League.DraftMethod.choices)
    order = serializers.SerializerMethodField()
    order_source = serializers.ChoiceField(Draft.OrderSource.choices)
    is_manual = serializers.BooleanField()
    status = serializers.ChoiceField(Draft.Status.choices)
    current_pick = serializers.SerializerMethodField()
    version = serializers.IntegerField(help_text="Counts the draft's events")
    opens_at = serializers.DateTimeField()
    locks_at = serializers.DateTimeField()

    def get_order(self, draft: Draft) -> list[int]:
        """Constructor ids, the first picks first; as it would be now until it opens, empty until it is drawn."""
        return lifecycle.order_now(draft)

    @extend_schema_field(CurrentPickOut(allow_null=True))
    def get_current_pick(self, draft: Draft) -> dict[str, Any] | None:
        if draft.current_pick is None:
            return None
        current = {
            "pick_number": draft.current_pick,
            "round": order.round_of(len(draft.order_data), draft.current_pick),
            "constructor": order.on_turn(draft.order_data, draft.method, draft.current_pick),
            "deadline": draft.deadline_at,
        }
        return CurrentPickOut(current).data


class DraftOut(DraftSummaryOut):
    example = {"commitment": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "seed": None}

    picks = PickOut(many=True)
    commitment = serializers.CharField(
        source="order_commitment", help_text="SHA-256 of the seed of a random order; empty where nothing was random"
    )
    seed = serializers.SerializerMethodField()

    def get_seed(self, draft: Draft) -> str | None:
        """null until the draft opens, and where nothing was random"""
        return draft.seed_shown or None


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
    autopick = serializers.BooleanField()
    picks = PickOut(many=True)


class AutopickOut(serializers.Serializer[Any]):
    on = serializers.BooleanField()


class QueueOut(serializers.Serializer[Any]):
    driver_ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="The most wanted first; who went stays in it"
    )


class EventStreamRenderer(BaseRenderer):
    media_type = "text/event-stream"
    format = "sse"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        is_problem = not isinstance(data, str)
        return JSONRenderer().render(data) if is_problem else data.encode()


# Operations -------------------------------------------------------------------------------------


@extend_schema(
    operation_id="drafts_initialize",
    tags=["drafts"],
    request=InitializeIn,
    responses={201: DraftOut, 200: DraftOut, **problems(400, 401, 403, 404, CannotDraft)},
)
@api_view(["POST"])
def initialize_view(request: Request, league_pk: int) -> Response:
    """Open the league's draft for a race now, as its manager. 200: it was opened before, and nothing changed."""
    league = _league(request, league_pk)
    race: Race = valid(InitializeIn(data=request.data))["race_id"]
    draft, opened = lifecycle.initialize_draft(
        league_id=league.pk, race_id=race.pk, actor=account_of(request), now=clock.now()
    )
    response = _draft_response(draft)
    return created(response.data, at="api-draft", args=[league.pk, race.pk]) if opened else response


class DraftList(ListAPIView[Draft]):
    permission_classes = [AllowAny]
    queryset = Draft.objects.none()  # for the schema
    serializer_class = DraftSummaryOut
    filterset_class = DraftFilter

    def get_queryset(self) -> QuerySet[Draft]:
        league = _league(self.request, self.kwargs["league_pk"])
        return Draft.objects.filter(league=league).select_related("league", "race").order_by("-race__starts_at")

    @extend_schema(
        operation_id="drafts_list",
        tags=["drafts"],
        summary="The league's drafts, the latest race first",
        description="Their picks come with each one's own address.",
        responses={200: DraftSummaryOut(many=True), **problems(400, 404)},
    )
    def get(self, request: Request, league_pk: int) -> Response:
        return self.list(request)


@extend_schema(
    methods=["GET"],
    operation_id="drafts_read",
    tags=["drafts"],
    summary="A draft",
    responses={200: DraftOut, **problems(404)},
)
@extend_schema(
    methods=["PATCH"],
    operation_id="drafts_set_order",
    tags=["drafts"],
    summary="Set a draft's order by hand, as a manager, until the first pick",
    request=OrderIn,
    responses={200: DraftOut, **problems(400, 401, 403, 404, OrderFixed, 412)},
)
@api_view(["GET", "HEAD", "PATCH"])
@permission_classes([IsAuthenticatedOrReadOnly])
def draft_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """A draft. PATCH sets its order by hand, as a manager, until the first pick."""
    draft = _draft(request, league_pk, race_pk)
    if request.method != "PATCH":
        return _draft_response(draft)
    ids = valid(OrderIn(data=request.data))["order"]
    with if_match(request, lambda: _locked_response(request, draft.pk)):
        changed = lifecycle.set_order(
            draft_id=draft.pk, constructor_ids=ids, actor=account_of(request), now=clock.now()
        )
        return tagged(_draft_response(changed))


@extend_schema(
    operation_id="drafts_pause",
    tags=["drafts"],
    request=None,
    responses={200: DraftOut, **problems(401, 403, 404, 409)},
)
@api_view(["POST"])
def pause_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Stop a draft that is open or complete, as a manager: nobody picks until it is resumed. Safe to repeat.

    A 409 says by its `code` what stands against it: draft_not_running, race_locked.
    """
    draft = _draft(request, league_pk, race_pk)
    draft = control.pause_draft(draft_id=draft.pk, actor=account_of(request), now=clock.now())
    return _draft_response(draft)


@extend_schema(
    operation_id="drafts_resume",
    tags=["drafts"],
    request=None,
    responses={200: DraftOut, **problems(401, 403, 404, 409)},
)
@api_view(["POST"])
def resume_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Let a paused draft go on, as a manager: open, or complete if nothing is left to pick. Safe to repeat.

    Teams on autopick whose turn it is pick at once. A 409 says by its `code` what stands against it:
    draft_not_running, race_locked.
    """
    draft = _draft(request, league_pk, race_pk)
    draft = control.resume_draft(draft_id=draft.pk, actor=account_of(request), now=clock.now())
    return _draft_response(draft)


@extend_schema(
    operation_id="drafts_undo",
    tags=["drafts"],
    request=UndoIn,
    responses={200: DraftOut, **problems(400, 401, 403, 404, 409)},
)
@api_view(["POST"])
def undo_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Undo the last pick of a paused draft, or a pick and all after it, as a manager.

    With `to_pick_number` it is safe to repeat. What was undone stays in the events. A 409 says by its `code` what
    stands against it: draft_not_paused, race_locked, nothing_to_undo.
    """
    draft = _draft(request, league_pk, race_pk)
    given = valid(UndoIn(data=request.data))
    draft = control.undo_pick(draft_id=draft.pk, actor=account_of(request), now=clock.now(), **given)
    return _draft_response(draft)


@extend_schema(
    operation_id="drafts_void",
    tags=["drafts"],
    request=VoidIn,
    responses={200: DraftOut, **problems(400, 401, 403, 404, 409)},
)
@api_view(["POST"])
def void_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """Call a draft off before it locks, for good, as a manager: it scores nothing and the order does not rotate.

    Safe to repeat; the first reason stands. A 409 has the `code` race_locked.
    """
    draft = _draft(request, league_pk, race_pk)
    given = valid(VoidIn(data=request.data))
    draft = control.void_draft(draft_id=draft.pk, actor=account_of(request), now=clock.now(), **given)
    return _draft_response(draft)


@extend_schema(
    operation_id="drafts_events",
    tags=["drafts"],
    summary="What happened in a draft, as server-sent events",
    description=(
        "The draft's log for whoever may see the draft. Each event has the draft's version as its `id`, its kind as "
        "`event` and a JSON object as `data`: `at`, `by` (id and username of who did it, or null) and what belongs to "
        "the kind.\n\n"
        "The answer ends after what there is, at most "
        f"{feed.BATCH} events. An `EventSource` comes back by itself after the time that `retry` gives, and goes on "
        "after the last event it got; other clients send its `id` as `Last-Event-ID` or `after`.\n\n"
        f"Kinds: {', '.join(f'`{kind}`' for kind in feed.KINDS.values())}."
    ),
    parameters=[
        OpenApiParameter("after", EVENT_ID, description="Only events after the one with this id"),
        OpenApiParameter(
            "Last-Event-ID",
            EVENT_ID,
            location=OpenApiParameter.HEADER,
            description="The same, and counts before `after`",
        ),
    ],
    responses={
        (200, EventStreamRenderer.media_type): OpenApiResponse(
            OpenApiTypes.STR,
            description="Events, the oldest first",
            examples=[OpenApiExample("Two events", value=EVENTS_EXAMPLE, media_type=EventStreamRenderer.media_type)],
        ),
        **problems(400, 404),
    },
)
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
@renderer_classes([EventStreamRenderer])
def events_view(request: Request, league_pk: int, race_pk: int) -> Response:
    draft = _draft(request, league_pk, race_pk)
    after = request.headers.get("Last-Event-ID") or request.query_params.get("after", "0")
    query = EventsQuery(data={"after": after})
    refuse_unknown(request, query.fields)
    query.is_valid(raise_exception=True)
    events = feed.stream(feed.events_after(draft, query.validated_data["after"]))
    return Response(events, headers={"Cache-Control": "no-store"})


@extend_schema(
    operation_id="constructors_draft", tags=["drafts"], responses={200: ConstructorDraftOut, **problems(404)}
)
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def constructor_view(request: Request, pk: int, race_pk: int) -> Response:
    """A constructor's part of a draft: its turns and picks, and whether it is to pick now."""
    constructor = _constructor(request, pk)
    draft = _draft(request, constructor.league_id, race_pk)
    turns = enumerate(order.turns(lifecycle.order_now(draft), draft.method, ROUNDS), start=1)
    part = {
        "constructor": constructor.pk,
        "draft": draft.pk,
        "league": draft.league_id,
        "race": draft.race_id,
        "status": draft.status,
        "turns": [number for number, turn_of in turns if turn_of == constructor.pk],
        "is_on_the_clock": picks.on_the_clock(draft) == constructor.pk,
        "autopick": Autopilot.objects.filter(constructor=constructor).exists(),
        "picks": draft.picks.filter(constructor=constructor),
    }
    return Response(ConstructorDraftOut(part, context=_points(draft)).data)


@extend_schema(
    operation_id="constructors_pick",
    tags=["drafts"],
    request=PickIn,
    responses={201: PickOut, **problems(400, 401, 403, 404, *REFUSALS, 422)},
)
@api_view(["POST"])
@idempotent
def pick_view(request: Request, pk: int, race_pk: int) -> Response:
    """Draft a driver, as the constructor's owner or as a manager of its league.

    Safe to repeat: a pick that stands is answered in the same way (201) and recorded once.
    """
    constructor = _constructor(request, pk)
    draft = _draft(request, constructor.league_id, race_pk)
    driver: Driver = valid(PickIn(data=request.data))["driver_id"]
    pick = picks.make_pick(
        draft_id=draft.pk, constructor=constructor, driver=driver, actor=account_of(request), now=clock.now()
    )
    return created(PickOut(pick, context=_points(draft)).data, at="api-constructor-draft", args=[pk, race_pk])


@extend_schema(
    methods=["GET"],
    operation_id="constructors_queue_read",
    tags=["drafts"],
    responses={200: QueueOut, **problems(401, 403, 404)},
)
@extend_schema(
    methods=["PUT"],
    operation_id="constructors_queue_set",
    tags=["drafts"],
    request=QueueIn,
    responses={200: QueueOut, **problems(400, 401, 403, 404, 409)},
)
@api_view(["GET", "HEAD", "PUT"])
def queue_view(request: Request, pk: int, race_pk: int) -> Response:
    """Whom the constructor's autopick takes first; its owner alone reads and writes it, managers do not.

    PUT replaces it, until the lock. A 409 says by its `code` what stands against it: race_locked, draft_not_open.
    """
    constructor = _constructor(request, pk)
    draft = _draft(request, constructor.league_id, race_pk)
    actor = account_of(request)
    if request.method == "PUT":
        ids = valid(QueueIn(data=request.data))["driver_ids"]
        queues.set_queue(draft_id=draft.pk, constructor=constructor, driver_ids=ids, actor=actor, now=clock.now())
    return Response(QueueOut({"driver_ids": queues.queue_of(draft=draft, constructor=constructor, actor=actor)}).data)


@extend_schema(
    operation_id="constructors_autopick",
    tags=["drafts"],
    request=AutopickIn,
    responses={200: AutopickOut, **problems(400, 401, 403, 404)},
)
@api_view(["PUT"])
def autopick_view(request: Request, pk: int) -> Response:
    """Let the ranking pick for the constructor from now on, or no longer; its owner alone may."""
    constructor = _constructor(request, pk)
    on: bool = valid(AutopickIn(data=request.data))["on"]
    picks.set_autopilot(constructor=constructor, on=on, actor=account_of(request), now=clock.now())
    return Response(AutopickOut({"on": on}).data)


def _league(request: Request, pk: int) -> League:
    return get_object_or_404(League.objects.visible_to(request.user), pk=pk)


def _constructor(request: Request, pk: int) -> Constructor:
    return get_object_or_404(Constructor.objects.visible_to(request.user), pk=pk)


def _draft(request: Request, league_pk: int, race_pk: int) -> Draft:
    drafts = Draft.objects.visible_to(request.user).select_related("race")
    return get_object_or_404(drafts, league=league_pk, race=race_pk)


def _points(draft: Draft) -> dict[str, Mapping[int, Decimal]]:
    """What ``PickOut`` needs to know of the race."""
    if draft.race.results_status == Race.Results.NONE:
        return {"points": {}}
    return {"points": points.of_race(draft.race_id, draft.picks.values_list("driver_id", flat=True))}


def _draft_response(draft: Draft) -> Response:
    return Response(DraftOut(draft, context=_points(draft)).data)


def _locked_response(request: Request, pk: int) -> Response:
    draft = Draft.objects.lock(pk)
    require_manager(account_of(request), draft.league)
    return _draft_response(draft)


urlpatterns: list[URLPattern] = [
    path("leagues/<id:league_pk>/drafts", DraftList.as_view()),
    path("leagues/<id:league_pk>/drafts/initialize", initialize_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>", draft_view, name="api-draft"),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/pause", pause_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/resume", resume_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/undo", undo_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/void", void_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>/events", events_view),
    path("constructors/<id:pk>/drafts/<id:race_pk>", constructor_view, name="api-constructor-draft"),
    path("constructors/<id:pk>/drafts/<id:race_pk>/picks", pick_view),
    path("constructors/<id:pk>/drafts/<id:race_pk>/queue", queue_view),
    path("constructors/<id:pk>/autopick", autopick_view),
]
