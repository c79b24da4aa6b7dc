"""Background work of the races: the same functions as the ``sync_f1`` command."""

from datetime import time, timedelta

import structlog
from django.conf import settings

from fantasy_f1.core import clock
from fantasy_f1.core.jobs import Queue, periodic
from races import questions, results, sync
from races.queries import current_season

PUBLIC_UPSTREAM = "api.jolpi.ca"

log = structlog.get_logger(__name__)


@periodic(every=timedelta(hours=1), queue=Queue.SYNC, limit=sync.LEASE, again_for=(sync.SyncBusy,))
def sync_season() -> None:
    """Brings drivers and calendar of this year's season from the upstream: daily, the calendar oftener near a race."""
    now = clock.now()
    if _upstream_knows_our_time():
        sync.sync_due_facts(now.year, now=now)


@periodic(every=timedelta(minutes=1), queue=Queue.SYNC, limit=sync.LEASE)
def sync_due_results() -> None:
    """Asks the upstream for results that can be there or may have changed, and tells hosts of those that are late."""
    now = clock.now()
    if not _upstream_knows_our_time():
        return
    try:
        sync.sync_due_results(now=now)
    except sync.SyncBusy:
        log.info("sync skipped: another one is running", what="results")
    questions.tell_late(now=now)


@periodic(every=time(5, 37))
def refresh_prices() -> None:
    """Brings prices, statuses and expected entries of the season's drivers in line with the results."""
    now = clock.now()
    season = current_season(now=now)
    if season is not None:
        results.refresh_season(season, now=now)


def _upstream_knows_our_time() -> bool:
    """The public upstream knows nothing of a past that is played again."""
    return not (settings.GAME_CLOCK and PUBLIC_UPSTREAM in settings.F1_API_URL)
