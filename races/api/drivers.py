"""Drivers and their season as JSON, for anyone."""

from typing import Any, TypeVar

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fantasy_f1.core import clock
from fantasy_f1.core.http import for_all
from fantasy_f1.core.pagination import refuse_unknown
from fantasy_f1.core.schema import PlainDecimal, problems
from fantasy_f1.core.spoilers import SPOILERS, asked_until
from races import queries
from races.api.seasons import TeamOut
from races.forms import ORDERS, DriverFilter, ListFilter, SeasonFilter
from races.models import Driver, Season
from races.queries import DriverLine, Start

Form = TypeVar("Form", bound=ListFilter)


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


def _checked(form: Form) -> Form:
    """The form, if everything in it can be read; else the answer is 400 with the messages by field."""
    if not form.is_valid():
        raise ValidationError({field: [str(text) for text in texts] for field, texts in form.errors.items()})
    return form


urlpatterns = [
    path("drivers", for_all(DriverList.as_view()), name="api-drivers"),
    path("drivers/<id:pk>", for_all(DriverRead.as_view()), name="api-driver"),
]
