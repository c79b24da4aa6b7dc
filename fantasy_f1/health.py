"""Is it alive, and can it work? For load balancers, containers and people."""

from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fantasy_f1 import watch
from fantasy_f1.core import clockwork

log = structlog.get_logger(__name__)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else, so that a lost database does not restart every container."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """What this process needs, and how the clockwork does.

    503 ("failing") only where requests cannot be served as they should: the database does not answer or lacks a
    migration, the cache forgets, the broker is away. A silent beat, tasks that nobody takes and turns that are late are
    told ("late", 200): to take pages out of service would help nobody. Ages are seconds of real time, ``null`` where
    there is nothing yet or the database cannot be asked.
    """
    parts = {name: _answers(name, check) for name, check in CHECKS.items()}
    clockwork = _clockwork() if parts["database"] else dict.fromkeys(UNKNOWN)
    if not all(parts.values()):
        status = "failing"
    else:
        status = "late" if "late" in clockwork.values() or clockwork["clocks_late"] else "ok"
    body: dict[str, Any] = {
        "status": status,
        **{name: "ok" if answers else "failing" for name, answers in parts.items()},
        **clockwork,
    }
    return JsonResponse(body, status=503 if status == "failing" else 200)


def _answers(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as error:  # whatever it is, the part does not work, and the log tells why
        log.error("not ready", part=name, error=str(error))
        return False
    return True


def _check_cache() -> None:
    cache.set("ready", True, timeout=10)
    if not cache.get("ready"):
        raise ConnectionError("what was written cannot be read")


CHECKS: dict[str, Callable[[], None]] = {
    "database": watch.check_database,
    "cache": _check_cache,
    "broker": watch.check_broker,
}
UNKNOWN = ("beat", "beat_seen", "tasks", "last_sync", "log_lag", "clocks_late")


def _clockwork() -> dict[str, Any]:
    """Beat and the tasks: "ok" or "late"; what they are there for: how old the data is and what is left undone."""
    seen, ages = watch.beat_age(), watch.sync_ages()
    return {
        "beat": "late" if seen is None or seen > clockwork.SILENCE.total_seconds() else "ok",
        "beat_seen": None if seen is None else int(seen),
        "tasks": "late" if any(line.late_by for line in clockwork.lines(timezone.now())) else "ok",
        "last_sync": int(min(ages.values())) if ages else None,
        "log_lag": max(watch.log_lag().values(), default=0),
        "clocks_late": watch.clocks_late().count,
    }
