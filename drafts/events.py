"""What happens in a draft: its history, its ticker, its proof. ``reason`` is that of the manager who did it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.models import User
from drafts import order
from drafts.models import Draft
from fantasy_f1.core.events import Event, publish, publish_together


@dataclass(frozen=True)
class DraftScheduled(Event):
    """The order's seed is fixed and secret; ``commitment`` is its SHA-256."""

    draft_id: int
    commitment: str


@dataclass(frozen=True)
class DraftOpened(Event):
    """From now on the order stands and the seed may be known, and a pick may take ``pick_seconds``."""

    draft_id: int
    order: list[int]
    seed: str
    pick_seconds: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class OrderChanged(Event):
    draft_id: int
    order: list[int]
    reason: str = ""


@dataclass(frozen=True)
class PickMade(Event):
    """``source`` as in ``Pick.Source``; ``reason`` says why an autopick chose this driver, or why a manager picked.

    A manager who let the autopick take the turn is the actor.
    """

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
    """``mode`` as in ``Autopilot.Mode``, or off. Without an actor: the one pick that it was switched on for is made."""

    draft_id: int
    constructor_id: int
    on: bool
    mode: str


@dataclass(frozen=True)
class DraftCompleted(Event):
    draft_id: int


@dataclass(frozen=True)
class DraftPaused(Event):
    """``was`` is the status before, as in ``Draft.Status``."""

    draft_id: int
    was: str
    reason: str = ""


@dataclass(frozen=True)
class DraftResumed(Event):
    """A manager ended a pause. Without an actor: a turn was left for want of drivers, and a driver is free again; or
    the race of a void draft is back.
    """

    draft_id: int
    reason: str = ""


@dataclass(frozen=True)
class PicksUndone(Event):
    """The pick with number ``to_pick_number`` and all after it: ``released`` are their drivers' ids, first to last."""

    draft_id: int
    to_pick_number: int
    released: list[int]
    reason: str = ""


@dataclass(frozen=True)
class ClockChanged(Event):
    """From now on a pick may take ``pick_seconds``; ``None`` where no clock runs."""

    draft_id: int
    pick_seconds: int | None
    reason: str = ""


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


def turn(draft: Draft) -> dict[str, Any] | None:
    """The turn on the clock, or that which comes first after a pause; ``None`` where there is none."""
    if draft.current_pick is None:
        return None
    return {
        "pick_number": draft.current_pick,
        "round": order.round_of(len(draft.order_data), draft.current_pick),
        "constructor": order.on_turn(draft.order_data, draft.method, draft.current_pick),
        "deadline": draft.deadline_at and draft.deadline_at.isoformat(),
    }


def tell(draft: Draft, event: Event, *, actor: User | None, now: datetime) -> None:
    """Publish what happened to a draft, after it has been written: the log holds the turn that comes after it, too."""
    publish(event, source=draft, actor=actor, now=now, current_pick=turn(draft))


def tell_together(
    draft: Draft,
    events: Sequence[tuple[Event, User | None]],
    *,
    now: datetime,
    changed: Collection[str],
    new: Sequence[Model],
) -> None:
    """The same for events, each with who did it, that are written with the fields ``changed`` and with ``new`` rows."""
    publish_together(events, source=draft, now=now, changed=changed, new=new, current_pick=turn(draft))
