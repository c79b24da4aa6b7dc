"""Entry lists: who is expected to start a race, who did, and who took whose seat."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count

from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.events import publish
from races.events import EntryListChanged
from races.models import Driver, Race, RaceEntry, RaceResult, Season, Session, Team

if TYPE_CHECKING:
    from accounts.models import User

MOST_TEAMS = 11
CARS = 2  # of a team
DRAFTED_FROM = timedelta(days=14)
"""No league opens its draft earlier before a race: from then on, somebody may have drafted whoever is on its list."""


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
    seats = _vacancies(lines, starters, {line.driver_id: line.replaces_id for line in lines if line.replaces_id})
    result = []
    for line in lines:
        was_expected_no_more = line.status == RaceEntry.Status.WITHDRAWN and not line.is_confirmed
        seen = _taking_part(line, starters)
        back = was_expected_no_more and seen.is_confirmed
        result.append(replace(seen, status=RaceEntry.Status.ENTERED) if back else seen)
    for starter in starters:
        if starter.driver_id not in by_driver:
            result.append(_new(starter, replaces=seats.get(starter.driver_id)))
    return result


def after_race(lines: Sequence[Line], starters: Sequence[Starter]) -> list[Line]:
    """The entry list once the Grand Prix has a result; safe to repeat with an amended one.

    Entered drivers without a row have withdrawn. A driver who was not expected is the substitute of the missing one
    of his team whom he replaces in the list already, else of one who is left (by car number, where two are), or simply
    entered where nobody is missing.
    """
    started = {starter.driver_id for starter in starters}
    expected = [line for line in lines if line.status != RaceEntry.Status.SUBSTITUTE and line.replaces_id is None]
    latecomers = {line.driver_id: line for line in lines if line not in expected}
    standing = _standing(lines, starters)
    seats = _vacancies(expected, starters, standing) | standing
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


def after_news(lines: Sequence[Line], expected: Sequence[Line]) -> list[Line]:
    """A list that may have been drafted from, once others are ``expected``; nobody goes from it.

    Who is expected no more has withdrawn. Of a newcomer ``replaces`` names the one of his team whose seat he took.
    """
    wanted = {line.driver_id: line for line in expected}
    entered = [line for line in lines if line.status == RaceEntry.Status.ENTERED]
    seats = _vacancies(entered, [Starter(line.driver_id, line.team_id, line.number) for line in expected], {})
    result = []
    for line in lines:
        if line.driver_id in wanted:
            before = None if line.replaces_id in wanted else line.replaces_id
            result.append(replace(wanted[line.driver_id], replaces_id=seats.get(line.driver_id, before)))
        else:
            result.append(replace(line, status=RaceEntry.Status.WITHDRAWN))
    known = {line.driver_id for line in lines}
    new = [line for line in expected if line.driver_id not in known]
    return result + [replace(line, replaces_id=seats.get(line.driver_id)) for line in new]


def set_entry(
    *,
    race_id: int,
    driver: Driver,
    team: Team,
    number: int | None,
    status: str,
    replaces: Driver | None,
    actor: "User | None",
    now: datetime,
) -> RaceEntry:
    """Put a driver on a race's entry list by hand, or change his line; it is confirmed, so that no sync guesses anew.

    Nobody is taken off a list: who does not start is withdrawn. Raises ``Invalid`` where a substitute replaces nobody,
    or somebody is replaced who is not in the list for that team.
    """
    with transaction.atomic():
        race = Race.objects.lock(race_id)
        if status == RaceEntry.Status.SUBSTITUTE and replaces is None:
            raise Invalid("A substitute replaces somebody: say whom.", field="replaces")
        others = race.entries.filter(team=team).exclude(driver=driver)
        if replaces and not others.filter(driver=replaces).exists():
            raise Invalid(f"{replaces} is not another driver of {team} on the list of the {race}.", field="replaces")
        line = Line(driver.pk, team.pk, number, status, replaces.pk if replaces else None, is_confirmed=True)
        stored = {entry.driver_id: entry for entry in race.entries.filter(driver=driver)}
        if _write(race, stored, [line]):
            publish(EntryListChanged(race_id=race.pk), source=race, actor=actor, now=now)
        return race.entries.get(driver=driver)


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

    Expected are the starters of the season's latest Grand Prix, and who withdrew that weekend while his seat stayed
    empty; before the first one, those ``announced`` or else the active drivers in the teams they last raced for
    (whoever has never raced is missing until his first session). A list with a confirmed line, by a session or by hand,
    is left alone; one that may have been drafted from loses nobody (see ``after_news``).
    """
    with transaction.atomic():
        coming = Race.objects.filter(season=season).upcoming(now).prefetch_related("entries")
        # a race that somebody else writes to has its turn with the next sync: waiting for several would be a deadlock
        races = list(coming.select_for_update(no_key=True, skip_locked=True))
        if not races:
            return 0
        expected = expected_lines(season, announced)
        changed = 0
        for race in races:
            stored = {entry.driver_id: entry for entry in race.entries.all()}
            if expected and not any(entry.is_confirmed for entry in stored.values()):
                lines = [_line(entry) for entry in stored.values()]
                drafted_from = race.starts_at - now <= DRAFTED_FROM
                changed += _write(race, stored, after_news(lines, expected) if drafted_from else expected)
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
    rows = race.results.current().values_list("driver_id", "team_id", "number")
    lines = [Line(*row) for row in rows.filter(session=Session.GRAND_PRIX)]
    cars = Counter(line.team_id for line in lines)
    entries = sorted(race.entries.all(), key=lambda entry: entry.replaces_id is None)  # of two for a seat, the last one
    replaced = {entry.replaces_id for entry in entries if entry.status == RaceEntry.Status.SUBSTITUTE}
    others = [Line(entry.driver_id, entry.team_id, entry.number) for entry in entries]
    others += [Line(*row) for row in rows.exclude(session=Session.GRAND_PRIX)]
    for line in others:
        known = replaced | {other.driver_id for other in lines}
        if line.driver_id not in known and cars[line.team_id] < CARS:
            lines.append(line)
            cars[line.team_id] += 1
    return lines


def _standing(lines: Sequence[Line], starters: Sequence[Starter]) -> dict[int, int]:
    """New driver → whom he replaces in the list, where that is still so: one started, the other of his team did not."""
    started = {starter.driver_id: starter.team_id for starter in starters}
    absent = {line.driver_id: line.team_id for line in lines if line.driver_id not in started}
    pairs: dict[int, int] = {}
    for line in lines:
        seat, team = line.replaces_id, started.get(line.driver_id)
        if seat and team and absent.get(seat) == team and seat not in pairs.values():
            pairs[line.driver_id] = seat
    return pairs


def _vacancies(lines: Sequence[Line], starters: Sequence[Starter], standing: Mapping[int, int]) -> dict[int, int]:
    """New driver → the entered driver of the same team whose seat he took, paired by car number.

    Left out are those of pairs that stand.
    """
    started = {starter.driver_id for starter in starters}
    known = {line.driver_id for line in lines} | set(standing)
    missing: dict[int, list[int]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: (line.number or 0, line.driver_id)):
        if line.driver_id not in started | set(standing.values()):
            missing[line.team_id].append(line.driver_id)
    seats = {}
    for starter in sorted(starters, key=lambda starter: (starter.number or 0, starter.driver_id)):
        if starter.driver_id not in known and missing[starter.team_id]:
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
    """Make the ``stored`` entries of a race equal ``wanted``; returns how many lines differed."""
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
