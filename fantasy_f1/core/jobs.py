"""How every background task is declared: its queue, its limits, that it runs alone, that it is tried again and noted.

``@periodic`` is for what beat starts, ``@job`` for what a command hands over. What they declare is the catalogue, which
beat, the host's page and ``docs/clockwork.md`` are made from.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec

import structlog
from celery import Task, shared_task
from celery.schedules import BaseSchedule, crontab, schedule
from celery.utils.time import get_exponential_backoff_interval
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerAway

from fantasy_f1.core import leases, runs

log = structlog.get_logger(__name__)
P = ParamSpec("P")


class Queue(StrEnum):
    """What waits for the same workers. Names are those of Celery's queues."""

    CLOCK = "clock"
    """Deadlines: nothing slow may stand before them."""
    SYNC = "sync"
    """Questions to the upstream."""
    MAIL = "mail"
    """Everything that goes out: mails, pushes, webhooks."""
    DEFAULT = "default"


PASSES: tuple[type[Exception], ...] = (OperationalError, InterfaceError, BrokerAway, ConnectionError, TimeoutError)
"""Errors that can be gone at the next try; any other one would only come again."""
TRIES = 6
"""At most; five of them after a pause that doubles from ``PAUSE`` to ``LONGEST_PAUSE`` seconds, with jitter."""
PAUSE, LONGEST_PAUSE = 10, 300
OFTEN = timedelta(minutes=10)
"""What beat starts at least so often is not tried again before that: beat does it."""
SELDOM = timedelta(minutes=5)
"""Of what beat starts at most so often, every run is kept for the host to see; of all else what failed."""


@dataclass(frozen=True)
class Job:
    """A task as declared: ``does`` in a sentence, ``limit`` the longest it may take, ``every`` as in ``periodic``, or
    ``None`` for one that beat does not start.
    """

    name: str
    does: str
    queue: Queue
    limit: timedelta
    every: timedelta | time | None = None
    when: Callable[[], bool] | None = None
    again_for: tuple[type[Exception], ...] = ()

    @property
    def schedule(self) -> BaseSchedule | None:
        """``every`` as Celery knows it."""
        if isinstance(self.every, time):
            return crontab(hour=str(self.every.hour), minute=str(self.every.minute))
        return None if self.every is None else schedule(self.every)

    @property
    def is_seldom(self) -> bool:
        return isinstance(self.every, time) or (self.every is not None and self.every >= SELDOM)

    @property
    def is_tried_again(self) -> bool:
        return not isinstance(self.every, timedelta) or self.every > OFTEN

    def can_pass(self, error: BaseException) -> bool:
        """Whether the next try may succeed; of several errors together all must be such."""
        if isinstance(error, BaseExceptionGroup):
            return all(map(self.can_pass, error.exceptions))
        return isinstance(error, PASSES + self.again_for)

    def alone(self) -> AbstractContextManager[bool]:
        """Whether the work may begin: what beat starts never runs beside itself.

        Of a worker that was killed the lease runs out when the task would have been stopped anyway.
        """
        return leases.hold(f"task {self.name}", for_at_most=self.limit) if self.every else nullcontext(True)


_catalogue: dict[str, Job] = {}


def catalogue() -> list[Job]:
    """Every task of the product, by name."""
    return [_catalogue[name] for name in sorted(_catalogue)]


def periodic(
    *,
    every: timedelta | time,
    queue: Queue = Queue.DEFAULT,
    limit: timedelta = timedelta(minutes=1),
    when: Callable[[], bool] | None = None,
    again_for: tuple[type[Exception], ...] = (),
) -> Callable[[Callable[[], None]], "Task[[], None]"]:
    """Declare a task that beat starts after each interval, or daily at a time (UTC), by the real time.

    Its docstring is what the host reads. It must look for what is due and be safe to repeat. ``when`` tells by one
    cheap question whether anything is due: where it says no, nothing is locked or written. What runs more often than
    each 30 seconds needs one.
    """
    if isinstance(every, timedelta) and every < timedelta(seconds=30) and when is None:
        raise TypeError("A task that runs so often says when anything is due.")
    return _declare(queue=queue, limit=limit, every=every, when=when, again_for=again_for)


def job(
    *,
    queue: Queue = Queue.DEFAULT,
    limit: timedelta = timedelta(minutes=1),
    again_for: tuple[type[Exception], ...] = (),
) -> "Callable[[Callable[P, None]], Task[P, None]]":
    """Declare a task that a command hands over with ``delay``; it takes ids, and looks up what they stand for."""
    return _declare(queue=queue, limit=limit, again_for=again_for)


def route(name: str, *_: Any, **__: Any) -> dict[str, str] | None:
    """Celery's router: the queue that the task ``name`` waits on."""
    declared = _catalogue.get(name)
    return {"queue": declared.queue.value} if declared else None


def timetable() -> dict[str, dict[str, Any]]:
    """Beat's timetable. What waited for longer than its interval is no use beside those after it."""
    return {
        each.name: {
            "task": each.name,
            "schedule": each.schedule,
            "options": {"expire_seconds": _expires(each.every)},
        }
        for each in catalogue()
        if each.every is not None
    }


def _expires(every: timedelta | time) -> int:
    if isinstance(every, time):
        return 12 * 3600
    return max(5, math.ceil(every.total_seconds()))


def _declare(**details: Any) -> "Callable[[Callable[P, None]], Task[P, None]]":
    def declare(action: Callable[P, None]) -> "Task[P, None]":
        does = (action.__doc__ or "").strip().partition("\n\n")[0]
        if not does:
            raise TypeError(f"{action.__name__} needs a docstring: it is what the host reads.")
        name = f"{action.__module__}.{action.__name__}"
        declared = _catalogue[name] = Job(name=name, does=" ".join(does.replace("``", "").split()), **details)

        @wraps(action)
        def run(task: "Task[P, None]", *args: P.args, **kwargs: P.kwargs) -> None:
            _run(declared, task, lambda: action(*args, **kwargs))

        hard = declared.limit.total_seconds()
        options: dict[str, Any] = {
            "name": name,
            "bind": True,
            "time_limit": hard,
            "soft_time_limit": hard - min(10, hard / 5),
            "max_retries": TRIES - 1,
        }
        made: Task[P, None] = shared_task(**options)(run)
        return made

    return declare


def _run(job: Job, task: "Task[Any, None]", action: Callable[[], None]) -> None:
    run: runs.Run | None = None
    try:
        if job.when is not None and not job.when():
            runs.note_idle(job.name)
            return
        with job.alone() as ours:
            if not ours:
                log.debug("task skipped: it still runs", task=job.name)
                return
            run = runs.begin(job.name)
            action()
        runs.end(run, keep=job.is_seldom)
    except Exception as error:
        again = job.is_tried_again and job.can_pass(error)
        runs.fail(run or runs.Run(job.name), error, is_tried_again=again and task.request.retries < TRIES - 1)
        if not again:
            raise
        pause = get_exponential_backoff_interval(PAUSE, task.request.retries, LONGEST_PAUSE, full_jitter=True)
        raise task.retry(exc=error, countdown=pause) from error
