from datetime import datetime, timedelta

import pytest

from drafts import picks
from drafts.models import Draft
from leagues.models import Constructor
from notifications.models import Notification
from notifications.reminders import remind
from races.models import Driver
from tests.notifications.conftest import Inbox

pytestmark = pytest.mark.django_db


def test_who_has_no_driver_two_hours_before_the_lock_is_reminded_once(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime, inbox: Inbox
) -> None:
    picks.make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)
    picks.set_autopilot(draft_id=draft.pk, constructor=teams[2], mode="always", actor=teams[2].user, now=now)

    remind(draft.locks_at - timedelta(hours=2, seconds=1))
    assert not Notification.objects.exists()
    for minutes in (120, 60, 1, 0):
        remind(draft.locks_at - timedelta(minutes=minutes))

    assert [len(inbox(team.user)) for team in teams] == [0, 1, 0]
    kind, title, text = inbox(teams[1].user)[0]
    assert (kind, title) == ("reminder", "Moon Grand Prix: Paddock locks soon")
    assert text.startswith(f"{teams[1]} has no driver yet. The draft locks ")
    assert Notification.objects.get().useful_until == draft.locks_at


def test_a_lock_that_moves_is_reminded_of_anew(draft: Draft, teams: list[Constructor], inbox: Inbox) -> None:
    remind(draft.locks_at - timedelta(hours=1))
    later = draft.locks_at + timedelta(days=1)
    Draft.objects.filter(pk=draft.pk).update(locks_at=later)

    remind(later - timedelta(hours=1))

    assert len(inbox(teams[0].user)) == 2


def test_who_withdrew_is_not_reminded(draft: Draft, teams: list[Constructor], now: datetime, inbox: Inbox) -> None:
    picks.withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)

    remind(draft.locks_at - timedelta(hours=1))

    assert [len(inbox(team.user)) for team in teams] == [1, 0, 1]


def test_nobody_is_reminded_where_no_driver_is_left(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    draft.race.entries.exclude(driver=drivers[0]).delete()
    picks.make_pick(draft_id=draft.pk, constructor=teams[0], driver=drivers[0], actor=teams[0].user, now=now)

    remind(draft.locks_at - timedelta(hours=1))

    assert not Notification.objects.exists()
