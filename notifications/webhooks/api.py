"""Webhooks for programs: to add, test and look after them."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.verification import EmailNotVerified
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.filters import IdFilter, YesNoFilter
from fantasy_f1.core.http import account_of, created
from fantasy_f1.core.outbound import LONGEST_URL, AddressRefused
from fantasy_f1.core.schema import problems
from fantasy_f1.core.serializers import IdField, StrictSerializer, valid
from leagues.models import League
from notifications.outgoing import NothingToRepeat, Outgoing
from notifications.webhooks import endpoints
from notifications.webhooks.endpoints import NotSigned, TooManyWebhooks, WebhookOff
from notifications.webhooks.happenings import AREAS, KINDS
from notifications.webhooks.models import Webhook, WebhookDelivery

EVENTS = [*AREAS, *KINDS]


# What goes in -----------------------------------------------------------------------------------


class WebhookIn(StrictSerializer):
    example = {"url": "https://bot.example.com/f1", "events": ["draft.*", "score.race_scored"]}

    url = serializers.CharField(max_length=LONGEST_URL, help_text="On the public internet, by https")
    format = serializers.ChoiceField(
        Webhook.Format.choices, required=False, help_text="Told by the address, if left out: `json` for most"
    )
    events = serializers.ListField(
        child=serializers.ChoiceField([(kind, kind) for kind in EVENTS]),
        required=False,
        allow_empty=False,
        max_length=len(EVENTS),
        help_text="All, if left out; for Discord and Slack those that do not come too often",
    )
    league = IdField(
        required=False,
        allow_null=True,
        help_text="Of which it hears, for a manager of it; without it, it hears of all leagues of one's own",
    )


class WebhookChangeIn(StrictSerializer):
    example = {"events": ["draft.*"]}

    events = serializers.ListField(
        child=serializers.ChoiceField([(kind, kind) for kind in EVENTS]),
        required=False,
        allow_empty=False,
        max_length=len(EVENTS),
    )
    is_active = serializers.BooleanField(
        required=False, help_text="Switched off, it gives up what waits; on again, it begins afresh"
    )


class WebhookFilter(django_filters.FilterSet):
    league = IdFilter(field_name="league_id", label="Id of the league that it is of")
    is_active = YesNoFilter(label="Is switched on, or off")

    class Meta:
        model = Webhook
        fields: list[str] = []


class PostFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=Outgoing.State.choices)

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []


# What comes out ---------------------------------------------------------------------------------


class WebhookOut(serializers.ModelSerializer[Webhook]):
    example = {
        "url": "https://bot.example.com/f1",
        "events": ["draft.*", "score.race_scored"],
        "disabled_reason": "It answered 410. The address is gone.",
    }

    league = serializers.IntegerField(source="league_id", allow_null=True, help_text="null: one's own")
    events = serializers.ListField(child=serializers.CharField())
    failures = serializers.IntegerField(help_text="In a row")

    class Meta:
        model = Webhook
        fields = [
            "id",
            "league",
            "url",
            "format",
            "events",
            "is_active",
            "created_at",
            "disabled_at",
            "disabled_reason",
            "failures",
            "failing_since",
            "rests_until",
        ]


class NewWebhookOut(WebhookOut):
    example = {"secret": "whsec_c2hvcnRlbmVk"}

    secret = serializers.SerializerMethodField()

    class Meta(WebhookOut.Meta):
        fields = [*WebhookOut.Meta.fields, "secret"]

    def get_secret(self, webhook: Webhook) -> str | None:
        """By which posts are signed. It is shown this once; null where nothing is signed."""
        return webhook.secret if webhook.is_signed else None


class PostOut(serializers.ModelSerializer[WebhookDelivery]):
    example = {
        "message_id": "msg_0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "type": "draft.opened",
        "error": "It answered 503.",
        "answer": "Down for repairs",
        "response_status": 503,
        "duration_ms": 87,
    }

    league = serializers.IntegerField(source="league_id", allow_null=True)
    message_id = serializers.CharField(help_text="Of each try, as `Webhook-Id`")
    attempts = serializers.IntegerField()
    next_at = serializers.DateTimeField(help_text="When it is tried (again), while it waits")
    error = serializers.CharField(help_text="What was wrong the last time")
    response_status = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    answer = serializers.CharField(help_text="The first 1,024 bytes of the last one")

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "message_id",
            "type",
            "league",
            "state",
            "attempts",
            "next_at",
            "created_at",
            "done_at",
            "response_status",
            "duration_ms",
            "answer",
            "error",
        ]


# Operations -------------------------------------------------------------------------------------


class WebhookList(ListAPIView[Webhook]):
    serializer_class = WebhookOut
    filterset_class = WebhookFilter
    queryset = Webhook.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[Webhook]:
        return Webhook.objects.visible_to(account_of(self.request)).order_by("pk")

    @extend_schema(
        operation_id="webhooks_list",
        tags=["webhooks"],
        summary="One's own webhooks and those of leagues that one manages",
        responses={200: WebhookOut(many=True), **problems(401)},
    )
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="webhooks_create",
        tags=["webhooks"],
        summary="Add a webhook",
        description=(
            "What happens is posted to the address from now on: of all leagues in which one plays or which one manages "
            f"(at most {endpoints.MOST_OF_USER} webhooks), or of one `league` (at most {endpoints.MOST_OF_LEAGUE}). "
            "The secret by which posts are signed is in this answer only."
        ),
        request=WebhookIn,
        responses={
            201: NewWebhookOut,
            **problems(400, AddressRefused, NotAllowed, EmailNotVerified, TooManyWebhooks),
        },
    )
    def post(self, request: Request) -> Response:
        values = valid(WebhookIn(data=request.data))
        user, league, league_id = account_of(request), None, values.pop("league", None)
        if league_id is not None:
            league = League.objects.visible_to(user).filter(pk=league_id).first()
            if league is None:
                raise serializers.ValidationError({"league": ["There is no such league."]})
        webhook = endpoints.add(actor=user, league=league, now=timezone.now(), **values)
        return created(NewWebhookOut(webhook).data, at="api-webhook", args=[webhook.pk])


class WebhookDetail(APIView):
    @extend_schema(
        operation_id="webhooks_read",
        tags=["webhooks"],
        summary="A webhook, and how it does",
        responses={200: WebhookOut, **problems(404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(WebhookOut(_webhook(request, pk)).data)

    @extend_schema(
        operation_id="webhooks_change",
        tags=["webhooks"],
        summary="Choose other events, switch it off or on",
        request=WebhookChangeIn,
        responses={200: WebhookOut, **problems(400, 404)},
    )
    def patch(self, request: Request, pk: int) -> Response:
        _webhook(request, pk)
        values = valid(WebhookChangeIn(data=request.data))
        webhook = endpoints.change(webhook_id=pk, actor=account_of(request), now=timezone.now(), **values)
        return Response(WebhookOut(webhook).data)

    @extend_schema(
        operation_id="webhooks_delete",
        tags=["webhooks"],
        summary="Remove a webhook, with its log",
        responses={204: None, **problems(404)},
    )
    def delete(self, request: Request, pk: int) -> Response:
        endpoints.remove(webhook_id=pk, actor=account_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    operation_id="webhooks_test",
    tags=["webhooks"],
    summary="Send a test",
    description="A `webhook.test` is posted within seconds, once; what comes of it is in the webhook's log.",
    request=None,
    responses={202: PostOut, **problems(404)},
)
@api_view(["POST"])
def test_view(request: Request, pk: int) -> Response:
    post = endpoints.test(webhook_id=pk, actor=account_of(request), now=timezone.now())
    return Response(PostOut(post).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(
    operation_id="webhooks_rotate_secret",
    tags=["webhooks"],
    summary="Make another secret",
    description="For 24 hours posts have two signatures: by the new secret and by the old one.",
    request=None,
    responses={200: NewWebhookOut, **problems(404, NotSigned)},
)
@api_view(["POST"])
def rotate_secret_view(request: Request, pk: int) -> Response:
    webhook = endpoints.rotate_secret(webhook_id=pk, actor=account_of(request), now=timezone.now())
    return Response(NewWebhookOut(webhook).data)


class PostList(ListAPIView[WebhookDelivery]):
    serializer_class = PostOut
    filterset_class = PostFilter
    queryset = WebhookDelivery.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        return _webhook(self.request, self.kwargs["pk"]).deliveries.order_by("-pk")

    @extend_schema(
        operation_id="webhooks_deliveries",
        tags=["webhooks"],
        summary="What a webhook was sent in the last 30 days, the latest first",
        responses={200: PostOut(many=True), **problems(404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        return self.list(request)


@extend_schema(
    operation_id="webhooks_send_again",
    tags=["webhooks"],
    summary="Send again what was given up",
    description="With the same id and body, within seconds, and tried as often as at first.",
    request=None,
    responses={202: PostOut, **problems(404, NothingToRepeat, WebhookOff)},
)
@api_view(["POST"])
def send_again_view(request: Request, pk: int, delivery_pk: int) -> Response:
    get_object_or_404(_webhook(request, pk).deliveries, pk=delivery_pk)
    post = endpoints.send_again(delivery_id=delivery_pk, actor=account_of(request))
    return Response(PostOut(post).data, status=status.HTTP_202_ACCEPTED)


def _webhook(request: Any, pk: int) -> Webhook:
    return get_object_or_404(Webhook.objects.visible_to(account_of(request)), pk=pk)


urlpatterns: list[URLPattern] = [
    path("webhooks", WebhookList.as_view(), name="api-webhooks"),
    path("webhooks/<id:pk>", WebhookDetail.as_view(), name="api-webhook"),
    path("webhooks/<id:pk>/test", test_view, name="api-webhook-test"),
    path("webhooks/<id:pk>/rotate-secret", rotate_secret_view, name="api-webhook-rotate-secret"),
    path("webhooks/<id:pk>/deliveries", PostList.as_view(), name="api-webhook-deliveries"),
    path("webhooks/<id:pk>/deliveries/<id:delivery_pk>/send-again", send_again_view, name="api-webhook-send-again"),
]
