"""A mock draft as its page shows it: the board of a draft that is nowhere saved."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from drafts import mock, order
from drafts.models import Draft, MockDraft, Pick
from drafts.queries import DraftBoard, board_of
from leagues.membership import COLOURS
from leagues.models import Constructor
from races.models import Driver

BOTS = (
    "Gravel Trap",
    "Late Apex",
    "Kerb Riders",
    "Dry Line",
    "Marbles",
    "Pit Window",
    "Blue Flags",
    "Clean Air",
    "Chequered Past",
    "Rolling Start",
)
"""One less than the most teams."""


@dataclass(frozen=True)
class Mock:
    """A mock draft at some moment. ``mine`` is the user's team; those of the ``board`` have their seats for ids."""

    row: MockDraft
    progress: mock.Progress
    board: DraftBoard
    mine: Constructor

    @property
    def is_my_turn(self) -> bool:
        return self.board.on_the_clock == self.mine

    @property
    def picks(self) -> list[Pick]:
        """Those made so far, in order."""
        made = (cell.pick for turns in self.board.rounds for cell in turns.cells if cell.pick)
        return sorted(made, key=lambda pick: pick.pick_number)

    @property
    def lapsed(self) -> Pick | None:
        """The user's latest pick, if it was made because the time was over."""
        mine = [pick for pick in self.picks if pick.constructor == self.mine]
        return mine[-1] if mine and mine[-1].source == Pick.Source.AUTO else None


@dataclass(frozen=True)
class Recap:
    """What the user got, and whom the price alone would have taken with the same turns."""

    mine: list[Driver]
    by_price: list[Driver]

    @property
    def worth(self) -> Decimal:
        return sum((driver.price for driver in self.mine), Decimal(0))

    @property
    def worth_by_price(self) -> Decimal:
        return sum((driver.price for driver in self.by_price), Decimal(0))


def teams_of(row: MockDraft) -> dict[int, Constructor]:
    """The user's team and the bots' by their seats."""
    bots = zip(BOTS, COLOURS[1:], strict=True)
    teams = {}
    for seat in range(1, row.teams + 1):
        name, color = ("Your team", COLOURS[0]) if seat == row.seat else next(bots)
        teams[seat] = Constructor(pk=seat, team_name=name, color=color)
    return teams


def mock_of(row: MockDraft, *, now: datetime, until: datetime | None) -> Mock:
    """As it is at ``now``; ``until`` is as in ``core.spoilers``. Seven queries."""
    done, teams = mock.progress(row, mock.field(row), now=now), teams_of(row)
    drivers = Driver.objects.in_bulk(done.driver_ids)
    draft = Draft(
        race=row.race,
        method=row.method,
        status=Draft.Status.OPEN if done.pick_number else Draft.Status.COMPLETE,
        order_data=list(teams),
        current_pick=done.pick_number,
    )
    picks = [
        Pick(
            constructor=teams[mock.seat_of(row, number)],
            driver=drivers[pk],
            pick_number=number,
            round=order.round_of(row.teams, number),
            source=Pick.Source.AUTO if number in done.expired else Pick.Source.PLAYER,
            reason="The time was over: best by price" if number in done.expired else "",
        )
        for number, pk in enumerate(done.driver_ids, start=1)
    ]
    return Mock(row, done, board_of(draft, teams, picks, until=until), teams[row.seat])


def recap(shown: Mock) -> Recap:
    """No query."""
    drivers = [row.driver for row in shown.board.drivers]
    mine = [pick.driver for pick in shown.picks if pick.constructor == shown.mine]
    return Recap(mine, mock.by_price(shown.row, shown.progress.driver_ids, drivers))
