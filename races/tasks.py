"""Background work of the races: the same functions as the ``sync_f1`` command."""

from datetime import datetime, time, timedelta

import structlog
from django.conf import settings
from django.db.models import Max, Min

from fantasy_f1.core import clock
from fantasy_f1.core.jobs import Queue, periodic
from races import results, sync
from races.models import Race, ResultRevision, Session, SyncRun
from races.polling import next_ask
from races.queries import current_season
from races.seasons import SESSION_STARTS

PUBLIC_UPSTREAM = "api.jolpi.ca"
FEW = 3
"""So many races are asked for one by one; more at once are cheaper as a whole season."""

log = structlog.get_logger(__name__)


@periodic(every=time(6, 17), queue=Queue.SYNC, limit=sync.LEASE)
def sync_season() -> None:
    """Asks the upstream for drivers and calendar of this year's season."""
    now = clock.now()
    if not _upstream_knows_our_time():
        return
    for what in ("drivers", "calendar"):
        _run(now.year, what=what, round_number=None, now=now)


@periodic(every=timedelta(minutes=5), queue=Queue.SYNC, limit=sync.LEASE)
def sync_due_results() -> None:
    """Asks the upstream for the results of this season's races that can be there or may have changed."""
    now = clock.now()
    season = current_season(now=now)
    if season is None or not _upstream_knows_our_time():
        return
    races = due_races(season.year, now=now)
    if len(races) > FEW:
        _run(season.year, what="results", round_number=None, now=now)
        return
    for race in races:
        _run(season.year, what="results", round_number=race.round_number, now=now)


@periodic(every=time(5, 37))
def refresh_prices() -> None:
    """Brings prices, statuses and expected entries of the season's drivers in line with the results."""
    now = clock.now()
    season = current_season(now=now)
    if season is not None:
        results.refresh_season(season, now=now)


def due_races(year: int, *, now: datetime) -> list[Race]:
    """Races of the calendar with a session whose result may be asked for now, oldest first."""
    races = Race.objects.filter(season_id=year).exclude(round_number=None).in_calendar_order()
    first_rows = {
        (race, session): at
        for race, session, at in ResultRevision.objects.filter(race__season_id=year)
        .order_by()
        .values_list("race_id", "session")
        .annotate(at=Min("created_at"))
    }
    runs = SyncRun.objects.filter(
        season=year, source=ResultRevision.Source.JOLPICA, what__in=["results", "everything"], game_time__lte=now
    ).order_by()
    asked = {
        (race, answered): at
        for race, answered, at in runs.values_list("race_id", "results_answered").annotate(at=Max("game_time"))
    }
    due = []
    for race in races:
        last_asked_at, last_failed_at = (
            max((at for pk in (None, race.pk) if (at := asked.get((pk, answered)))), default=None)
            for answered in (True, False)
        )
        for session in Session:
            starts_at = getattr(race, SESSION_STARTS[session])
            if starts_at is None or starts_at > now:
                continue
            moment = next_ask(
                starts_at=starts_at,
                first_rows_at=first_rows.get((race.pk, session)),
                last_asked_at=last_asked_at,
                last_failed_at=last_failed_at,
            )
            if moment <= now:
                due.append(race)
                break
    return due


def _run(year: int, *, what: str, round_number: int | None, now: datetime) -> None:
    try:
        sync.sync_season(year, what=what, round_number=round_number, now=now)
    except sync.SyncBusy:
        log.info("sync skipped: another one is running", season=year, what=what)


def _upstream_knows_our_time() -> bool:
    """The public upstream knows nothing of a past that is played again."""
    return not (settings.GAME_CLOCK and PUBLIC_UPSTREAM in settings.F1_API_URL)
