"""Leaderboards, constructors with their points, and the points of drivers, as JSON."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from drafts.models import ROUNDS
from fantasy_f1.core import clock
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.filters import IdFilter, OrderFilter, SearchFilter, YesNoFilter
from fantasy_f1.core.http import account_of, for_all
from fantasy_f1.core.pagination import refuse_unknown
from fantasy_f1.core.schema import PlainDecimal, problems
from fantasy_f1.core.serializers import ID, IdField, StrictSerializer, valid
from fantasy_f1.core.spoilers import SPOILERS, asked_until, is_hidden
from leagues import points
from leagues.api.leagues import ConstructorOut
from leagues.errors import ColourTaken, TeamNameTaken
from leagues.membership import COLOURS, change_team
from leagues.models import MAX_TEAMS, MIN_TEAMS, Constructor, League
from races.models import Driver, Race
from scoring.leaderboards import Board, Row, overall_board, race_board
from scoring.models import DriverScore, ScoreRun
from scoring.queries import constructor_season
from scoring.rules import CLASSIC
from scoring.scores import rule_set

# What goes in -----------------------------------------------------------------------------------


class BoardQuery(serializers.Serializer[Any]):
    race_id = IdField(required=False)


class TeamIn(StrictSerializer):
    example = {"team_name": "Apex Hunters"}

    team_name = serializers.CharField(max_length=40)
    color = serializers.ChoiceField(COLOURS, help_text="One that no other team of the league has")


class ConstructorFilter(django_filters.FilterSet):
    league = IdFilter(field_name="league_id", label="Id of a league")
    user = IdFilter(field_name="user_id", label="Id of the owner")
    is_active = YesNoFilter(label="Plays, or has left")
    mine = YesNoFilter(method="of_caller", label="Only one's own; false: only others'")
    search = SearchFilter("team_name", "user__username", label="In the team's name and the player's")
    ordering = OrderFilter(joined_at="joined_at", team_name="team_name")

    class Meta:
        model = Constructor
        fields: list[str] = []

    def of_caller(self, constructors: QuerySet[Constructor], name: str, value: bool) -> QuerySet[Constructor]:
        own = {"user": self.request.user.pk}
        return constructors.filter(**own) if value else constructors.exclude(**own)


# What comes out ---------------------------------------------------------------------------------


class BoardOwnerOut(serializers.Serializer[Row]):
    example = {"username": "ana"}

    id = serializers.IntegerField(source="user_id")
    username = serializers.CharField()


class BoardConstructorOut(serializers.Serializer[Row]):
    example = {"team_name": "Apex Hunters", "color": "#2f7de1"}

    id = serializers.IntegerField(source="constructor_id")
    team_name = serializers.CharField()
    color = serializers.CharField()
    is_active = serializers.BooleanField()
    user = BoardOwnerOut(source="*")


class BoardRowOut(serializers.Serializer[Row]):
    example = {"decided_by": "", "gap": "0"}

    rank = serializers.IntegerField(help_text="1, 2, 2, 4")
    tied = serializers.BooleanField(help_text="Shares the rank")
    constructor = BoardConstructorOut(source="*")
    points = PlainDecimal()
    races = serializers.IntegerField(help_text="Scored races that it drafted")
    wins = serializers.IntegerField()
    change = serializers.IntegerField(allow_null=True, help_text="Places won (positive) or lost since the last race")
    gap = PlainDecimal(help_text="Points behind the leader")
    decided_by = serializers.CharField(help_text="What ordered those with the same points; empty where none has")


class BoardOut(serializers.Serializer[Board]):
    league = serializers.IntegerField(source="league_id")
    race = serializers.IntegerField(source="race_id", allow_null=True, help_text="null: the whole season")
    status = serializers.ChoiceField(Race.Results.choices, help_text="Of the race's results, or the latest race's")
    updated_at = serializers.DateTimeField(allow_null=True)
    results = BoardRowOut(source="rows", many=True)


class ScoredDriverOut(serializers.ModelSerializer[Driver]):
    example = {"external_id": "norris", "name": "Lando Norris", "code": "NOR"}

    class Meta:
        model = Driver
        fields = ["id", "external_id", "name", "code", "number"]


class LineOut(serializers.Serializer[Any]):
    example = {"rule": "grand_prix", "amount": "25", "because": "P1 in the Grand Prix"}

    rule = serializers.CharField()
    amount = serializers.CharField(help_text="An exact decimal")
    because = serializers.CharField()


class DriverScoreOut(serializers.ModelSerializer[DriverScore]):
    driver = ScoredDriverOut()
    points = PlainDecimal()
    lines = LineOut(many=True, help_text="They add up to the points")

    class Meta:
        model = DriverScore
        fields = ["driver", "substitute", "points", "lines"]


class RaceScoresOut(serializers.Serializer[Any]):
    example = {"rule_set": "Classic"}

    race = serializers.IntegerField()
    rule_set = serializers.CharField()
    status = serializers.ChoiceField(Race.Results.choices)
    number = serializers.IntegerField(allow_null=True, help_text="Counts the scorings; null until the race is scored")
    updated_at = serializers.DateTimeField(allow_null=True)
    results = DriverScoreOut(many=True)


class PickScoreOut(serializers.Serializer[Any]):
    example = {"result": "P1", "points": "25"}

    pick_number = serializers.IntegerField(source="pick.pick_number")
    driver = ScoredDriverOut(source="pick.driver")
    result = serializers.CharField(source="label", help_text="A place, DNF, …; empty until the race is scored")
    points = PlainDecimal(allow_null=True)
    lines = LineOut(many=True, help_text="They add up to the points")


class ConstructorRaceOut(serializers.Serializer[Any]):
    """A race that a constructor drafted; `points` and `rank` are null until it is scored."""

    example = {"race_name": "Hungarian Grand Prix", "points": "43"}

    race = serializers.IntegerField(source="race.pk")
    race_name = serializers.CharField(source="race.name")
    points = PlainDecimal(allow_null=True)
    rank = serializers.IntegerField(allow_null=True, help_text="In the league, of this race")
    picks = PickScoreOut(many=True)


class RulesOut(serializers.Serializer[Any]):
    example = {"name": "Classic", "colors": ["#e10600"]}

    name = serializers.CharField()
    grand_prix = serializers.ListField(child=PlainDecimal(), help_text="What the first place is worth, the second, …")
    fastest_lap = PlainDecimal()
    drivers_per_team = serializers.IntegerField(help_text="That each constructor drafts for a race")
    smallest_league = serializers.IntegerField(help_text="In teams")
    largest_league = serializers.IntegerField()
    colors = serializers.ListField(child=serializers.CharField(), help_text="What a constructor can have")
    draft_methods = serializers.ListField(child=serializers.ChoiceField(League.DraftMethod.choices))


# Operations -------------------------------------------------------------------------------------


@extend_schema(
    operation_id="leagues_leaderboard",
    tags=["leagues"],
    parameters=[OpenApiParameter("race_id", ID, description="Only this race; without it the whole season"), SPOILERS],
    responses={200: BoardOut, **problems(400, 404)},
)
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def leaderboard_view(request: Request, pk: int) -> Response:
    """The league's board of the season or of one race; without results until the race is scored."""
    leagues = League.objects.visible_to(request.user).select_related("season")
    league = get_object_or_404(leagues, pk=pk)
    query = BoardQuery(data=request.query_params.dict())
    refuse_unknown(request, [*query.fields, SPOILERS.name])
    query.is_valid(raise_exception=True)
    until = asked_until(request)
    if "race_id" not in query.validated_data:
        return Response(BoardOut(overall_board(league, until=until)).data)
    race = get_object_or_404(Race, pk=query.validated_data["race_id"], season=league.season_id)
    return Response(BoardOut(race_board(league, race, until=until)).data)


