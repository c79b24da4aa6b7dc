"""Where one is told of what, and when not."""

from typing import Any

from django.conf import settings
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from fantasy_f1.core.http import account_of
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid
from notifications import browsers, preferences
from notifications.models import Channel, Habits, Notification


class WaySerializer(StrictSerializer):
    """Whether a type of notification comes by a channel."""

    type = serializers.ChoiceField(Notification.Type.choices)
    channel = serializers.ChoiceField(Channel.choices)
    is_on = serializers.BooleanField()


class PreferencesIn(StrictSerializer):
    example = {"quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "18:00"}

    ways = WaySerializer(many=True, required=False, help_text="Those to change")
    quiet_from = serializers.TimeField(required=False, allow_null=True, help_text="In your time zone")
    quiet_until = serializers.TimeField(required=False, allow_null=True)
    digest = serializers.ChoiceField(
        Habits.Digest.choices, required=False, help_text="`daily`: what can wait comes in one mail a day"
    )
    digest_at = serializers.TimeField(required=False, help_text="When that mail comes")


class PreferencesOut(serializers.Serializer[dict[str, Any]]):
    example = {"quiet_from": "22:00:00", "quiet_until": "07:00:00", "digest_at": "18:00:00", "push_key": None}

    ways = WaySerializer(many=True, help_text="All of yours")
    quiet_from = serializers.TimeField(allow_null=True, help_text="In your time zone; null: no quiet hours")
    quiet_until = serializers.TimeField(allow_null=True)
    digest = serializers.ChoiceField(Habits.Digest.choices)
    digest_at = serializers.TimeField()
    sends_mail = serializers.BooleanField(help_text="false: no mails are sent by this installation")
    push_key = serializers.CharField(
        allow_null=True, help_text="The `applicationServerKey` for a browser; null: no pushes are sent"
    )


class PreferencesView(APIView):
    @extend_schema(
        operation_id="notifications_preferences",
        tags=["notifications"],
        summary="Where one is told of what",
        responses={200: PreferencesOut, **problems(401)},
    )
    def get(self, request: Request) -> Response:
        return Response(_told(account_of(request)))

    @extend_schema(
        operation_id="notifications_change_preferences",
        tags=["notifications"],
        summary="Change where one is told of what",
        description="What is left out stays as it is.",
        request=PreferencesIn,
        responses={200: PreferencesOut, **problems(400)},
    )
    def patch(self, request: Request) -> Response:
        user = account_of(request)
        data = valid(PreferencesIn(data=request.data))
        ways = {(way["type"], way["channel"]): way["is_on"] for way in data.pop("ways", ())}
        preferences.set_preferences(
            user=user,
            on=[way for way, is_on in ways.items() if is_on],
            off=[way for way, is_on in ways.items() if not is_on],
            **data,
        )
        return Response(_told(user))


def _told(user: User) -> dict[str, Any]:
    habits = preferences.habits_of(user)
    ways = [
        {"type": kind, "channel": channel, "is_on": is_on}
        for kind, by_channel in preferences.table_of(user)
        for channel, is_on in by_channel.items()
    ]
    told = {
        **{name: getattr(habits, name) for name in ("quiet_from", "quiet_until", "digest", "digest_at")},
        "ways": ways,
        "sends_mail": settings.EMAIL_VERIFICATION,
        "push_key": browsers.push_key(),
    }
    return PreferencesOut(told).data


urlpatterns = [path("notifications/preferences", PreferencesView.as_view())]
