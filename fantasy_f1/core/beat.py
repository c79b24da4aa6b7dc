"""Beat: django-celery-beat's scheduler with the timetable of the catalogue, which also shows that it lives."""

import time
from datetime import datetime
from typing import Any

import structlog
from django.db import Error
from django.db.models import QuerySet
from django.utils import timezone
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from fantasy_f1.core import jobs
from fantasy_f1.core.models import Beat, TaskState

SHOWN_EVERY = 5
"""Seconds between two signs of life."""

log = structlog.get_logger(__name__)


class Entry(ModelEntry):
    last_run_at: datetime

    def is_due(self) -> Any:
        """As the base has it, which after a clock was set back would wait until it is again as late as it was."""
        self.last_run_at = min(self.last_run_at, self._default_now())
        return super().is_due()


class Scheduler(DatabaseScheduler):
    """What was due while beat was away is started once when it is back."""

    Entry = Entry
    _shown_at: float | None = None
    _lag = 0.0

    def setup_schedule(self) -> None:
        """Tasks that there are no more are no longer started; new ones are due an interval after their first start."""
        timetable = jobs.timetable()
        gone, _ = PeriodicTask.objects.exclude(name__in=timetable).delete()
        if gone:
            PeriodicTasks.update_changed()
        self.update_from_dict(timetable)
        # What no worker ever takes is late from now on.
        states = [TaskState(name=name, seen_at=timezone.now()) for name in timetable]
        TaskState.objects.bulk_create(states, ignore_conflicts=True)
        # Left empty it would count from each start of beat: a machine that is off at night would do no daily ones.
        PeriodicTask.objects.filter(last_run_at=None).update(last_run_at=timezone.now())

    def enabled_models_qs(self) -> "QuerySet[PeriodicTask]":
        """All of them; the base leaves out those of other hours of the day, also where they were missed."""
        return PeriodicTask.objects.enabled()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if self._heap:
            first = self._heap[0]
            self._lag = max(self._lag, self._when(first.entry, 0) - first.time)
        wait: float = super().tick(*args, **kwargs)
        self._show_life()
        return wait

    def _show_life(self) -> None:
        now = time.monotonic()
        if self._shown_at is not None and now - self._shown_at < SHOWN_EVERY:
            return
        self._shown_at = now
        try:
            Beat.objects.update_or_create(pk=1, defaults={"seen_at": timezone.now(), "lag": self._lag})
        except Error as error:
            log.error("beat goes on, but cannot say so", error=str(error))
        else:
            self._lag = 0.0
