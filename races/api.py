"""Drivers, races and results as JSON, for anyone."""

from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fantasy_f1.core import clock
from fantasy_f1.core.filters import OrderFilter, SearchFilter, YesNoFilter
from fantasy_f1.core.http import for_all
from fantasy_f1.core.pagination import refuse_unknown
from fantasy_f1.core.schema import PlainDecimal, problems
from fantasy_f1.core.spoilers import SPOILERS, asked_until, is_hidden
from races import queries
from races.forms import ORDERS, DriverFilter, ListFilter, SeasonFilter
from races.models import Driver, Race, RaceEntry, RaceResult, Season, Session, Team
from races.queries import DriverLine, Start

Form = TypeVar("Form", bound=ListFilter)

# What lists take --------------------------------------------------------------------------------


class SeasonsFilter(django_filters.FilterSet):
    ordering = OrderFilter(year="year")

    class Meta:
        model = Season
        fields: list[str] = []


class TeamFilter(django_filters.FilterSet):
    season = django_filters.ModelChoiceFilter(
        field_name="entries__season", queryset=Season.objects.all(), distinct=True, label="Only teams of this year"
    )
    search = SearchFilter("name", "external_id", label="In the name")
    ordering = OrderFilter(name="name", country="country")

    class Meta:
        model = Team
        fields: list[str] = []


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


class ResultFilter(django_filters.FilterSet):
    team = django_filters.CharFilter(field_name="team__external_id", max_length=64, label="The team's external id")
    is_retired = YesNoFilter(field_name="dnf", label="Did not finish, or did")
    search = SearchFilter("driver__given_name", "driver__family_name", "driver__code", "team__name")
    ordering = OrderFilter(position="position", grid="grid", laps="laps", points="points")

    class Meta:
        model = RaceResult
        fields: list[str] = []


class RaceResultFilter(ResultFilter):
    session = django_filters.ChoiceFilter(choices=Session.choices, label="Without it grand_prix")

    def filter_queryset(self, results: QuerySet[RaceResult]) -> QuerySet[RaceResult]:
        wanted = self.form.cleaned_data
        wanted["session"] = wanted["session"] or Session.GRAND_PRIX
        return super().filter_queryset(results)


class DriverResultFilter(ResultFilter):
    season = django_filters.ModelChoiceFilter(field_name="race__season", queryset=Season.objects.all())
    session = django_filters.ChoiceFilter(choices=Session.choices)


# What comes out ---------------------------------------------------------------------------------


class SeasonOut(serializers.ModelSerializer[Season]):
    class Meta:
        model = Season
        fields = ["year"]


class TeamOut(serializers.ModelSerializer[Team]):
    example = {"external_id": "mclaren", "name": "McLaren", "color": "#ff8000"}

    class Meta:
        model = Team
        fields = ["id", "external_id", "name", "color"]


class StartOut(serializers.Serializer[Start]):
    example = {"race": "Hungarian Grand Prix", "position_text": "1"}

    race_id = serializers.IntegerField()
    race = serializers.CharField(source="race_name")
    position = serializers.IntegerField(help_text="Order in the sheet, also of cars that are not classified")
    position_text = serializers.CharField(help_text="Digits: classified; R, D, W, F: not")
    points = PlainDecimal(help_text="Formula 1's own, of the whole weekend")


class DriverOut(serializers.Serializer[DriverLine]):
    example = {
        "external_id": "norris",
        "name": "Lando Norris",
        "given_name": "Lando",
        "family_name": "Norris",
        "code": "NOR",
        "number": 4,
        "country": "British",
        "price": "25.5",
    }

    id = serializers.IntegerField(source="driver.pk")
    external_id = serializers.CharField(source="driver.external_id")
    name = serializers.CharField(source="driver.name")
    given_name = serializers.CharField(source="driver.given_name")
    family_name = serializers.CharField(source="driver.family_name")
    code = serializers.CharField(source="driver.code")
    number = serializers.IntegerField(source="driver.number", allow_null=True)
    country = serializers.CharField(source="driver.country", help_text="Nationality")
    status = serializers.ChoiceField(source="driver.status", choices=Driver.Status.choices)
    price = PlainDecimal(source="driver.price", help_text="In millions")
    team = TeamOut(allow_null=True, help_text="The latest one in the season")
    total_points = PlainDecimal(help_text="Formula 1's own in the season: Grands Prix and sprints")
    average_points = PlainDecimal(help_text="Per start")
    form_points = PlainDecimal(help_text="Per start, of the last five")
    form = StartOut(many=True, help_text="The last five starts, oldest first")


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


class ResultDriverOut(serializers.ModelSerializer[Driver]):
    example = {"external_id": "norris", "name": "Lando Norris", "code": "NOR", "number": 4}

    class Meta:
        model = Driver
        fields = ["id", "external_id", "name", "code", "number"]


class EntryDriverOut(serializers.ModelSerializer[Driver]):
    example = {"external_id": "norris", "name": "Lando Norris", "code": "NOR"}

    price = PlainDecimal(help_text="In millions; the autopick takes the dearest free driver")

    class Meta:
        model = Driver
        fields = ["id", "external_id", "name", "code", "number", "status", "price"]


class ResultOut(serializers.ModelSerializer[RaceResult]):
    example = {
        "session": "grand_prix",
        "position_text": "1",
        "number": 4,
        "grid": 1,
        "laps": 70,
        "status": "Finished",
        "time": "1:35:21.231",
        "fastest_lap": "1:19.409",
        "dnf": False,
        "dnf_reason": "",
        "q1": "",
        "q2": "",
        "q3": "",
    }

    driver = ResultDriverOut()
    team = TeamOut()
    is_classified = serializers.BooleanField()
    points = PlainDecimal(help_text="Formula 1's own")

    class Meta:
        model = RaceResult
        fields = [
            "id",
            "race",
            "session",
            "position",
            "position_text",
            "is_classified",
            "driver",
            "team",
            "number",
            "grid",
            "laps",
            "points",
            "status",
            "time",
            "fastest_lap",
            "fastest_lap_rank",
            "dnf",
            "dnf_reason",
            "q1",
            "q2",
            "q3",
        ]


