"""Sync from the upstream: fetch, then store unit by unit; what is refused is recorded and the rest goes on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from fantasy_f1.core import leases
from fantasy_f1.core.errors import DomainError, Invalid
from races import calendar, drivers, results
from races.identity import match_keys
from races.jolpica import Jolpica, UpstreamError, UpstreamUnreachable
from races.models import SESSION_STARTS, Race, ResultRevision, Season, Session, SyncRun
from races.polling import FIRST
from races.rows import Counts, SessionRows

WHAT = ("drivers", "calendar", "results")
LEASE = timedelta(minutes=10)
BUDGET_WINDOW = timedelta(hours=1)
JOLPICA = ResultRevision.Source.JOLPICA

log = structlog.get_logger(__name__)


class SyncBusy(DomainError):
    code = "sync_busy"


def sync_season(year: int, *, what: str | None = None, round_number: int | None = None, now: datetime) -> SyncRun:
    """Make the stored season equal the upstream's: everything, or ``what``, or the results of one round.

    One sync at a time (raises ``SyncBusy``). Drivers, calendar and each session's result are stored one by one, each
    wholly or not at all; what is refused is in the run's ``error`` and leaves the stored facts as they are.
    """
    if what not in (None, *WHAT):
        raise Invalid(f"There is no {what} to sync.", field="what")
    race = _race_of_round(year, round_number)
    with leases.hold("sync", for_at_most=LEASE) as ours:
        if not ours:
            raise SyncBusy("Another sync is running.")
        _end_broken_runs()
        run = SyncRun.objects.create(
            season=year, race=race, what=what or "everything", game_time=now, started_at=timezone.now()
        )
        counts = Counts()
        client = Jolpica(budget=_budget_left(), on_request=partial(_note_requests, run))
        try:
            try:
                for unit in _units(client, run, year, what, race, now):
                    _do(unit, counts)
            except UpstreamUnreachable as error:
                counts.problems.append(error.message)
            if season := Season.objects.filter(year=year).first():
                counts.updated += results.refresh_season(season, now=now)
        except Exception as error:
            counts.problems.append(f"Broken off: {error!r}")
            raise
        finally:
            _finish(run, counts)
    return run


def _units(
    client: Jolpica, run: SyncRun, year: int, what: str | None, race: Race | None, now: datetime
) -> list[Callable[[], Counts]]:
    units: dict[str, Callable[[], Counts]] = {
        "drivers": lambda: drivers.ingest_drivers(year, client.drivers(year), client.teams(year), now=now),
        "calendar": lambda: _sync_calendar(client, year, now=now),
        "results": lambda: _sync_results(client, run, year, race, now=now),
    }
    if what is None and race is not None:
        what = "results"
    return [unit for name, unit in units.items() if what in (None, name)]


def _do(unit: Callable[[], Counts], counts: Counts) -> None:
    try:
        counts.add(unit())
    except UpstreamUnreachable:
        raise
    except DomainError as error:
        counts.problems.append(error.message)


def _sync_calendar(client: Jolpica, year: int, *, now: datetime) -> Counts:
    events = client.calendar(year)
    if not events and not Race.objects.filter(season_id=year).exists():
        return Counts()
    return calendar.ingest_calendar(year, events, now=now)


def _sync_results(client: Jolpica, run: SyncRun, year: int, race: Race | None, *, now: datetime) -> Counts:
    counts = Counts()
    season = Season.objects.filter(year=year).first()
    if season is None or not season.races.exists():
        counts.problems.append(f"There is no calendar of {year} yet: sync that first.")
        return counts
    sheets, counts.problems = _fetch(client, season, race, now=now)
    run.results_answered = not counts.problems
    stored = {item.pk: item for item in season.races.all()}
    held = set(season.held_events.filter(resolved_at=None).values_list("external_id", flat=True))
    known = match_keys(
        (sheet.event.key for sheet in sheets if sheet.event.key not in held),
        calendar.known_races(season, stored.values()),
    )
    told = set()
    order = list(Session.values)  # the Grand Prix first: it decides the entry list
    for sheet in sorted(sheets, key=lambda sheet: (sheet.event.starts_at, order.index(sheet.session))):
        match = known.get(sheet.event.key)
        if match is None:
            if sheet.event.key not in held:
                counts.problems.append(f"Results of {sheet.event.name} ({sheet.event.key}) match no race of {year}.")
            continue
        told.add((match.pk, sheet.session))
        _do(partial(_store, stored[match.pk], sheet, now=now), counts)
    counts.problems += _lost(season, race, told, {sheet.session for sheet in sheets})
    return counts


def _fetch(client: Jolpica, season: Season, race: Race | None, *, now: datetime) -> tuple[list[SessionRows], list[str]]:
    """All sheets that could be had, and what went wrong with the others."""
    sheets: list[SessionRows] = []
    problems = []
    for session in Session:
        if not _may_have_result(season, race, session, now):
            continue
        try:
            sheets += client.results(season.year, session.value, round_number=race.round_number if race else None)
        except UpstreamError as error:
            problems.append(error.message)
            if isinstance(error, UpstreamUnreachable):
                break
    return sheets, problems


def _store(race: Race, sheet: SessionRows, *, now: datetime) -> Counts:
    if sheet.problem:
        return Counts(problems=[sheet.problem])
    return results.store_results(race, sheet.session, sheet.rows, source=JOLPICA, now=now).counts()


def _may_have_result(season: Season, race: Race | None, session: Session, now: datetime) -> bool:
    """Whether there can be a result at all: asking for one too early only pins an empty answer in a cache."""
    started = {f"{SESSION_STARTS[session]}__lte": now - FIRST}
    races = season.races.filter(pk=race.pk) if race else season.races.all()
    return races.filter(**started).exists()


def _lost(season: Season, race: Race | None, told: set[tuple[int, str]], sessions: set[str]) -> list[str]:
    """Results that the upstream gave once and does not give any more; they stay stored."""
    revisions = ResultRevision.objects.filter(
        race__season=season, is_current=True, source=JOLPICA, session__in=sessions
    ).select_related("race")
    if race:
        revisions = revisions.filter(race=race)
    return [
        f"The upstream no longer has the {revision.get_session_display()} result of {revision.race}: kept."
        for revision in revisions
        if (revision.race_id, revision.session) not in told
    ]


def _race_of_round(year: int, round_number: int | None) -> Race | None:
    if round_number is None:
        return None
    race = Race.objects.filter(season_id=year, round_number=round_number).first()
    if race is None:
        raise Invalid(f"There is no round {round_number} in the stored calendar of {year}.", field="round")
    return race


def _budget_left() -> int:
    used = SyncRun.objects.filter(started_at__gt=timezone.now() - BUDGET_WINDOW).aggregate(sent=Sum("requests"))
    return settings.F1_API_PER_HOUR - (used["sent"] or 0)


def _end_broken_runs() -> None:
    """Whoever holds the lease knows that nobody else runs: those that still seem to were killed."""
    running = SyncRun.objects.filter(status=SyncRun.Status.RUNNING)
    running.update(status=SyncRun.Status.FAILED, finished_at=timezone.now(), error="Broken off.")


def _note_requests(run: SyncRun, sent: int) -> None:
    """At once, so that a run that is killed has still used up its part of the hourly budget."""
    run.requests = sent
    run.save(update_fields=["requests"])


def _finish(run: SyncRun, counts: Counts) -> None:
    run.status = SyncRun.Status.FAILED if counts.problems else SyncRun.Status.OK
    run.finished_at = timezone.now()
    run.created, run.updated, run.unchanged = counts.created, counts.updated, counts.unchanged
    run.error = "\n".join(counts.problems)
    run.save()
    if counts.problems:
        log.warning("sync had problems", season=run.season, what=run.what, problems=counts.problems)
