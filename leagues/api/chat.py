"""The chat of a league over the API, for its members."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.verification import EmailNotVerified
from fantasy_f1.core import clock
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.idempotency import MalformedKey, idempotent
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid
from leagues import chat
from leagues.api.leagues import PlayerOut, visible_league
from leagues.api.members import MemberOut, member_of, member_response
from leagues.errors import ManagerNotMuted, Muted
from leagues.membership import MAX_REASON
from leagues.models import ChatMessage

# What goes in -----------------------------------------------------------------------------------


class MessageIn(StrictSerializer):
    example = {"text": "Who takes the first pick of chaos?"}

    text = serializers.CharField(
        max_length=chat.MAX_TEXT, help_text="Plain text; it is kept on one line and without invisible characters"
    )


class MuteIn(StrictSerializer):
    example = {"on": True, "reason": "Cool down until Sunday."}

    on = serializers.BooleanField(help_text="true: says nothing in the chat from now on")
    reason = serializers.CharField(
        max_length=MAX_REASON, required=False, allow_blank=True, help_text="Everybody in the league can read it"
    )


# What comes out ---------------------------------------------------------------------------------


# Expects ``team_name``, as of ``chat.messages``.
class MessageOut(serializers.ModelSerializer[ChatMessage]):
    example = {"text": "Who takes the first pick of chaos?", "team_name": "Apex Hunters"}

    user = PlayerOut()
    team_name = serializers.CharField(allow_null=True, help_text="null: has no team in the league")

    class Meta:
        model = ChatMessage
        fields = ["id", "user", "team_name", "text", "created_at"]


# Operations -------------------------------------------------------------------------------------


class Chat(ListAPIView[ChatMessage]):
    serializer_class = MessageOut
    queryset = ChatMessage.objects.none()  # for the schema

    @extend_schema(
        operation_id="chat_list",
        tags=["leagues"],
        summary="What was said in a league, for its members, the newest first",
        responses={200: MessageOut(many=True), **problems(NotAllowed)},
    )
    def get(self, request: Request, pk: int) -> Response:
        league = visible_league(request, pk)
        chat.require_reader(account_of(request), league)
        page = self.paginate_queryset(chat.messages(league)) or []
        return self.get_paginated_response(MessageOut(page, many=True).data)

    @extend_schema(
        operation_id="chat_create",
        tags=["leagues"],
        summary="Say something in a league, as one of its members",
        description="Said twice within five seconds, the same text is one message.",
        request=MessageIn,
        responses={
            201: MessageOut,
            **problems(400, MalformedKey, NotAllowed, Muted, EmailNotVerified, 404, 422),
        },
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self._say(request, pk)

    @staticmethod
    @idempotent
    def _say(request: Request, pk: int) -> Response:
        league = visible_league(request, pk)
        given = valid(MessageIn(data=request.data))
        said = chat.say(league_id=league.pk, actor=account_of(request), now=clock.now(), **given)
        return created(MessageOut(chat.messages(league).get(pk=said.pk)).data, at="api-league-chat", args=[pk])


@extend_schema(
    operation_id="chat_delete",
    tags=["leagues"],
    responses={204: None, **problems(NotAllowed, 404)},
)
@api_view(["DELETE"])
def message_view(request: Request, pk: int, message_pk: int) -> Response:
    """Take a message out: one's own, or as a manager anybody's."""
    league = visible_league(request, pk)
    chat.require_reader(account_of(request), league)
    message = get_object_or_404(league.chat, pk=message_pk)
    chat.remove_message(league_id=pk, message_id=message.pk, actor=account_of(request), now=clock.now())
    return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    operation_id="members_mute",
    tags=["members"],
    request=MuteIn,
    responses={200: MemberOut, **problems(400, NotAllowed, 404, ManagerNotMuted)},
)
@api_view(["PUT"])
def mute_view(request: Request, pk: int, constructor_pk: int) -> Response:
    """Let a player say nothing in the chat of the league, or something again, as a manager. Safe to repeat."""
    member = member_of(request, pk, constructor_pk)
    given: dict[str, Any] = valid(MuteIn(data=request.data))
    chat.mute(league_id=pk, user=member.user, actor=account_of(request), now=clock.now(), **given)
    return member_response(request, pk, constructor_pk)


urlpatterns: list[URLPattern] = [
    path("leagues/<id:pk>/chat", Chat.as_view(), name="api-league-chat"),
    path("leagues/<id:pk>/chat/<id:message_pk>", message_view),
    path("leagues/<id:pk>/members/<id:constructor_pk>/mute", mute_view),
]
