"""Rule sets and scores in the admin: to look at, and to score a race again."""

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from fantasy_f1.core import clock
from fantasy_f1.core.admin import ReadOnly
from leagues.admin import LeagueListFilter, ManagedByLeague
from races.models import Race
from scoring.models import DraftedRace, DriverScore, RuleSet, ScoreRun
from scoring.scores import score_race

if TYPE_CHECKING:
    from accounts.models import User


@admin.register(RuleSet)
class RuleSetAdmin(ReadOnly):
    """Immutable: a change of rules is another rule set."""

    list_display = ["name", "digest"]
    search_fields = ["name"]
    fields = ["name", "digest", "rules"]


class ScoreLines(admin.TabularInline):
    model = DriverScore
    fields = ["driver", "substitute", "points", "lines"]
    ordering = ["-points"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[DriverScore]:
        return super().get_queryset(request).select_related("driver", "substitute")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ScoreRun)
class ScoreRunAdmin(ReadOnly):
    list_display = ["race", "rule_set", "number", "is_current", "created_at"]
    list_filter = ["is_current", "rule_set", "race__season"]
    list_select_related = ["race", "rule_set"]
    search_fields = ["race__name", "race__external_id"]
    date_hierarchy = "created_at"
    fields = ["race", "rule_set", "number", "is_current", "changes", "created_at"]
    inlines = [ScoreLines]
    actions = ["score_again"]

    @admin.action(description="Score these races again", permissions=["score"])
    def score_again(self, request: HttpRequest, runs: QuerySet[ScoreRun]) -> None:
        """Only where the results or the entry list changed since does this make another run."""
        for run in runs.order_by("race", "number").distinct():
            self.message_user(request, _score_again(request, run.race))

    def has_score_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))


@admin.register(DraftedRace)
class DraftedRaceAdmin(ManagedByLeague):
    """For managers: what their leagues drafted, to have it scored again. Points are the same in all leagues."""

    list_display = ["race", "league", "status", "results"]
    list_filter = [LeagueListFilter, "race__results_status"]
    list_select_related = ["race", "league"]
    search_fields = ["race__name", "league__name"]
    fields = ["league", "race", "status", "results"]
    readonly_fields = [str(field) for field in fields]
    actions = ["score_again"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_score_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(ordering="race__results_status")
    def results(self, drafted: DraftedRace) -> str:
        return drafted.race.get_results_status_display()

    @admin.action(description="Score these races again", permissions=["score"])
    def score_again(self, request: HttpRequest, drafted: QuerySet[DraftedRace]) -> None:
        """Only where the results or the entry list changed since does this make another run; who asked is noted."""
        for each in drafted.order_by("race__starts_at", "pk"):
            told = _score_again(request, each.race)
            self.log_change(request, each, f"Asked to score again. {told}")
            self.message_user(request, told)


@admin.register(DriverScore)
class DriverScoreAdmin(ReadOnly):
    list_display = ["driver", "race", "points", "substitute", "is_current"]
    list_filter = ["run__is_current", "run__rule_set", "run__race__season"]
    list_select_related = ["driver", "substitute", "run__race"]
    search_fields = ["driver__given_name", "driver__family_name", "run__race__name"]

    @admin.display(ordering="run__race__starts_at")
    def race(self, score: DriverScore) -> str:
        return str(score.run.race)

    @admin.display(boolean=True, ordering="run__is_current")
    def is_current(self, score: DriverScore) -> bool:
        return score.run.is_current


def _score_again(request: HttpRequest, race: Race) -> str:
    """Score the race → what came of it."""
    standing = ScoreRun.objects.filter(race=race, is_current=True).order_by().first()
    run = score_race(race_id=race.pk, now=clock.now(), actor=cast("User", request.user))
    if run is None:
        return f"{race} has no results yet."
    if run == standing:
        return f"{run} stands: nothing changed since."
    return f"{run}: {', '.join(run.changes) or 'no points moved'}."
