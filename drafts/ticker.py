"""A draft's event log as sentences for people."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from drafts.models import Autopilot, Pick
from drafts.queries import DraftBoard
from fantasy_f1.core.models import EventLog
from leagues.models import time_in_words

NO_PICK = inf
"""Comes after every pick number."""


@dataclass(frozen=True)
class Line:
    """``color`` is that of the constructor it is about, where it is about one; what was undone later is struck out."""

    version: int
    at: datetime
    text: str
    color: str = ""
    is_undone: bool = False


def lines(board: DraftBoard) -> list[Line]:
    """What happened in the draft, newest first. One query."""
    events = board.draft.events().select_related("actor").order_by("-version")
    told, undone_from = [], NO_PICK
    for event in events.filter(name__in=SENTENCES):
        is_undone = event.name == "PickMade" and event.data["pick_number"] >= undone_from
        told.append(_line(board, event, is_undone=is_undone))
        undone_from = min(undone_from, event.data.get("to_pick_number", 1 if event.data.get("reset") else NO_PICK))
    return told


def sentence(board: DraftBoard, event: EventLog) -> str:
    """What happened by one event of the draft."""
    return SENTENCES[event.name](board, event.data, event.actor.display_name if event.actor else "")


def _line(board: DraftBoard, event: EventLog, *, is_undone: bool) -> Line:
    about = board.constructors.get(event.data.get("constructor_id", 0))
    text = sentence(board, event)
    return Line(event.version, event.created_at, text, about.color if about else "", is_undone)


def _because(what: str, data: dict[str, Any]) -> str:
    """A sentence that ends with the reason, where there is one; old events have none."""
    reason = data.get("reason", "")
    return f"{what}: {_ended(reason)}" if reason else f"{what}."


def _with_reason(sentence: str, data: dict[str, Any]) -> str:
    reason = data.get("reason", "")
    return f"{sentence} Reason: {_ended(reason)}" if reason else sentence


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _driver(board: DraftBoard, pk: int) -> str:
    row = board.driver(pk)
    return row.driver.name if row else "a driver who is no longer entered"


def _team(board: DraftBoard, data: dict[str, Any]) -> str:
    return board.constructors[data["constructor_id"]].team_name


def _scheduled(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    sealed = " The random order is sealed: its fingerprint is public." if data["commitment"] else ""
    return f"The draft is scheduled.{sealed}"


def _opened(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    by = _because(f"{actor} opened the draft", data) if actor else "The draft opened."
    return f"{by} {board.constructors[data['order'][0]]} picks first."


def _order_changed(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    names = ", ".join(str(board.constructors[pk]) for pk in data["order"])
    return _with_reason(f"{actor} set the order by hand: {names}.", data)


def _picked(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    team, driver, number = _team(board, data), _driver(board, data["driver_id"]), data["pick_number"]
    match data["source"]:
        case Pick.Source.PLAYER:
            return f"{team} drafted {driver} with pick {number}."
        case Pick.Source.MANAGER:
            return _because(f"{actor} picked {driver} for {team} with pick {number}", data)
        case _:
            by = f", on the word of {actor}" if actor else ""
            return _because(f"{team} got {driver} by autopick with pick {number}{by}", data)


def _undone(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    drivers = ", ".join(_driver(board, pk) for pk in data["released"])
    since = " and all after it" if len(data["released"]) > 1 else ""
    return _with_reason(f"{actor} took back pick {data['to_pick_number']}{since}: {drivers}.", data)


def _clock_changed(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    seconds = data["pick_seconds"]
    return _because(
        f"{actor} {f'set the clock to {time_in_words(seconds)}' if seconds else 'took the clock off'}", data
    )


def _voided(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    if actor:
        return f"{actor} made the draft void: {data['reason']}"
    return f"The draft is void: {data['reason'].lower()}."


def _withdrawn(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    released = " and ".join(_driver(board, pk) for pk in data["released"])
    freed = f" {released[0].upper()}{released[1:]} can be drafted again." if released else ""
    return f"{_team(board, data)} left the league.{freed}"


def _autopilot(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    """``mode`` is missing where a draft was played before there was more than on and off."""
    team, mode = _team(board, data), data.get("mode", "always" if data["on"] else "off")
    if not actor:
        return f"{team} took the one pick by autopick: it is off again."
    match mode:
        case Autopilot.Mode.PICK:
            return f"{team} switched autopick on for the next pick."
        case Autopilot.Mode.DRAFT:
            return f"{team} switched autopick on for this draft."
        case _:
            return f"{team} switched autopick {'on' if data['on'] else 'off'}."


def _moved(board: DraftBoard, data: dict[str, Any], actor: str) -> str:
    if data["reset"]:
        return "The race moved: it is drafted anew, in the same order."
    return "The draft has other times now; what was picked stands."


SENTENCES: dict[str, Callable[[DraftBoard, dict[str, Any], str], str]] = {
    "DraftScheduled": _scheduled,
    "DraftOpened": _opened,
    "OrderChanged": _order_changed,
    "PickMade": _picked,
    "ConstructorWithdrawn": _withdrawn,
    "AutopilotSwitched": _autopilot,
    "DraftCompleted": lambda board, data, actor: "All picks are made.",
    "DraftPaused": lambda board, data, actor: _because(f"{actor} paused the draft", data),
    "DraftResumed": lambda board, data, actor: (
        _because(f"{actor} resumed the draft", data) if actor else "The draft goes on."
    ),
    "ClockChanged": _clock_changed,
    "PicksUndone": _undone,
    "DraftLocked": lambda board, data, actor: "The picks are locked.",
    "DraftVoided": _voided,
    "DraftMoved": _moved,
}
