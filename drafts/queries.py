"""Reads of drafts that pages share, each at a fixed number of SQL queries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import AnonymousUser
from django.shortcuts import get_object_or_404

from accounts.models import User
from drafts import lifecycle, order, points
from drafts.clock import quiet_until
from drafts.events import DraftPaused, DraftVoided
from drafts.models import ROUNDS, Autopilot, Draft, Pick
from drafts.picks import settle_clock
from drafts.replay import State
from fantasy_f1.core import clock
from fantasy_f1.core.models import EventLog
from leagues.models import Constructor, League
from races.charts import form_line
from races.models import Driver, Race, RaceEntry, Team
from races.queries import DriverLine, driver_table

MARKS = {Pick.Source.QUEUE: "Q", Pick.Source.AUTO: "A", Pick.Source.MANAGER: "M"}
"""How the board marks picks that the player did not make in person."""

SPARKS = 10
"""Of how many starts a driver's row draws the places."""


@dataclass(frozen=True)
class Cell:
    """A turn on the board; ``points`` are what its driver earned, ``None`` until the race is scored."""

    pick_number: int
    constructor: Constructor
    pick: Pick | None
    team: Team | None
    is_current: bool
    is_passed_over: bool
    points: Decimal | None

    @property
    def mark(self) -> str:
        return MARKS.get(Pick.Source(self.pick.source), "") if self.pick else ""


@dataclass(frozen=True)
class Round:
    """``cells`` stand in the order of the columns; a reversed round runs from the last to the first."""

    number: int
    is_reversed: bool
    cells: list[Cell]


@dataclass(frozen=True)
class DriverRow:
    """A driver of the race's entry list, with the season so far (``line``).

    ``standing`` is the place among those entered by Formula 1's points, ``None`` without any.
    """

    driver: Driver
    number: int | None
    team: Team
    line: DriverLine
    pick: Pick | None
    taken_by: Constructor | None
    standing: int | None

    @property
    def sparkline(self) -> str:
        """The places of the last starts for ``<polyline points>``, in a box of 100 by 100; empty without a line."""
        starts = self.line.starts[-SPARKS:]
        return form_line(starts).points if len(starts) > 1 else ""


@dataclass(frozen=True)
class WantedItem:
    """A driver in a list of those wanted; the rest are whole lists, as ids: without the driver, or with them a place
    ``up`` or ``down`` where there is one.
    """

    driver: Driver
    is_taken: bool
    without: str
    up: str
    down: str


@dataclass(frozen=True)
class DraftBoard:
    """A draft as its room shows it.

    ``constructors`` holds every team that ever played in the league by id, ``columns`` those of the draft in pick
    order; they are empty while the order is not known. ``upcoming`` are the turns to come, the one on the clock first.
    """

    draft: Draft
    constructors: dict[int, Constructor]
    columns: list[Constructor]
    rounds: list[Round]
    upcoming: list[Cell]
    drivers: list[DriverRow]

    @property
    def on_the_clock(self) -> Constructor | None:
        return self.upcoming[0].constructor if self.upcoming else None

    @property
    def round_number(self) -> int | None:
        """The round that is being picked."""
        return order.round_of(len(self.columns), self.upcoming[0].pick_number) if self.upcoming else None

    @property
    def playing(self) -> list[Constructor]:
        """The teams of the league that play now, whether the draft has them or not."""
        return [team for team in self.constructors.values() if team.is_active]

    @property
    def pick_total(self) -> int:
        return len(self.columns) * ROUNDS

    @property
    def has_picks(self) -> bool:
        return any(cell.pick for turns in self.rounds for cell in turns.cells)

    @property
    def marks(self) -> set[str]:
        """The marks that the board has."""
        return {cell.mark for turns in self.rounds for cell in turns.cells if cell.mark}

    @property
    def is_scored(self) -> bool:
        return any(cell.points is not None for turns in self.rounds for cell in turns.cells)

    def picks_until(self, constructor: Constructor | None) -> int | None:
        """How many picks come before the constructor's next one: 0 on the clock, ``None`` without a turn to come."""
        turns = (place for place, cell in enumerate(self.upcoming) if cell.constructor == constructor)
        return next(turns, None)

    def autopick_of(self, constructor: Constructor) -> str:
        """As in ``Autopilot.Mode``, or off, for a constructor of the board."""
        pilot: Autopilot | None = getattr(constructor, "autopilot", None)
        return pilot.mode if pilot and pilot.holds_for(self.draft) else Autopilot.OFF

    def turns_of(self, constructor: Constructor | None) -> list[Cell]:
        return [cell for turns in self.rounds for cell in turns.cells if cell.constructor == constructor]

    @property
    def last_pick(self) -> Pick | None:
        made = [cell.pick for turns in self.rounds for cell in turns.cells if cell.pick]
        return max(made, key=lambda pick: pick.pick_number, default=None)

    def driver(self, pk: int) -> DriverRow | None:
        return next((row for row in self.drivers if row.driver.pk == pk), None)


