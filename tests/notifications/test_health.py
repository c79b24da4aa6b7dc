from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from fantasy_f1.core.models import EventLog, UnreadEvent
from notifications import health
from notifications.models import Delivery, Notification
from notifications.outgoing import Outgoing
from notifications.tasks import forget_old
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
State = Outgoing.State


def told(key: str, *, is_read: bool = False, state: str = State.WAITING) -> Notification:
    now = timezone.now()
    made = Notification.objects.create(
        user=UserFactory(), type="league", title=key, dedupe_key=key, is_read=is_read, created_at=now
    )
    over = None if state == State.WAITING else now
    made.deliveries.create(channel="email", state=state, next_at=now, created_at=now, done_at=over)
    return made


def test_all_is_well_without_anything_given_up() -> None:
    told("sent", state=State.SENT)

    assert health.warnings(timezone.now()) == []


def test_what_was_given_up_and_what_could_not_be_told_is_said(admin_client: Client) -> None:
    told("failed", state=State.FAILED)
    row = EventLog.objects.create(topic="thing:1", version=1, name="Happened", created_at=timezone.now())
    UnreadEvent.objects.create(reader="somebody", event=row, error="no", next_at=timezone.now())

    texts, pages = zip(*health.warnings(timezone.now()), strict=True)
    assert texts == ("Mails and pushes that were given up: 1.", "Events that could not be told: 1.")
    assert [len(admin_client.get(page).context["cl"].result_list) for page in pages] == [1, 1]


def test_what_is_over_is_forgotten_in_time() -> None:
    for key, state in (("sent", State.SENT), ("failed", State.FAILED), ("waiting", State.WAITING)):
        told(key, state=state, is_read=True)
    told("unread")

    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        forget_old()
    assert set(Delivery.objects.values_list("notification__title", flat=True)) == {"waiting", "unread"}
    assert Notification.objects.count() == 4
    with time_machine.travel(timezone.now() + timedelta(days=366), tick=False):
        forget_old()
    assert set(Notification.objects.values_list("title", flat=True)) == {"unread"}
