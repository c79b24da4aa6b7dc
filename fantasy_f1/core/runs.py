"""What is noted of the runs of tasks, for the host to see."""

import math
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error, connection
from django.db.models import F, QuerySet
from django.utils import timezone

from fantasy_f1.core.models import TaskRun, TaskState, TaskTime

KEPT = timedelta(days=30)
"""How long runs can be looked up."""
IDLE_NOTED_EVERY = 60
"""Seconds between two notes of one process that a task found nothing to do."""
SAME_WITHIN = timedelta(hours=1)
"""An error that comes again within this time is one line of the history, which counts."""
LONGEST = 4000
"""Characters of an error that are kept."""
TIMES = (0.1, 0.5, 2.5, 10, 60, 300, math.inf)
"""Seconds up to which the runs of a task are counted together."""

log = structlog.get_logger(__name__)
_idle_noted_at: dict[str, float] = {}


@dataclass
class Run:
    """One run of a task, by the real time."""

    task: str
    started_at: datetime = field(default_factory=timezone.now)


def note_idle(task: str) -> None:
    """It ran and found nothing to do: noted once a minute, so that one sees that it lives."""
    now = time.monotonic()
    if task in _idle_noted_at and now - _idle_noted_at[task] < IDLE_NOTED_EVERY:
        return
    _idle_noted_at[task] = now
    _note(task, seen_at=timezone.now())


def begin(task: str) -> Run:
    """It starts."""
    run = Run(task)
    _note(task, seen_at=run.started_at, started_at=run.started_at)
    return run


def end(run: Run, *, keep: bool) -> None:
    """It is done; ``keep`` it in the history, too."""
    now = timezone.now()
    _note_end(run, now, outcome=TaskState.Outcome.DONE, done=F("done") + 1)
    if keep:
        TaskRun.objects.create(task=run.task, started_at=run.started_at, ended_at=now, outcome=TaskState.Outcome.DONE)


def fail(run: Run, error: BaseException, *, is_tried_again: bool) -> None:
    """It ended by ``error``. Where that cannot be noted, the log tells why, and the error itself is what counts."""
    now = timezone.now()
    outcome = TaskState.Outcome.AGAIN if is_tried_again else TaskState.Outcome.FAILED
    text = describe(error)
    try:
        if not connection.in_atomic_block:  # it may be the lost connection that was the error
            connection.close_if_unusable_or_obsolete()
        _note_end(run, now, outcome=outcome, failed=F("failed") + 1, failed_at=now, error=text)
        same = TaskRun.objects.filter(task=run.task, outcome=outcome, error=text, ended_at__gt=now - SAME_WITHIN)
        if not same.update(ended_at=now, times=F("times") + 1):
            TaskRun.objects.create(task=run.task, started_at=run.started_at, ended_at=now, outcome=outcome, error=text)
    except Error:
        log.exception("a task's failure could not be noted", task=run.task)


def describe(error: BaseException) -> str:
    """The error as a person reads it; of several together each one, with what it is about."""
    return "\n".join(_lines(error)).replace("\0", "")[:LONGEST]


def forget_old(*, now: datetime) -> None:
    """Delete the runs that were kept for long enough. ``now`` is the real time."""
    TaskRun.objects.filter(ended_at__lte=now - KEPT).delete()


def _lines(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [error.message, *(f"– {line}" for each in error.exceptions for line in _lines(each))]
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", []))
    return [f"{type(error).__name__}: {error}{notes}"]


def _note_end(run: Run, now: datetime, **values: object) -> None:
    seconds = max(0.0, (now - run.started_at).total_seconds())
    _note(run.task, seen_at=now, ended_at=now, seconds=seconds, **values)
    up_to = next(limit for limit in TIMES if seconds <= limit)
    times = TaskTime.objects.filter(task=run.task, up_to=up_to)
    _change(times, {"task": run.task, "up_to": up_to}, count=F("count") + 1, seconds=F("seconds") + seconds)


def _note(task: str, **values: object) -> None:
    _change(TaskState.objects.filter(pk=task), {"pk": task}, **values)


def _change(rows: "QuerySet[Any]", key: dict[str, object], **values: object) -> None:
    """Change the row ``key``, which is made where it is missing."""
    if not rows.update(**values):
        rows.model._default_manager.get_or_create(**key)
        rows.update(**values)
