from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from drafts import errors, lifecycle
from drafts.models import Autopilot, Draft, Pick, Queue
from drafts.picks import (
    autopick_mode,
    free_drivers,
    make_pick,
    on_the_clock,
    set_autopilot,
    withdraw_constructor,
)
from fantasy_f1.core.errors import Invalid, NotAllowed
from leagues.models import Constructor
from races.models import Driver, Race, RaceEntry
from tests.factories import ConstructorFactory, DriverFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db


def pick(draft: Draft, team: Constructor, driver: Driver, now: datetime, actor: User | None = None) -> Pick:
    return make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=actor or team.user, now=now)


def test_make_pick_writes_the_pick_and_passes_the_turn(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    made = pick(draft, teams[0], drivers[3], now)

    draft.refresh_from_db()
    assert (made.league_id, made.race_id, made.pick_number, made.round) == (draft.league_id, draft.race_id, 1, 1)
    assert (made.source, made.made_by, made.made_at) == ("player", teams[0].user, now)
    assert on_the_clock(draft) == teams[1].pk
    event = draft.events().get(name="PickMade")
    assert event.version == draft.version
    assert event.data == {
        "draft_id": draft.pk,
        "pick_number": 1,
        "constructor_id": teams[0].pk,
        "driver_id": drivers[3].pk,
        "source": "player",
        "reason": "",
        "current_pick": {"pick_number": 2, "round": 1, "constructor": teams[1].pk, "deadline": None},
    }


def test_make_pick_takes_three_statements(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    """Lock, look, write; SQLite, which has no round trips, writes the rows one by one."""
    owner = teams[0].user
    with CaptureQueriesContext(connection) as queries:
        pick(draft, teams[0], drivers[0], now, owner)

    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == (3 if connection.vendor == "postgresql" else 5)


def test_make_pick_repeated_returns_the_standing_pick(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    first = pick(draft, teams[0], drivers[0], now)
    version = Draft.objects.get(pk=draft.pk).version

    again = pick(draft, teams[0], drivers[0], now)

    assert again == first
    assert Pick.objects.count() == 1
    assert Draft.objects.get(pk=draft.pk).version == version


def test_a_whole_snake_draft_completes(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, names: Callable[[], list[str]]
) -> None:
    snake = [*teams, *reversed(teams)]

    for team, driver in zip(snake, drivers, strict=False):
        pick(draft, team, driver, now)

    draft.refresh_from_db()
    assert (draft.status, draft.current_pick) == ("complete", None)
    assert list(draft.picks.values_list("constructor_id", "round", "pick_number")) == [
        (team.pk, 1 + n // 3, n + 1) for n, team in enumerate(snake)
    ]
    assert names() == ["DraftScheduled", "DraftOpened", *["PickMade"] * 6, "DraftCompleted"]
    assert list(draft.events().values_list("version", flat=True)) == list(range(1, 10))


def test_a_manager_may_pick_for_a_team(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    made = pick(draft, teams[0], drivers[0], now, actor=manager)

    assert (made.source, made.made_by) == ("manager", manager)


def test_a_stranger_may_not_pick(draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        pick(draft, teams[0], drivers[0], now, actor=teams[1].user)

    assert not Pick.objects.exists()


def refused(error: type[Exception], *args: object, **kwargs: object) -> None:
    with pytest.raises(error):
        pick(*args, **kwargs)  # type: ignore[arg-type]


def test_make_pick_refuses_in_the_order_of_its_checks(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime
) -> None:
    """Each refusal is mended in turn, so that the next one shows: the order of the checks is part of the rule."""
    stranger = ConstructorFactory()
    not_entered = DriverFactory()
    pick(draft, teams[0], drivers[0], now)
    late = draft.locks_at
    Draft.objects.filter(pk=draft.pk).update(status=Draft.Status.PAUSED)

    refused(errors.DraftNotOpen, draft, stranger, not_entered, late)
    Draft.objects.filter(pk=draft.pk).update(status=Draft.Status.OPEN)
    refused(errors.RaceLocked, draft, stranger, not_entered, late)
    refused(errors.ConstructorNotInDraft, draft, stranger, not_entered, now)
    refused(errors.NotOnTheClock, draft, teams[2], not_entered, now)
    refused(errors.DriverNotEntered, draft, teams[1], not_entered, now)
    refused(errors.DriverTaken, draft, teams[1], drivers[0], now)
    for number, driver in enumerate(drivers[1:3], start=1):
        Pick.objects.create(
            draft=draft,
            league=draft.league,
            race=race,
            constructor=teams[1],
            driver=driver,
            pick_number=10 + number,
            round=number,
            made_at=now,
        )
    refused(errors.PicksComplete, draft, teams[1], drivers[5], now)
    assert draft.picks.count() == 3


@pytest.mark.parametrize("status", [Race.Status.FINISHED, Race.Status.CANCELLED])
def test_make_pick_refuses_once_the_race_is_over(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime, status: str
) -> None:
    Race.objects.filter(pk=race.pk).update(status=status)

    refused(errors.RaceLocked, draft, teams[0], drivers[0], now)


def test_make_pick_refuses_a_withdrawn_driver_and_one_who_only_stands_in(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime
) -> None:
    race.entries.filter(driver=drivers[0]).update(status=RaceEntry.Status.WITHDRAWN)
    race.entries.filter(driver=drivers[1]).update(status=RaceEntry.Status.SUBSTITUTE)

    refused(errors.DriverNotEntered, draft, teams[0], drivers[0], now)
    refused(errors.DriverNotEntered, draft, teams[0], drivers[1], now)


def test_the_last_second_before_the_lock_counts(draft: Draft, teams: list[Constructor], drivers: list[Driver]) -> None:
    assert pick(draft, teams[0], drivers[0], draft.locks_at - timedelta(seconds=1)).pick_number == 1


def test_a_draft_ends_when_no_driver_is_left(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime
) -> None:
    race.entries.exclude(driver__in=drivers[:4]).delete()

    for team, driver in zip([*teams, teams[2]], drivers, strict=False):
        pick(draft, team, driver, now)

    draft.refresh_from_db()
    assert (draft.status, draft.picks.count()) == ("complete", 4)


def test_autopilots_pick_as_soon_as_their_turn_comes(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    for team in teams[1:]:
        set_autopilot(draft_id=draft.pk, constructor=team, mode="always", actor=team.user, now=now)

    pick(draft, teams[0], drivers[1], now)

    draft.refresh_from_db()
    assert list(draft.picks.values_list("constructor_id", "driver_id", "source")) == [
        (teams[0].pk, drivers[1].pk, "player"),
        (teams[1].pk, drivers[0].pk, "auto"),
        (teams[2].pk, drivers[2].pk, "auto"),
        (teams[2].pk, drivers[3].pk, "auto"),
        (teams[1].pk, drivers[4].pk, "auto"),
    ]
    assert draft.picks.get(pick_number=2).reason == "Autopick was on. Best free driver by price (30.0 M)"
    assert on_the_clock(draft) == teams[0].pk


def test_switching_to_autopick_takes_the_turn_on_the_clock(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    set_autopilot(draft_id=draft.pk, constructor=teams[0], mode="always", actor=teams[0].user, now=now)
    set_autopilot(draft_id=draft.pk, constructor=teams[0], mode="always", actor=teams[0].user, now=now)

    assert list(draft.picks.values_list("constructor_id", "driver_id")) == [(teams[0].pk, drivers[0].pk)]
    assert draft.events().filter(name="AutopilotSwitched").count() == 1


def test_autopick_is_switched_off_again(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="always", actor=teams[1].user, now=now)

    set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="off", actor=teams[1].user, now=now)
    set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="off", actor=teams[1].user, now=now)

    assert not Autopilot.objects.exists()


def switch(draft: Draft, team: Constructor, mode: str, now: datetime, **more: int) -> None:
    set_autopilot(draft_id=draft.pk, constructor=team, mode=mode, actor=team.user, now=now, **more)


def switched(draft: Draft) -> list[tuple[str, bool, User | None]]:
    events = draft.events().filter(name="AutopilotSwitched").select_related("actor").order_by("version")
    return [(event.data["mode"], event.data["on"], event.actor) for event in events]


def test_autopick_for_the_next_pick_is_used_up_by_it(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, names: Callable[[], list[str]]
) -> None:
    """In a snake the last team picks twice in a row: the second time by itself again."""
    switch(draft, teams[2], "pick", now)
    for team, driver in zip(teams[:2], drivers, strict=False):
        pick(draft, team, driver, now)

    draft.refresh_from_db()
    assert draft.picks.get(pick_number=3).reason == "Autopick was on for this pick. Best free driver by price (28.0 M)"
    assert (draft.current_pick, on_the_clock(draft)) == (4, teams[2].pk)
    assert not Autopilot.objects.exists()
    assert names()[2:] == ["AutopilotSwitched", "PickMade", "PickMade", "PickMade", "AutopilotSwitched"]
    assert switched(draft) == [("pick", True, teams[2].user), ("off", False, None)]


def test_autopick_for_the_next_pick_asked_for_twice_takes_one_turn(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    for team, driver in zip(teams[:2], drivers, strict=False):
        pick(draft, team, driver, now)

    for _ in range(2):
        switch(draft, teams[2], "pick", now, pick_number=3)

    draft.refresh_from_db()
    assert (draft.current_pick, autopick_mode(draft, teams[2])) == (4, "off")


def test_autopick_for_a_draft_ends_with_it(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    following = RaceFactory(season=draft.race.season, starts_at=now + timedelta(days=11), entries=22)
    other = lifecycle.schedule_draft(league_id=draft.league_id, race_id=following.pk, now=now)

    switch(draft, teams[0], "draft", now)
    modes = [autopick_mode(each, teams[0]) for each in (draft, other)]
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    assert modes == ["draft", "off"]
    assert draft.picks.get(pick_number=1).reason.startswith("Autopick was on for this draft. ")
    assert (switched(draft), switched(other)) == ([("draft", True, teams[0].user)], [])
    assert not Autopilot.objects.exists()


def test_the_last_word_on_the_autopick_counts_in_every_draft(
    draft: Draft, teams: list[Constructor], now: datetime
) -> None:
    following = RaceFactory(season=draft.race.season, starts_at=now + timedelta(days=11), entries=22)
    other = lifecycle.schedule_draft(league_id=draft.league_id, race_id=following.pk, now=now)

    for where, mode in ((draft, "draft"), (other, "always"), (draft, "pick"), (other, "off"), (other, "off")):
        switch(where, teams[2], mode, now)

    told = [[mode for mode, _, _ in switched(each)] for each in (draft, other)]
    assert told == [["draft", "always", "pick", "off"], ["always", "off"]]


def test_autopick_is_chosen_until_the_lock(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    with pytest.raises(errors.RaceLocked):
        switch(draft, teams[0], "draft", draft.locks_at)
    with pytest.raises(NotAllowed):
        switch(draft, ConstructorFactory(), "draft", now)
    Draft.objects.update(status="void")
    with pytest.raises(errors.DraftNotOpen):
        switch(draft, teams[0], "draft", now)

    assert not Autopilot.objects.exists()


def test_a_team_that_left_has_no_autopick_to_switch(draft: Draft, teams: list[Constructor], now: datetime) -> None:
    teams[0].is_active = False
    teams[0].save()

    with pytest.raises(NotAllowed, match="a team that plays"):
        set_autopilot(draft_id=draft.pk, constructor=teams[0], mode="always", actor=teams[0].user, now=now)


def test_autopick_completes_a_draft_whose_last_free_driver_was_withdrawn(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime
) -> None:
    race.entries.exclude(driver=drivers[0]).delete()
    race.entries.update(status="withdrawn")

    set_autopilot(draft_id=draft.pk, constructor=teams[0], mode="always", actor=teams[0].user, now=now)

    draft.refresh_from_db()
    assert (draft.status, draft.current_pick, draft.picks.count()) == ("complete", None, 0)


def test_a_draft_that_ran_out_of_drivers_goes_on_when_one_is_free(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], race: Race, now: datetime
) -> None:
    """Five drivers for three teams; then one of the teams leaves, and the one that went short gets another."""
    race.entries.exclude(driver__in=drivers[:5]).delete()
    for team, driver in zip([*teams, teams[2], teams[1]], drivers, strict=False):
        pick(draft, team, driver, now)

    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)

    draft.refresh_from_db()
    assert (draft.status, draft.current_pick, on_the_clock(draft)) == ("open", 6, teams[0].pk)
    assert draft.events().last().name == "DraftResumed"
    assert pick(draft, teams[0], drivers[1], now).pick_number == 6
    assert Draft.objects.get(pk=draft.pk).status == "complete"


def test_nobody_else_switches_a_team_to_autopick(
    draft: Draft, teams: list[Constructor], manager: User, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        set_autopilot(draft_id=draft.pk, constructor=teams[0], mode="always", actor=manager, now=now)


def test_withdraw_releases_the_picks_and_passes_over_the_turns(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    pick(draft, teams[0], drivers[0], now)
    pick(draft, teams[1], drivers[1], now)

    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)

    for team, driver in [(teams[2], drivers[1]), (teams[2], drivers[2]), (teams[0], drivers[3])]:
        pick(draft, team, driver, now)
    draft.refresh_from_db()
    assert draft.status == "complete"
    assert list(draft.picks.values_list("constructor_id", "pick_number")) == [
        (teams[0].pk, 1),
        (teams[2].pk, 3),
        (teams[2].pk, 4),
        (teams[0].pk, 6),
    ]
    assert draft.events().filter(name="ConstructorWithdrawn").count() == 1


def test_withdraw_of_the_team_on_the_clock_passes_its_turn(
    draft: Draft, teams: list[Constructor], now: datetime
) -> None:
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[0].pk, now=now)

    draft.refresh_from_db()
    assert on_the_clock(draft) == teams[1].pk


def test_withdraw_leaves_a_locked_draft_alone(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    pick(draft, teams[0], drivers[0], now)
    Draft.objects.filter(pk=draft.pk).update(status=Draft.Status.LOCKED)

    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[0].pk, now=now)

    assert draft.picks.count() == 1


def test_who_left_after_the_lock_keeps_the_picks_though_the_draft_is_not_closed_yet(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    pick(draft, teams[0], drivers[0], now)
    Constructor.objects.filter(pk=teams[0].pk).update(is_active=False, left_at=draft.locks_at)

    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[0].pk, now=draft.locks_at)

    assert draft.picks.count() == 1


def test_a_team_that_left_may_not_pick(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    Constructor.objects.filter(pk=teams[0].pk).update(is_active=False)

    refused(errors.ConstructorNotInDraft, draft, teams[0], drivers[0], now)


def test_nobody_is_on_the_clock_of_a_scheduled_draft() -> None:
    assert on_the_clock(Draft(status=Draft.Status.SCHEDULED)) is None


def test_free_drivers_are_those_entered_and_not_drafted(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    pick(draft, teams[0], drivers[0], now)

    assert set(free_drivers(draft)) == set(drivers[1:])


def test_a_manager_says_why_and_a_player_need_not(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    def make(actor: User, reason: str) -> Pick:
        return make_pick(
            draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=actor, now=now, reason=reason
        )

    for actor, reason in ((manager, "x" * 201), (teams[0].user, "Mine")):
        with pytest.raises(Invalid) as refusal:
            make(actor, reason)
        assert refusal.value.field == "reason"

    assert make(manager, " On the phone ").reason == "On the phone"
    assert draft.events().last().data["reason"] == "On the phone"


def test_a_manager_leaves_a_queue_to_the_autopick_and_learns_nothing_of_it(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    Queue.objects.create(draft=draft, constructor=teams[0], driver_ids=[drivers[1].pk])
    Queue.objects.create(draft=draft, constructor=teams[1], driver_ids=[drivers[0].pk])

    for driver in drivers[:2]:
        with pytest.raises(errors.QueueFirst, match=f"{teams[0]} has a queue: let the autopick take from it."):
            pick(draft, teams[0], driver, now, actor=manager)
    pick(draft, teams[0], drivers[0], now)

    assert pick(draft, teams[1], drivers[2], now, actor=manager).source == "manager"


def test_a_host_may_pick_for_anybody(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    host = UserFactory(is_superuser=True)

    assert pick(draft, teams[0], drivers[0], now, actor=host).source == "manager"
