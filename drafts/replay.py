"""A draft as its log tells it, event by event. Pure: no database.

The log alone says how a draft stands, or stood after any of its events: what its replay shows, and the proof that the
stored state is right.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from drafts import order
from drafts.models import ROUNDS, Draft
from fantasy_f1.core.models import EventLog
from leagues.models import League

Turn = Mapping[str, Any]
"""The turn on the clock: ``pick_number``, ``round``, ``constructor`` (id), ``deadline`` (ISO 8601, or ``None``)."""


class Made(NamedTuple):
    """A pick that stands; ``source`` as in ``Pick.Source``."""

    constructor_id: int
    driver_id: int
    source: str


@dataclass(frozen=True)
class State:
    """How a draft stands after the event ``version``: ids only, ``picks`` by their number, ``order`` once it is known.

    ``was`` is the status before it became void, ``pick_seconds`` the clock.
    """

    version: int = 0
    status: str = ""
    order: tuple[int, ...] = ()
    picks: Mapping[int, Made] = field(default_factory=dict)
    withdrawn: tuple[int, ...] = ()
    current_pick: Turn | None = None
    pick_seconds: int | None = None
    was: str = ""


def replay(events: Iterable[EventLog], *, method: str = League.DraftMethod.SNAKE) -> State:
    """How the draft stands after ``events``, which are its log from the first on, or the first part of that.

    ``method`` is the draft's; it is used for events that do not tell the turn after them.
    """
    *_, last = State(), *states(events, method=method)
    return last


def states(events: Iterable[EventLog], *, method: str = League.DraftMethod.SNAKE) -> Iterator[State]:
    """How the draft stood after each of ``events``, one by one."""
    state = State()
    for event in events:
        changed = replace(state, **_changes(state, event.name, event.data), version=event.version)
        turn = event.data["current_pick"] if "current_pick" in event.data else _turn(changed, method)
        state = replace(changed, current_pick=turn)
        yield state


def _changes(state: State, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the event changes in a draft that stands like this, but for the turn."""
    match name:
        case "DraftScheduled":
            return {"status": Draft.Status.SCHEDULED.value}
        case "DraftOpened":
            opened = {"status": Draft.Status.OPEN.value, "order": tuple(data["order"]), "withdrawn": ()}
            return {**opened, "pick_seconds": data.get("pick_seconds")}
        case "OrderChanged":
            return {"order": tuple(data["order"]), "withdrawn": ()}
        case "PickMade":
            made = Made(data["constructor_id"], data["driver_id"], data["source"])
            return {"picks": {**state.picks, data["pick_number"]: made}}
        case "PicksUndone":
            return {"picks": {n: made for n, made in state.picks.items() if n < data["to_pick_number"]}}
        case "ConstructorWithdrawn":
            gone = data["constructor_id"]
            picks = {n: made for n, made in state.picks.items() if made.constructor_id != gone}
            return {"picks": picks, "withdrawn": (*state.withdrawn, gone)}
        case "DraftVoided":
            return {"status": Draft.Status.VOID.value, "was": data["was"]}
        case "DraftMoved":
            return _moved(state, reset=data["reset"])
        case "ClockChanged":
            return {"pick_seconds": data["pick_seconds"]}
        case _:
            return {"status": STATUS_AFTER[name]} if name in STATUS_AFTER else {}


STATUS_AFTER = {
    "DraftPaused": Draft.Status.PAUSED.value,
    "DraftResumed": Draft.Status.OPEN.value,
    "DraftCompleted": Draft.Status.COMPLETE.value,
    "DraftLocked": Draft.Status.LOCKED.value,
}


def _moved(state: State, *, reset: bool) -> dict[str, Any]:
    """The race has other times, or is back: what was open is then complete, until an event tells of a turn."""
    if reset:
        return {"status": Draft.Status.SCHEDULED.value, "picks": {}}
    if state.status != Draft.Status.VOID:
        return {}
    return {"status": Draft.Status.COMPLETE.value if state.was == Draft.Status.OPEN else state.was}


def _turn(state: State, method: str) -> Turn | None:
    """The turn on the clock by the order alone, of an event that does not tell it."""
    if state.status not in (Draft.Status.OPEN, Draft.Status.PAUSED):
        return None
    number = order.next_turn(
        state.order, method, ROUNDS, after=max(state.picks, default=0), passed_over=state.withdrawn
    )
    if number is None:
        return None
    return {
        "pick_number": number,
        "round": order.round_of(len(state.order), number),
        "constructor": order.on_turn(state.order, method, number),
        "deadline": None,
    }
