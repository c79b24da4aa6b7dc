"""A user's own notifications as JSON."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, renderer_classes
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from fantasy_f1.core import live
from fantasy_f1.core.filters import IdFilter, OrderFilter, SearchFilter, YesNoFilter
from fantasy_f1.core.http import account_of
from fantasy_f1.core.live import Stream
from fantasy_f1.core.renderers import EventStreamRenderer
from fantasy_f1.core.schema import problems
from fantasy_f1.core.spoilers import seen_by
from notifications import bell, service
from notifications.models import Notification
from notifications.shown import hidden_race, shown, without_hidden

EVENTS_EXAMPLE = """retry: 5000

event: notifications
data: {"unread": 2}

event: notifications
data: {}

"""


class ShownFilter(SearchFilter):
    def filter(self, qs: QuerySet[Notification], value: str) -> QuerySet[Notification]:
        return super().filter(without_hidden(qs, seen_by(self.parent.request)) if value else qs, value)


class NotificationFilter(django_filters.FilterSet):
    is_read = YesNoFilter(label="Was read, or was not")
    type = django_filters.MultipleChoiceFilter(choices=Notification.Type.choices)
    league = IdFilter(field_name="league_id", label="Id of the league that it is about")
    search = ShownFilter("title", "message", label="In what it says, as far as it is shown")
    ordering = OrderFilter(created_at="created_at")

    class Meta:
        model = Notification
        fields: list[str] = []


# Expects ``until`` in the context.
class NotificationOut(serializers.ModelSerializer[Notification]):
    example = {
        "title": "Your turn in Grid",
        "message": "Pick 1 for the Hungarian Grand Prix is yours.",
        "link": "/leagues/1/drafts/36/",
        "is_hidden": False,
    }

    title = serializers.SerializerMethodField()
    message = serializers.SerializerMethodField()
    is_hidden = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = ["id", "type", "title", "message", "link", "league", "is_read", "is_hidden", "created_at"]

    def get_title(self, notification: Notification) -> str:
        return self._shown(notification)[0]

    def get_message(self, notification: Notification) -> str:
        return self._shown(notification)[1]

    def get_is_hidden(self, notification: Notification) -> bool:
        """true: it tells a result, which your spoiler shield covers; `title` and `message` say that alone"""
        return hidden_race(notification, self.context["until"]) is not None

    def _shown(self, notification: Notification) -> tuple[str, str]:
        return shown(notification, self.context["until"])


class ReadAllOut(serializers.Serializer[dict[str, int]]):
    marked = serializers.IntegerField(help_text="How many were unread")


class NotificationList(ListAPIView[Notification]):
    serializer_class = NotificationOut
    filterset_class = NotificationFilter
    queryset = Notification.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[Notification]:
        return service.for_user(account_of(self.request)).select_related("race")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "until": seen_by(self.request)}

    @extend_schema(
        operation_id="notifications_list",
        tags=["notifications"],
        summary="One's own notifications, the latest first",
        responses={200: NotificationOut(many=True), **problems(401)},
    )
    def get(self, request: Request) -> Response:
        return self.list(request)


@extend_schema(
    operation_id="notifications_mark_read",
    tags=["notifications"],
    request=None,
    responses={200: NotificationOut, **problems(401, 404)},
)
@api_view(["PATCH"])
def read_view(request: Request, pk: int) -> Response:
    """Mark one as read. Safe to repeat."""
    notification = get_object_or_404(account_of(request).notifications.select_related("race"), pk=pk)
    service.mark_read(notification)
    return Response(NotificationOut(notification, context={"until": seen_by(request)}).data)


@extend_schema(
    operation_id="notifications_mark_all_read",
    tags=["notifications"],
    request=None,
    responses={200: ReadAllOut, **problems(401)},
)
@api_view(["POST"])
def read_all_view(request: Request) -> Response:
    """Mark all as read."""
    return Response(ReadAllOut({"marked": service.mark_all_read(user=account_of(request))}).data)


@extend_schema(
    operation_id="notifications_events",
    tags=["notifications"],
    summary="That there is news for oneself, as server-sent events",
    description=(
        "The answer stays open. `notifications` tells that something was told, or read on another page; what, is in "
        "the list. The first one, on coming, tells how many are unread. It has no `id`: whoever comes back looks at "
        "the list. A comment comes every 15 seconds. A server without open streams ends the answer at once."
    ),
    responses={
        (200, EventStreamRenderer.media_type): OpenApiResponse(
            OpenApiTypes.STR,
            examples=[OpenApiExample("News", value=EVENTS_EXAMPLE, media_type=EventStreamRenderer.media_type)],
        ),
        **problems(401),
    },
)
@api_view(["GET", "HEAD"])
@renderer_classes([EventStreamRenderer])
def events_view(request: Request) -> Response:
    user = account_of(request)
    stream = Stream(bell.topic_of(user.pk), after=0, viewer=user.pk, credential=access.credential_of(request))
    live.hold_open(request._request, stream)
    unread = service.for_user(user).filter(is_read=False).count()
    begin = f'retry: 5000\n\nevent: {bell.NEWS}\ndata: {{"unread": {unread}}}\n\n'.encode()
    return Response(begin, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


urlpatterns: list[URLPattern] = [
    path("notifications", NotificationList.as_view(), name="api-notifications"),
    path("notifications/events", events_view, name="api-notifications-events"),
    path("notifications/<id:pk>/read", read_view, name="api-notification-read"),
    path("notifications/read-all", read_all_view, name="api-notifications-read-all"),
]
