"""The real sport: seasons, drivers, teams, races and their results, as the upstream tells them."""

from datetime import datetime
from decimal import Decimal
from typing import Self, TypeVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Coalesce

from fantasy_f1.core.models import Versioned

Row = TypeVar("Row", bound=models.Model)
hex_colour = RegexValidator(r"^#[0-9a-f]{6}\Z", "Use a colour such as #ff8000.")


class Season(Versioned):
    year = models.PositiveSmallIntegerField(primary_key=True)
    results_version = models.PositiveIntegerField(default=0, editable=False)
    """Goes up when a result, its mark or points change: part of the key of everything cached from them."""

    class Meta:
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)


class Team(models.Model):
    """A real Formula 1 team. (A player's fantasy team is a *constructor*, in the leagues app.)"""

    external_id = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    country = models.CharField(max_length=64, blank=True)
    color = models.CharField(max_length=7, default="#8a8f98", validators=[hex_colour])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Driver(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        RESERVE = "reserve", "Reserve"
        INACTIVE = "inactive", "Inactive"

    external_id = models.SlugField(max_length=64, unique=True)
    given_name = models.CharField(max_length=64)
    family_name = models.CharField(max_length=64)
    code = models.CharField(max_length=3, blank=True)
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    country = models.CharField("nationality", max_length=64, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    price = models.DecimalField("price (million)", max_digits=4, decimal_places=1, default=Decimal("5.0"))

    class Meta:
        ordering = ["family_name", "given_name"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def short(self) -> str:
        """Three letters for narrow places; drivers who never raced may have no official code."""
        return self.code or self.family_name[:3].upper()


class RaceQuerySet(models.QuerySet["Race"]):
    def in_calendar_order(self) -> "RaceQuerySet":
        return self.order_by("starts_at", "pk")

    def upcoming(self, now: datetime) -> "RaceQuerySet":
        """Races that are still to start, the next one first."""
        return (
            self.exclude(status__in=[Race.Status.CANCELLED, Race.Status.FINISHED])
            .filter(starts_at__gt=now)
            .in_calendar_order()
        )

    def lock(self, pk: int) -> "Race":
        """Serialise writers of one race until the surrounding transaction ends."""
        return self.select_for_update(no_key=True).get(pk=pk)


class Race(Versioned):
    """A Grand Prix weekend. Its identity is ``external_id`` within the season; the round is only its place."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", "Scheduled"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"
        POSTPONED = "postponed", "Postponed"

    class Results(models.TextChoices):
        NONE = "none", "No results yet"
        PROVISIONAL = "provisional", "Provisional"
        OFFICIAL = "official", "Official"
        REVISED = "revised", "Revised"

    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="races")
    external_id = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    circuit_id = models.CharField(max_length=64)
    circuit_name = models.CharField(max_length=100)
    locality = models.CharField(max_length=64, blank=True)
    country = models.CharField(max_length=64, blank=True)
    round_number = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.SCHEDULED)
    results_status = models.CharField(max_length=11, choices=Results, default=Results.NONE)
    first_practice_at = models.DateTimeField(null=True, blank=True)
    second_practice_at = models.DateTimeField(null=True, blank=True)
    third_practice_at = models.DateTimeField(null=True, blank=True)
    sprint_qualifying_at = models.DateTimeField(null=True, blank=True)
    sprint_at = models.DateTimeField(null=True, blank=True)
    qualifying_at = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField(help_text="Start of the Grand Prix")

    objects = RaceQuerySet.as_manager()

    class Meta:
        ordering = ["season", "starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["season", "external_id"], name="race_known_once"),
            models.UniqueConstraint(fields=["season", "round_number"], name="one_race_per_round"),
        ]

    def __str__(self) -> str:
        return f"{self.season_id} {self.name}"

    @property
    def has_sprint(self) -> bool:
        return self.sprint_at is not None

    @property
    def is_finished(self) -> bool:
        return self.status == self.Status.FINISHED

    def start_of(self, session: str) -> datetime:
        """When a session of ``Session`` starts; where that is not known, it counts as run with the Grand Prix."""
        at: datetime | None = getattr(self, SESSION_STARTS[Session(session)])
        return at or self.starts_at

    def sessions(self) -> list[tuple[str, datetime]]:
        """(name, start) of every session whose start is known, in the order of the weekend."""
        times = [
            ("Practice 1", self.first_practice_at),
            ("Practice 2", self.second_practice_at),
            ("Practice 3", self.third_practice_at),
            ("Sprint qualifying", self.sprint_qualifying_at),
            ("Sprint", self.sprint_at),
            ("Qualifying", self.qualifying_at),
            ("Grand Prix", self.starts_at),
        ]
        return sorted(((name, at) for name, at in times if at), key=lambda session: session[1])


class SeasonEntry(models.Model):
    """A driver's stint with a team: from ``first_race`` to ``last_race`` (open while it lasts)."""

    season = models.ForeignKey(Season, on_delete=models.CASCADE, related_name="entries")
    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="entries")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="entries")
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    first_race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="+")
    last_race = models.ForeignKey(Race, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["season", "team", "driver"]
        verbose_name_plural = "season entries"
        constraints = [models.UniqueConstraint(fields=["driver", "first_race"], name="one_stint_starts_at_a_race")]

    def __str__(self) -> str:
        return f"{self.driver} for {self.team}"


class RaceEntryQuerySet(models.QuerySet["RaceEntry"]):
    def draftable(self) -> "RaceEntryQuerySet":
        return self.filter(status=RaceEntry.Status.ENTERED)


class RaceEntry(models.Model):
    """One line of a race's entry list: who is expected to start, for whom."""

    class Status(models.TextChoices):
        ENTERED = "entered", "Entered"
        WITHDRAWN = "withdrawn", "Withdrawn"
        SUBSTITUTE = "substitute", "Substitute"

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="entries", db_index=False)
    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="race_entries")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="race_entries")
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ENTERED)
    replaces = models.ForeignKey(
        Driver,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The entered driver whose seat a substitute took",
    )
    is_confirmed = models.BooleanField(default=False, help_text="Took part in a session, or set by hand")

    objects = RaceEntryQuerySet.as_manager()

    class Meta:
        ordering = ["race", "team", "number"]
        verbose_name_plural = "race entries"
        constraints = [models.UniqueConstraint(fields=["race", "driver"], name="driver_entered_once")]

    def __str__(self) -> str:
        return f"{self.driver} ({self.team})"


