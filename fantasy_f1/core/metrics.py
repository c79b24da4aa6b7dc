"""What a process counts of its own for Prometheus, and where others hand in what is looked up when it asks."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NONE = "none"
"""The view of a request that came to none: an address that there is not, a static file."""
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable: where processes count together. The settings set it from METRICS_DIR."""

disable_created_metrics()  # a line more for each that is counted
_requests = Counter("fantasy_f1_requests", "Requests that were answered", ["method", "view", "status"])
_seconds = Histogram(
    "fantasy_f1_request_seconds", "Until the answer began", ["view"], buckets=(0.025, 0.1, 0.25, 0.5, 1, 2.5, 10)
)
_looked_up = CollectorRegistry()


@dataclass(frozen=True)
class Answered:
    """A request that was answered: by which view, with which status, after how many seconds."""

    method: str
    view: str
    status: int
    seconds: float


def count(answered: Answered) -> None:
    """Count a request. Labels are few whatever is asked: views, not addresses; the class of the status."""
    method = answered.method if answered.method in METHODS else "other"
    _requests.labels(method, answered.view, f"{answered.status // 100}xx").inc()
    _seconds.labels(answered.view).observe(answered.seconds)


def register(collector: "Collector") -> None:
    """Let ``collector`` be asked at each scrape for what is not counted but looked up."""
    _looked_up.register(collector)


def exposition() -> bytes:
    """All of it, in Prometheus' text format. Processes that share METRICS_DIR answer for each other."""
    counted = REGISTRY
    if SHARED_FOLDER in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)
    return generate_latest(counted) + generate_latest(_looked_up)