@dataclass(frozen=True)
class Countdown:
    """The clock of the turn, for the page: when it runs out, and its whole time, in ms.

    ``is_long`` where it takes hours; ``rests_until`` where it is a quiet hour.
    """

    deadline_ms: int
    total_ms: int
    is_long: bool
    rests_until: datetime | None


@dataclass(frozen=True)
class RaceDraft:
    """A race of the season with the league's draft for it, where there is one, and one constructor's picks."""

    race: Race
    draft: Draft | None
    picks: list[Pick]

    @property
    def label(self) -> str:
        if self.draft:
            return self.draft.get_status_display()
        if self.race.status == Race.Status.CANCELLED:
            return "Cancelled"
        return "Not drafted" if self.race.is_finished else "Not scheduled"

    @property
    def is_off(self) -> bool:
        """Nothing is drafted: the race is cancelled."""
        return self.race.status == Race.Status.CANCELLED


def find_draft(user: User | AnonymousUser, league_pk: int, race_pk: int) -> Draft:
    """The draft that ``user`` may see, with league and race; where none is scheduled yet an unsaved one stands in.

    A turn whose time has run out is settled first. Raises ``Http404`` for a league that is invisible to ``user`` and
    for a race that is not of its season.
    """
    drafts = Draft.objects.visible_to(user).select_related("league", "race__season", "last_modified_by")
    draft = drafts.filter(league=league_pk, race=race_pk).first()
    if draft:
        return up_to_date(draft)
    league = get_object_or_404(League.objects.visible_to(user), pk=league_pk)
    race = get_object_or_404(Race.objects.select_related("season"), pk=race_pk, season=league.season_id)
    return Draft(
        league=league,
        race=race,
        method=league.draft_method,
        opens_at=lifecycle.opens_at(league, race),
        locks_at=lifecycle.locks_at(race, league.draft_locks_at),
    )


def up_to_date(draft: Draft) -> Draft:
    """The draft, once a turn whose time has run out is settled. No query where none has."""
    if draft.deadline_at and draft.is_due(now := clock.now()):
        settle_clock(draft_id=draft.pk, now=now)
        draft.refresh_from_db()
    return draft


def draft_board(draft: Draft, *, until: datetime | None) -> DraftBoard:
    """The whole board of a draft of ``find_draft``. Seven queries, more once the race has results.

    ``until`` is as in ``core.spoilers``.
    """
    constructors = {
        constructor.pk: constructor
        for constructor in Constructor.objects.filter(league=draft.league_id).select_related("user", "autopilot")
    }
    picks = list(Pick.objects.filter(draft=draft.pk).select_related("driver")) if draft.pk else []
    return board_of(draft, constructors, picks, until=until)