class EntryOut(serializers.ModelSerializer[RaceEntry]):
    driver = EntryDriverOut()
    team = TeamOut()
    replaces = serializers.IntegerField(
        source="replaces_id", allow_null=True, help_text="Id of the driver whose seat a substitute took"
    )

    class Meta:
        model = RaceEntry
        fields = ["driver", "team", "number", "status", "replaces", "is_confirmed"]


# Operations -------------------------------------------------------------------------------------


class SeasonList(ListAPIView[Season]):
    permission_classes = [AllowAny]
    serializer_class = SeasonOut
    filterset_class = SeasonsFilter
    queryset = Season.objects.order_by("-year")

    @extend_schema(
        operation_id="seasons_list",
        summary="The seasons that are known, the latest first",
        responses=SeasonOut(many=True),
    )
    def get(self, request: Request) -> Response:
        return self.list(request)


class TeamList(ListAPIView[Team]):
    permission_classes = [AllowAny]
    serializer_class = TeamOut
    filterset_class = TeamFilter
    queryset = Team.objects.order_by("name", "pk")

    @extend_schema(operation_id="teams_list", summary="Formula 1's teams", responses=TeamOut(many=True))
    def get(self, request: Request) -> Response:
        return self.list(request)


class DriverList(ListAPIView[Any]):
    permission_classes = [AllowAny]
    filter_form = DriverFilter
    own_parameters = [SPOILERS.name]
    queryset = Driver.objects.none()  # for the schema; the answer is made of DriverLines
    serializer_class = DriverOut

    @extend_schema(
        operation_id="drivers_list",
        summary="Drivers and their season",
        parameters=[
            OpenApiParameter("season", int, description="Only its drivers; without it everybody, in this season"),
            OpenApiParameter("team", str, description="The team's external id"),
            OpenApiParameter("status", str, enum=Driver.Status.values),
            OpenApiParameter("search", str, description="In name, code and number"),
            OpenApiParameter("ordering", str, enum=[*ORDERS, *[f"-{key}" for key in ORDERS]], default="-points"),
            SPOILERS,
        ],
        responses=DriverOut(many=True),
    )
    def get(self, request: Request) -> Response:
        form = _checked(DriverFilter(request.query_params))
        asked = form.cleaned_data["season"]
        season = asked or queries.current_season(now=clock.now())
        everybody = None if asked else Driver.objects.all()
        lines = queries.driver_table(season, drivers=everybody, until=asked_until(request))
        page = self.paginate_queryset(form.apply(lines))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class DriverRead(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="drivers_read",
        summary="A driver and his season",
        parameters=[OpenApiParameter("season", int, description="Without it, this season"), SPOILERS],
        responses={200: DriverOut, **problems(400, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        refuse_unknown(request, [*SeasonFilter.base_fields, SPOILERS.name])
        form = _checked(SeasonFilter(request.query_params))
        season: Season | None = form.cleaned_data["season"] or queries.current_season(now=clock.now())
        driver = get_object_or_404(Driver, pk=pk)
        return Response(DriverOut(queries.driver_line(driver, season, until=asked_until(request))).data)


class DriverResults(ListAPIView[RaceResult]):
    permission_classes = [AllowAny]
    serializer_class = ResultOut
    filterset_class = DriverResultFilter
    own_parameters = [SPOILERS.name]
    queryset = RaceResult.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[RaceResult]:
        results = get_object_or_404(Driver, pk=self.kwargs["pk"]).results.current().seen(asked_until(self.request))
        return results.select_related("driver", "team").order_by("-race__starts_at", "-race", "session")

    @extend_schema(
        operation_id="drivers_results",
        summary="A driver's results, the latest race first",
        parameters=[SPOILERS],
        responses=ResultOut(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        return self.list(request)


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


class RaceResults(ListAPIView[RaceResult]):
    permission_classes = [AllowAny]
    serializer_class = ResultOut
    filterset_class = RaceResultFilter
    own_parameters = [SPOILERS.name]
    queryset = RaceResult.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[RaceResult]:
        results = get_object_or_404(Race, pk=self.kwargs["pk"]).results.current().seen(asked_until(self.request))
        return results.select_related("driver", "team").order_by("position")

    @extend_schema(
        operation_id="races_results",
        summary="The current result of one session of a race",
        parameters=[SPOILERS],
        responses=ResultOut(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        return self.list(request)


def _checked(form: Form) -> Form:
    """The form, if everything in it can be read; else the answer is 400 with the messages by field."""
    if not form.is_valid():
        raise ValidationError({field: [str(text) for text in texts] for field, texts in form.errors.items()})
    return form


urlpatterns: list[URLPattern] = [
    path("seasons", for_all(SeasonList.as_view())),
    path("teams", for_all(TeamList.as_view())),
    path("drivers", for_all(DriverList.as_view()), name="api-drivers"),
    path("drivers/<id:pk>", for_all(DriverRead.as_view()), name="api-driver"),
    path("drivers/<id:pk>/results", for_all(DriverResults.as_view())),
    path("races", for_all(RaceList.as_view()), name="api-races"),
    path("races/<id:pk>", for_all(RaceRead.as_view()), name="api-race"),
    path("races/<id:pk>/entries", for_all(RaceEntries.as_view())),
    path("races/<id:pk>/results", for_all(RaceResults.as_view()), name="api-race-results"),
]
