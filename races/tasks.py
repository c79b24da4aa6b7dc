"""Background work of the races: the same functions as the ``sync_f1`` command."""

import structlog
from celery import shared_task
from django.conf import settings

from fantasy_f1.core import clock
from races import questions, sync

PUBLIC_UPSTREAM = "api.jolpi.ca"

log = structlog.get_logger(__name__)


@shared_task(name="races.tasks.sync_season")
def sync_season() -> None:
    """Drivers and calendar of this year's season."""
    now = clock.now()
    if not _upstream_knows_our_time():
        return
    try:
        sync.sync_daily(now.year, now=now)
    except sync.SyncBusy:
        log.info("sync skipped: another one is running", season=now.year, what="drivers and calendar")


@shared_task(name="races.tasks.sync_due_results")
def sync_due_results() -> None:
    """Results that are due for a question (see ``polling``), and word to the hosts of those that are late."""
    now = clock.now()
    if not _upstream_knows_our_time():
        return
    try:
        sync.sync_due_results(now=now)
    except sync.SyncBusy:
        log.info("sync skipped: another one is running", what="results")
    questions.tell_late(now=now)


def _upstream_knows_our_time() -> bool:
    """The public upstream knows nothing of a past that is played again."""
    return not (settings.GAME_CLOCK and PUBLIC_UPSTREAM in settings.F1_API_URL)
