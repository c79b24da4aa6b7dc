"""Rule sets, and the points that drivers earn under them. Picks hold no points (docs/decisions)."""

from django.db import models
from django.db.models import Q

from drafts.models import Draft
from fantasy_f1.core.constraints import CoveringUniqueConstraint
from races.models import Driver, Race, ResultRevision


class RuleSet(models.Model):
    """How points are given. Immutable and found by its content: a change of rules is another rule set."""

    name = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the rules")
    rules = models.JSONField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ScoreRun(models.Model):
    """One scoring of a race under a rule set; a re-scoring is another run, so old boards can be shown again."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="score_runs", db_index=False)
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="score_runs")
    number = models.PositiveSmallIntegerField()
    is_current = models.BooleanField(default=True)
    revision = models.ForeignKey(
        ResultRevision, on_delete=models.CASCADE, related_name="+", help_text="Which version of the result was scored"
    )
    substitutes = models.JSONField(
        default=list, help_text="[absent driver, who drove the seat] as the entry list had it"
    )
    changes = models.JSONField(default=list, help_text="Whose points moved from the run before, in words")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["race", "rule_set", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["race", "rule_set", "number"], name="score_runs_have_no_double"),
            models.UniqueConstraint(
                fields=["race", "rule_set"], condition=Q(is_current=True), name="one_current_score_per_race"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.race} by {self.rule_set}, run {self.number}"


class DriverScoreQuerySet(models.QuerySet["DriverScore"]):
    def current(self) -> "DriverScoreQuerySet":
        return self.filter(run__is_current=True)


class DriverScore(models.Model):
    """What a driver earns for whoever drafted them for the race."""

    run = models.ForeignKey(ScoreRun, on_delete=models.CASCADE, related_name="scores", db_index=False)
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="scores")
    substitute = models.ForeignKey(
        Driver,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who drove the seat instead",
    )
    points = models.DecimalField(max_digits=7, decimal_places=2)
    lines = models.JSONField(default=list, help_text="[{rule, amount, because}]: they add up to the points")

    objects = DriverScoreQuerySet.as_manager()

    class Meta:
        ordering = ["run", "-points"]
        constraints = [
            CoveringUniqueConstraint(fields=["run", "driver"], include=["points"], name="driver_scored_once_in_run")
        ]

    def __str__(self) -> str:
        return f"{self.driver}: {self.points}"


class DraftedRace(Draft):
    """A league's race, as its managers may have it scored again."""

    class Meta:
        proxy = True
