"""Admin pages of what every app stands on, and the base for things that only the app itself writes."""

from collections.abc import Sequence
from typing import Any

import structlog
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth import admin as _auth  # noqa: F401 (registers what is unregistered below)
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe
from django_celery_beat import admin as _beat  # noqa: F401 (the same)
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from kombu.exceptions import OperationalError as BrokerAway

from fantasy_f1.core import clockwork
from fantasy_f1.core.converters import id_of
from fantasy_f1.core.models import EventLog, GameClock, Lease, LogPosition, TaskRun, TaskState, UnreadEvent

log = structlog.get_logger(__name__)
FILTERED_BY = {"exact", "isnull", "isempty", "gte", "lt", "year", "month", "day"}
"""The comparisons that the filters beside a list and its dates make."""


class GuardedAdmin(admin.ModelAdmin):
    """Its list can be filtered by what the page offers only, and what cannot be read ends in no server error.

    Django takes any comparison with any field of the model from the address: character by character it gives away
    fields that are not shown, and a regular expression can keep the database busy for ever.
    """

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, ValueError) as error:  # a year or an id that cannot be
            raise IncorrectLookupParameters from error

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        try:
            return super().get_object(request, object_id, from_field)
        except OverflowError:  # from SQLite, of an id it cannot compare, where the key is that of another model
            return None

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):  # Django tells first whether there is such a row
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        try:
            queryset.filter(pk__in=chosen).exists()
        except (OverflowError, ValueError) as error:
            raise BadRequest("no ids") from error
        return super().response_action(request, queryset, *args, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", GuardedSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        assert request is not None
        path, _, comparison = lookup.rpartition("__")
        return (path if comparison in FILTERED_BY else lookup) in self._offered(request)

    def _offered(self, request: HttpRequest) -> set[str]:
        """The fields and parameters of the filters; that of a relation names the key of what it leads to."""
        names = {self.date_hierarchy} if self.date_hierarchy else set()
        filters: list[Any] = list(self.get_list_filter(request))
        for each in filters:
            if hasattr(each, "parameter_name"):  # a SimpleListFilter
                names.add(each.parameter_name)
                continue
            name: str = each if isinstance(each, str) else each[0]
            field: Any = get_fields_from_path(self.model, name)[-1]
            names |= {name, f"{name}__{field.target_field.name}"} if field.is_relation else {name}
        return names


class GuardedSelect(AutocompleteSelect):
    """Offers what was chosen before once more, which can be anything when it was refused."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [each for each in value if id_of(each)], attr)


class ReadOnly(GuardedAdmin):
    """May be looked at by whoever has the permission to view or change it; never added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin has no login of its own; whoever is signed in and may not use it is told who may (403)."""
    after = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(after)
    if not admin.site.has_permission(request):
        return render(request, "admin/closed.html", status=403)
    return redirect(after if url_has_allowed_host_and_scheme(after, {request.get_host()}) else "admin:index")


# Rights come from the leagues and schedules from the settings: groups and schedules of one's own are of no use here.
admin.site.unregister([Group, PeriodicTask, ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule])


@admin.register(TaskState)
class ClockworkAdmin(ReadOnly):
    """In place of a list the page of everything that happens by itself."""

    def get_urls(self) -> list[URLPattern]:
        run = self.admin_site.admin_view(require_POST(self.run_now_view))
        return [path("run/", run, name="core_taskstate_run"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Clockwork",
            "opts": self.opts,
            "clockwork": clockwork.look(timezone.now()),
            "may_run": is_host(request),
        }
        return TemplateResponse(request, "admin/clockwork.html", context)

    def run_now_view(self, request: HttpRequest) -> HttpResponse:
        """Hand one task to the workers; of the host alone, since it asks others and writes to players."""
        if not is_host(request):
            raise PermissionDenied
        name = request.POST.get("task", "")
        try:
            if not clockwork.run_now(name):
                raise Http404
        except BrokerAway as error:
            log.error("the queue does not answer: no task is run", error=str(error))
            told = "The queue of tasks does not answer. Please try again in a few minutes."
            self.message_user(request, told, messages.ERROR)
        else:
            self.message_user(request, f"The task {name} runs as soon as a worker is free: load this page again.")
        return redirect("admin:core_taskstate_changelist")


def is_host(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


@admin.register(TaskRun)
class TaskRunAdmin(ReadOnly):
    """Failures of all tasks, and what the less frequent ones did."""

    list_display = ["ended_at", "task", "outcome", "times", "error"]
    list_filter = ["outcome", "task", "ended_at"]
    search_fields = ["task", "error"]


@admin.register(EventLog)
class EventLogAdmin(ReadOnly):
    list_display = ["created_at", "topic", "version", "name", "actor", "data"]
    list_filter = ["name", "created_at"]
    list_select_related = ["actor"]
    search_fields = ["topic", "actor__username"]
    ordering = ["-pk"]


@admin.register(LogPosition)
class LogPositionAdmin(ReadOnly):
    """How far each reader of the log has come."""

    list_display = ["reader", "position"]


@admin.register(UnreadEvent)
class UnreadEventAdmin(ReadOnly):
    """What a reader of the log failed on, and when it tries again."""

    list_display = ["event", "reader", "error", "tries", "next_at"]
    list_filter = ["reader"]
    list_select_related = ["event"]


@admin.register(GameClock)
class GameClockAdmin(ReadOnly):
    """Set by ``manage.py game_clock``."""

    list_display = ["__str__"]


@admin.register(Lease)
class LeaseAdmin(ReadOnly):
    list_display = ["name", "holder", "expires_at"]
    search_fields = ["name"]
