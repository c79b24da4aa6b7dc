"""Entry lists: who is expected to start a race, who did, and who took whose seat."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from races.models import Driver, Race, RaceEntry, RaceResult, Season, Session

MOST_TEAMS = 11


@dataclass(frozen=True)
class Starter:
    """A driver who took part in a session (ids of our own rows)."""

    driver_id: int
    team_id: int
    number: int | None = None


@dataclass(frozen=True)
class Line:
    """A line of an entry list, as ``RaceEntry`` stores it."""

    driver_id: int
    team_id: int
    number: int | None = None
    status: str = RaceEntry.Status.ENTERED
    replaces_id: int | None = None
    is_confirmed: bool = False


FIELDS = ["team_id", "number", "status", "replaces_id", "is_confirmed"]


def after_session(lines: Sequence[Line], starters: Sequence[Starter]) -> list[Line]:
    """The entry list once a sprint or qualifying has been held before the race.

    Whoever took part is confirmed. Somebody new is entered too and can be drafted; ``replaces`` names the entered
    driver of his team who was missing, and who stays in the list until the race tells.
    """
    by_driver = {line.driver_id: line for line in lines}
    seats = _vacancies(lines, starters)
    result = [_taking_part(line, starters) for line in lines]
    for starter in starters:
        if starter.driver_id not in by_driver:
            result.append(_new(starter, replaces=seats.get(starter.driver_id)))
    return result


def after_race(lines: Sequence[Line], starters: Sequence[Starter]) -> list[Line]:
    """The entry list once the Grand Prix has a result; safe to repeat with an amended one.

    Entered drivers without a row have withdrawn. A driver who was not expected is the substitute of the missing one
    of his team (by car number, where two are missing), or simply entered where nobody is missing.
    """
    started = {starter.driver_id for starter in starters}
    expected = [line for line in lines if line.status != RaceEntry.Status.SUBSTITUTE and line.replaces_id is None]
    latecomers = {line.driver_id: line for line in lines if line not in expected}
    seats = _vacancies(expected, starters)
    result = []
    for line in expected:
        if line.driver_id in started:
            result.append(replace(_taking_part(line, starters), status=RaceEntry.Status.ENTERED))
        else:
            result.append(replace(line, status=RaceEntry.Status.WITHDRAWN))
    known = {line.driver_id for line in expected}
    for starter in starters:
        if starter.driver_id not in known:
            result.append(_new(starter, replaces=seats.get(starter.driver_id), substitute=True))
    for line in latecomers.values():
        if line.driver_id not in started:
            result.append(replace(line, status=RaceEntry.Status.WITHDRAWN))
    return result


def confirm(race: Race, session: str, starters: Sequence[Starter], *, now: datetime) -> None:
    """Bring the locked race's entry list in line with a session's result.

    A sprint or qualifying says nothing more once the Grand Prix has been started.
    """
    if session == Session.GRAND_PRIX:
        rule = after_race
    elif now < race.starts_at and not race.is_finished:
        rule = after_session
    else:
        return
    stored = {entry.driver_id: entry for entry in race.entries.all()}
    _write(race, stored, rule([_line(entry) for entry in stored.values()], starters))


def refresh_expected_entries(season: Season, *, now: datetime, announced: Sequence[Line] = ()) -> int:
    """Give every coming race of ``season`` the expected entry list; returns how many lines changed.

    Expected are the starters of the season's latest Grand Prix; before the first one, those ``announced`` or else the
    active drivers in the teams they last raced for (whoever has never raced is missing until his first session). A list
    with a confirmed line, by a session or by hand, is left alone.
    """
    with transaction.atomic():
        races = list(Race.objects.filter(season=season).upcoming(now).prefetch_related("entries"))
        if not races:
            return 0
        expected = expected_lines(season, announced)
        changed = 0
        for race in races:
            stored = {entry.driver_id: entry for entry in race.entries.all()}
            if expected and not any(entry.is_confirmed for entry in stored.values()):
                changed += _write(race, stored, expected)
        return changed


def expected_lines(season: Season, announced: Sequence[Line] = ()) -> Sequence[Line]:
    """Who is expected at the next race, as far as results and announcements tell."""
    latest = _latest_starters(season.year) or announced
    if latest:
        return latest
    active = set(Driver.objects.filter(status=Driver.Status.ACTIVE).values_list("pk", flat=True))
    numbers = dict(Driver.objects.values_list("pk", "number"))
    last_season = (
        RaceResult.objects.current()
        .filter(race__season_id=season.year - 1, session=Session.GRAND_PRIX, driver_id__in=active)
        .order_by("race__starts_at")
        .values_list("driver_id", "team_id")
    )
    return [Line(driver, team, numbers[driver]) for driver, team in dict(last_season).items()]


def capacity(season: Season) -> int:
    """How many constructors a league of this season can hold, with two drivers each and never more than 11.

    The largest entry list of the races to come decides, else that of the last one held.
    """
    lists = (
        RaceEntry.objects.draftable()
        .filter(race__season=season)
        .exclude(race__status=Race.Status.CANCELLED)
        .order_by()
        .values_list("race__status", "race__starts_at")
        .annotate(drivers=Count("pk"))
    )
    coming = [drivers for status, _, drivers in lists if status != Race.Status.FINISHED]
    if coming:
        return min(MOST_TEAMS, max(coming) // 2)
    held = max(((starts_at, drivers) for _, starts_at, drivers in lists), default=None)
    return min(MOST_TEAMS, held[1] // 2) if held else MOST_TEAMS


def _latest_starters(year: int) -> list[Line]:
    race = (
        Race.objects.filter(season_id=year, revisions__session=Session.GRAND_PRIX, revisions__is_current=True)
        .order_by("-starts_at")
        .first()
    )
    if race is None:
        return []
    rows = race.results.current().filter(session=Session.GRAND_PRIX).values_list("driver_id", "team_id", "number")
    return [Line(*row) for row in rows]


def _vacancies(lines: Sequence[Line], starters: Sequence[Starter]) -> dict[int, int]:
    """New driver → the entered driver of the same team whose seat he took, paired by car number."""
    started = {starter.driver_id for starter in starters}
    expected = {line.driver_id for line in lines}
    taken = {line.replaces_id for line in lines}
    missing: dict[int, list[int]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: (line.number or 0, line.driver_id)):
        if line.driver_id not in started | taken:
            missing[line.team_id].append(line.driver_id)
    seats = {}
    for starter in sorted(starters, key=lambda starter: (starter.number or 0, starter.driver_id)):
        if starter.driver_id not in expected and missing[starter.team_id]:
            seats[starter.driver_id] = missing[starter.team_id].pop(0)
    return seats


def _taking_part(line: Line, starters: Iterable[Starter]) -> Line:
    for starter in starters:
        if starter.driver_id == line.driver_id:
            return replace(line, team_id=starter.team_id, number=starter.number, is_confirmed=True)
    return line


def _new(starter: Starter, *, replaces: int | None, substitute: bool = False) -> Line:
    status = RaceEntry.Status.SUBSTITUTE if substitute and replaces else RaceEntry.Status.ENTERED
    return Line(starter.driver_id, starter.team_id, starter.number, status, replaces, is_confirmed=True)


def _line(entry: RaceEntry) -> Line:
    return Line(entry.driver_id, **{name: getattr(entry, name) for name in FIELDS})


def _write(race: Race, stored: dict[int, RaceEntry], wanted: Sequence[Line]) -> int:
    """Make the race's entries equal ``wanted``; returns how many lines differed."""
    drivers = {line.driver_id for line in wanted}
    gone = [entry.pk for driver, entry in stored.items() if driver not in drivers]
    new = [_entry(race, line) for line in wanted if line.driver_id not in stored]
    changed = []
    for line in wanted:
        entry = stored.get(line.driver_id)
        if entry and _line(entry) != line:
            for name in FIELDS:
                setattr(entry, name, getattr(line, name))
            changed.append(entry)
    if gone:
        RaceEntry.objects.filter(pk__in=gone).delete()
    RaceEntry.objects.bulk_create(new)
    RaceEntry.objects.bulk_update(changed, FIELDS)
    return len(gone) + len(new) + len(changed)


def _entry(race: Race, line: Line) -> RaceEntry:
    return RaceEntry(race=race, driver_id=line.driver_id, **{name: getattr(line, name) for name in FIELDS})
