"""Seasons and Formula 1's teams as JSON, for anyone."""

import django_filters
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from fantasy_f1.core.filters import OrderFilter, SearchFilter
from fantasy_f1.core.http import for_all
from races.models import Season, Team


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


class SeasonOut(serializers.ModelSerializer[Season]):
    class Meta:
        model = Season
        fields = ["year"]


class TeamOut(serializers.ModelSerializer[Team]):
    example = {"external_id": "mclaren", "name": "McLaren", "color": "#ff8000"}

    class Meta:
        model = Team
        fields = ["id", "external_id", "name", "color"]


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


urlpatterns = [
    path("seasons", for_all(SeasonList.as_view())),
    path("teams", for_all(TeamList.as_view())),
]
