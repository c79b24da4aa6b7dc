"""The calendar and the entry lists as JSON, for anyone."""

from datetime import UTC, date, datetime, time

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fantasy_f1.core.filters import OrderFilter, SearchFilter, YesNoFilter
from fantasy_f1.core.http import for_all
from fantasy_f1.core.schema import PlainDecimal, problems
from fantasy_f1.core.spoilers import SPOILERS, asked_until, is_hidden
from races import queries
from races.api.seasons import TeamOut
from races.models import Driver, Race, RaceEntry, Season


class RaceFilter(django_filters.FilterSet):
    season = django_filters.ModelChoiceFilter(queryset=Season.objects.all(), label="Year of the season")
    status = django_filters.ChoiceFilter(choices=Race.Status.choices)
    country = django_filters.CharFilter(lookup_expr="iexact", max_length=64)
    date_from = django_filters.DateFilter(method="from_day", label="First day of the Grand Prix, in UTC")
    date_to = django_filters.DateFilter(method="to_day", label="Last day of the Grand Prix, in UTC")
    search = SearchFilter("name", "circuit_name", "locality", "country", label="In name, circuit, place and country")
    ordering = OrderFilter(date="starts_at", name="name", country="country")

    class Meta:
        model = Race
        fields: list[str] = []

    def from_day(self, races: QuerySet[Race], name: str, day: date) -> QuerySet[Race]:
        return races.filter(starts_at__gte=datetime.combine(day, time(), UTC))

    def to_day(self, races: QuerySet[Race], name: str, day: date) -> QuerySet[Race]:
        return races.filter(starts_at__lte=datetime.combine(day, time.max, UTC))


class EntryFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=RaceEntry.Status.choices)
    team = django_filters.CharFilter(field_name="team__external_id", max_length=64, label="The team's external id")
    is_confirmed = YesNoFilter(label="Took part in a session, or was confirmed by hand")
    search = SearchFilter("driver__given_name", "driver__family_name", "driver__code", "team__name")
    ordering = OrderFilter(price="driver__price", number="number", team="team__name", name="driver__family_name")

    class Meta:
        model = RaceEntry
        fields: list[str] = []


class SessionsOut(serializers.Serializer[Race]):
    """When each session starts; null where there is none or the time is not known."""

    first_practice = serializers.DateTimeField(source="first_practice_at", allow_null=True)
    second_practice = serializers.DateTimeField(source="second_practice_at", allow_null=True)
    third_practice = serializers.DateTimeField(source="third_practice_at", allow_null=True)
    sprint_qualifying = serializers.DateTimeField(source="sprint_qualifying_at", allow_null=True)
    sprint = serializers.DateTimeField(source="sprint_at", allow_null=True)
    qualifying = serializers.DateTimeField(source="qualifying_at", allow_null=True)
    grand_prix = serializers.DateTimeField(source="starts_at")


# Expects ``until`` in the context.
class RaceOut(serializers.ModelSerializer[Race]):
    example = {
        "external_id": "2026_hungarian_grand_prix",
        "season": 2026,
        "round_number": 11,
        "name": "Hungarian Grand Prix",
        "circuit_name": "Hungaroring",
        "country": "Hungary",
        "locality": "Budapest",
    }

    season = serializers.IntegerField(source="season_id")
    results_status = serializers.SerializerMethodField()
    results_hidden = serializers.SerializerMethodField()
    sessions = SessionsOut(source="*")
    has_sprint = serializers.BooleanField()

    class Meta:
        model = Race
        fields = [
            "id",
            "external_id",
            "season",
            "round_number",
            "name",
            "circuit_name",
            "country",
            "locality",
            "status",
            "results_status",
            "results_hidden",
            "sessions",
            "starts_at",
            "has_sprint",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=Race.Results.choices))
    def get_results_status(self, race: Race) -> str:
        """How far the result of the Grand Prix can be relied on; `none` too while it is hidden"""
        return Race.Results.NONE if self.get_results_hidden(race) else race.results_status

    def get_results_hidden(self, race: Race) -> bool:
        """Whether the result of the Grand Prix is behind the spoiler shield, or will be once it is known"""
        return is_hidden(race.starts_at, self.context["until"])


class EntryDriverOut(serializers.ModelSerializer[Driver]):
    example = {"external_id": "norris", "name": "Lando Norris", "code": "NOR"}

    price = PlainDecimal(help_text="In millions; the autopick takes the dearest free driver")

    class Meta:
        model = Driver
        fields = ["id", "external_id", "name", "code", "number", "status", "price"]


class EntryOut(serializers.ModelSerializer[RaceEntry]):
    driver = EntryDriverOut()
    team = TeamOut()
    replaces = serializers.IntegerField(
        source="replaces_id", allow_null=True, help_text="Id of the driver whose seat a substitute took"
    )

    class Meta:
        model = RaceEntry
        fields = ["driver", "team", "number", "status", "replaces", "is_confirmed"]


class RaceList(ListAPIView[Race]):
    permission_classes = [AllowAny]
    serializer_class = RaceOut
    filterset_class = RaceFilter
    own_parameters = [SPOILERS.name]
    queryset = Race.objects.in_calendar_order()

    @extend_schema(
        operation_id="races_list",
        summary="Races in the order of the calendar",
        parameters=[SPOILERS],
        responses=RaceOut(many=True),
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {"until": asked_until(request)}
        return self.get_paginated_response(RaceOut(page, many=True, context=context).data)


class RaceRead(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="races_read",
        summary="A race",
        parameters=[SPOILERS],
        responses={200: RaceOut, **problems(400, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        race = get_object_or_404(Race, pk=pk)
        return Response(RaceOut(race, context={"until": asked_until(request)}).data)


class RaceEntries(ListAPIView[RaceEntry]):
    permission_classes = [AllowAny]
    serializer_class = EntryOut
    filterset_class = EntryFilter
    queryset = RaceEntry.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[RaceEntry]:
        return queries.entry_list(get_object_or_404(Race, pk=self.kwargs["pk"]))

    @extend_schema(
        operation_id="races_entries",
        summary="The entry list of a race, by team",
        description="Drivers with the status `entered` can be drafted.",
        responses=EntryOut(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        return self.list(request)


urlpatterns = [
    path("races", for_all(RaceList.as_view()), name="api-races"),
    path("races/<id:pk>", for_all(RaceRead.as_view()), name="api-race"),
    path("races/<id:pk>/entries", for_all(RaceEntries.as_view())),
]
