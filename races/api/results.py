"""What sessions brought as JSON, for anyone but whom the spoiler shield covers."""

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from fantasy_f1.core.filters import OrderFilter, SearchFilter, YesNoFilter
from fantasy_f1.core.http import for_all
from fantasy_f1.core.schema import PlainDecimal
from fantasy_f1.core.spoilers import SPOILERS, asked_until
from races.api.seasons import TeamOut
from races.models import Driver, Race, RaceResult, Season, Session


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


urlpatterns = [
    path("drivers/<id:pk>/results", for_all(DriverResults.as_view())),
    path("races/<id:pk>/results", for_all(RaceResults.as_view()), name="api-race-results"),
]
