"""What a log tells of its draft. That this is what is stored is the proof of ``test_commands``."""

from typing import Any

from drafts.replay import Made, State, replay, states
from fantasy_f1.core.models import EventLog


def log_of(*told: tuple[str, dict[str, Any]]) -> list[EventLog]:
    """A log of a draft of teams 1 and 2 that has opened, and then of what is ``told``."""
    opened = [
        ("DraftScheduled", {"commitment": ""}),
        ("DraftOpened", {"order": [1, 2], "seed": "", "pick_seconds": 90}),
    ]
    return [EventLog(version=n, name=name, data=data) for n, (name, data) in enumerate([*opened, *told], start=1)]


def picked(number: int, team: int) -> tuple[str, dict[str, Any]]:
    data = {"pick_number": number, "constructor_id": team, "driver_id": 10 + number, "source": "player"}
    return "PickMade", data


def moved(*, reset: bool) -> tuple[str, dict[str, Any]]:
    return "DraftMoved", {"opens_at": "", "locks_at": "", "reset": reset}


def test_a_log_of_nothing_is_no_draft_yet() -> None:
    assert replay([]) == State()


def test_the_state_after_each_event() -> None:
    log = log_of(picked(1, 1), ("ClockChanged", {"pick_seconds": None}), picked(2, 2))

    stood = list(states(log))

    assert [state.version for state in stood] == [1, 2, 3, 4, 5]
    assert [state.status for state in stood] == ["scheduled", "open", "open", "open", "open"]
    assert [len(state.picks) for state in stood] == [0, 0, 1, 1, 2]
    assert [state.pick_seconds for state in stood] == [None, 90, 90, None, None]
    assert stood[-1].picks == {1: Made(1, 11, "player"), 2: Made(2, 12, "player")}
    assert replay(log[:3]) == stood[2]


def test_the_turn_is_that_of_the_order_where_the_log_does_not_tell_it() -> None:
    log = log_of(picked(1, 1), picked(2, 2))

    turn = {"pick_number": 3, "round": 2, "constructor": 2, "deadline": None}
    assert replay(log).current_pick == turn
    assert replay(log, method="sequential").current_pick == {**turn, "constructor": 1}
    assert replay(log_of(*[picked(number, team) for number, team in enumerate([1, 2, 2, 1], 1)])).current_pick is None


def test_another_order_is_that_of_everybody_who_plays() -> None:
    left = ("ConstructorWithdrawn", {"constructor_id": 2, "released": []})

    state = replay(log_of(left, ("OrderChanged", {"order": [3, 1], "reason": ""})))

    assert (state.order, state.withdrawn) == ((3, 1), ())
    assert state.current_pick
    assert state.current_pick["constructor"] == 3


def test_the_turn_is_that_which_the_log_tells() -> None:
    turn = {"pick_number": 2, "round": 1, "constructor": 2, "deadline": "2026-07-22T09:01:30+00:00"}
    name, data = picked(1, 1)

    assert replay(log_of((name, {**data, "current_pick": turn}))).current_pick == turn
    assert replay(log_of((name, {**data, "current_pick": None}))).current_pick is None


def test_a_race_that_moves_a_little_changes_nothing() -> None:
    assert replay(log_of(picked(1, 1), moved(reset=False))).status == "open"


def test_a_race_that_moves_far_is_drafted_anew_in_the_same_order() -> None:
    state = replay(log_of(picked(1, 1), moved(reset=True)))

    assert (state.status, state.order, state.picks, state.current_pick) == ("scheduled", (1, 2), {}, None)
