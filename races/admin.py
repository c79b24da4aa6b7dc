"""The real sport in the admin: history to look at, and the few things that a host decides."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest

from fantasy_f1.core import clock
from fantasy_f1.core.admin import GuardedAdmin, ReadOnly
from fantasy_f1.core.errors import DomainError
from races.calendar import cancel_race, resolve_held_event
from races.entries import set_entry
from races.models import (
    Driver,
    HeldEvent,
    Race,
    RaceEntry,
    RaceResult,
    ResultRevision,
    Season,
    SeasonEntry,
    SyncRun,
    Team,
)

if TYPE_CHECKING:
    from accounts.models import User


@admin.register(Season)
class SeasonAdmin(ReadOnly):
    list_display = ["year", "results_version"]
    search_fields = ["year"]


@admin.register(Team)
class TeamAdmin(GuardedAdmin):
    list_display = ["name", "external_id", "country", "color"]
    search_fields = ["name", "external_id"]
    list_filter = ["country"]
    fields = ["name", "external_id", "country", "color"]
    readonly_fields = ["name", "external_id", "country"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Driver)
class DriverAdmin(GuardedAdmin):
    """Status and price can be set by hand; both follow the results again with the next ones."""

    list_display = ["name", "code", "number", "country", "status", "price"]
    list_filter = ["status", "country"]
    search_fields = ["given_name", "family_name", "code", "external_id"]
    ordering = ["family_name", "given_name"]
    fields = ["external_id", "given_name", "family_name", "code", "number", "country", "status", "price"]
    readonly_fields = ["external_id", "given_name", "family_name", "code", "number", "country"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Race)
class RaceAdmin(ReadOnly):
    list_display = ["name", "season", "round_number", "starts_at", "status", "results_status"]
    list_filter = ["season", "status", "results_status", "country"]
    search_fields = ["name", "external_id", "circuit_name", "locality", "country"]
    date_hierarchy = "starts_at"
    actions = ["cancel_races"]

    @admin.action(description="Cancel these races", permissions=["cancel"])
    def cancel_races(self, request: HttpRequest, races: QuerySet[Race]) -> None:
        for race in races.in_calendar_order():  # type: ignore[attr-defined]
            try:
                cancel_race(race.pk, actor=cast("User", request.user), now=clock.now())
            except DomainError as error:
                self.message_user(request, error.message, messages.ERROR)
            else:
                self.message_user(request, f"{race} is cancelled.", messages.SUCCESS)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))


@admin.register(SeasonEntry)
class SeasonEntryAdmin(ReadOnly):
    list_display = ["driver", "team", "season", "number", "first_race", "last_race"]
    list_filter = ["season", "team"]
    list_select_related = ["driver", "team", "season", "first_race", "last_race"]
    search_fields = ["driver__given_name", "driver__family_name", "team__name"]


@admin.register(RaceEntry)
class RaceEntryAdmin(GuardedAdmin):
    """The entry list: what a host sets here is confirmed, and scored anew. Nobody goes from it: he is withdrawn."""

    list_display = ["driver", "team", "race", "number", "status", "replaces", "is_confirmed"]
    list_filter = ["race__season", "status", "is_confirmed", "team"]
    list_select_related = ["driver", "team", "race", "replaces"]
    search_fields = ["driver__given_name", "driver__family_name", "team__name", "race__name"]
    autocomplete_fields = ["race", "driver", "team", "replaces"]
    fields = ["race", "driver", "team", "number", "status", "replaces", "is_confirmed"]

    def get_readonly_fields(self, request: HttpRequest, obj: RaceEntry | None = None) -> list[str]:
        return ["is_confirmed", *(["race", "driver"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: RaceEntry, form: ModelForm, change: bool) -> None:
        """A refusal goes back to the form (``DomainErrorMiddleware``)."""
        obj.pk = set_entry(
            race_id=obj.race_id,
            driver=obj.driver,
            team=obj.team,
            number=obj.number,
            status=obj.status,
            replaces=obj.replaces,
            actor=cast("User", request.user),
            now=clock.now(),
        ).pk

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ResultLines(admin.TabularInline):
    model = RaceResult
    fields = ["position", "position_text", "driver", "team", "grid", "laps", "points", "status", "time"]
    ordering = ["position"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[RaceResult]:
        return super().get_queryset(request).select_related("driver", "team")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ResultRevision)
class ResultRevisionAdmin(ReadOnly):
    list_display = ["race", "session", "number", "is_current", "source", "created_at"]
    list_filter = ["race__season", "session", "is_current", "source"]
    list_select_related = ["race"]
    search_fields = ["race__name", "race__external_id"]
    date_hierarchy = "created_at"
    inlines = [ResultLines]


@admin.register(RaceResult)
class RaceResultAdmin(ReadOnly):
    list_display = ["position_text", "driver", "team", "race", "session", "points", "status", "version"]
    list_display_links = ["driver"]
    list_filter = ["revision__is_current", "race__season", "session", "dnf", "team"]
    list_select_related = ["driver", "team", "race", "revision"]
    search_fields = ["driver__given_name", "driver__family_name", "team__name", "race__name"]

    @admin.display(ordering="revision__number")
    def version(self, result: RaceResult) -> int:
        return result.revision.number


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnly):
    list_display = [
        "started_at",
        "season",
        "what",
        "source",
        "status",
        "requests",
        "created",
        "updated",
        "unchanged",
        "error",
    ]
    list_filter = ["status", "source", "what", "season"]
    list_select_related = ["race"]
    search_fields = ["error", "race__name"]
    date_hierarchy = "started_at"


@admin.register(HeldEvent)
class HeldEventAdmin(GuardedAdmin):
    """Upstream events that wait for a decision: an open one can become a new race, or one that the calendar lacks."""

    list_display = ["external_id", "season", "reason", "race", "created_at", "resolved_at"]
    list_filter = [("resolved_at", admin.EmptyFieldListFilter), "season"]
    list_select_related = ["season", "race"]
    search_fields = ["external_id", "reason"]
    fields = ["season", "external_id", "reason", "payload", "race", "created_at", "resolved_at"]
    readonly_fields = ["season", "external_id", "reason", "payload", "created_at", "resolved_at"]
    actions = ["create_races"]

    def get_readonly_fields(self, request: HttpRequest, obj: HeldEvent | None = None) -> list[str]:
        decided = ["race"] if obj and obj.resolved_at else []
        return [*self.readonly_fields, *decided]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        match = request.resolver_match
        races = Race.objects.in_calendar_order().filter(
            season__held_events=match.kwargs["object_id"] if match else None, round_number=None
        )
        return super().formfield_for_foreignkey(db_field, request, **kwargs | {"queryset": races, "required": True})

    def save_model(self, request: HttpRequest, obj: HeldEvent, form: ModelForm, change: bool) -> None:
        if obj.race and not obj.resolved_at:
            resolve_held_event(obj, race=obj.race, actor=cast("User", request.user), now=clock.now())

    @admin.action(description="These are new races: create them", permissions=["change"])
    def create_races(self, request: HttpRequest, held_events: QuerySet[HeldEvent]) -> None:
        for held in held_events.filter(resolved_at=None).select_related("season"):
            try:
                race = resolve_held_event(held, race=None, actor=cast("User", request.user), now=clock.now())
            except DomainError as error:
                self.message_user(request, error.message, messages.ERROR)
            else:
                self.message_user(request, f"{race} is now in the calendar.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