def board_of(
    draft: Draft, constructors: dict[int, Constructor], picks: list[Pick], *, until: datetime | None
) -> DraftBoard:
    """The board of a draft with these teams, by id, and picks, none of which needs to be saved. Five queries."""
    drivers = _driver_rows(draft, constructors, {pick.driver_id: pick for pick in picks}, until)
    in_order = lifecycle.order_now(draft)
    cells = _cells(draft, in_order, constructors, picks, {row.driver.pk: row.team for row in drivers}, until)
    return _board(draft, constructors, drivers, in_order, cells, draft.current_pick)


def board_at(board: DraftBoard, state: State) -> DraftBoard:
    """The board of a draft as it stood in ``state``, without points. One query."""
    drivers = Driver.objects.in_bulk([made.driver_id for made in state.picks.values()])
    teams = {row.driver.pk: row.team for row in board.drivers}
    on_turn = state.current_pick["pick_number"] if state.current_pick else None
    cells = []
    for number, pk in enumerate(order.turns(state.order, board.draft.method, ROUNDS), start=1):
        made, constructor = state.picks.get(number), board.constructors[pk]
        pick = made and Pick(
            pick_number=number, constructor=constructor, driver=drivers[made.driver_id], source=made.source
        )
        cells.append(
            Cell(
                pick_number=number,
                constructor=constructor,
                pick=pick,
                team=teams.get(made.driver_id) if made else None,
                is_current=number == on_turn,
                is_passed_over=pick is None and pk in state.withdrawn,
                points=None,
            )
        )
    return _board(board.draft, board.constructors, board.drivers, state.order, cells, on_turn)


def _board(
    draft: Draft,
    constructors: dict[int, Constructor],
    drivers: list[DriverRow],
    in_order: Sequence[int],
    cells: list[Cell],
    on_turn: int | None,
) -> DraftBoard:
    """``cells`` are all turns, first to last; ``on_turn`` is the number of the one that comes next."""
    seats = len(in_order)
    rounds = [
        Round(
            number=number + 1,
            is_reversed=number % 2 == 1 and draft.method == League.DraftMethod.SNAKE,
            cells=sorted(
                cells[number * seats : (number + 1) * seats],
                key=lambda cell: in_order.index(cell.constructor.pk),
            ),
        )
        for number in range(ROUNDS)
    ]
    return DraftBoard(
        draft=draft,
        constructors=constructors,
        columns=[constructors[pk] for pk in in_order],
        rounds=rounds if seats else [],
        upcoming=[cell for cell in cells if on_turn and cell.pick_number >= on_turn and not cell.is_passed_over],
        drivers=drivers,
    )


def _cells(
    draft: Draft,
    in_order: Sequence[int],
    constructors: Mapping[int, Constructor],
    picks: list[Pick],
    teams: Mapping[int, Team],
    until: datetime | None,
) -> list[Cell]:
    """Every turn of the draft, first to last."""
    by_number = {pick.pick_number: pick for pick in picks}
    scored = (
        points.of_race(draft.race_id, [pick.driver_id for pick in picks], until=until)
        if draft.race.results_status != Race.Results.NONE and draft.status != Draft.Status.VOID
        else {}
    )
    cells = []
    for number, pk in enumerate(order.turns(in_order, draft.method, ROUNDS), start=1):
        pick = by_number.get(number)
        cells.append(
            Cell(
                pick_number=number,
                constructor=constructors[pk],
                pick=pick,
                team=teams.get(pick.driver_id) if pick else None,
                is_current=number == draft.current_pick,
                is_passed_over=pick is None and pk in draft.withdrawn,
                points=scored.get(pick.driver_id, Decimal(0)) if scored and pick else None,
            )
        )
    return cells


