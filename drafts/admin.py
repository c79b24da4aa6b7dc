"""Drafts in the admin: managers see those of their leagues, and change them through the rules only."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from drafts import control, lifecycle
from drafts.forms import IdsField
from drafts.models import Autopilot, Draft, Pick
from drafts.queries import draft_board
from drafts.ticker import lines
from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError
from leagues.admin import LeagueListFilter, ManagedByLeague

if TYPE_CHECKING:
    PickInline = admin.TabularInline[Pick, Draft]
else:
    PickInline = admin.TabularInline


class History(ManagedByLeague):
    """May be looked at only."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Picks(PickInline):
    model = Pick
    fields = ["pick_number", "round", "constructor", "driver", "source", "reason", "made_by", "made_at"]
    ordering = ["pick_number"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pick]:
        return super().get_queryset(request).select_related("constructor", "driver", "made_by")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True  # the draft's own permission has been asked before

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DraftForm(forms.ModelForm):
    order_data = IdsField(
        label="Order",
        required=False,
        help_text="The ids of all teams, separated by commas; the first picks first",
        error_messages={"invalid": "Write the ids of the teams, separated by commas."},
    )

    class Meta:
        model = Draft
        fields = ["order_data"]


class ReasonForm(ActionForm):
    reason = forms.CharField(required=False, max_length=200, label="Reason, that everybody in the league reads")


@admin.register(Draft)
class DraftAdmin(ManagedByLeague):
    """The order can be set until the first pick, and a draft be managed by the actions of the list; everything else is
    history. A seed stays secret until the opening, a queue always.
    """

    form = DraftForm
    list_display = ["race", "league", "status", "method", "order_source", "current_pick", "opens_at", "locks_at"]
    list_filter = [LeagueListFilter, "status", "method", "order_source", "is_manual"]
    list_select_related = ["race", "league"]
    search_fields = ["race__name", "league__name"]
    date_hierarchy = "locks_at"
    fields = [
        "league",
        "race",
        "status",
        "method",
        "order_data",
        "teams",
        "order_source",
        "last_modified_by",
        "order_commitment",
        "seed",
        "current_pick",
        "deadline_at",
        "pace",
        "opens_at",
        "locks_at",
        "log",
    ]
    readonly_fields = [str(field) for field in fields if field != "order_data"]
    inlines = [Picks]
    action_form = ReasonForm
    actions = ["open_now", "pause", "resume", "undo_last", "make_void"]

    def get_readonly_fields(self, request: HttpRequest, obj: Draft | None = None) -> list[str]:
        is_fixed = obj is None or obj.status not in Draft.ORDERABLE or obj.picks.exists()
        return [*self.readonly_fields, "order_data"] if is_fixed else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Draft, form: "forms.ModelForm[Draft]", change: bool) -> None:
        """The order is all that a form can change; a refusal goes back to the form (``DomainErrorMiddleware``)."""
        if "order_data" in form.changed_data:
            actor, ids = cast("User", request.user), form.cleaned_data["order_data"]
            lifecycle.set_order(draft_id=obj.pk, constructor_ids=ids, actor=actor, now=clock.now())

    @admin.display(description="teams (with their ids)")
    def teams(self, draft: Draft) -> SafeString:
        teams = draft.league.constructors.filter(is_active=True).values_list("pk", "team_name")
        return format_html_join("", "<div>{} {}</div>", teams)

    @admin.display
    def seed(self, draft: Draft) -> str:
        return draft.seed_shown or "–"

    @admin.display
    def log(self, draft: Draft) -> SafeString:
        told = ((f"{line.at:%Y-%m-%d %H:%M}", line.text) for line in lines(draft_board(draft, until=None)))
        return format_html_join("", "<div>{} {}</div>", told)

    @admin.action(description="Open now", permissions=["change"])
    def open_now(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        def open_draft(*, draft_id: int, **values: Any) -> str:
            draft = queryset.get(pk=draft_id)
            opened = lifecycle.initialize_draft(league_id=draft.league_id, race_id=draft.race_id, **values)[1]
            return "opened" if opened else "was opened before"

        self._do(request, queryset, open_draft)

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        self._do(request, queryset, control.pause_draft)

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        self._do(request, queryset, control.resume_draft)

    @admin.action(description="Undo the last pick (of a paused draft)", permissions=["change"])
    def undo_last(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        self._do(request, queryset, control.undo_pick)

    @admin.action(description="Make void, for good (with a reason)", permissions=["change"])
    def make_void(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        self._do(request, queryset, control.void_draft)

    def _do(self, request: HttpRequest, queryset: QuerySet[Draft], command: Callable[..., Draft | str]) -> None:
        """Run the command for each of the chosen drafts, with the reason; a refusal is shown and the others go on.

        It is told what the command answers, or how the draft stands then.
        """
        reason = request.POST.get("reason", "")
        for draft in queryset:
            try:
                done = command(draft_id=draft.pk, actor=request.user, now=clock.now(), reason=reason)
            except DomainError as error:
                self.message_user(request, f"{draft}: {error}", messages.ERROR)
            else:
                told = done if isinstance(done, str) else f"is {done.get_status_display().lower()}"
                self.message_user(request, f"{draft}: {told}.", messages.SUCCESS)


@admin.register(Pick)
class PickAdmin(History):
    list_display = ["race", "league", "pick_number", "constructor", "driver", "source", "made_by", "made_at"]
    list_filter = [LeagueListFilter, "source", "round"]
    list_select_related = ["race", "league", "constructor", "driver", "made_by"]
    search_fields = ["driver__given_name", "driver__family_name", "constructor__team_name", "race__name"]
    date_hierarchy = "made_at"


@admin.register(Autopilot)
class AutopilotAdmin(History):
    league_path = "constructor__league"
    list_display = ["constructor", "league", "since"]
    list_select_related = ["constructor__league"]
    search_fields = ["constructor__team_name", "constructor__league__name"]

    @admin.display(ordering="constructor__league")
    def league(self, autopilot: Autopilot) -> Any:
        return autopilot.constructor.league
