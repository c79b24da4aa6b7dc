from datetime import datetime

import pytest

from accounts.models import User
from drafts import control, errors, lifecycle, queues
from drafts.models import Draft, Queue
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
