"""Who plays in a league, who manages it, and what happened there."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from fantasy_f1.core import clock
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.filters import OrderFilter, SearchFilter, YesNoFilter
from fantasy_f1.core.http import account_of
from fantasy_f1.core.models import EventLog
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import IdField, StrictSerializer, valid
from leagues import managers, membership
from leagues.api.leagues import LeagueOut, PlayerOut, league_response, visible_league
from leagues.errors import HasTeam, LastManager, SeasonOver
from leagues.history import SENTENCES, lines, told
from leagues.models import Constructor, League
from leagues.permissions import belongs, require_manager

# What goes in -----------------------------------------------------------------------------------


class ReasonIn(StrictSerializer):
    example = {"reason": "Has not been seen since May."}

    reason = serializers.CharField(
        max_length=membership.MAX_REASON, help_text="Everybody in the league can read it; it is sent to the player"
    )


class ReplaceIn(ReasonIn):
    example = {"username": "bob"}

    username = serializers.CharField(max_length=30, help_text="Who may take the team over; has none in the league")


class HandOverIn(StrictSerializer):
    user_id = IdField(help_text="Of a player of the league")


class MemberFilter(django_filters.FilterSet):
    is_active = YesNoFilter(label="Plays, or has left")
    is_manager = YesNoFilter(label="Manages the league, or does not")
    search = SearchFilter("team_name", "user__username", label="In the team's name and the player's")
    ordering = OrderFilter(joined_at="joined_at", team_name="team_name", username="user__username")

    class Meta:
        model = Constructor
        fields: list[str] = []


class ManagerFilter(django_filters.FilterSet):
    search = SearchFilter("username", label="In the username")
    ordering = OrderFilter(username="username")

    class Meta:
        model = User
        fields: list[str] = []


class HistoryFilter(django_filters.FilterSet):
    event = django_filters.MultipleChoiceFilter(
        field_name="name", choices=[(name, name) for name in SENTENCES], label="Only what happened in this way"
    )
    by = django_filters.CharFilter(field_name="actor__username", lookup_expr="iexact", max_length=30, label="Username")
    ordering = OrderFilter(at="version")

    class Meta:
        model = EventLog
        fields: list[str] = []


# What comes out ---------------------------------------------------------------------------------


# Expects ``is_manager`` and ``is_muted``, and in the context whether the caller is of the league (``inside``).
class MemberOut(serializers.ModelSerializer[Constructor]):
    """A team and its player."""

    example = {"team_name": "Apex Hunters", "color": "#2f7de1"}

    constructor = serializers.IntegerField(source="pk")
    user = PlayerOut()
    is_manager = serializers.BooleanField(help_text="Manages the league, too")
    is_muted = serializers.SerializerMethodField()
    offered_to = serializers.SerializerMethodField()

    class Meta:
        model = Constructor
        fields = [
            "constructor",
            "user",
            "team_name",
            "color",
            "is_manager",
            "is_active",
            "was_removed",
            "is_muted",
            "joined_at",
            "left_at",
            "offered_to",
        ]

    def get_is_muted(self, member: Any) -> bool | None:
        """Says nothing in the chat; null for those outside the league"""
        return member.is_muted if self.context["inside"] else None

    @extend_schema_field(PlayerOut(allow_null=True))
    def get_offered_to(self, member: Constructor) -> Any:
        """Who may take the team over; null for those outside the league"""
        shown = member.offered_to and self.context["inside"]
        return PlayerOut(member.offered_to).data if shown else None


class HappeningOut(serializers.Serializer[Any]):
    example = {"event": "ConstructorJoined", "what": "Apex Hunters joined."}

    at = serializers.DateTimeField()
    version = serializers.IntegerField(source="event.version", help_text="Counts the league's events")
    event = serializers.CharField(source="event.name")
    by = PlayerOut(source="event.actor", allow_null=True, help_text="null: nobody in person")
    what = serializers.CharField(help_text="In words")


# Operations -------------------------------------------------------------------------------------


class MemberList(ListAPIView[Constructor]):
    permission_classes = [AllowAny]
    serializer_class = MemberOut
    filterset_class = MemberFilter
    queryset = Constructor.objects.none()  # for the schema

    @extend_schema(
        operation_id="members_list",
        tags=["members"],
        summary="Who plays in a league, in the order of joining",
        description="Its members also see who left. A manager who does not play is among the managers only.",
        responses=MemberOut(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        league = visible_league(request, pk)
        inside = belongs(request.user, league)
        members = _members(league) if inside else _members(league).filter(is_active=True)
        page = self.paginate_queryset(self.filter_queryset(members)) or []
        return self.get_paginated_response(MemberOut(page, many=True, context={"inside": inside}).data)


@extend_schema(
    operation_id="members_remove",
    tags=["members"],
    request=ReasonIn,
    responses={200: MemberOut, **problems(400, NotAllowed, 404)},
)
@api_view(["POST"])
def remove_view(request: Request, pk: int, constructor_pk: int) -> Response:
    """Remove a player, as a manager. Safe to repeat; what the team scored stays."""
    member = member_of(request, pk, constructor_pk)
    membership.remove_constructor(
        constructor_id=member.pk, actor=account_of(request), now=clock.now(), **valid(ReasonIn(data=request.data))
    )
    return member_response(request, pk, constructor_pk)


@extend_schema(
    operation_id="members_invite_back",
    tags=["members"],
    request=None,
    responses={200: MemberOut, **problems(NotAllowed, 404)},
)
@api_view(["POST"])
def invite_back_view(request: Request, pk: int, constructor_pk: int) -> Response:
    """Let a player who was removed join again, as a manager. Safe to repeat."""
    member = member_of(request, pk, constructor_pk)
    membership.invite_back(constructor_id=member.pk, actor=account_of(request), now=clock.now())
    return member_response(request, pk, constructor_pk)


class ReplaceMember(APIView):
    @extend_schema(
        operation_id="members_replace",
        tags=["members"],
        summary="Offer a team to another player, as a manager",
        description="The team goes on under the other account, with its points, once that one joins the league; "
        "until then nothing changes. Both are told. One team can be offered to one person, the last offer counts.",
        request=ReplaceIn,
        responses={200: MemberOut, **problems(400, NotAllowed, 404, HasTeam, SeasonOver)},
    )
    def post(self, request: Request, pk: int, constructor_pk: int) -> Response:
        member = member_of(request, pk, constructor_pk)
        given = valid(ReplaceIn(data=request.data))
        require_manager(request.user, member.league)
        to = membership.player_called(given.pop("username"))
        membership.offer_team(constructor_id=member.pk, to=to, actor=account_of(request), now=clock.now(), **given)
        return member_response(request, pk, constructor_pk)

    @extend_schema(
        operation_id="members_withdraw_offer",
        tags=["members"],
        summary="Withdraw the offer of a team, as a manager",
        responses={204: None, **problems(NotAllowed, 404)},
    )
    def delete(self, request: Request, pk: int, constructor_pk: int) -> Response:
        member = member_of(request, pk, constructor_pk)
        membership.withdraw_offer(constructor_id=member.pk, actor=account_of(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ManagerList(ListAPIView[User]):
    permission_classes = [AllowAny]
    serializer_class = PlayerOut
    filterset_class = ManagerFilter
    queryset = User.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[User]:
        return visible_league(self.request, self.kwargs["pk"]).managers.order_by("username")

    @extend_schema(
        operation_id="managers_list",
        tags=["members"],
        summary="Who manages a league",
        responses=PlayerOut(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        return self.list(request)


class Manager(APIView):
    @extend_schema(
        operation_id="managers_add",
        tags=["members"],
        summary="Let a player manage the league, too",
        request=None,
        responses={200: PlayerOut, **problems(400, NotAllowed, 404)},
    )
    def put(self, request: Request, pk: int, user_pk: int) -> Response:
        league, user = self._asked(request, pk, user_pk)
        managers.add_manager(league_id=league.pk, actor=account_of(request), user=user, now=clock.now())
        return Response(PlayerOut(user).data)

    @extend_schema(
        operation_id="managers_remove",
        tags=["members"],
        summary="Take the role from a manager, or give it back oneself",
        responses={204: None, **problems(NotAllowed, 404, LastManager)},
    )
    def delete(self, request: Request, pk: int, user_pk: int) -> Response:
        league, user = self._asked(request, pk, user_pk)
        managers.remove_manager(league_id=league.pk, actor=account_of(request), user=user, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _asked(self, request: Request, pk: int, user_pk: int) -> tuple[League, User]:
        league = visible_league(request, pk)
        return league, get_object_or_404(managers.people_of(league), pk=user_pk)


@extend_schema(
    operation_id="leagues_hand_over",
    tags=["members"],
    request=HandOverIn,
    responses={204: None, **problems(400, NotAllowed, 404)},
)
@api_view(["POST"])
def hand_over_view(request: Request, pk: int) -> Response:
    """Give one's own management of the league to one of its players."""
    league = visible_league(request, pk)
    require_manager(request.user, league)
    user_id = valid(HandOverIn(data=request.data))["user_id"]
    to = managers.people_of(league).filter(pk=user_id).first()
    if to is None:
        raise ValidationError({"user_id": ["That is nobody of this league."]})
    managers.hand_over(league_id=league.pk, actor=account_of(request), to=to, now=clock.now())
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    operation_id="leagues_renew_code",
    tags=["members"],
    request=None,
    responses={200: LeagueOut, **problems(NotAllowed, 404)},
)
@api_view(["POST"])
def code_view(request: Request, pk: int) -> Response:
    """Make a new code, as a manager. Nobody can join by the old one or its link any more."""
    league = visible_league(request, pk)
    managers.renew_code(league_id=league.pk, actor=account_of(request), now=clock.now())
    return league_response(request, pk)


