"""Drivers, races and results as JSON, for anyone."""

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fantasy_f1.core import clock
from fantasy_f1.core.schema import PlainDecimal, problems
from races import queries
from races.forms import ORDERS, DriverFilter, ListFilter, RaceFilter, SeasonFilter, SessionFilter
from races.models import Driver, Race, RaceResult, Season, Session, Team
from races.queries import DriverLine, Start

Filter = TypeVar("Filter", bound=ListFilter)
SEASON = OpenApiParameter("season", int, description="Year of the season")


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
            "sessions",
            "starts_at",
            "has_sprint",
        ]


class ResultDriverOut(serializers.ModelSerializer[Driver]):
    example = {"external_id": "norris", "name": "Lando Norris", "code": "NOR", "number": 4}

    class Meta:
        model = Driver
        fields = ["id", "external_id", "name", "code", "number"]


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


class DriverList(ListAPIView[Any]):
    permission_classes = [AllowAny]
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
        ],
        responses={200: DriverOut(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        form = _checked(DriverFilter(request.query_params))
        asked = form.cleaned_data["season"]
        season = asked or queries.current_season(now=clock.now())
        lines = queries.driver_table(season, drivers=None if asked else Driver.objects.all())
        page = self.paginate_queryset(form.apply(lines))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class DriverRead(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="drivers_read",
        summary="A driver and his season",
        parameters=[OpenApiParameter("season", int, description="Without it, this season")],
        responses={200: DriverOut, **problems(400, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        form = _checked(SeasonFilter(request.query_params))
        season: Season | None = form.cleaned_data["season"] or queries.current_season(now=clock.now())
        driver = get_object_or_404(Driver, pk=pk)
        return Response(DriverOut(queries.driver_line(driver, season)).data)


class RaceList(ListAPIView[Race]):
    permission_classes = [AllowAny]
    serializer_class = RaceOut

    def get_queryset(self) -> QuerySet[Race]:
        return _checked(RaceFilter(self.request.query_params)).apply(Race.objects.in_calendar_order())

    @extend_schema(
        operation_id="races_list",
        summary="Races in the order of the calendar",
        parameters=[
            SEASON,
            OpenApiParameter("status", str, enum=Race.Status.values),
            OpenApiParameter("country", str),
            OpenApiParameter("date_from", OpenApiTypes.DATE, description="First day of the Grand Prix, in UTC"),
            OpenApiParameter("date_to", OpenApiTypes.DATE, description="Last day of the Grand Prix, in UTC"),
        ],
        responses={200: RaceOut(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        return self.list(request)


class RaceRead(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="races_read", summary="A race", responses={200: RaceOut, **problems(404)})
    def get(self, request: Request, pk: int) -> Response:
        return Response(RaceOut(get_object_or_404(Race, pk=pk)).data)


class RaceResults(ListAPIView[RaceResult]):
    permission_classes = [AllowAny]
    serializer_class = ResultOut
    queryset = RaceResult.objects.none()  # for the schema

    @extend_schema(
        operation_id="races_results",
        summary="The current result of one session of a race",
        parameters=[
            OpenApiParameter("session", str, enum=Session.values, default=Session.GRAND_PRIX.value),
        ],
        responses={200: ResultOut(many=True), **problems(400, 404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        form = _checked(SessionFilter(request.query_params))
        race = get_object_or_404(Race, pk=pk)
        results = queries.race_results(race, form.cleaned_data["session"] or Session.GRAND_PRIX)
        page = self.paginate_queryset(results)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


def _checked(form: Filter) -> Filter:
    """The form, if everything in it can be read; else the answer is 400 with the messages by field."""
    if not form.is_valid():
        raise ValidationError({field: [str(text) for text in texts] for field, texts in form.errors.items()})
    return form


urlpatterns: list[URLPattern] = [
    path("drivers", DriverList.as_view(), name="api-drivers"),
    path("drivers/<id:pk>", DriverRead.as_view(), name="api-driver"),
    path("races", RaceList.as_view(), name="api-races"),
    path("races/<id:pk>", RaceRead.as_view(), name="api-race"),
    path("races/<id:pk>/results", RaceResults.as_view(), name="api-race-results"),
]
