"""Drafts as JSON: listing, reading and opening them, and their order."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from drafts import lifecycle, points
from drafts.errors import CannotDraft, OrderFixed, WrongOrder
from drafts.events import turn
from drafts.models import Draft, Pick
from drafts.picks import MAX_REASON, time_for_turn
from drafts.queries import up_to_date
from fantasy_f1.core import clock, numbers
from fantasy_f1.core.conditional import if_match, tagged
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.filters import IdFilter
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import IdField, ReferenceField, StrictSerializer, valid
from fantasy_f1.core.spoilers import SPOILERS, asked_until, seen_by
from leagues.api.leagues import TimeOfDayField
from leagues.models import League
from leagues.permissions import require_manager
from races.models import Race

ORDERS = {"starts_at": "race__starts_at", "opens_at": "opens_at", "locks_at": "locks_at"}

# What goes in -----------------------------------------------------------------------------------


class DraftReasonIn(StrictSerializer):
    example: dict[str, Any] = {"reason": "Pizza is here"}

    reason = serializers.CharField(
        max_length=MAX_REASON, required=False, allow_blank=True, help_text="Everybody in the league reads it"
    )


class InitializeIn(DraftReasonIn):
    race_id = ReferenceField(queryset=Race.objects.all())


class OrderIn(DraftReasonIn):
    example = {"order": [2, 1]}

    order = serializers.ListField(
        child=IdField(), help_text="Every constructor of the league once; the first picks first"
    )


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
    reason = serializers.CharField(help_text="Why the autopick chose this driver, or what a manager said who picked")
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
    seconds_left = serializers.IntegerField(
        allow_null=True, help_text="What a pause keeps for the turn; null unless the draft is paused and has a clock"
    )


class DraftSummaryOut(serializers.Serializer[Any]):
    example: dict[str, Any] = {
        "order": [2, 1],
        "pick_seconds": 28_800,
        "quiet_from": "22:00",
        "quiet_until": "08:00",
        "time_zone": "Europe/Berlin",
    }

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
    pick_seconds = serializers.IntegerField(
        source="clock.pick_seconds",
        allow_null=True,
        help_text="For a pick; null: there is no clock. Until the draft opens, the clock is that of the league",
    )
    quiet_from = TimeOfDayField(
        source="clock.quiet_from", allow_null=True, help_text="When the clock of a slow draft rests"
    )
    quiet_until = TimeOfDayField(source="clock.quiet_until", allow_null=True)
    time_zone = serializers.CharField(source="clock.time_zone", help_text="Of the quiet hours")

    def get_order(self, draft: Draft) -> list[int]:
        """Constructor ids, the first picks first; as it would be now until it opens, empty until it is drawn."""
        return lifecycle.order_now(draft)

    @extend_schema_field(CurrentPickOut(allow_null=True))
    def get_current_pick(self, draft: Draft) -> dict[str, Any] | None:
        current = turn(draft)
        if current is None:
            return None
        left = time_for_turn(draft, clock.now()) if draft.status == Draft.Status.PAUSED else None
        kept = None if left is None else int(left.total_seconds())
        return CurrentPickOut(current | {"deadline": draft.deadline_at, "seconds_left": kept}).data


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


class AheadOut(serializers.Serializer[Any]):
    """The order of a race to come."""

    example = {"order": [2, 1]}

    race = serializers.IntegerField(source="race.pk")
    order = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Constructor ids, the first picks first; empty as long as it is to be drawn",
    )
    is_fixed = serializers.BooleanField(help_text="The draft has opened; else who joins or leaves may change it")
    is_void = serializers.BooleanField(source="is_off", help_text="Not drafted: the order is handed on as it is")


# Operations -------------------------------------------------------------------------------------


@extend_schema(
    operation_id="drafts_initialize",
    tags=["drafts"],
    request=InitializeIn,
    responses={201: DraftOut, 200: DraftOut, **problems(400, NotAllowed, 404, CannotDraft)},
)
@api_view(["POST"])
def initialize_view(request: Request, league_pk: int) -> Response:
    """Open the league's draft for a race now, as its manager. 200: it was opened before, and nothing changed."""
    league = _league(request, league_pk)
    given = valid(InitializeIn(data=request.data))
    race: Race = given.pop("race_id")
    draft, opened = lifecycle.initialize_draft(
        league_id=league.pk, race_id=race.pk, actor=account_of(request), now=clock.now(), **given
    )
    response = draft_response(draft, seen_by(request))
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


