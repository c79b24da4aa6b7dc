"""Sync from the upstream: fetch, then store unit by unit; what is refused is recorded and the rest goes on."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import structlog
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from fantasy_f1.core import leases
from fantasy_f1.core.errors import DomainError, Invalid
from races import calendar, drivers, questions, results
from races.identity import match_keys
from races.jolpica import Jolpica, UpstreamError, UpstreamUnreachable, results_path, season_path
from races.models import SESSION_STARTS, Race, ResultRevision, Season, Session, SyncRun
from races.polling import DAILY, FIRST, ON_A_WEEKEND, WEEKEND
from races.rows import Counts, SessionRows

WHAT = ("drivers", "calendar", "results")
EVERYTHING = "everything"
LEASE = timedelta(minutes=10)
BUDGET_WINDOW = timedelta(hours=1)
JOLPICA = ResultRevision.Source.JOLPICA

FEW = 3
"""So many races are asked for one by one; more at once are cheaper as a whole season."""

Sessions = Collection[Session]
Asks = list[tuple[Race | None, Sessions]]
ALL = frozenset(Session)

log = structlog.get_logger(__name__)


class SyncBusy(DomainError):
    code = "sync_busy"


def sync_season(year: int, *, what: str | None = None, round_number: int | None = None, now: datetime) -> SyncRun:
    """Make the stored season equal the upstream's: everything, or ``what``, or the results of one round.

    Asks at once, also for what is still fresh: a person wants it. One sync at a time (raises ``SyncBusy``). Drivers,
    calendar and each session's result are stored one by one, each wholly or not at all; what is refused is in the
    run's ``error`` and leaves the stored facts as they are.
    """
    if what not in (None, *WHAT):
        raise Invalid(f"There is no {what} to sync.", field="what")
    race = _race_of_round(year, round_number)
    if what is None and race is not None:
        what = "results"
    with _alone():
        wanted = WHAT if what is None else (what,)
        return _run(year, what or EVERYTHING, {name: [(race, ALL)] for name in wanted}, now=now)


def sync_due_facts(year: int, *, now: datetime) -> list[SyncRun]:
    """Drivers and calendar of a season where it is time to ask again (see ``polling``). Raises ``SyncBusy``."""
    is_weekend = Race.objects.filter(season=year, starts_at__range=(now, now + WEEKEND)).exists()
    resources = {
        "drivers": (["drivers", "constructors"], DAILY),
        "calendar": (["races"], ON_A_WEEKEND if is_weekend else DAILY),
    }
    with _alone():
        return [
            _run(year, what, {what: [(None, ALL)]}, now=now)
            for what, (names, every) in resources.items()
            if not _has_synced(year, what, since=now - every, now=now)
            and not questions.fresh([season_path(year, name) for name in names], now=now)
        ]


def _has_synced(year: int, what: str, *, since: datetime, now: datetime) -> bool:
    """Whether all of it came in after that moment: what failed or broke off is asked for again when it is not fresh."""
    runs = SyncRun.objects.filter(season=year, source=JOLPICA, what__in=[what, EVERYTHING], status=SyncRun.Status.OK)
    return runs.filter(game_time__gt=since, game_time__lte=now).exists()


def sync_due_results(*, now: datetime) -> SyncRun | None:
    """Ask for the results that are due by the plan (see ``polling``), if any, and for no other. Raises ``SyncBusy``.

    An upstream that does not answer is left alone until the questions are due again.
    """
    with _alone():
        due = questions.due(now=now)
        races = {question.race.pk: question.race for question in due}
        if len(races) > FEW:
            due = _whole_season(due, now=now)
            asks: Asks = [(None, {question.session for question in due})]
        else:
            asks = [(race, {each.session for each in due if each.race == race}) for race in races.values()]
        if not due:
            return None
        run = _run(due[0].race.season_id, "results", {"results": asks}, now=now)
        questions.note_unasked(due, run.error, at=now)
    return run


def _whole_season(due: list[questions.Question], *, now: datetime) -> list[questions.Question]:
    """Those whose kind of session may be asked for as a whole season now."""
    paths = {session: results_path(due[0].race.season_id, session, round_number=None) for session in Session}
    fresh = questions.fresh(paths.values(), now=now)
    return [question for question in due if paths[question.session] not in fresh]


@contextmanager
def _alone() -> Iterator[None]:
    with leases.hold("sync", for_at_most=LEASE) as ours:
        if not ours:
            raise SyncBusy("Another sync is running.")
        _end_broken_runs()
        yield


def _run(year: int, what: str, wanted: dict[str, Asks], *, now: datetime) -> SyncRun:
    """One run: ``wanted`` is what to fetch; of results, which sessions of which race, or (None) of all."""
    races = [race for asks in wanted.values() for race, _ in asks]
    run = SyncRun.objects.create(
        season=year, race=races[0] if len(races) == 1 else None, what=what, game_time=now, started_at=timezone.now()
    )
    counts = Counts()
    began = monotonic()

    def note_answer(where: str, seconds: float | None) -> None:
        questions.note_fresh(where, seconds, at=now + timedelta(seconds=monotonic() - began))

    client = Jolpica(budget=_budget_left(), on_request=partial(_note_requests, run), on_answer=note_answer)
    try:
        try:
            for name, asks in wanted.items():
                for race, sessions in asks:
                    _do(partial(UNITS[name], client, year, race, sessions, now=now), counts)
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


def _do(unit: Callable[[Counts], None], counts: Counts) -> None:
    try:
        unit(counts)
    except UpstreamUnreachable:
        raise
    except DomainError as error:
        counts.problems.append(error.message)


def _sync_drivers(
    client: Jolpica, year: int, race: Race | None, sessions: Sessions, counts: Counts, *, now: datetime
) -> None:
    counts.add(drivers.ingest_drivers(year, client.drivers(year), client.teams(year), now=now))


def _sync_calendar(
    client: Jolpica, year: int, race: Race | None, sessions: Sessions, counts: Counts, *, now: datetime
) -> None:
    events = client.calendar(year)
    if events or Race.objects.filter(season_id=year).exists():
        counts.add(calendar.ingest_calendar(year, events, now=now))


def _sync_results(
    client: Jolpica, year: int, race: Race | None, sessions: Sessions, counts: Counts, *, now: datetime
) -> None:
    season = Season.objects.filter(year=year).first()
    if season is None or not season.races.exists():
        counts.problems.append(f"There is no calendar of {year} yet: sync that first.")
        return
    asked = _that_may_have_results(season, race, sessions, now=now)
    sheets, failures = _fetch(client, season, race, asked)
    stored = {item.pk: item for item in season.races.all()}
    held = set(season.held_events.filter(resolved_at=None).values_list("external_id", flat=True))
    known = match_keys(
        (sheet.event.key for sheet in sheets if sheet.event.key not in held),
        calendar.known_races(season, stored.values()),
    )
    told: dict[tuple[int, str], str] = {}
    order = list(Session.values)  # the Grand Prix first: it decides the entry list
    for sheet in sorted(sheets, key=lambda sheet: (sheet.event.starts_at, order.index(sheet.session))):
        match = known.get(sheet.event.key)
        if match is None:
            if sheet.event.key not in held:
                counts.problems.append(f"Results of {sheet.event.name} ({sheet.event.key}) match no race of {year}.")
            continue
        outcome = Counts()
        _do(partial(_store, stored[match.pk], sheet, now=now), outcome)
        counts.add(outcome)
        told[match.pk, sheet.session] = " ".join(outcome.problems) or f"{len(sheet.rows)} rows"
    counts.problems += _lost(season, race, set(told), {sheet.session for sheet in sheets})
    counts.problems += [error.message for error in failures.values() if not isinstance(error, UpstreamUnreachable)]
    for session, races in asked.items():
        if session in failures:
            words = dict.fromkeys([(pk, session.value) for pk in races], failures[session].message)
        else:
            words = {(pk, session.value): told.get((pk, session.value), "No rows yet") for pk in races}
        questions.note(words, answered=session not in failures, at=now)
    for error in failures.values():
        if isinstance(error, UpstreamUnreachable):
            raise error


UNITS = {"drivers": _sync_drivers, "calendar": _sync_calendar, "results": _sync_results}


def _that_may_have_results(
    season: Season, race: Race | None, sessions: Sessions, *, now: datetime
) -> dict[Session, list[int]]:
    """Sessions → the races that can have a result of it: asking for one too early only pins an empty answer."""
    races = season.races.filter(pk=race.pk) if race else season.races.exclude(round_number=None)
    found = {
        session: list(races.filter(**{f"{SESSION_STARTS[session]}__lte": now - FIRST}).values_list("pk", flat=True))
        for session in Session
        if session in sessions
    }
    return {session: pks for session, pks in found.items() if pks}


def _fetch(
    client: Jolpica, season: Season, race: Race | None, asked: Iterable[Session]
) -> tuple[list[SessionRows], dict[Session, UpstreamError]]:
    """All sheets that could be had, and what went wrong with the others; an upstream that is away is asked no more."""
    sheets: list[SessionRows] = []
    failures: dict[Session, UpstreamError] = {}
    away: UpstreamUnreachable | None = None
    for session in asked:
        if away:
            failures[session] = away
            continue
        try:
            sheets += client.results(season.year, session.value, round_number=race.round_number if race else None)
        except UpstreamError as error:
            failures[session] = error
            away = error if isinstance(error, UpstreamUnreachable) else None
    return sheets, failures


def _store(race: Race, sheet: SessionRows, counts: Counts, *, now: datetime) -> None:
    if sheet.problem:
        counts.problems.append(sheet.problem)
    elif race.start_of(sheet.session) > now:
        counts.problems.append(f"{race}: a {sheet.session} result before the start.")
    else:
        counts.add(results.store_results(race, sheet.session, sheet.rows, source=JOLPICA, now=now).counts())


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
