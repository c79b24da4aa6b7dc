"""In the processes to be killed: the time of the game, short leases, and the place where a task stops."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import current_task
from celery.signals import worker_init
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils import timezone

from fantasy_f1.core import clock, jobs
from races import sync

LEASE = timedelta(seconds=6)
BOOKKEEPING = (
    "core_lease",
    "core_taskstate",
    "core_taskrun",
    "core_tasktime",
    "core_beat",
    "races_syncrun",
    "django_celery_beat",
)
AHEAD = timedelta(seconds=float(os.environ["FAULTS_AHEAD"]))

clock.now = lambda: timezone.now() + AHEAD


@worker_init.connect
def _shorten_leases(**kwargs: Any) -> None:
    """As long as the tasks may take for real nobody wants to wait."""
    sync.LEASE = LEASE
    for job in jobs.catalogue():
        object.__setattr__(job, "limit", min(job.limit, LEASE))


@receiver(connection_created)
def _watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if _stop_in_the_middle not in connection.execute_wrappers:
        connection.execute_wrappers.append(_stop_in_the_middle)


def _stop_in_the_middle(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """After the first statement of the task that the file ``stop`` names, hang until killed.

    Of the kind that the file names, too: any, or one that writes; what is noted of runs does not count.
    """
    result = execute(sql, params, many, context)
    stop = Path(settings.DATA_DIR, "stop")
    if current_task and stop.exists():
        name, kind = stop.read_text().split()
        is_it = kind == "any" or sql.startswith(("INSERT", "UPDATE", "DELETE"))
        if current_task.name == name and is_it and not any(table in sql for table in BOOKKEEPING):
            Path(settings.DATA_DIR, "stopped").touch()
            time.sleep(3600)
    return result
