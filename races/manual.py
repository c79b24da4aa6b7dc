"""Results that a host enters by hand, until the feed has them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction

from fantasy_f1.core.errors import DomainError, Invalid, NotAllowed
from races.models import SESSION_STARTS, Race, RaceEntry, ResultRevision, Session
from races.points import formula1_points
from races.results import MANUAL, Outcome, current_rows, ingest_results, is_classified
from races.rows import ResultRow

if TYPE_CHECKING:
    from accounts.models import User


class Fate(StrEnum):
    """What became of a driver in a session."""

    CLASSIFIED = "classified"
    DNF = "R"
    DSQ = "D"
    DNS = "W"
    ABSENT = "absent"


STATUSES = {Fate.CLASSIFIED: "Finished", Fate.DNF: "Retired", Fate.DSQ: "Disqualified", Fate.DNS: "Did not start"}
"""The words of the feed."""


class FeedHasResult(DomainError):
    """The feed has this result already. To put yours in its place, say so."""

    code = "feed_has_result"


@dataclass(frozen=True)
class Line:
    """A driver (by id) in a result by hand; ``place`` where he is classified, ``grid`` where it is known."""

    driver_id: int
    fate: Fate
    place: int | None = None
    grid: int | None = None
    has_fastest_lap: bool = False


def enter_result(
    *, race_id: int, session: str, lines: Sequence[Line], replaces_feed: bool, actor: "User", now: datetime
) -> Outcome:
    """Store ``lines``, one for each driver who can be in it (see ``candidates``), as a session's provisional result.

    It stands until the feed tells something that it has not told before. Where the feed's result stands it is refused
    (``FeedHasResult``) unless ``replaces_feed``. What the standing version tells beside it (times, laps) is kept; who
    enters what the feed told last takes their own back, and the feed's stands again. Raises ``NotAllowed``, ``Invalid``
    and ``ResultsRefused`` besides.
    """
    if not actor.is_superuser:
        raise NotAllowed("Only hosts enter results.")
    with transaction.atomic():
        race = Race.objects.lock(race_id)
        check_can_be_entered(race, session, now=now)
        standing = race.revisions.filter(session=session, is_current=True).first()
        if standing and standing.source != MANUAL and not replaces_feed:
            raise FeedHasResult("The feed has this result already. To put yours in its place, say so below.")
        known = {entry.driver_id: entry for entry in candidates(race, session)}
        _refuse_nonsense(session, lines, known)
        told = race.revisions.filter(session=session).exclude(source=MANUAL).first()
        if told and set(_lines_of(told).values()) == {line for line in lines if line.fate != Fate.ABSENT}:
            return ingest_results(race, session, current_rows(told), source=told.source, actor=actor, now=now)
        before = {row.driver_id: row for row in current_rows(standing)} if standing else {}
        rows = _rows(race, session, lines, known, before)
        return ingest_results(race, session, rows, source=MANUAL, actor=actor, now=now)


def check_can_be_entered(race: Race, session: str, *, now: datetime) -> None:
    """Raise ``Invalid`` where the session is not held, or has not begun."""
    name = Session(session).label
    starts_at: datetime | None = getattr(race, SESSION_STARTS[Session(session)])
    if race.status == Race.Status.CANCELLED:
        raise Invalid(f"The {race} is cancelled.")
    if starts_at is None:
        raise Invalid(f"The {race} has no {name}.")
    if starts_at > now:
        raise Invalid(f"The {name} of the {race} has not begun yet.")


def candidates(race: Race, session: str) -> list[RaceEntry]:
    """Who can be in the result: the entry list, by team and number, and whoever the standing version names besides."""
    entries = list(race.entries.select_related("driver", "team").order_by("team__name", "number", "pk"))
    known = {entry.driver_id for entry in entries}
    results = race.results.current().filter(session=session).exclude(driver__in=known)
    others = [
        RaceEntry(race=race, driver=result.driver, team=result.team, number=result.number)
        for result in results.select_related("driver", "team").order_by("team__name", "number", "pk")
    ]
    return entries + others


def standing_lines(race: Race, session: str) -> dict[int, Line]:
    """Driver → his line in the standing version, to begin with; empty without one."""
    revision = race.revisions.filter(session=session, is_current=True).first()
    return _lines_of(revision) if revision else {}


def feed_stands(race: Race, session: str) -> bool:
    """Whether the standing version is from the feed."""
    return ResultRevision.objects.filter(race=race, session=session, is_current=True).exclude(source=MANUAL).exists()


def _lines_of(revision: ResultRevision) -> dict[int, Line]:
    ids = dict(revision.results.values_list("driver__external_id", "driver_id"))
    return {ids[row.driver_id]: _line(ids[row.driver_id], row) for row in current_rows(revision)}


def _line(driver_id: int, row: ResultRow) -> Line:
    place = row.position if is_classified(row) else None
    if place:
        fate = Fate.CLASSIFIED
    elif row.status == STATUSES[Fate.DSQ] or row.position_text == "E":
        fate = Fate.DSQ
    else:
        fate = Fate(row.position_text) if row.position_text in list(Fate) else Fate.DNF
    return Line(driver_id, fate, place, row.grid, row.fastest_lap_rank == 1)


def _refuse_nonsense(session: str, lines: Sequence[Line], known: dict[int, RaceEntry]) -> None:
    for line in lines:
        if line.driver_id not in known:
            raise Invalid("A driver is not on the entry list of this race: enter him there first.")
    names = {pk: entry.driver.name for pk, entry in known.items()}
    if twice := _doubles(line.driver_id for line in lines):
        raise Invalid(f"{names[twice[0]]} is named twice.")
    if missing := [names[pk] for pk in known if pk not in {line.driver_id for line in lines}]:
        raise Invalid(f"{missing[0]} is missing.")
    places: dict[int, str] = {}
    for line in lines:
        name = names[line.driver_id]
        if session == Session.QUALIFYING and line.fate not in (Fate.CLASSIFIED, Fate.ABSENT):
            raise Invalid(f"{name}: a qualifying has places only. Who has none is not in the result.")
        if line.fate == Fate.CLASSIFIED and line.place is None:
            raise Invalid(f"{name} has no position.")
        if line.fate != Fate.CLASSIFIED and line.place is not None:
            raise Invalid(f"{name} has a position, but is not classified.")
        if line.place is not None:
            if line.place in places:
                raise Invalid(f"Position {line.place} is given twice: {places[line.place]} and {name}.")
            places[line.place] = name
        if line.has_fastest_lap and line.fate in (Fate.DNS, Fate.ABSENT):
            raise Invalid(f"{name} did not drive the fastest lap: he did not start.")
    gaps = [place for place in range(1, max(places, default=1) + 1) if place not in places]
    if gaps:
        raise Invalid(f"Nobody has position {gaps[0]}.")
    if twice := _doubles(line.grid for line in lines if line.grid):
        raise Invalid(f"Grid place {twice[0]} is given twice.")
    if sum(line.has_fastest_lap for line in lines) > 1:
        raise Invalid("One driver has the fastest lap.")


def _doubles(values: Iterable[int]) -> list[int]:
    return [value for value, times in Counter(values).items() if times > 1]


def _rows(
    race: Race, session: str, lines: Sequence[Line], known: dict[int, RaceEntry], before: dict[str, ResultRow]
) -> list[ResultRow]:
    """The sheet: classified ones by their places, then the others as they stood or, new ones, as they come."""
    present = [line for line in lines if line.fate != Fate.ABSENT]
    classified = sorted((line for line in present if line.place), key=lambda line: line.place or 0)
    others = [line for line in present if not line.place]
    others.sort(key=lambda line: _stood(known[line.driver_id], before))
    rows = []
    for position, line in enumerate([*classified, *others], start=1):
        entry = known[line.driver_id]
        row = before.get(entry.driver.external_id) or ResultRow(
            entry.driver.external_id, entry.team.external_id, 0, "", number=entry.number
        )
        rows.append(_changed(race, session, row, line, position))
    return rows


def _stood(entry: RaceEntry, before: dict[str, ResultRow]) -> int:
    row = before.get(entry.driver.external_id)
    return row.position if row else len(before) + 1


def _changed(race: Race, session: str, row: ResultRow, line: Line, position: int) -> ResultRow:
    """The row as the host says; what he does not change stays as it was."""
    text = str(position) if line.place else line.fate.value
    was = _line(line.driver_id, row) if row.position_text else None
    row = replace(row, position=position, grid=line.grid, fastest_lap_rank=_rank(row, line))
    if was == line:
        return row
    points = formula1_points(
        year=race.season_id, session=session, place=line.place, has_fastest_lap=line.has_fastest_lap
    )
    status = row.status if was and was.fate == line.fate else STATUSES[line.fate]
    return replace(row, position_text=text, points=points, status=status)


def _rank(row: ResultRow, line: Line) -> int | None:
    if line.has_fastest_lap:
        return 1
    return None if row.fastest_lap_rank == 1 else row.fastest_lap_rank
