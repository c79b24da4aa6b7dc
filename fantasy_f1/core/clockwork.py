"""What the host sees of the clockwork: what ran, what is due, what failed, and how late all of it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple

from celery import current_app

from fantasy_f1.core.jobs import Job, catalogue
from fantasy_f1.core.models import Beat, TaskRun, TaskState

PATIENCE = timedelta(minutes=2)
"""So much later than due is no cause for worry: what runs each second is noted once a minute."""
SILENCE = timedelta(seconds=30)
"""Beat shows itself every few seconds; after this it is taken for dead."""
FAILURES = 10
"""So many of the last ones are on the page."""


class HostWarning(NamedTuple):
    """A sentence for the host, and the address of the page where something can be done about it."""

    text: str
    page: str


Warnings = Callable[[datetime], list[HostWarning]]
_sources: list[Warnings] = []


@dataclass(frozen=True)
class Line:
    """A task with the note of its runs, if it ever ran. ``due_at`` is ``None`` for one that beat does not start."""

    job: Job
    state: TaskState
    due_at: datetime | None
    now: datetime

    @property
    def is_running(self) -> bool:
        return self._has_no_end and not self.was_cut_off

    @property
    def was_cut_off(self) -> bool:
        """Whether it began and can run no longer: its worker was killed, or it was stopped at its limit."""
        started_at = self.state.started_at
        return self._has_no_end and started_at is not None and started_at + self.job.limit < self.now

    @property
    def next_at(self) -> datetime | None:
        """When it runs next; now where it is due, as its last run may have been noted a while ago."""
        return self.due_at and max(self.due_at, self.now)

    @property
    def late_by(self) -> timedelta | None:
        """How much too late its next run is, where that is more than may be."""
        if self.due_at is None or self.is_running or self.due_at + PATIENCE >= self.now:
            return None
        return self.now - self.due_at

    @property
    def rhythm(self) -> str:
        """How often beat starts it, in words."""
        return rhythm(self.job)

    @property
    def _has_no_end(self) -> bool:
        started_at, ended_at = self.state.started_at, self.state.ended_at
        return started_at is not None and (ended_at is None or ended_at < started_at)


@dataclass(frozen=True)
class Clockwork:
    """Everything on the host's page. ``beat`` is ``None`` where it never ran."""

    beat: Beat | None
    beat_is_silent: bool
    lines: list[Line]
    failures: list[TaskRun]
    warnings: list[HostWarning]


def register(source: Warnings) -> None:
    """Let an app tell the host of something: ``source`` gets the real time."""
    _sources.append(source)


def look(now: datetime) -> Clockwork:
    """The state of everything; ``now`` is the real time. Three queries, and those of the apps that warn."""
    beat = Beat.objects.first()
    return Clockwork(
        beat=beat,
        beat_is_silent=beat is None or beat.seen_at + SILENCE < now,
        lines=lines(now),
        failures=list(TaskRun.objects.exclude(outcome=TaskState.Outcome.DONE)[:FAILURES]),
        warnings=[warning for source in _sources for warning in source(now)],
    )


def lines(now: datetime) -> list[Line]:
    """Every task by name; one query."""
    states = TaskState.objects.in_bulk()
    return [_line(job, states.get(job.name), now) for job in catalogue()]


def rhythm(job: Job) -> str:
    """How often beat starts ``job``, in words: "every 5 minutes", "daily at 04:07 UTC"."""
    every = job.every
    if every is None:
        return "when asked for"
    if isinstance(every, time):
        return f"daily at {every:%H:%M} UTC"
    seconds = every.total_seconds()
    for unit, length in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= length and seconds % length == 0:
            count = int(seconds // length)
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    return f"every {seconds:g} seconds"


def table() -> str:
    """The catalogue as a table in Markdown."""
    rows = [
        f"| `{job.name}` | {job.does} | {rhythm(job)} | `{job.queue}` | {job.limit.total_seconds():g} s |"
        for job in catalogue()
    ]
    return "\n".join(["| task | what it does | when | queue | limit |", "| --- | --- | --- | --- | --- |", *rows])


def _line(job: Job, state: TaskState | None, now: datetime) -> Line:
    due_at = None
    if job.schedule is not None:
        last = state.seen_at if state and state.seen_at else now
        due_at = now + job.schedule.remaining_estimate(last)
    return Line(job, state or TaskState(name=job.name), due_at, now)


def run_now(name: str) -> bool:
    """Hand the task ``name`` to the workers, as beat would → whether there is such a task.

    Raises ``kombu.exceptions.OperationalError`` while the queue is away. Pressed twice, the second run finds the first
    one at work, or nothing left to do.
    """
    job = next((each for each in catalogue() if each.name == name and each.every is not None), None)
    if job is None:
        return False
    current_app.tasks[name].apply_async(expires=3600)
    return True
