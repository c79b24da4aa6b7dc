"""What every app stands on: event log, game clock, leases for work that only one process may do, answers kept."""

from datetime import timedelta

from django.conf import settings
from django.db import models


class EventLog(models.Model):
    """One thing that happened, written in the transaction in which it happened; never changed or deleted.

    ``topic`` names the thing it happened to (``draft:7``), ``version`` counts that thing's events without a gap.
    """

    topic = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["topic", "version"], name="event_versions_have_no_double")]

    def __str__(self) -> str:
        return f"{self.topic} #{self.version} {self.name}"


class GameClock(models.Model):
    """The game's time as an offset to the real time; at most one row."""

    offset = models.DurationField(default=timedelta)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_game_clock")]

    def __str__(self) -> str:
        return f"real time {'+' if self.offset >= timedelta() else '-'} {abs(self.offset)}"


class Lease(models.Model):
    """The right to do a piece of work alone, until it is given back or runs out (see ``leases.hold``)."""

    name = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class LogPosition(models.Model):
    """How far a reader of the event log has come (see ``log_reader``).

    All rows up to ``position`` are read, and of later ones those in ``ahead``. ``newest`` was the newest row at
    ``newest_at`` (real time).
    """

    reader = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    ahead = models.JSONField(default=list)
    newest = models.BigIntegerField(default=0)
    newest_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.reader} at {self.position}"


class UnreadEvent(models.Model):
    """An event that a reader of the log failed on; it comes back to it at ``next_at`` (real time)."""

    reader = models.CharField(max_length=64)
    event = models.ForeignKey(EventLog, on_delete=models.CASCADE, related_name="+")
    error = models.CharField(max_length=300)
    tries = models.PositiveIntegerField(default=1)
    next_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "event"], name="event_unread_once")]

    def __str__(self) -> str:
        return f"{self.event} for {self.reader}"


class KeptAnswer(models.Model):
    """What a user's request with an ``Idempotency-Key`` was answered (see ``idempotency``)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    location = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"


class TaskState(models.Model):
    """How a task of the clockwork does; one row for each that ever ran (see ``runs``). Times are real ones."""

    class Outcome(models.TextChoices):
        DONE = "done", "done"
        AGAIN = "again", "failed, is tried again"
        FAILED = "failed", "failed"

    name = models.CharField(max_length=100, primary_key=True)
    seen_at = models.DateTimeField(
        null=True,
        help_text="When it last looked whether there is anything to do; before that, since when beat starts it.",
    )
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True, help_text="How long the last run took.")
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, help_text="Of the last run that failed.")

    class Meta:
        verbose_name_plural = "clockwork"

    def __str__(self) -> str:
        return self.name


class TaskRun(models.Model):
    """A run that is kept for the host to see: one that failed, or one of a task that seldom runs."""

    task = models.CharField(max_length=100)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(db_index=True)
    outcome = models.CharField(max_length=8, choices=TaskState.Outcome)
    error = models.TextField(blank=True)
    times = models.PositiveIntegerField(default=1, help_text="How often the same happened in a row.")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["task", "-ended_at"], name="runs_of_a_task")]

    def __str__(self) -> str:
        return f"{self.task} {self.outcome}"


class TaskTime(models.Model):
    """How many runs of a task took up to so many seconds, and longer than the next less (see ``runs``)."""

    task = models.CharField(max_length=100)
    up_to = models.FloatField()
    count = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0, help_text="Of all of them together.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "up_to"], name="task_times_once")]

    def __str__(self) -> str:
        return f"{self.task} up to {self.up_to} s: {self.count}"


class Beat(models.Model):
    """The last sign of life of beat, which starts the tasks in their time; at most one row."""

    seen_at = models.DateTimeField()
    lag = models.FloatField(default=0, help_text="Seconds by which the latest of its last tasks was sent too late.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_beat")]

    def __str__(self) -> str:
        return f"seen at {self.seen_at}"


class Versioned(models.Model):
    """A thing with events of its own: they share its ``topic`` and count up its ``version``."""

    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def topic(self) -> str:
        return f"{self._meta.model_name}:{self.pk}"

    def events(self) -> "models.QuerySet[EventLog]":
        return EventLog.objects.filter(topic=self.topic)
