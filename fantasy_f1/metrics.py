"""``/metrics`` for Prometheus: what this process counts, and what the database and the broker tell at the scrape."""

import secrets
from collections.abc import Iterator
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerAway
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
from redis import RedisError

from fantasy_f1 import watch
from fantasy_f1.core import clockwork, hub, metrics
from fantasy_f1.core.runs import TIMES

log = structlog.get_logger(__name__)
Lines = Iterator[Metric]


@never_cache
@require_safe
def scrape(request: HttpRequest) -> HttpResponse:
    """For who knows METRICS_TOKEN; without one, for programs on this machine that come by no proxy."""
    if not _may_look(request):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_look(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return secrets.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if {"X-Forwarded-For", "Forwarded"} & set(request.headers):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class _Database(Collector):
    """Facts of the whole installation, whichever process is asked."""

    def collect(self) -> Lines:
        up = GaugeMetricFamily("fantasy_f1_database_up", "Whether the database answers")
        try:
            lines = [*_sync(), *_tasks(), *_log(), *_clocks(), *_deliveries()]
        except Error as error:
            log.error("metrics without the database", error=str(error))
            lines = []
        up.add_metric([], bool(lines))
        yield up
        yield from lines


def _sync() -> Lines:
    age = GaugeMetricFamily("fantasy_f1_sync_age_seconds", "Since the last sync that worked", labels=["what"])
    for what, seconds in watch.sync_ages().items():
        age.add_metric([what], seconds)
    yield age


def _tasks() -> Lines:
    beat = GaugeMetricFamily("fantasy_f1_beat_age_seconds", "Since beat said that it lives")
    seen = watch.beat_age()
    if seen is not None:
        beat.add_metric([], seen)
    yield beat
    runs = CounterMetricFamily("fantasy_f1_task_runs", "Runs that did something", labels=["task", "outcome"])
    took = HistogramMetricFamily("fantasy_f1_task_seconds", "How long these runs took", labels=["task"])
    lines = clockwork.lines(timezone.now())
    for line in lines:
        runs.add_metric([line.job.name, "done"], line.state.done)
        runs.add_metric([line.job.name, "failed"], line.state.failed)
    limits = [floatToGoString(up_to) for up_to in TIMES]
    for task, times in watch.task_times().items():
        took.add_metric([task], list(zip(limits, times.counts, strict=True)), times.seconds)
    late = GaugeMetricFamily("fantasy_f1_tasks_late", "Tasks that no worker takes")
    late.add_metric([], sum(line.late_by is not None for line in lines))
    yield from (runs, took, late)


def _log() -> Lines:
    lag = GaugeMetricFamily("fantasy_f1_log_lag", "Events that a reader has still to read", labels=["reader"])
    for reader, count in watch.log_lag().items():
        lag.add_metric([reader], count)
    yield lag


def _clocks() -> Lines:
    late = watch.clocks_late()
    count = GaugeMetricFamily("fantasy_f1_clocks_late", "Turns that should have been settled")
    count.add_metric([], late.count)
    worst = GaugeMetricFamily("fantasy_f1_clock_lateness_seconds", "How late the worst of them is")
    worst.add_metric([], late.seconds)
    yield from (count, worst)


def _deliveries() -> Lines:
    rows = GaugeMetricFamily("fantasy_f1_deliveries", "What goes out, as kept", labels=["channel", "state"])
    for labels, count in watch.deliveries().items():
        rows.add_metric(labels, count)
    yield rows


class _Broker(Collector):
    def collect(self) -> Lines:
        up = GaugeMetricFamily("fantasy_f1_broker_up", "Whether the broker answers")
        count = GaugeMetricFamily("fantasy_f1_queue_messages", "What no worker has taken", labels=["queue"])
        age = GaugeMetricFamily("fantasy_f1_queue_age_seconds", "How long the oldest waits", labels=["queue"])
        try:
            queues = watch.queues()
        except (BrokerAway, RedisError, OSError) as error:
            log.error("metrics without the broker", error=str(error))
            queues = {}
        up.add_metric([], bool(queues))
        for queue, waiting in queues.items():
            count.add_metric([queue], waiting.count)
            age.add_metric([queue], waiting.seconds)
        yield from (up, count, age)


class _Process(Collector):
    """What the process holds that answers."""

    def collect(self) -> Lines:
        streams = GaugeMetricFamily("fantasy_f1_streams_open", "Open streams of this process")
        streams.add_metric([], hub.streams_open())
        yield streams
        pool = getattr(connection, "pool", None)
        if pool is not None:
            told = pool.get_stats()
            held = GaugeMetricFamily("fantasy_f1_pool_connections", "Connections of this process", labels=["state"])
            free = told.get("pool_available", 0)
            held.add_metric(["free"], free)
            held.add_metric(["used"], told.get("pool_size", 0) - free)
            wanted = GaugeMetricFamily("fantasy_f1_pool_waiting", "Threads of this process that wait for one")
            wanted.add_metric([], told.get("requests_waiting", 0))
            yield from (held, wanted)


for _collector in (_Database(), _Broker(), _Process()):
    metrics.register(_collector)
