from datetime import datetime

import pytest

from accounts.models import User
from drafts import control, errors, lifecycle, queues
from drafts.models import Draft, Queue, SeasonList
from drafts.picks import make_pick, set_autopilot
from fantasy_f1.core.errors import NotAllowed
from leagues.models import Constructor
from races.models import Driver, RaceEntry
from tests.factories import ConstructorFactory, DriverFactory, UserFactory

pytestmark = pytest.mark.django_db


def put(draft: Draft, team: Constructor, drivers: list[Driver], now: datetime) -> list[int]:
    ids = [driver.pk for driver in drivers]
    return queues.set_queue(draft_id=draft.pk, constructor=team, driver_ids=ids, actor=team.user, now=now)


def read(draft: Draft, team: Constructor) -> list[int]:
    return queues.queue_of(draft=draft, constructor=team, actor=team.user)


def test_a_queue_is_replaced_as_a_whole_and_kept_out_of_the_log(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    assert read(draft, teams[0]) == []

    put(draft, teams[0], drivers[:3], now)
    put(draft, teams[0], [drivers[7], drivers[2]], now)
    put(draft, teams[0], [drivers[7], drivers[2]], now)

    assert read(draft, teams[0]) == [drivers[7].pk, drivers[2].pk]
    assert read(draft, teams[1]) == []
    assert str(Queue.objects.get()) == f"Queue of {teams[0]}"
    assert (Queue.objects.count(), Draft.objects.get().version) == (1, draft.version)


def test_the_autopick_takes_the_first_of_the_queue_who_is_free_and_says_why(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    put(draft, teams[1], [drivers[4], drivers[9]], now)
    set_autopilot(draft_id=draft.pk, constructor=teams[1], mode="always", actor=teams[1].user, now=now)
    make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[4], actor=teams[0].user, now=now)

    pick = draft.picks.get(pick_number=2)
    assert (pick.driver, pick.source, pick.made_by) == (drivers[9], "queue", None)
    assert pick.reason == "Autopick was on. Queue item 2; item 1 went at pick 1"
    assert draft.events().last().data["source"] == "queue"


def test_the_lock_takes_whom_a_team_queued(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    put(draft, teams[0], [drivers[20], drivers[21]], now)

    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    assert set(draft.picks.filter(constructor=teams[0]).values_list("driver", "source")) == {
        (drivers[20].pk, "queue"),
        (drivers[21].pk, "queue"),
    }


def test_a_queue_holds_drivers_entered_for_the_race_each_once(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    stranger = DriverFactory()
    for wanted, message in (
        ([drivers[0], drivers[1], drivers[0]], "A driver stands twice in the queue."),
        ([drivers[0], stranger], f"Not entered for this race: {stranger.name}."),
        ([Driver(pk=2**63 - 1)], "Not entered for this race: a driver who does not exist."),
        ([*drivers, stranger], "A queue has at most 22 drivers."),
    ):
        with pytest.raises(errors.WrongQueue) as refusal:
            put(draft, teams[0], wanted, now)
        assert (refusal.value.message, refusal.value.field) == (message, "driver_ids")

    assert len(put(draft, teams[0], drivers, now)) == 22


def test_who_is_withdrawn_from_the_race_may_stay_in_a_queue_and_is_passed_over(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    put(draft, teams[0], drivers[:3], now)
    RaceEntry.objects.filter(driver__in=drivers[:2]).update(status=RaceEntry.Status.WITHDRAWN)

    put(draft, teams[0], [drivers[1], drivers[0], drivers[2]], now)
    with pytest.raises(errors.WrongQueue):
        put(draft, teams[1], [drivers[1]], now)
    set_autopilot(draft_id=draft.pk, constructor=teams[0], mode="always", actor=teams[0].user, now=now)

    assert draft.picks.get().reason == "Autopick was on. Queue item 3; items 1, 2 not entered"


def test_a_queue_is_the_owners_alone(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    host = UserFactory(is_superuser=True)
    for actor in (manager, host, teams[1].user):
        with pytest.raises(NotAllowed):
            queues.queue_of(draft=draft, constructor=teams[0], actor=actor)
        with pytest.raises(NotAllowed):
            queues.set_queue(draft_id=draft.pk, constructor=teams[0], driver_ids=[drivers[0].pk], actor=actor, now=now)


def test_only_a_team_that_plays_in_the_league_has_a_queue(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    Constructor.objects.filter(pk=teams[0].pk).update(is_active=False)
    for team in (teams[0], ConstructorFactory()):
        with pytest.raises(NotAllowed):
            put(draft, team, drivers[:1], now)


def test_who_had_the_team_a_moment_ago_leaves_no_queue_to_the_new_owner(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    before = Constructor.objects.select_related("user").get(pk=teams[0].pk)
    Constructor.objects.filter(pk=teams[0].pk).update(user=UserFactory())

    with pytest.raises(NotAllowed):
        put(draft, before, drivers[:1], now)
    assert not Queue.objects.exists()


def test_a_queue_is_set_until_the_lock(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    with pytest.raises(errors.RaceLocked):
        put(draft, teams[0], drivers[:1], draft.locks_at)
    control.pause_draft(draft_id=draft.pk, actor=manager, now=now)
    put(draft, teams[0], drivers[:1], now)

    control.void_draft(draft_id=draft.pk, reason="A mess", actor=manager, now=now)

    with pytest.raises(errors.DraftNotOpen):
        put(draft, teams[0], drivers[:2], now)


# The season list --------------------------------------------------------------------------------


def put_season(team: Constructor, wanted: list[Driver], never: list[Driver], now: datetime) -> None:
    lists = {"driver_ids": [driver.pk for driver in wanted], "never_ids": [driver.pk for driver in never]}
    queues.set_season_list(constructor=team, **lists, actor=team.user, now=now)


def read_season(team: Constructor) -> tuple[list[int], list[int]]:
    return queues.season_list_of(constructor=team, actor=team.user)


def test_a_season_list_is_replaced_as_a_whole_and_kept_out_of_the_log(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    before = read_season(teams[0])

    put_season(teams[0], drivers[:3], drivers[5:6], now)
    for _ in range(2):
        put_season(teams[0], [drivers[7], drivers[5]], drivers[:2], now)

    assert (before, read_season(teams[1])) == (([], []), ([], []))
    assert read_season(teams[0]) == ([drivers[7].pk, drivers[5].pk], [drivers[0].pk, drivers[1].pk])
    assert str(SeasonList.objects.get()) == f"Season list of {teams[0]}"
    assert Draft.objects.get().version == draft.version


def test_the_autopick_takes_from_the_season_list_after_the_queue_and_leaves_those_never_wanted(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    put(draft, teams[0], [drivers[9]], now)
    put_season(teams[0], [drivers[8]], drivers[:2], now)
    put_season(teams[1], [drivers[9], drivers[7]], [], now)
    put_season(teams[2], [], drivers[:2], now)

    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)

    assert list(draft.picks.order_by("pick_number").values_list("driver", "source", "reason")) == [
        (drivers[9].pk, "queue", "The draft locked. Queue item 1"),
        (drivers[7].pk, "auto", "The draft locked. Season list item 2; item 1 went at pick 1"),
        *(
            (drivers[n].pk, "auto", f"The draft locked. Best free driver by price ({price} M); {passed}")
            for n, price, passed in (
                (2, "28.0", "2 never-pick drivers passed over"),
                (3, "27.0", "2 never-pick drivers passed over"),
            )
        ),
        (drivers[0].pk, "auto", "The draft locked. Best free driver by price (30.0 M)"),
        (drivers[8].pk, "auto", "The draft locked. Season list item 1"),
    ]


def test_a_season_list_holds_drivers_of_the_season_each_once(
    teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    stranger, reserves = DriverFactory(), DriverFactory.create_batch(23, status=Driver.Status.RESERVE)
    for wanted, never, message, field in (
        ([drivers[0], drivers[0]], [], "A driver stands twice in the lists.", "driver_ids"),
        ([drivers[0]], [drivers[1], drivers[0]], "A driver stands twice in the lists.", "driver_ids"),
        ([stranger], [], f"Not of this season: {stranger.name}.", "driver_ids"),
        ([drivers[0]], [stranger], f"Not of this season: {stranger.name}.", "never"),
        ([], [Driver(pk=2**63 - 1)], "Not of this season: a driver who does not exist.", "never"),
        (reserves, [], "A list has at most 22 drivers.", "driver_ids"),
        ([], reserves, "A list has at most 22 drivers.", "never"),
    ):
        with pytest.raises(errors.WrongSeasonList) as refusal:
            put_season(teams[0], wanted, never, now)
        assert (refusal.value.message, refusal.value.field) == (message, field)

    put_season(teams[0], drivers, reserves[:22], now)

    assert [len(ids) for ids in read_season(teams[0])] == [22, 22]


def test_who_is_no_more_of_the_season_may_stay_in_its_list_and_change_sides(
    teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    put_season(teams[0], drivers[:2], [], now)
    RaceEntry.objects.filter(driver=drivers[0]).delete()

    put_season(teams[0], drivers[1:2], drivers[:1], now)

    assert read_season(teams[0]) == ([drivers[1].pk], [drivers[0].pk])


def test_a_season_list_is_the_owners_alone(
    teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    for actor in (manager, UserFactory(is_superuser=True), teams[1].user):
        with pytest.raises(NotAllowed):
            queues.season_list_of(constructor=teams[0], actor=actor)
        with pytest.raises(NotAllowed):
            queues.set_season_list(constructor=teams[0], driver_ids=[], never_ids=[], actor=actor, now=now)


def test_only_a_team_that_plays_has_a_season_list_by_the_word_of_who_has_it_now(
    teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    before = Constructor.objects.select_related("user").get(pk=teams[0].pk)
    Constructor.objects.filter(pk=teams[0].pk).update(user=UserFactory())
    Constructor.objects.filter(pk=teams[1].pk).update(is_active=False)

    for team in (before, teams[1]):
        with pytest.raises(NotAllowed):
            put_season(team, drivers[:1], [], now)
    assert not SeasonList.objects.exists()