class Session(models.TextChoices):
    """Sessions that have a result."""

    GRAND_PRIX = "grand_prix", "Grand Prix"
    SPRINT = "sprint", "Sprint"
    QUALIFYING = "qualifying", "Qualifying"


SESSION_STARTS = {
    Session.GRAND_PRIX: "starts_at",
    Session.SPRINT: "sprint_at",
    Session.QUALIFYING: "qualifying_at",
}
"""The moment of ``Race`` at which a session starts."""


class SessionQuerySet(models.QuerySet[Row]):
    """Rows of a race's session."""

    def seen(self, until: datetime | None) -> Self:
        """Those of sessions that started by then (see ``Race.start_of``); ``None``: all."""
        if until is None:
            return self
        starts = [
            When(session=session, then=Coalesce(f"race__{name}", "race__starts_at"))
            for session, name in SESSION_STARTS.items()
        ]
        return self.alias(started_at=Case(*starts, output_field=models.DateTimeField())).filter(started_at__lte=until)


class ResultRevisionQuerySet(SessionQuerySet["ResultRevision"]):
    def current(self) -> Self:
        return self.filter(is_current=True)


class ResultRevision(models.Model):
    """One version of a session's result, as published at some moment. Append-only."""

    class Source(models.TextChoices):
        JOLPICA = "jolpica", "Jolpica"
        BUNDLE = "bundle", "Bundled season"
        MANUAL = "manual", "Entered by hand"

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    session = models.CharField(max_length=10, choices=Session)
    number = models.PositiveSmallIntegerField()
    is_current = models.BooleanField(default=True)
    source = models.CharField(max_length=8, choices=Source)
    digest = models.CharField(max_length=64, editable=False)
    changes = models.JSONField(default=list, help_text="What is different from the version before, in words")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()

    objects = ResultRevisionQuerySet.as_manager()

    class Meta:
        ordering = ["race", "session", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["race", "session", "number"], name="result_versions_have_no_double"),
            models.UniqueConstraint(
                fields=["race", "session"], condition=Q(is_current=True), name="one_current_result_per_session"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.race} {self.session} v{self.number}"

    @property
    def started_at(self) -> datetime:
        """The start of its session."""
        return self.race.start_of(self.session)


UNCLASSIFIED = {"R": "DNF", "D": "DSQ", "E": "DSQ", "W": "DNS", "F": "DNQ"}


class RaceResultQuerySet(SessionQuerySet["RaceResult"]):
    def current(self) -> Self:
        return self.filter(revision__is_current=True)


