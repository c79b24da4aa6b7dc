"""What happens in a draft: its history, its ticker, its proof."""

from dataclasses import dataclass

from fantasy_f1.core.events import Event


@dataclass(frozen=True)
class DraftScheduled(Event):
    """The order's seed is fixed and secret; ``commitment`` is its SHA-256."""

    draft_id: int
    commitment: str


@dataclass(frozen=True)
class DraftOpened(Event):
    """From now on the order stands and the seed may be known."""

    draft_id: int
    order: list[int]
    seed: str


@dataclass(frozen=True)
class OrderChanged(Event):
    draft_id: int
    order: list[int]


@dataclass(frozen=True)
class PickMade(Event):
    """``source`` as in ``Pick.Source``; ``reason`` says why an autopick chose this driver."""

    draft_id: int
    pick_number: int
    constructor_id: int
    driver_id: int
    source: str
    reason: str = ""


@dataclass(frozen=True)
class ConstructorWithdrawn(Event):
    """The constructor left the league: its picks (``released`` driver ids) are free again."""

    draft_id: int
    constructor_id: int
    released: list[int]


@dataclass(frozen=True)
class AutopilotSwitched(Event):
    draft_id: int
    constructor_id: int
    on: bool


@dataclass(frozen=True)
class DraftCompleted(Event):
    draft_id: int


@dataclass(frozen=True)
class DraftPaused(Event):
    """``was`` is the status before, as in ``Draft.Status``."""

    draft_id: int
    was: str


@dataclass(frozen=True)
class DraftResumed(Event):
    """A manager ended a pause. Without an actor: a turn was left for want of drivers, and a driver is free again; or
    the race of a void draft is back.
    """

    draft_id: int


@dataclass(frozen=True)
class PicksUndone(Event):
    """The pick with number ``to_pick_number`` and all after it: ``released`` are their drivers' ids, first to last."""

    draft_id: int
    to_pick_number: int
    released: list[int]


@dataclass(frozen=True)
class DraftLocked(Event):
    draft_id: int


@dataclass(frozen=True)
class DraftVoided(Event):
    """``was`` is the status before, as in ``Draft.Status``; what a manager made void ``stays`` so."""

    draft_id: int
    reason: str
    was: str
    stays: bool = False


@dataclass(frozen=True)
class DraftMoved(Event):
    """The race moved; ``reset`` tells whether the picks were released. Times are ISO 8601 in UTC."""

    draft_id: int
    opens_at: str
    locks_at: str
    reset: bool
