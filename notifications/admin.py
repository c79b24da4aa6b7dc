"""Who was told what, to look at."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from fantasy_f1.core import clock
from fantasy_f1.core.admin import GuardedAdmin, ReadOnly
from fantasy_f1.core.errors import DomainError
from leagues.admin import LeagueListFilter, ManagedByLeague
from notifications import outgoing, service
from notifications.models import Delivery, Notification, ToldScore
from notifications.webhooks import endpoints
from notifications.webhooks.models import Webhook, WebhookDelivery

if TYPE_CHECKING:
    from accounts.models import User


class WhatWasGivenUp(GuardedAdmin):
    """It is sent again, or nobody is warned of it any more."""

    actions = ["send_again", "leave"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description="Send again what was given up", permissions=["send"])
    def send_again(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        for row in rows:
            try:
                self.again(row, cast("User", request.user))
            except DomainError as error:
                self.message_user(request, f"{row}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{row} is tried once more.", messages.SUCCESS)

    @admin.action(description="Leave alone what was given up", permissions=["send"])
    def leave(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.message_user(request, f"{outgoing.leave(rows)} of these were given up, and are left alone now.")

    def again(self, row: Any, actor: "User") -> None:
        outgoing.send_again(row)


class OfLeaguesOrUsers(ManagedByLeague):
    """The host sees those of users, too."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _within(self, request: HttpRequest) -> dict[str, Any]:
        return {} if getattr(request.user, "is_superuser", False) else super()._within(request)


@admin.register(Notification)
class NotificationAdmin(OfLeaguesOrUsers):
    """What players were told of the leagues that one manages; the host sees the rest, too."""

    list_display = ["created_at", "user", "league", "type", "title", "is_read"]
    list_display_links = ["title"]
    list_filter = [LeagueListFilter, "type", "is_read", "created_at"]
    list_select_related = ["user", "league"]
    search_fields = ["user__username", "title", "message"]
    date_hierarchy = "created_at"
    fields = ["user", "league", "type", "title", "message", "is_read", "created_at"]
    readonly_fields = [str(field) for field in fields]
    actions = ["tell_again"]

    def has_tell_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description="Tell again: unread, and on top of the list", permissions=["tell"])
    def tell_again(self, request: HttpRequest, notifications: QuerySet[Notification]) -> None:
        actor = cast("User", request.user)
        for each in notifications.select_related("user"):
            try:
                service.tell_again(notification_id=each.pk, actor=actor, now=clock.now())
            except DomainError as error:
                self.message_user(request, f"{each}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{each.user} is told again: {each}.", messages.SUCCESS)


@admin.register(Webhook)
class WebhookAdmin(OfLeaguesOrUsers):
    """Where events are posted to; changed on the pages of leagues and profiles."""

    list_display = ["short_url", "league", "user", "format", "is_active", "failures", "rests_until", "created_at"]
    list_filter = [LeagueListFilter, "format", "is_active"]
    list_select_related = ["league", "user"]
    search_fields = ["league__name", "user__username"]
    fields = [
        "short_url",
        "league",
        "user",
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
    readonly_fields = [str(field) for field in fields]


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(WhatWasGivenUp, OfLeaguesOrUsers):
    """What was posted, is still to be, or was given up."""

    league_path = "webhook__league"
    list_display = ["created_at", "webhook", "league", "type", "state", "attempts", "response_status", "error"]
    list_display_links = ["type"]
    list_filter = ["state", "created_at"]
    list_select_related = ["webhook__league", "webhook__user", "league"]
    search_fields = ["type", "league__name", "message_id", "error"]
    date_hierarchy = "created_at"
    fields = [
        "webhook",
        "league",
        "type",
        "message_id",
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
    readonly_fields = [str(field) for field in fields]

    def again(self, row: WebhookDelivery, actor: "User") -> None:
        endpoints.send_again(delivery_id=row.pk, actor=actor)


@admin.register(ToldScore)
class ToldScoreAdmin(ReadOnly):
    list_display = ["run"]
    list_select_related = ["run__race", "run__rule_set"]
    search_fields = ["run__race__name"]


@admin.register(Delivery)
class DeliveryAdmin(WhatWasGivenUp, ReadOnly):
    """What is on its way by mail and push, and what was given up; for the host alone."""

    list_display = ["created_at", "user", "channel", "type", "state", "attempts", "next_at", "error"]
    list_filter = ["state", "channel", "notification__type", "created_at"]
    list_select_related = ["notification__user"]
    search_fields = ["notification__user__username", "error"]
    fields = ["user", "channel", "type", "in_digest", "state", "attempts", "next_at", "error", "created_at", "done_at"]
    readonly_fields = ["user", "type"]

    @admin.display(ordering="notification__user__username")
    def user(self, delivery: Delivery) -> "User":
        return delivery.notification.user

    @admin.display(ordering="notification__type")
    def type(self, delivery: Delivery) -> str:
        return delivery.notification.get_type_display()
