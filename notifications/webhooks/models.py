"""Where events are posted to, and the posts."""

import secrets
from base64 import b64encode
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from fantasy_f1.core.outbound import LONGEST_URL
from leagues.models import League
from notifications.outgoing import Outgoing

SECRET_PREFIX = "whsec_"  # noqa: S105  (the mark of all of them)


def new_secret() -> str:
    """As the Standard Webhooks write one: 256 random bits."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(32)).decode()


def new_message_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def visible_to(self, user: User | AnonymousUser) -> "WebhookQuerySet":
        """One's own, and those of leagues that one manages."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(user=user) | Q(league__in=League.objects.managed_by(user)))


class Webhook(models.Model):
    """An address that gets events: of one league, or of all those in which a user plays or which they manage."""

    class Format(models.TextChoices):
        JSON = "json", "Signed JSON"
        DISCORD = "discord", "Discord"
        SLACK = "slack", "Slack"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="webhooks"
    )
    league = models.ForeignKey(League, null=True, blank=True, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=LONGEST_URL)
    format = models.CharField(max_length=7, choices=Format)
    events = models.JSONField(help_text="Types of events, such as draft.opened, and areas, such as draft.*")
    secret = models.CharField(max_length=60, editable=False)
    old_secret = models.CharField(max_length=60, blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, help_text="When it was switched off by itself")
    disabled_reason = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row")
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True, help_text="Nothing is sent before")

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, league__isnull=False) | Q(user__isnull=False, league=None),
                name="webhook_is_of_a_user_or_a_league",
            )
        ]

    def __str__(self) -> str:
        return f"{self.league or self.user}: {self.get_format_display()} to {self.host}"

    def get_absolute_url(self) -> str:
        return reverse("notifications:webhook", args=[self.pk])

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def short_url(self) -> str:
        """To tell it from others, without what lets anybody post there."""
        path = urlsplit(self.url).path.rstrip("/")
        return f"{self.host}/…{path[-6:]}" if len(path) > 8 else f"{self.host}{path}"

    @property
    def is_signed(self) -> bool:
        return self.format == self.Format.JSON

    def wants(self, kind: str) -> bool:
        return kind in self.events or f"{kind.partition('.')[0]}.*" in self.events


class WebhookDelivery(Outgoing):
    """An event on its way to a webhook. Each try has the same id and body, so that a receiver can tell repetitions."""

    may_repeat = True

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    league = models.ForeignKey(League, null=True, on_delete=models.CASCADE, related_name="+")
    event_key = models.CharField(max_length=100, help_text="Names the event: no webhook gets it twice")
    type = models.CharField(max_length=40)
    message_id = models.CharField(max_length=40, unique=True, default=new_message_id)
    body = models.TextField()
    response_status = models.PositiveSmallIntegerField(null=True)
    duration_ms = models.PositiveIntegerField("milliseconds", null=True)
    answer = models.TextField(blank=True, help_text="The beginning of it")

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="webhook_delivery_latest"),
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="webhook_delivery_waiting"),
            models.Index(
                fields=["claimed_until"], condition=Q(claimed_until__isnull=False), name="webhook_delivery_claimed"
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]
        constraints = [models.UniqueConstraint(fields=["webhook", "event_key"], name="one_delivery_per_webhook")]

    def __str__(self) -> str:
        return f"{self.type} of {self.webhook}"
