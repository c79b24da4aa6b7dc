"""How the app does, as ``/ready`` and ``/metrics`` tell it: each fact by one or a few small queries."""

import json
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Max, Min
from django.utils import timezone

from drafts.clock import GRACE
from drafts.models import Draft
from fantasy_f1.celery import app
from fantasy_f1.core import clock, jobs, log_reader, runs, tracing
from fantasy_f1.core.models import Beat, LogPosition, TaskTime
from notifications.models import Delivery
from notifications.webhooks.models import WebhookDelivery
from races.models import SyncRun

BROKER_TIMEOUT = 2
"""Seconds."""
SETTLED_WITHIN = timedelta(seconds=5)
"""Beat looks for turns that are over each second."""

_is_migrated = False


def check_database() -> None:
    """Raise what is wrong with it; that no migration is missing is not looked up again once it is so."""
    global _is_migrated
    SyncRun.objects.exists()
    if not _is_migrated:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            raise LookupError(f"{len(missing)} migrations are not applied")
        _is_migrated = True


def sync_ages() -> dict[str, float]:
    """Seconds since the last sync that worked, by what was synced."""
    done = SyncRun.objects.filter(status=SyncRun.Status.OK).values_list("what").annotate(Max("finished_at"))
    return {what: _age(at) for what, at in done.order_by() if at}


def beat_age() -> float | None:
    """Seconds since beat last said that it lives; ``None``: never."""
    seen_at = Beat.objects.values_list("seen_at", flat=True).first()
    return _age(seen_at) if seen_at else None


@dataclass(frozen=True)
class Times:
    """How many runs of a task took up to so many seconds (``runs.TIMES``), and how many all of them took together."""

    counts: list[int]
    seconds: float


def task_times() -> dict[str, Times]:
    """How long runs took, by task."""
    noted: dict[str, dict[float, TaskTime]] = defaultdict(dict)
    for row in TaskTime.objects.order_by("task"):
        noted[row.task][row.up_to] = row
    return {task: _times(rows) for task, rows in noted.items()}


def _times(rows: dict[float, TaskTime]) -> Times:
    counts = accumulate(rows[up_to].count if up_to in rows else 0 for up_to in runs.TIMES)
    return Times([*counts], sum(row.seconds for row in rows.values()))


def log_lag() -> dict[str, int]:
    """How many events each reader of the log has still to read."""
    return {name: log_reader.lag(name) for name in LogPosition.objects.values_list("pk", flat=True).order_by("pk")}


@dataclass(frozen=True)
class Late:
    """Turns whose time was over so long ago that beat should have settled them, and how long, in seconds, the worst."""

    count: int
    seconds: float


def clocks_late() -> Late:
    now = clock.now()
    late = Draft.objects.due_on_the_clock(now - SETTLED_WITHIN).aggregate(count=Count("pk"), since=Min("deadline_at"))
    return Late(late["count"], (now - GRACE - late["since"]).total_seconds() if late["since"] else 0.0)


def deliveries() -> dict[tuple[str, str], int]:
    """What goes out, by channel and state."""
    rows = Delivery.objects.values_list("channel", "state").annotate(count=Count("pk")).order_by()
    posts = WebhookDelivery.objects.values_list("state").annotate(count=Count("pk")).order_by()
    to_people = {(channel, state): count for channel, state, count in rows}
    return to_people | {("webhook", state): count for state, count in posts}


@dataclass(frozen=True)
class Waiting:
    """Messages of a queue that no worker has taken, and how many seconds the oldest waits."""

    count: int
    seconds: float


def queues() -> dict[str, Waiting]:
    """What waits, by queue. Raises what the broker's client does where it is away."""
    with app.connection_for_read(connect_timeout=BROKER_TIMEOUT) as broker:
        look = _look_in_redis if settings.REDIS_URL else _look_in_memory
        return {queue.value: look(broker.default_channel, queue.value) for queue in jobs.Queue}


def check_broker() -> None:
    with app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=BROKER_TIMEOUT)


def _look_in_redis(channel: Any, queue: str) -> Waiting:
    oldest = channel.client.lindex(queue, -1)
    return _waiting(channel.client.llen(queue), json.loads(oldest) if oldest else None)


def _look_in_memory(channel: Any, queue: str) -> Waiting:
    messages = list(channel.queues[queue].queue) if queue in channel.queues else []
    return _waiting(len(messages), messages[0] if messages else None)


def _waiting(count: int, oldest: dict[str, Any] | None) -> Waiting:
    sent_at = oldest["headers"].get(tracing.SENT_AT) if oldest else None
    return Waiting(count, max(0.0, time.time() - sent_at) if sent_at else 0.0)


def _age(moment: datetime) -> float:
    return max(0.0, (timezone.now() - moment).total_seconds())
