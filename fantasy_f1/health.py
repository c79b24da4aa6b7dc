"""Is it alive, and can it work? For load balancers, containers and people."""

from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache import cache
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fantasy_f1.celery import app
from races.models import SyncRun

log = structlog.get_logger(__name__)
BROKER_TIMEOUT = 2  # seconds


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else, so that a lost database does not restart every container."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Each part it needs: 200 when all of them answer, else 503.

    ``last_sync`` tells how old the data is, in seconds of real time (``null``: never synced, or unknown); old
    data is no reason to take the app out of service.
    """
    parts = {name: _answers(name, check) for name, check in CHECKS.items()}
    ok = all(parts.values())
    body: dict[str, Any] = {
        "status": "ok" if ok else "failing",
        **{name: "ok" if answers else "failing" for name, answers in parts.items()},
        "last_sync": _seconds_since_last_sync() if parts["database"] else None,
    }
    return JsonResponse(body, status=200 if ok else 503)


def _answers(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as error:  # whatever it is, the part does not work, and the log tells why
        log.error("not ready", part=name, error=str(error))
        return False
    return True


def _check_database() -> None:
    SyncRun.objects.exists()  # a table of ours, so that a database without its migrations is not ready


def _check_cache() -> None:
    cache.set("ready", True, timeout=10)
    if not cache.get("ready"):
        raise ConnectionError("what was written cannot be read")


def _check_broker() -> None:
    with app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=BROKER_TIMEOUT)


CHECKS: dict[str, Callable[[], None]] = {
    "database": _check_database,
    "cache": _check_cache,
    "broker": _check_broker,
}


def _seconds_since_last_sync() -> int | None:
    done = SyncRun.objects.filter(status=SyncRun.Status.OK).aggregate(at=Max("finished_at"))["at"]
    return max(0, int((timezone.now() - done).total_seconds())) if done else None
