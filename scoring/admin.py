"""Rule sets and scores in the admin: to look at, and to score a race again."""

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from fantasy_f1.core import clock
from fantasy_f1.core.admin import ReadOnly
from scoring.models import DriverScore, RuleSet, ScoreRun
from scoring.scores import score_race


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
        standing = set(ScoreRun.objects.filter(is_current=True).values_list("pk", flat=True))
        for race_id in runs.order_by().values_list("race", flat=True).distinct():
            run = score_race(race_id=race_id, now=clock.now())
            if run is not None and run.pk not in standing:
                self.message_user(request, f"{run}: {', '.join(run.changes) or 'no points moved'}.", messages.SUCCESS)
            elif run is not None:
                self.message_user(request, f"{run} stands: nothing changed since.")

    def has_score_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))


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