class RaceResult(models.Model):
    """A driver's line in one version of a session's result."""

    revision = models.ForeignKey(ResultRevision, on_delete=models.CASCADE, related_name="results", db_index=False)
    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="results")
    session = models.CharField(max_length=10, choices=Session)
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="results")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="results")
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(help_text="Order in the sheet, also of cars that are not classified")
    position_text = models.CharField(max_length=3, help_text="Digits: classified; R, D, W, F: not")
    grid = models.PositiveSmallIntegerField(null=True, blank=True)
    laps = models.PositiveSmallIntegerField(null=True, blank=True)
    points = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal(0), help_text="Formula 1's own")
    status = models.CharField(max_length=32, blank=True)
    time = models.CharField(max_length=16, blank=True)
    fastest_lap = models.CharField(max_length=16, blank=True)
    fastest_lap_rank = models.PositiveSmallIntegerField(null=True, blank=True)
    dnf = models.BooleanField(default=False)
    dnf_reason = models.CharField(max_length=32, blank=True)
    q1 = models.CharField(max_length=16, blank=True)
    q2 = models.CharField(max_length=16, blank=True)
    q3 = models.CharField(max_length=16, blank=True)

    objects = RaceResultQuerySet.as_manager()

    class Meta:
        ordering = ["revision", "position"]
        constraints = [models.UniqueConstraint(fields=["revision", "driver"], name="driver_in_a_result_once")]

    def __str__(self) -> str:
        return f"{self.position_text} {self.driver}"

    @property
    def is_classified(self) -> bool:
        return self.position_text.isdigit() and self.status != "Disqualified"

    @property
    def label(self) -> str:
        """What a sheet prints for the place: digits, or why there are none."""
        if self.is_classified:
            return self.position_text
        return "DSQ" if self.status == "Disqualified" else UNCLASSIFIED.get(self.position_text, "NC")


class SyncRun(models.Model):
    """One run of a sync: what was asked, what it changed, what went wrong. Append-only."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        OK = "ok", "Done"
        FAILED = "failed", "Failed"

    season = models.PositiveSmallIntegerField()
    race = models.ForeignKey(
        Race, null=True, blank=True, on_delete=models.SET_NULL, related_name="sync_runs", help_text="If only one"
    )
    what = models.CharField(max_length=32)
    source = models.CharField(max_length=8, choices=ResultRevision.Source, default=ResultRevision.Source.JOLPICA)
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    game_time = models.DateTimeField(help_text="The game's time when it ran; started and finished are real time")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    requests = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, help_text="One line for each thing that was refused or failed")

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.season} {self.what} {self.started_at:%Y-%m-%d %H:%M}"


class ResultQuestionQuerySet(models.QuerySet["ResultQuestion"]):
    def late(self) -> "ResultQuestionQuerySet":
        """Those whose answer the hosts were told to be late, and is still not there."""
        there = ResultRevision.objects.filter(race=OuterRef("race"), session=OuterRef("session"))
        return self.filter(late_at__isnull=False).exclude(Exists(there))


class ResultQuestion(models.Model):
    """How it stands with asking for a session's result (see ``polling``). Times are the game's."""

    race = models.ForeignKey(Race, on_delete=models.CASCADE, related_name="questions", db_index=False)
    session = models.CharField(max_length=10, choices=Session)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="Asked last and answered, be it with no rows")
    failed_at = models.DateTimeField(null=True, blank=True, help_text="Asked last and not answered")
    answer = models.CharField(max_length=200, blank=True, help_text="The last one, in words")
    late_at = models.DateTimeField(null=True, blank=True, help_text="When the hosts were told that it is late")

    objects = ResultQuestionQuerySet.as_manager()

    class Meta:
        ordering = ["race", "session"]
        constraints = [models.UniqueConstraint(fields=["race", "session"], name="one_question_per_session")]

    def __str__(self) -> str:
        return f"{self.race} {self.session}"

    @property
    def asked_at(self) -> datetime | None:
        return max((at for at in (self.answered_at, self.failed_at) if at), default=None)


class UpstreamAnswer(models.Model):
    """Until when the upstream answers an address from its cache: before that, asking again tells nothing new."""

    address = models.CharField(max_length=100, unique=True, help_text="Path and offset, below the upstream's base")
    answered_at = models.DateTimeField(help_text="The game's time")
    fresh_until = models.DateTimeField(help_text="By the answer's own headers, and some seconds more")

    class Meta:
        ordering = ["address"]

    def __str__(self) -> str:
        return self.address


class HeldEvent(models.Model):
    """An upstream event that matches no race: it waits here for a person, and is never attached by guess."""

    season = models.ForeignKey(Season, on_delete=models.CASCADE, related_name="held_events")
    external_id = models.CharField(max_length=100)
    payload = models.JSONField(help_text="The event as the upstream tells it")
    reason = models.CharField(max_length=200)
    race = models.ForeignKey(
        Race, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="What a person decided it is"
    )
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["season", "external_id"], name="event_held_once")]

    def __str__(self) -> str:
        return f"{self.season_id} {self.external_id}"
