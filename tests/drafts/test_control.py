from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from drafts import control, errors, lifecycle
from drafts.models import Autopilot, Draft, Pick, Queue
from drafts.picks import make_pick, on_the_clock, set_autopilot, withdraw_constructor
from fantasy_f1.core.errors import DomainError, Invalid, NotAllowed
from leagues.models import Constructor, League
from races.models import Driver, Race
from tests.factories import RaceFactory, UserFactory

pytestmark = pytest.mark.django_db
Act = Callable[..., Draft]


@pytest.fixture
def act(draft: Draft, manager: User, now: datetime) -> Act:
    """``act(command, **values)`` as the manager."""
    return lambda command, **values: command(draft_id=draft.pk, **{"actor": manager, "now": now, **values})


@pytest.fixture
def pick_all(draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime) -> Callable[[int], None]:
    """Makes the picks that are left up to a number, each team the dearest driver that is free."""

    def make(upto: int) -> None:
        turns = [*teams, *reversed(teams)]
        for number in range(draft.picks.count(), upto):
            team = turns[number]
            make_pick(draft_id=draft.pk, constructor=team, driver=drivers[number], actor=team.user, now=now)

    return make


def numbers(draft: Draft) -> list[int]:
    return list(draft.picks.values_list("pick_number", flat=True))


# Pause and resume -------------------------------------------------------------------------------


def test_nobody_picks_in_a_pause_and_the_turn_is_kept(
    draft: Draft, act: Act, teams: list[Constructor], drivers: list[Driver], now: datetime, manager: User
) -> None:
    paused = act(control.pause_draft)

    assert (paused.status, paused.current_pick, on_the_clock(paused)) == ("paused", 1, None)
    with pytest.raises(errors.DraftNotOpen):
        make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    event = draft.events().get(name="DraftPaused")
    assert event.actor == manager
    assert event.data == {
        "draft_id": draft.pk,
        "was": "open",
        "reason": "",
        "current_pick": {"pick_number": 1, "round": 1, "constructor": teams[0].pk, "deadline": None},
    }

    resumed = act(control.resume_draft)

    assert (resumed.status, on_the_clock(resumed)) == ("open", teams[0].pk)
    assert draft.events().get(name="DraftResumed").actor == manager


def test_a_pause_and_its_end_are_safe_to_repeat(act: Act, names: Callable[[], list[str]]) -> None:
    for command in (control.resume_draft, *[control.pause_draft] * 2, *[control.resume_draft] * 2):
        act(command)

    assert names() == ["DraftScheduled", "DraftOpened", "DraftPaused", "DraftResumed"]


def test_autopicks_wait_for_the_end_of_a_pause(
    draft: Draft, act: Act, teams: list[Constructor], names: Callable[[], list[str]], now: datetime
) -> None:
    act(control.pause_draft)
    set_autopilot(draft_id=draft.pk, constructor=teams[0], mode="always", actor=teams[0].user, now=now)
    lifecycle.run_due(now)
    assert numbers(draft) == []

    resumed = act(control.resume_draft)

    assert (numbers(draft), on_the_clock(resumed)) == ([1], teams[1].pk)
    assert names()[2:] == ["DraftPaused", "AutopilotSwitched", "DraftResumed", "PickMade"]


def test_a_complete_draft_can_be_paused_and_is_complete_again(
    draft: Draft, act: Act, pick_all: Callable[[int], None], names: Callable[[], list[str]]
) -> None:
    pick_all(6)

    paused = act(control.pause_draft)
    assert (paused.status, paused.current_pick) == ("paused", None)
    assert draft.events().last().data["was"] == "complete"

    assert act(control.resume_draft).status == "complete"
    assert names()[-4:] == ["DraftCompleted", "DraftPaused", "DraftResumed", "DraftCompleted"]


def test_a_team_that_leaves_in_a_pause_is_passed_over_and_the_pause_stays(
    draft: Draft, act: Act, teams: list[Constructor], pick_all: Callable[[int], None], now: datetime
) -> None:
    pick_all(5)
    act(control.pause_draft)
    Constructor.objects.filter(pk=teams[0].pk).update(is_active=False)

    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[0].pk, now=now)

    paused = Draft.objects.get()
    assert (paused.status, paused.current_pick, numbers(draft)) == ("paused", None, [2, 3, 4, 5])
    assert act(control.resume_draft).status == "complete"


def test_the_lock_ends_a_pause(draft: Draft, act: Act, pick_all: Callable[[int], None]) -> None:
    pick_all(3)
    act(control.pause_draft)
    act(control.undo_pick)

    lifecycle.run_due(draft.locks_at)

    locked = Draft.objects.get()
    assert (locked.status, numbers(draft)) == ("locked", [1, 2, 3, 4, 5, 6])


