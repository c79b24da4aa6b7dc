"""Leagues as JSON, and entering a team; what constructors earn, and so more about them, is told by scoring."""

import re
from datetime import time
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.verification import EmailNotVerified
from fantasy_f1.core import clock, numbers
from fantasy_f1.core.conditional import if_match, tagged
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.idempotency import MalformedKey, idempotent
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import ReferenceField, StrictSerializer, valid
from fantasy_f1.core.spoilers import seen_by
from leagues import managers, membership, points
from leagues.errors import LeagueFull, LeagueInUse, RemovedBefore, SeasonOver, TeamNameTaken, WrongCode
from leagues.forms import ORDERS, LeagueFilter
from leagues.models import LIVE, MAX_TEAMS, MIN_TEAMS, SLOW, Constructor, League
from leagues.permissions import require_manager
from races.models import Season

TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"


@extend_schema_field({"type": "string", "pattern": f"^{TIME}$"})
class TimeOfDayField(serializers.TimeField):
    """Hours and minutes, ``22:00``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)

    def to_internal_value(self, value: Any) -> time:
        if not isinstance(value, str) or not re.fullmatch(TIME, value):
            self.fail("invalid", format="hh:mm")
        return time.fromisoformat(value)


@extend_schema_field({"anyOf": [{"type": "integer", "minimum": a, "maximum": b} for a, b in (LIVE, SLOW)]})
class PickSecondsField(serializers.IntegerField):
    """Which numbers of seconds there are is a rule."""

    def to_internal_value(self, data: Any) -> int:
        seconds: int = super().to_internal_value(data)
        managers.check_pick_seconds(seconds)
        return seconds


# What goes in -----------------------------------------------------------------------------------


class LeagueChangeIn(StrictSerializer):
    example = {
        "name": "Grid",
        "description": "Loser cooks.",
        "draft_method": "snake",
        "max_teams": 4,
        "pick_seconds": 28_800,
        "quiet_from": "22:00",
        "quiet_until": "08:00",
        "time_zone": "Europe/Berlin",
    }

    name = serializers.CharField(max_length=60)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    draft_method = serializers.ChoiceField(League.DraftMethod.choices, required=False)
    max_teams = serializers.IntegerField(
        min_value=MIN_TEAMS,
        max_value=MAX_TEAMS,
        required=False,
        help_text="Never more than half the drivers entered",
    )
    is_private = serializers.BooleanField(required=False)
    draft_opens_days = serializers.IntegerField(min_value=1, max_value=14, required=False, help_text="Before the race")
    draft_locks_at = serializers.ChoiceField(League.LocksAt.choices, required=False)
    pick_seconds = PickSecondsField(
        allow_null=True,
        required=False,
        help_text="15 to 300 for a live draft, 1 to 24 hours for a slow one, or no clock",
    )
    quiet_from = TimeOfDayField(
        allow_null=True, required=False, help_text="In quiet hours the clock of a slow draft rests; both or neither"
    )
    quiet_until = TimeOfDayField(allow_null=True, required=False)
    time_zone = serializers.CharField(max_length=64, required=False, help_text="Of the quiet hours; yours by itself")


class LeagueIn(LeagueChangeIn):
    example = {"season": 2026}

    season = ReferenceField(queryset=Season.objects.all(), help_text="Year of the season")


class JoinIn(StrictSerializer):
    example = {"team_name": "Apex Hunters", "code": "K7WQ2MXP"}

    team_name = serializers.CharField(max_length=40)
    code = serializers.CharField(max_length=16, required=False, allow_blank=True, help_text="Of a private league")


# What comes out ---------------------------------------------------------------------------------


class PlayerOut(serializers.ModelSerializer[User]):
    example = {"username": "ana"}

    class Meta:
        model = User
        fields = ["id", "username"]


# Expects ``member_count`` and ``is_mine``.
class LeagueOut(serializers.ModelSerializer[League]):
    example = {
        "name": "Grid",
        "description": "Loser cooks.",
        "code": "K7WQ2MXP",
        "season": 2026,
        "draft_method": "snake",
        "max_teams": 4,
        "draft_opens_days": 5,
        "draft_locks_at": "qualifying",
        "pick_seconds": 28_800,
        "quiet_from": "22:00",
        "quiet_until": "08:00",
        "time_zone": "Europe/Berlin",
    }

    code = serializers.SerializerMethodField()
    season = serializers.IntegerField(source="season_id", help_text="Year of the season")
    creator = PlayerOut()
    member_count = serializers.IntegerField(help_text="Teams that play")
    quiet_from = TimeOfDayField(allow_null=True)
    quiet_until = TimeOfDayField(allow_null=True)
    is_member = serializers.BooleanField(source="is_mine", help_text="Whether you play in it or manage it")

    class Meta:
        model = League
        fields = [
            "id",
            "name",
            "description",
            "code",
            "season",
            "draft_method",
            "max_teams",
            "is_private",
            "creator",
            "member_count",
            "is_member",
            "draft_opens_days",
            "draft_locks_at",
            "pick_seconds",
            "quiet_from",
            "quiet_until",
            "time_zone",
            "created_at",
        ]

    def get_code(self, league: Any) -> str | None:
        """null for those outside the league"""
        return league.code if league.is_mine else None


# Expects total points by id in the context.
class ConstructorOut(serializers.ModelSerializer[Constructor]):
    example = {"team_name": "Apex Hunters", "color": "#2f7de1", "total_points": "128"}

    league = serializers.IntegerField(source="league_id")
    user = PlayerOut()
    total_points = serializers.SerializerMethodField()

    class Meta:
        model = Constructor
        fields = ["id", "league", "user", "team_name", "color", "total_points", "is_active", "joined_at"]

    def get_total_points(self, constructor: Constructor) -> str:
        """An exact decimal, of the season so far"""
        return numbers.plain(self.context["points"].get(constructor.pk, Decimal(0)))


# Operations -------------------------------------------------------------------------------------


class LeagueList(ListAPIView[League]):
    permission_classes = [IsAuthenticatedOrReadOnly]
    filter_form = LeagueFilter
    queryset = League.objects.none()  # for the schema
    serializer_class = LeagueOut

    @extend_schema(
        operation_id="leagues_list",
        tags=["leagues"],
        summary="Public leagues and one's own",
        parameters=[
            OpenApiParameter("season", int, description="Year of the season"),
            OpenApiParameter("search", str, description="In the name"),
            OpenApiParameter("is_private", bool),
            OpenApiParameter("mine", bool, description="true: in which you play or which you manage"),
            OpenApiParameter("code", str, description="The league with this code, also if it is private"),
            OpenApiParameter("ordering", str, enum=[*ORDERS, *[f"-{key}" for key in ORDERS]], default="name"),
        ],
        responses=LeagueOut(many=True),
    )
    def get(self, request: Request) -> Response:
        form = LeagueFilter(request.query_params)
        if not form.is_valid():
            raise ValidationError({field: [str(text) for text in texts] for field, texts in form.errors.items()})
        page = self.paginate_queryset(form.apply(request.user).with_viewer(request.user).select_related("creator"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="leagues_create",
        tags=["leagues"],
        summary="A new league, managed by who makes it",
        description="The creator joins like anyone, by `join`.",
        request=LeagueIn,
        responses={201: LeagueOut, **problems(400, EmailNotVerified, SeasonOver)},
    )
    def post(self, request: Request) -> Response:
        league = managers.create_league(
            creator=account_of(request), now=clock.now(), **valid(LeagueIn(data=request.data))
        )
        return created(league_response(request, league.pk).data, at="api-league", args=[league.pk])


class LeagueDetail(APIView):
    permission_classes = [IsAuthenticatedOrReadOnly]

    @extend_schema(
        operation_id="leagues_read", tags=["leagues"], summary="A league", responses={200: LeagueOut, **problems(404)}
    )
    def get(self, request: Request, pk: int) -> Response:
        return league_response(request, pk)

    @extend_schema(
        operation_id="leagues_change",
        tags=["leagues"],
        summary="Change settings, as a manager",
        description="What concerns drafts applies from the next one on.",
        request=LeagueChangeIn(partial=True),
        responses={200: LeagueOut, **problems(400, NotAllowed, 404, 412)},
    )
    def patch(self, request: Request, pk: int) -> Response:
        league = visible_league(request, pk)
        changed = valid(LeagueChangeIn(data=request.data, partial=True))
        with if_match(request, lambda: _locked_response(request, league.pk)):
            managers.change_league(league_id=league.pk, actor=account_of(request), now=clock.now(), **changed)
            return tagged(league_response(request, pk))

    @extend_schema(
        operation_id="leagues_delete",
        tags=["leagues"],
        summary="Delete a league, as a manager",
        description="Only while nobody else has ever played in it and nothing was drafted.",
        responses={204: None, **problems(NotAllowed, 404, LeagueInUse, 412)},
    )
    def delete(self, request: Request, pk: int) -> Response:
        league = visible_league(request, pk)
        with if_match(request, lambda: _locked_response(request, league.pk)):
            managers.delete_league(league_id=league.pk, actor=account_of(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    operation_id="leagues_join",
    tags=["leagues"],
    request=JoinIn,
    responses={
        201: ConstructorOut,
        **problems(400, WrongCode, MalformedKey, EmailNotVerified, 404),
        **problems(LeagueFull, TeamNameTaken, SeasonOver, RemovedBefore, 422),
    },
)
@api_view(["POST"])
@idempotent
def join_view(request: Request, pk: int) -> Response:
    """Enter a team.

    To whom a team of the league is offered takes it over by this, under the given name and without a code.
    """
    given = valid(JoinIn(data=request.data))
    league = get_object_or_404(League.objects.open_to(request.user, code=given.get("code", "")), pk=pk)
    constructor = membership.join_league(league_id=league.pk, user=account_of(request), now=clock.now(), **given)
    context = {"points": points.totals([constructor], until=seen_by(request))}
    return created(ConstructorOut(constructor, context=context).data, at="api-constructor", args=[constructor.pk])


@extend_schema(
    operation_id="leagues_leave", tags=["leagues"], request=None, responses={204: None, **problems(401, 404)}
)
@api_view(["POST"])
def leave_view(request: Request, pk: int) -> Response:
    """Stop playing. Safe to repeat; what was scored stays, and who manages the league still does."""
    user = account_of(request)
    left = Q(pk__in=user.constructors.values("league"))
    visible = Q(pk__in=League.objects.visible_to(user).values("pk"))
    league = get_object_or_404(League.objects.filter(left | visible), pk=pk)
    membership.leave_league(league_id=league.pk, user=user, now=clock.now())
    return Response(status=status.HTTP_204_NO_CONTENT)


def visible_league(request: Request, pk: int) -> League:
    return get_object_or_404(League.objects.visible_to(request.user), pk=pk)


def league_response(request: Request, pk: int) -> Response:
    leagues = League.objects.visible_to(request.user).with_member_count().with_viewer(request.user)
    return Response(LeagueOut(get_object_or_404(leagues.select_related("creator"), pk=pk)).data)


def _locked_response(request: Request, pk: int) -> Response:
    require_manager(account_of(request), League.objects.lock(pk))
    return league_response(request, pk)


urlpatterns: list[URLPattern] = [
    path("leagues", LeagueList.as_view(), name="api-leagues"),
    path("leagues/<id:pk>", LeagueDetail.as_view(), name="api-league"),
    path("leagues/<id:pk>/join", join_view, name="api-league-join"),
    path("leagues/<id:pk>/leave", leave_view, name="api-league-leave"),
]
