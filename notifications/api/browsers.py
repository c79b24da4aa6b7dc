"""One's browsers that show notifications by themselves.

Not with API keys: who got hold of one would listen on after it was revoked.
"""

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import signins
from accounts.permissions import SignedInOnly
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.outbound import AddressRefused
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import StrictSerializer, valid
from notifications import browsers
from notifications.models import PushSubscription

ENDPOINT = "https://push.example.com/send/3fdd1c"


class BrowserKeysIn(StrictSerializer):
    example = {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }

    p256dh = serializers.CharField(max_length=100)
    auth = serializers.CharField(max_length=40)


class BrowserIn(StrictSerializer):
    """A `PushSubscription` as browsers write it (`toJSON`)."""

    example = {"endpoint": ENDPOINT}

    endpoint = serializers.CharField(max_length=1000)
    keys = BrowserKeysIn()
    expirationTime = serializers.IntegerField(required=False, allow_null=True, help_text="Is passed over")  # noqa: N815


class BrowserOut(serializers.ModelSerializer[PushSubscription]):
    example = {"endpoint": ENDPOINT, "device": "Firefox on Android"}

    class Meta:
        model = PushSubscription
        fields = ["id", "device", "endpoint", "created_at", "last_used_at"]


class BrowserList(ListAPIView[PushSubscription]):
    permission_classes = [SignedInOnly]
    serializer_class = BrowserOut
    queryset = PushSubscription.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[PushSubscription]:
        return browsers.of(account_of(self.request))

    @extend_schema(
        operation_id="push_subscriptions_list",
        tags=["notifications"],
        summary="One's browsers that get pushes, the latest first",
        responses={200: BrowserOut(many=True), **problems(400)},
    )
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="push_subscriptions_create",
        tags=["notifications"],
        summary="Let a browser get pushes",
        description="With the `push_key` of the preferences. Safe to repeat: 200 then, and nothing new.",
        request=BrowserIn,
        responses={
            200: BrowserOut,
            201: BrowserOut,
            **problems(400, AddressRefused, browsers.PushUnavailable, browsers.TooManyBrowsers),
        },
    )
    def post(self, request: Request) -> Response:
        data = valid(BrowserIn(data=request.data))
        browser, is_new = browsers.subscribe(
            user=account_of(request),
            sign_in=signins.current(request),
            endpoint=data["endpoint"],
            **data["keys"],
            user_agent=request.headers.get("User-Agent", ""),
            now=timezone.now(),
        )
        told = BrowserOut(browser).data
        return created(told, at="api-push-subscription", args=[browser.pk]) if is_new else Response(told)


class BrowserDetail(APIView):
    permission_classes = [SignedInOnly]

    @extend_schema(
        operation_id="push_subscriptions_delete",
        tags=["notifications"],
        summary="Send no more pushes to a browser",
        responses={204: None, **problems(404)},
    )
    def delete(self, request: Request, pk: int) -> Response:
        browsers.unsubscribe(user=account_of(request), pk=pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("notifications/push-subscriptions", BrowserList.as_view()),
    path("notifications/push-subscriptions/<id:pk>", BrowserDetail.as_view(), name="api-push-subscription"),
]