class OrderAhead(ListAPIView[Any]):
    permission_classes = [AllowAny]
    queryset = Draft.objects.none()  # for the schema
    serializer_class = AheadOut

    @extend_schema(
        operation_id="drafts_order_ahead",
        tags=["drafts"],
        summary="The order of every race of the season to come, if nobody joins or leaves",
        responses={200: AheadOut(many=True), **problems(404)},
    )
    def get(self, request: Request, league_pk: int) -> Response:
        ahead = lifecycle.orders_ahead(_league(request, league_pk), now=clock.now())
        page = self.paginate_queryset(ahead)
        return self.get_paginated_response(AheadOut(page, many=True).data)


@extend_schema(
    methods=["GET"],
    operation_id="drafts_read",
    tags=["drafts"],
    summary="A draft",
    parameters=[SPOILERS],
    responses={200: DraftOut, **problems(400, 404)},
)
@extend_schema(
    methods=["PATCH"],
    operation_id="drafts_set_order",
    tags=["drafts"],
    summary="Set a draft's order by hand, as a manager, until the first pick",
    request=OrderIn,
    responses={200: DraftOut, **problems(400, WrongOrder, NotAllowed, 404, OrderFixed, 412)},
)
@api_view(["GET", "HEAD", "PATCH"])
@permission_classes([IsAuthenticatedOrReadOnly])
def draft_view(request: Request, league_pk: int, race_pk: int) -> Response:
    """A draft. PATCH sets its order by hand, as a manager, until the first pick."""
    draft = visible_draft(request, league_pk, race_pk)
    if request.method != "PATCH":
        return draft_response(draft, asked_until(request))
    given = valid(OrderIn(data=request.data))
    ids = given.pop("order")
    with if_match(request, lambda: _locked_response(request, draft.pk)):
        changed = lifecycle.set_order(
            draft_id=draft.pk, constructor_ids=ids, actor=account_of(request), now=clock.now(), **given
        )
        return tagged(draft_response(changed, seen_by(request)))


def _league(request: Request, pk: int) -> League:
    return get_object_or_404(League.objects.visible_to(request.user), pk=pk)


def visible_draft(request: Request, league_pk: int, race_pk: int) -> Draft:
    drafts = Draft.objects.visible_to(request.user).select_related("league", "race")
    return up_to_date(get_object_or_404(drafts, league=league_pk, race=race_pk))


def points_context(draft: Draft, until: datetime | None) -> dict[str, Mapping[int, Decimal]]:
    """What ``PickOut`` needs to know of the race; ``until`` is as in ``core.spoilers``."""
    if draft.race.results_status == Race.Results.NONE:
        return {"points": {}}
    return {"points": points.of_race(draft.race_id, draft.picks.values_list("driver_id", flat=True), until=until)}


def draft_response(draft: Draft, until: datetime | None) -> Response:
    return Response(DraftOut(draft, context=points_context(draft, until)).data)


def _locked_response(request: Request, pk: int) -> Response:
    draft = Draft.objects.lock(pk)
    require_manager(account_of(request), draft.league)
    return draft_response(draft, seen_by(request))


urlpatterns: list[URLPattern] = [
    path("leagues/<id:league_pk>/drafts", DraftList.as_view()),
    path("leagues/<id:league_pk>/drafts/initialize", initialize_view),
    path("leagues/<id:league_pk>/drafts/order-ahead", OrderAhead.as_view()),
    path("leagues/<id:league_pk>/drafts/<id:race_pk>", draft_view, name="api-draft"),
]
