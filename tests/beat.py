"""Plays beat on a clock that a test drives: hands over what the catalogue says is due, when it is due, and no more.

Without Redis the tasks run at once, as everywhere in the tests; with it a real worker takes them from the broker.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from celery.contrib.testing.worker import start_worker
from celery.schedules import BaseSchedule
from celery.signals import task_postrun
from django.conf import settings
from django.db import connections
from django.utils import timezone
from time_machine import Traveller

from fantasy_f1.celery import app
from fantasy_f1.core import jobs
from tests.streaming import wait_for


class PlayedBeat:
    def __init__(self, clock: Traveller) -> None:
        self._clock = clock
        self._last: dict[str, datetime] = {}
        self.started: Counter[str] = Counter()
        self._done = 0
        self._lock = threading.Lock()

    def run_until(self, moment: datetime, *, step: timedelta, each: Callable[[datetime], Any]) -> None:
        """Let time pass by ``step``s, in each of which what is due more often is started once.

        ``each`` hears of every step before beat does.
        """
        while (now := timezone.now()) < moment:
            self._clock.move_to(min(now + step, moment))
            each(timezone.now())
            self.tick()

    def tick(self) -> None:
        """Start what is due now, at the first time everything, and see each end."""
        for job in jobs.catalogue():
            if job.schedule is not None and self._is_due(job.name, job.schedule):
                self.start(job.name)

    def start(self, name: str) -> None:
        self.started[name] += 1
        done = self._done
        app.tasks[name].delay()
        if not app.conf.task_always_eager:
            wait_for(lambda: self._done > done)

    def _is_due(self, name: str, timetable: BaseSchedule) -> bool:
        now = timezone.now()
        last = self._last.setdefault(name, now)
        if last != now and not timetable.is_due(last).is_due:
            return False
        self._last[name] = now
        return True

    def _note(self, **kwargs: Any) -> None:
        with self._lock:
            self._done += 1

    @contextmanager
    def worker(self) -> Iterator[None]:
        """While it is open a worker waits on Redis, where there is one."""
        if not settings.REDIS_URL:
            yield
            return
        task_postrun.connect(self._note)
        app.conf.task_always_eager = False
        try:
            with start_worker(
                app,
                pool="threads",
                concurrency=1,
                perform_ping_check=False,
                queues=list(jobs.Queue),
                shutdown_timeout=10,
            ):
                yield
        finally:
            app.conf.task_always_eager = True
            task_postrun.disconnect(self._note)
            connections.close_all()
