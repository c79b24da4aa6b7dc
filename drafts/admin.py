"""Drafts in the admin: managers see those of their leagues, and change them through the rules only."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from drafts import lifecycle
from drafts.models import Autopilot, Draft, Pick
from drafts.queries import draft_board
from drafts.ticker import lines
from fantasy_f1.core import clock
from fantasy_f1.core.converters import id_of
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


class OrderField(forms.Field):
    """Ids separated by commas → a list of them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: str | None) -> list[int]:
        parts = value.split(",") if value and value.strip() else []
        ids = [pk for part in parts if (pk := id_of(part.strip()))]
        if len(ids) != len(parts):
            raise forms.ValidationError("Write the ids of the teams, separated by commas.")
        return ids


class DraftForm(forms.ModelForm):
    order_data = OrderField(
        label="Order", required=False, help_text="The ids of all teams, separated by commas; the first picks first"
    )

    class Meta:
        model = Draft
        fields = ["order_data"]


@admin.register(Draft)
class DraftAdmin(ManagedByLeague):
    """The order can be set until the first pick; everything else is history. A seed stays secret until the opening."""

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
        "opens_at",
        "locks_at",
        "log",
    ]
    readonly_fields = [str(field) for field in fields if field != "order_data"]
    inlines = [Picks]
    actions = ["open_now"]

    def get_readonly_fields(self, request: HttpRequest, obj: Draft | None = None) -> list[str]:
        is_fixed = obj is None or obj.status not in (Draft.Status.SCHEDULED, Draft.Status.OPEN) or obj.picks.exists()
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
        told = ((f"{line.at:%Y-%m-%d %H:%M}", line.text) for line in lines(draft_board(draft)))
        return format_html_join("", "<div>{} {}</div>", told)

    @admin.action(description="Open now", permissions=["change"])
    def open_now(self, request: HttpRequest, queryset: QuerySet[Draft]) -> None:
        actor = cast("User", request.user)
        for draft in queryset:
            try:
                _, opened = lifecycle.initialize_draft(
                    league_id=draft.league_id, race_id=draft.race_id, actor=actor, now=clock.now()
                )
            except DomainError as error:
                self.message_user(request, f"{draft}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{draft}: {'opened' if opened else 'was opened before'}.")


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