class ConstructorList(ListAPIView[Constructor]):
    permission_classes = [AllowAny]
    serializer_class = ConstructorOut
    filterset_class = ConstructorFilter
    own_parameters = [SPOILERS.name]
    queryset = Constructor.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[Constructor]:
        return _constructors(self.request).order_by("pk")

    @extend_schema(
        operation_id="constructors_list",
        tags=["constructors"],
        summary="Constructors of the leagues that one may see, in the order of joining",
        parameters=[SPOILERS],
        responses=ConstructorOut(many=True),
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {"points": points.totals(page, until=asked_until(request))}
        return self.get_paginated_response(ConstructorOut(page, many=True, context=context).data)


@extend_schema(
    methods=["GET"],
    operation_id="constructors_read",
    tags=["constructors"],
    summary="A constructor with the season's points so far",
    parameters=[SPOILERS],
    responses={200: ConstructorOut, **problems(400, 404)},
)
@extend_schema(
    methods=["PATCH"],
    operation_id="constructors_change",
    tags=["constructors"],
    summary="Give a team another name or colour, as its owner",
    request=TeamIn(partial=True),
    responses={200: ConstructorOut, **problems(400, NotAllowed, 404, TeamNameTaken, ColourTaken)},
)
@api_view(["GET", "HEAD", "PATCH"])
@permission_classes([IsAuthenticatedOrReadOnly])
def constructor_view(request: Request, pk: int) -> Response:
    """A constructor with the season's points so far. PATCH gives it another name or colour, as its owner."""
    constructor, until = get_object_or_404(_constructors(request), pk=pk), asked_until(request)
    if request.method == "PATCH":
        given = valid(TeamIn(data=request.data, partial=True))
        change_team(constructor_id=pk, actor=account_of(request), now=clock.now(), **given)
        constructor.refresh_from_db(fields=["team_name", "color"])
    return Response(ConstructorOut(constructor, context={"points": points.totals([constructor], until=until)}).data)


class ConstructorRaces(ListAPIView[Any]):
    permission_classes = [AllowAny]
    serializer_class = ConstructorRaceOut
    own_parameters = [SPOILERS.name]
    queryset = Constructor.objects.none()  # for the schema

    @extend_schema(
        operation_id="constructors_races",
        tags=["constructors"],
        summary="A constructor's season, race by race, the latest first",
        parameters=[SPOILERS],
        responses=ConstructorRaceOut(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        constructor = get_object_or_404(_constructors(request), pk=pk)
        page = self.paginate_queryset(constructor_season(constructor, until=asked_until(request)))
        return self.get_paginated_response(ConstructorRaceOut(page, many=True).data)


@extend_schema(operation_id="rules_read", tags=["rules"], responses=RulesOut)
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def rules_view(request: Request) -> Response:
    """What points are given for, and the limits of leagues."""
    played = {
        "name": CLASSIC.name,
        "grand_prix": CLASSIC.grand_prix,
        "fastest_lap": CLASSIC.fastest_lap,
        "drivers_per_team": ROUNDS,
        "smallest_league": MIN_TEAMS,
        "largest_league": MAX_TEAMS,
        "colors": COLOURS,
        "draft_methods": League.DraftMethod.values,
    }
    return Response(RulesOut(played).data)


@extend_schema(
    operation_id="races_scores",
    tags=["races"],
    parameters=[SPOILERS],
    responses={200: RaceScoresOut, **problems(400, 404)},
)
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def race_scores_view(request: Request, pk: int) -> Response:
    """What each driver of a race earns for whoever drafted them, with the reasons; the best first."""
    race = get_object_or_404(Race, pk=pk)
    rules, hides = rule_set(), is_hidden(race.starts_at, asked_until(request))
    run = None if hides else ScoreRun.objects.filter(race=race, rule_set=rules, is_current=True).first()
    scores = run.scores.select_related("driver").order_by("-points", "driver__family_name") if run else []
    body = {
        "race": race.pk,
        "rule_set": rules.name,
        "status": Race.Results.NONE if hides else race.results_status,
        "number": run.number if run else None,
        "updated_at": run.created_at if run else None,
        "results": scores,
    }
    return Response(RaceScoresOut(body).data)


def _constructors(request: Request) -> QuerySet[Constructor]:
    return Constructor.objects.visible_to(request.user).select_related("user", "league__season")


urlpatterns: list[URLPattern] = [
    path("leagues/<id:pk>/leaderboard", leaderboard_view),
    path("constructors", ConstructorList.as_view(), name="api-constructors"),
    path("constructors/<id:pk>", constructor_view, name="api-constructor"),
    path("constructors/<id:pk>/races", ConstructorRaces.as_view()),
    path("races/<id:pk>/scores", for_all(race_scores_view)),
    path("rules", for_all(rules_view)),
]
