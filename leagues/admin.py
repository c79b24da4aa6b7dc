"""Leagues and their teams in the admin: managers see and change their own ones, the host all.

Rights come from the leagues, not from Django's permissions. Changes go through the same commands as everywhere.
"""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from fantasy_f1.core import clock
from fantasy_f1.core.admin import GuardedAdmin
from fantasy_f1.core.converters import id_of
from fantasy_f1.core.errors import DomainError
from leagues.history import history
from leagues.managers import change_league
from leagues.membership import MAX_REASON, invite_back, offer_team, player_called, remove_constructor
from leagues.models import Constructor, League


class ManagedByLeague(GuardedAdmin):
    """Base for what belongs to a league: ``league_path`` leads there from the model ("" for the league itself).

    Nothing is added or deleted here: that is what the app's own pages are for.
    """

    league_path = "league"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(**self._within(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return manages_any(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if obj is None:
            return manages_any(request)
        return type(obj)._default_manager.filter(pk=obj.pk, **self._within(request)).exists()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Pickers offer leagues and teams that the viewer manages, whatever the field."""
        if db_field.related_model is League:
            kwargs.setdefault("queryset", managed_leagues(request))
        if db_field.related_model is Constructor:
            kwargs.setdefault("queryset", Constructor.objects.filter(league__in=managed_leagues(request)))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def _within(self, request: HttpRequest) -> dict[str, Any]:
        return {f"{self.league_path or 'pk'}__in": managed_leagues(request).values("pk")}


class LeagueListFilter(admin.SimpleListFilter):
    """By league, offering only those that the viewer manages; its model is ``ManagedByLeague``."""

    title, parameter_name = "league", "league"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(str(league.pk), league.name) for league in managed_leagues(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        league = id_of(self.value() or "")
        return queryset.filter(league=league) if league else queryset


def manages_any(request: HttpRequest) -> bool:
    """Whether anything here is for the viewer: asked for every model on every page, so looked up once for each."""
    known: bool | None = getattr(request, "manages_any_league", None)
    if known is None:
        known = bool(getattr(request.user, "is_superuser", False)) or managed_leagues(request).exists()
        request.manages_any_league = known  # type: ignore[attr-defined]
    return known


def managed_leagues(request: HttpRequest) -> QuerySet[League]:
    return League.objects.managed_by(request.user)


@admin.register(League)
class LeagueAdmin(ManagedByLeague):
    league_path = ""
    list_display = ["name", "season", "creator", "teams", "max_teams", "is_private", "draft_method", "created_at"]
    list_filter = ["season", "is_private", "draft_method"]
    list_select_related = ["season", "creator"]
    ordering = ["name", "pk"]
    search_fields = ["name", "code", "creator__username"]
    fields = [
        "name",
        "description",
        "season",
        "code",
        "is_private",
        "max_teams",
        "draft_method",
        "draft_opens_days",
        "draft_locks_at",
        "pick_seconds",
        "quiet_from",
        "quiet_until",
        "time_zone",
        "creator",
        "managed_by",
        "created_at",
        "what_happened",
    ]
    readonly_fields = ["season", "code", "creator", "managed_by", "created_at", "what_happened"]

    def view_on_site(self, league: League) -> str:
        return league.get_absolute_url()

    def get_queryset(self, request: HttpRequest) -> QuerySet[League]:
        return cast("QuerySet[League]", super().get_queryset(request)).with_member_count()  # type: ignore[attr-defined]

    def save_model(self, request: HttpRequest, obj: League, form: ModelForm, change: bool) -> None:
        changed = {field: form.cleaned_data[field] for field in form.changed_data}
        change_league(league_id=obj.pk, actor=cast("User", request.user), now=clock.now(), **changed)

    @admin.display(ordering="member_count")
    def teams(self, league: Any) -> int:
        return int(league.member_count)

    @admin.display(description="managers")
    def managed_by(self, league: League) -> str:
        return ", ".join(user.username for user in league.managers.all())

    @admin.display(description="history")
    def what_happened(self, league: League) -> SafeString:
        lines = ((f"{line.at:%Y-%m-%d %H:%M}", line.who, line.what) for line in history(league))
        return format_html_join("", "<div>{} {} {}</div>", lines)


class MemberActionForm(ActionForm):
    username = forms.CharField(required=False, max_length=30, label="New player (to replace)")
    reason = forms.CharField(required=False, max_length=MAX_REASON, label="Reason (to remove or replace)")


@admin.register(Constructor)
class ConstructorAdmin(ManagedByLeague):
    """Teams are shown as they are; removing, inviting back and replacing the player are actions of the list."""

    list_display = ["team_name", "league", "user", "is_active", "was_removed", "offered_to", "joined_at"]
    list_filter = [LeagueListFilter, "is_active", "was_removed"]
    list_select_related = ["league", "user", "offered_to"]
    search_fields = ["team_name", "user__username", "league__name"]
    ordering = ["league__name", "pk"]
    fields = [
        "league",
        "user",
        "team_name",
        "color",
        "is_active",
        "joined_at",
        "left_at",
        "was_removed",
        "offered_to",
    ]
    readonly_fields = [str(field) for field in fields]
    action_form = MemberActionForm
    actions = ["remove", "invite_back", "replace_player"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description="Remove from the league", permissions=["manage"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Constructor]) -> None:
        reason = request.POST.get("reason", "")
        for constructor in queryset:
            self._do(request, remove_constructor, constructor, reason=reason)

    @admin.action(description="Invite back", permissions=["manage"])
    def invite_back(self, request: HttpRequest, queryset: QuerySet[Constructor]) -> None:
        for constructor in queryset:
            self._do(request, invite_back, constructor)

    @admin.action(description="Replace the player", permissions=["manage"])
    def replace_player(self, request: HttpRequest, queryset: QuerySet[Constructor]) -> None:
        reason, username = request.POST.get("reason", ""), request.POST.get("username", "")
        for constructor in queryset:
            self._do(request, _offer, constructor, username=username, reason=reason)

    def _do(
        self, request: HttpRequest, command: Callable[..., object], constructor: Constructor, **values: str
    ) -> None:
        """Run the command for one of the chosen teams; a refusal is shown and the others go on."""
        try:
            command(constructor_id=constructor.pk, actor=request.user, now=clock.now(), **values)
        except DomainError as error:
            self.message_user(request, f"{constructor}: {error}", messages.ERROR)
        else:
            self.message_user(request, f"{constructor}: done.", messages.SUCCESS)


def _offer(*, username: str, **values: Any) -> None:
    offer_team(to=player_called(username), **values)
