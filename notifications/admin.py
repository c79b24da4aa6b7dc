"""Who was told what, to look at."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from fantasy_f1.core import clock
from fantasy_f1.core.admin import ReadOnly
from fantasy_f1.core.errors import DomainError
from leagues.admin import LeagueListFilter, ManagedByLeague
from notifications import service
from notifications.models import Notification, ToldScore

if TYPE_CHECKING:
    from accounts.models import User


@admin.register(Notification)
class NotificationAdmin(ManagedByLeague):
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

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

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

    def _within(self, request: HttpRequest) -> dict[str, Any]:
        return {} if getattr(request.user, "is_superuser", False) else super()._within(request)


@admin.register(ToldScore)
class ToldScoreAdmin(ReadOnly):
    list_display = ["run"]
    list_select_related = ["run__race", "run__rule_set"]
    search_fields = ["run__race__name"]
