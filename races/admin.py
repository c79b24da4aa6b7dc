"""The real sport in the admin: history to look at, and the few things that a host decides."""

from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse

from fantasy_f1.core import clock
from fantasy_f1.core.admin import GuardedAdmin, ReadOnly
from fantasy_f1.core.errors import DomainError
from races import questions
from races.calendar import cancel_race, resolve_held_event
from races.entries import set_entry
from races.forms import ResultForm
from races.manual import check_can_be_entered, enter_result
from races.models import (
    Driver,
    HeldEvent,
    Race,
    RaceEntry,
    RaceResult,
    ResultQuestion,
    ResultRevision,
    Season,
    SeasonEntry,
    Session,
    SyncRun,
    Team,
    UpstreamAnswer,
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


class LateFilter(admin.SimpleListFilter):
    title = "result"
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Late")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Race]) -> QuerySet[Race]:
        late = ResultQuestion.objects.late().order_by().values("race")
        return queryset.filter(pk__in=late) if self.value() == "yes" else queryset


@admin.register(Race)
class RaceAdmin(ReadOnly):
    """The calendar, how it stands with asking for results, and the way to enter one by hand."""

    list_display = [
        *["name", "season", "round_number", "starts_at", "status", "results_status", "late"],
        *["next_question", "last_asked", "last_answer"],
    ]
    list_filter = ["season", "status", "results_status", LateFilter, "country"]
    search_fields = ["name", "external_id", "circuit_name", "locality", "country"]
    date_hierarchy = "starts_at"
    actions = ["cancel_races"]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changes = super().get_changelist_instance(request)
        races: list[Race] = list(changes.result_list)
        asked = questions.outlook(races, now=clock.now())
        for race in races:
            race.asked_for = [question for question in asked if question.race == race]  # type: ignore[attr-defined]
        changes.result_list = races
        return changes

    @admin.display(description="late")
    def late(self, race: Race) -> str:
        return ", ".join(question.session.label for question in _asked_for(race) if question.is_late) or "–"

    @admin.display(description="next question due")
    def next_question(self, race: Race) -> datetime | None:
        return min((question.due_at for question in _asked_for(race)), default=None)

    @admin.display(description="last asked")
    def last_asked(self, race: Race) -> datetime | None:
        return max((at for question in _asked_for(race) if (at := question.asked_at)), default=None)

    @admin.display(description="last answer")
    def last_answer(self, race: Race) -> str:
        answers = [(question.session.label, question.row.answer) for question in _asked_for(race) if question.row]
        return "; ".join(f"{label}: {answer}" for label, answer in answers)

    @admin.action(description="Cancel these races", permissions=["decide"])
    def cancel_races(self, request: HttpRequest, races: QuerySet[Race]) -> None:
        for race in races.in_calendar_order():  # type: ignore[attr-defined]
            try:
                cancel_race(race.pk, actor=cast("User", request.user), now=clock.now())
            except DomainError as error:
                self.message_user(request, error.message, messages.ERROR)
            else:
                self.message_user(
                    request, f"{race} is cancelled. A calendar that names it brings it back.", messages.SUCCESS
                )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.result_view)
        return [path("<id:pk>/result/<str:session>/", view, name="races_race_result"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        race = self.get_object(request, object_id)
        sessions = self._enterable(race) if race and self.has_decide_permission(request) else []
        return super().change_view(request, object_id, form_url, {"result_sessions": sessions, **(extra_context or {})})

    def _enterable(self, race: Race) -> list[Session]:
        found = []
        for session in Session:
            with suppress(DomainError):
                check_can_be_entered(race, session, now=clock.now())
                found.append(session)
        return found

    def result_view(self, request: HttpRequest, pk: int, session: str) -> HttpResponse:
        """Enter a session's result by hand."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        race = get_object_or_404(Race, pk=pk)
        if session not in Session.values:
            raise Http404
        now, back = clock.now(), reverse("admin:races_race_change", args=[pk])
        try:
            check_can_be_entered(race, session, now=now)
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect(back)
        form = ResultForm(race, session, request.POST or None)
        if form.is_valid():
            try:
                outcome = enter_result(
                    race_id=pk,
                    session=session,
                    lines=form.lines(),
                    replaces_feed=form.cleaned_data.get("replaces_feed", False),
                    actor=cast("User", request.user),
                    now=now,
                )
            except DomainError as error:
                form.refuse(error)
            else:
                changed = " ".join(f"{change}." for change in outcome.changes)
                words = "Nothing is different from what stands." if outcome.kind == "unchanged" else "It is stored."
                self.message_user(request, f"{words} {changed}".strip(), messages.SUCCESS)
                return redirect(back)
        label = Session(session).label
        context = {
            **self.admin_site.each_context(request),
            **{"opts": self.opts, "race": race, "label": label, "form": form, "title": f"Enter a result: {label}"},
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(request, "admin/races/race/result.html", context, status=status)


def _asked_for(race: Race) -> list[questions.Question]:
    return race.asked_for  # type: ignore[attr-defined]


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


@admin.register(ResultQuestion)
class ResultQuestionAdmin(ReadOnly):
    list_display = ["race", "session", "answered_at", "failed_at", "answer", "late_at"]
    list_filter = ["race__season", "session"]
    list_select_related = ["race"]
    search_fields = ["race__name", "answer"]


@admin.register(UpstreamAnswer)
class UpstreamAnswerAdmin(ReadOnly):
    list_display = ["address", "answered_at", "fresh_until"]
    search_fields = ["address"]


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