class History(ListAPIView[EventLog]):
    serializer_class = HappeningOut
    filterset_class = HistoryFilter
    queryset = EventLog.objects.none()  # for the schema

    @extend_schema(
        operation_id="leagues_history",
        tags=["leagues"],
        summary="What happened in a league, for its members, the latest first",
        responses={200: HappeningOut(many=True), **problems(NotAllowed)},
    )
    def get(self, request: Request, pk: int) -> Response:
        league = visible_league(request, pk)
        if not belongs(request.user, league):
            raise NotAllowed("Only members of the league may read its history.")
        page = self.paginate_queryset(self.filter_queryset(told(league))) or []
        return self.get_paginated_response(HappeningOut(lines(league, page), many=True).data)


def _members(league: League) -> QuerySet[Constructor]:
    managing = League.managers.through.objects.filter(league=OuterRef("league"), user=OuterRef("user"))
    muted = League.muted.through.objects.filter(league=OuterRef("league"), user=OuterRef("user"))
    members = league.constructors.select_related("user", "offered_to").order_by("joined_at", "pk")
    return members.annotate(is_manager=Exists(managing), is_muted=Exists(muted))


def member_of(request: Request, pk: int, constructor_pk: int) -> Constructor:
    return get_object_or_404(visible_league(request, pk).constructors.select_related("league"), pk=constructor_pk)


def member_response(request: Request, pk: int, constructor_pk: int) -> Response:
    """For managers."""
    member = get_object_or_404(_members(visible_league(request, pk)), pk=constructor_pk)
    return Response(MemberOut(member, context={"inside": True}).data)


urlpatterns: list[URLPattern] = [
    path("leagues/<id:pk>/members", MemberList.as_view()),
    path("leagues/<id:pk>/members/<id:constructor_pk>/remove", remove_view),
    path("leagues/<id:pk>/members/<id:constructor_pk>/invite-back", invite_back_view),
    path("leagues/<id:pk>/members/<id:constructor_pk>/replace", ReplaceMember.as_view()),
    path("leagues/<id:pk>/managers", ManagerList.as_view()),
    path("leagues/<id:pk>/managers/<id:user_pk>", Manager.as_view()),
    path("leagues/<id:pk>/hand-over", hand_over_view),
    path("leagues/<id:pk>/code", code_view),
    path("leagues/<id:pk>/history", History.as_view()),
]