def test_a_pause_outlives_the_cancelling_of_the_race(
    draft: Draft, act: Act, race: Race, pick_all: Callable[[int], None], now: datetime
) -> None:
    pick_all(2)
    act(control.pause_draft)
    for status in (Race.Status.CANCELLED, Race.Status.SCHEDULED):
        Race.objects.filter(pk=race.pk).update(status=status)
        lifecycle.run_due(now)

    back = Draft.objects.get()
    assert (back.status, back.current_pick, numbers(draft)) == ("paused", 3, [1, 2])


def test_the_order_can_be_set_in_a_pause_before_the_first_pick(
    draft: Draft, act: Act, teams: list[Constructor], pick_all: Callable[[int], None], now: datetime
) -> None:
    pick_all(1)
    act(control.pause_draft)
    wanted = [team.pk for team in reversed(teams)]
    with pytest.raises(errors.OrderFixed):
        act(lifecycle.set_order, constructor_ids=wanted)
    act(control.undo_pick)

    draft = act(lifecycle.set_order, constructor_ids=wanted)

    assert (draft.status, draft.order_data, draft.current_pick) == ("paused", wanted, 1)


# Undo -------------------------------------------------------------------------------------------


def test_undo_takes_back_the_last_pick(
    draft: Draft,
    act: Act,
    teams: list[Constructor],
    drivers: list[Driver],
    pick_all: Callable[[int], None],
    manager: User,
) -> None:
    pick_all(3)
    act(control.pause_draft)

    undone = act(control.undo_pick)

    assert (undone.status, undone.current_pick, numbers(draft)) == ("paused", 3, [1, 2])
    event = draft.events().get(name="PicksUndone")
    assert event.actor == manager
    assert event.data == {
        "draft_id": draft.pk,
        "to_pick_number": 3,
        "released": [drivers[2].pk],
        "reason": "",
        "current_pick": {"pick_number": 3, "round": 1, "constructor": teams[2].pk, "deadline": None},
    }
    assert on_the_clock(act(control.resume_draft)) == teams[2].pk


def test_undo_back_to_a_pick_takes_back_all_after_it_and_opens_a_complete_draft(
    draft: Draft, act: Act, teams: list[Constructor], drivers: list[Driver], pick_all: Callable[[int], None]
) -> None:
    pick_all(6)
    act(control.pause_draft)

    for _ in range(2):  # safe to repeat
        undone = act(control.undo_pick, to_pick_number=2)

    assert (undone.current_pick, numbers(draft)) == (2, [1])
    assert [event.data["released"] for event in draft.events().filter(name="PicksUndone")] == [
        [driver.pk for driver in drivers[1:6]]
    ]
    resumed = act(control.resume_draft)
    assert (resumed.status, on_the_clock(resumed)) == ("open", teams[1].pk)
    pick_all(6)
    assert Draft.objects.get().status == "complete"


def test_undo_passes_over_the_turns_of_a_team_that_left(
    draft: Draft, act: Act, teams: list[Constructor], pick_all: Callable[[int], None], now: datetime
) -> None:
    pick_all(3)
    Constructor.objects.filter(pk=teams[1].pk).update(is_active=False)
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)
    act(control.pause_draft)

    undone = act(control.undo_pick, to_pick_number=2)

    assert (undone.current_pick, numbers(draft)) == (3, [1])


def test_undo_asks_for_a_pause_a_pick_and_a_number_of_the_draft(
    draft: Draft, act: Act, pick_all: Callable[[int], None]
) -> None:
    with pytest.raises(errors.DraftNotPaused):
        act(control.undo_pick)
    act(control.pause_draft)
    with pytest.raises(errors.NothingToUndo):
        act(control.undo_pick)
    for number in (0, 7):
        with pytest.raises(Invalid) as refusal:
            act(control.undo_pick, to_pick_number=number)
        assert (refusal.value.field, refusal.value.message) == ("to_pick_number", "The draft has picks 1 to 6.")


# Void -------------------------------------------------------------------------------------------


def test_what_a_manager_makes_void_stays_so(
    draft: Draft, act: Act, race: Race, pick_all: Callable[[int], None], now: datetime, manager: User
) -> None:
    pick_all(2)

    for _ in range(2):  # safe to repeat
        void = act(control.void_draft, reason=" Half of us were in hospital. ")
    for status in (Race.Status.CANCELLED, Race.Status.SCHEDULED):
        Race.objects.filter(pk=race.pk).update(status=status)
        lifecycle.run_due(now)
    by = timedelta(days=10)
    Race.objects.filter(pk=race.pk).update(starts_at=race.starts_at + by, qualifying_at=race.qualifying_at + by)
    lifecycle.run_due(now)
    lifecycle.run_due(race.starts_at + by)

    assert (void.status, void.current_pick) == ("void", None)
    assert (Draft.objects.get().status, numbers(draft)) == ("void", [1, 2])
    event = draft.events().get(name="DraftVoided")
    assert event.actor == manager
    assert event.data == {
        "draft_id": draft.pk,
        "reason": "Half of us were in hospital.",
        "was": "open",
        "stays": True,
        "current_pick": None,
    }
    assert not Pick.objects.that_count().exists()


