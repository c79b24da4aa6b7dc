"""Drafts over the API: the managers' part, a constructor's part, and picks."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import api_view, permission_classes
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from drafts import lifecycle, order, picks, points
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
from fantasy_f1.core.http import account_of
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import IdField, ReferenceField, StrictSerializer, valid
from leagues.models import Constructor, League
from races.models import Driver, Race

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


class PickIn(StrictSerializer):
    driver_id = ReferenceField(queryset=Driver.objects.all())


class AutopickIn(StrictSerializer):
    on = serializers.BooleanField()


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
        constructor = picks.on_the_clock(draft)
        if draft.current_pick is None or constructor is None:
            return None
        current = {
            "pick_number": draft.current_pick,
            "round": order.round_of(len(draft.order_data), draft.current_pick),
            "constructor": constructor,
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
    return _draft_response(draft, status=status.HTTP_201_CREATED if opened else status.HTTP_200_OK)


class DraftList(ListAPIView[Draft]):
    permission_classes = [AllowAny]
    queryset = Draft.objects.none()  # for the schema
    serializer_class = DraftSummaryOut

    def get_queryset(self) -> QuerySet[Draft]:
        league = _league(self.request, self.kwargs["league_pk"])
        return Draft.objects.filter(league=league).select_related("league", "race").order_by("-race__starts_at")

    @extend_schema(
        operation_id="drafts_list",
        tags=["drafts"],
        summary="The league's drafts, the latest race first",
        description="Their picks come with each one's own address.",
        responses={200: DraftSummaryOut(many=True), **problems(404)},
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
    responses={200: DraftOut, **problems(400, 401, 403, 404, OrderFixed)},
)
@api_view(["GET", "HEAD", "PATCH"])
@permission_classes([IsAuthenticatedOrReadOnly])
def draft_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """A draft. PATCH sets its order by hand, as a manager, until the first pick."""
    draft = _draft(request, league_pk, race_pk)
    if request.method == "PATCH":
        ids = valid(OrderIn(data=request.data))["order"]
        draft = lifecycle.set_order(draft_id=draft.pk, constructor_ids=ids, actor=account_of(request), now=clock.now())
    return _draft_response(draft)


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
    responses={201: PickOut, **problems(400, 401, 403, 404, *REFUSALS)},
)
@api_view(["POST"])
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
    return Response(PickOut(pick, context=_points(draft)).data, status=status.HTTP_201_CREATED)


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


def _draft_response(draft: Draft, *, status: int = status.HTTP_200_OK) -> Response:
    return Response(DraftOut(draft, context=_points(draft)).data, status=status)


urlpatterns: list[URLPattern] = [
    path("leagues/<id:league_pk>/drafts", DraftList.as_view()),
    path("leagues/<id:league_pk>/drafts/initialize", initialize_view),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>", draft_view),
    path("constructors/<id:pk>/drafts/<id:race_pk>", constructor_view),
    path("constructors/<id:pk>/drafts/<id:race_pk>/picks", pick_view),
    path("constructors/<id:pk>/autopick", autopick_view),
]
