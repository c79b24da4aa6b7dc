"""Admin pages of what every app stands on, and the base for things that only the app itself writes."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from fantasy_f1.core.models import EventLog, GameClock, Lease


class ReadOnly(admin.ModelAdmin):
    """May be looked at by whoever has the permission to view or change it; never added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(EventLog)
class EventLogAdmin(ReadOnly):
    list_display = ["created_at", "topic", "version", "name", "actor", "data"]
    list_filter = ["name", "created_at"]
    list_select_related = ["actor"]
    search_fields = ["topic", "actor__username"]
    ordering = ["-pk"]


@admin.register(GameClock)
class GameClockAdmin(ReadOnly):
    """Set by ``manage.py game_clock``."""

    list_display = ["__str__"]


@admin.register(Lease)
class LeaseAdmin(ReadOnly):
    list_display = ["name", "holder", "expires_at"]
    search_fields = ["name"]