def test_a_draft_that_is_void_for_its_race_can_be_made_void_for_good(
    draft: Draft, act: Act, race: Race, now: datetime
) -> None:
    Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)
    lifecycle.run_due(now)
    act(control.void_draft, reason="We do something else that weekend.")

    Race.objects.filter(pk=race.pk).update(status=Race.Status.SCHEDULED)
    lifecycle.run_due(now)

    assert Draft.objects.get().status == "void"


def test_a_void_draft_hands_its_order_on_as_it_is(draft: Draft, act: Act, league: League, now: datetime) -> None:
    act(control.void_draft, reason="A mess.")
    later = RaceFactory(season=league.season, starts_at=draft.race.starts_at + timedelta(weeks=1), entries=6)

    following = lifecycle.schedule_draft(league_id=league.pk, race_id=later.pk, now=now)

    assert lifecycle.order_now(following) == draft.order_data


def test_a_scheduled_draft_can_be_made_void_and_does_not_open(
    league: League, race: Race, manager: User, now: datetime
) -> None:
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)

    control.void_draft(draft_id=draft.pk, reason="Holidays", actor=manager, now=now)
    lifecycle.run_due(draft.opens_at)

    assert Draft.objects.get().status == "void"
    with pytest.raises(errors.CannotDraft):
        lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)


def test_void_asks_for_a_reason(act: Act) -> None:
    with pytest.raises(Invalid) as refusal:
        act(control.void_draft, reason=" ")

    assert refusal.value.field == "reason"


# Who and when -----------------------------------------------------------------------------------

COMMANDS: list[tuple[Act, dict[str, Any]]] = [
    (control.pause_draft, {}),
    (control.resume_draft, {}),
    (control.undo_pick, {}),
    (control.void_draft, {"reason": "Because"}),
]


@pytest.mark.parametrize(("command", "values"), COMMANDS)
def test_only_managers_may(command: Act, values: dict[str, Any], act: Act, teams: list[Constructor]) -> None:
    for actor in (teams[0].user, UserFactory()):
        with pytest.raises(NotAllowed):
            act(command, actor=actor, **values)


@pytest.mark.parametrize(("command", "values"), COMMANDS)
def test_nothing_is_done_from_the_lock_on(
    command: Act, values: dict[str, Any], draft: Draft, act: Act, pick_all: Callable[[int], None]
) -> None:
    pick_all(1)
    act(control.pause_draft)

    with pytest.raises(errors.RaceLocked):
        act(command, now=draft.locks_at, **values)
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    with pytest.raises(DomainError) as refusal:  # also when the race has moved since
        act(command, **values)
    assert refusal.value.code in ("race_locked", "draft_not_running", "draft_not_paused")
    assert Draft.objects.get().status == "locked"


def test_a_scheduled_draft_does_not_run(league: League, race: Race, manager: User, now: datetime) -> None:
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)

    for command in (control.pause_draft, control.resume_draft):
        with pytest.raises(errors.DraftNotRunning, match="This draft is scheduled: it does not run"):
            command(draft_id=draft.pk, actor=manager, now=now)


def test_a_paused_team_on_autopick_is_left_alone_by_the_clockwork(
    draft: Draft, act: Act, teams: list[Constructor], now: datetime
) -> None:
    act(control.pause_draft)
    Autopilot.objects.create(constructor=teams[0], since=now)

    lifecycle.run_due(now)

    assert numbers(draft) == []


# The autopick for others ------------------------------------------------------------------------


def test_a_manager_lets_the_autopick_take_the_turn_and_says_why(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    Queue.objects.create(draft=draft, constructor=teams[0], driver_ids=[drivers[9].pk])
    act = {"draft_id": draft.pk, "actor": manager, "now": now}

    for _ in range(2):
        control.autopick_for(pick_number=1, reason=" No word from them. ", **act)
    control.autopick_for(pick_number=2, **act)

    first, second = draft.picks.order_by("pick_number")
    assert (first.driver, first.source, first.made_by) == (drivers[9], "queue", manager)
    assert first.reason == "A manager let it pick (No word from them). Queue item 1"
    assert second.reason == "A manager let it pick. Best free driver by price (30.0 M)"
    assert draft.events().last().actor == manager


def test_whom_the_autopick_cannot_pick_for(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    def let(number: int = 1, *, actor: User = manager, at: datetime = now, reason: str = "") -> None:
        control.autopick_for(draft_id=draft.pk, pick_number=number, actor=actor, now=at, reason=reason)

    with pytest.raises(NotAllowed):
        let(actor=teams[1].user)
    for number in (0, 2, 99):
        with pytest.raises(errors.NotOnTheClock, match=f"Pick {number} is not on the clock."):
            let(number)
    with pytest.raises(errors.RaceLocked):
        let(at=draft.locks_at)
    with pytest.raises(Invalid):
        let(reason="x" * 201)
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    with pytest.raises(errors.DraftNotOpen):
        let()
    assert not draft.picks.exists()