def _driver_rows(
    draft: Draft, constructors: Mapping[int, Constructor], picks: Mapping[int, Pick], until: datetime | None
) -> list[DriverRow]:
    """Who can be drafted and who has been, the dearest first."""
    entries = list(draft.race.entries.select_related("team").order_by("pk"))
    entered = Driver.objects.filter(race_entries__race=draft.race_id)
    lines = {line.driver.pk: line for line in driver_table(draft.race.season, drivers=entered, until=until)}
    totals = [line.total_points for line in lines.values()]
    rows = []
    for entry in entries:
        pick = picks.get(entry.driver_id)
        if entry.status == RaceEntry.Status.ENTERED or pick:
            line = lines[entry.driver_id]
            rows.append(
                DriverRow(
                    driver=line.driver,
                    number=entry.number or line.driver.number,
                    team=entry.team,
                    line=line,
                    pick=pick,
                    taken_by=constructors[pick.constructor_id] if pick else None,
                    standing=1 + sum(points > line.total_points for points in totals) if line.total_points else None,
                )
            )
    return sorted(rows, key=lambda row: (-row.driver.price, row.number or 1000, row.driver.name))


def countdown(draft: Draft, now: datetime) -> Countdown | None:
    """The clock that runs; ``None`` where none does."""
    if draft.status != Draft.Status.OPEN or draft.deadline_at is None or draft.pick_seconds is None:
        return None
    return Countdown(
        deadline_ms=milliseconds(draft.deadline_at),
        total_ms=draft.pick_seconds * 1000,
        is_long=draft.deadline_at - now >= timedelta(hours=1),
        rests_until=quiet_until(now, draft.quiet),
    )


def milliseconds(moment: datetime) -> int:
    """Since 1970, as scripts count."""
    return int(moment.timestamp() * 1000)


def turning_point(draft: Draft) -> EventLog | None:
    """What paused a draft that is paused, or made void one that is void. At most one query."""
    made_by = {Draft.Status.PAUSED: DraftPaused, Draft.Status.VOID: DraftVoided}.get(Draft.Status(draft.status))
    if made_by is None:
        return None
    return draft.events().filter(name=made_by.__name__).select_related("actor").order_by("-version").first()


def queue_items(board: DraftBoard, ids: Sequence[int]) -> list[WantedItem]:
    """The queue ``ids`` for the page; who is not on the entry list any more is left out."""
    rows = [row for pk in ids if (row := board.driver(pk))]
    return wanted_items([row.driver for row in rows], taken={row.driver.pk for row in rows if row.taken_by})


def wanted_items(drivers: Sequence[Driver], *, taken: Collection[int] = ()) -> list[WantedItem]:
    """A list of drivers, the most wanted first, for a page that lets it be ordered; those ``taken`` are marked."""
    known = [driver.pk for driver in drivers]

    def swapped(first: int) -> str:
        """The list with the item at ``first`` and the next one in each other's place."""
        return _joined([*known[:first], known[first + 1], known[first], *known[first + 2 :]])

    return [
        WantedItem(
            driver=driver,
            is_taken=driver.pk in taken,
            without=_joined([*known[:place], *known[place + 1 :]]),
            up=swapped(place - 1) if place else "",
            down=swapped(place) if place < len(known) - 1 else "",
        )
        for place, driver in enumerate(drivers)
    ]


def _joined(ids: Sequence[int]) -> str:
    return ",".join(map(str, ids))


def season_drafts(league: League, *, of: Constructor | None) -> list[RaceDraft]:
    """The season's races in calendar order with the league's drafts and the picks of ``of``. Three queries."""
    drafts = {draft.race_id: draft for draft in Draft.objects.filter(league=league)}
    picks: dict[int, list[Pick]] = {}
    if of:
        for pick in Pick.objects.filter(constructor=of).select_related("driver").order_by("pick_number"):
            picks.setdefault(pick.race_id, []).append(pick)
    races = Race.objects.filter(season=league.season_id).in_calendar_order()
    return [RaceDraft(race, drafts.get(race.pk), picks.get(race.pk, [])) for race in races]
