from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.fanout import mark_all_read, mark_read, notify
from notifications.messages import Message
from notifications.models import Notification
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def message(key: str = "event:1", **values: str) -> Message:
    return Message(Notification.Type.LEAGUE, **{"title": "News", "text": "", "link": "/", "key": key} | values)


def test_nobody_is_told_twice_of_one_event(now: datetime) -> None:
    ada, bo = UserFactory.create_batch(2)
    notify([(ada.pk, message())], now=now)
    mark_all_read(user=ada)

    notify([(ada.pk, message()), (bo.pk, message()), (ada.pk, message("event:2"))], now=now)

    told = Notification.objects.order_by("user", "pk").values_list("user", "dedupe_key", "is_read")
    assert list(told) == [(ada.pk, "event:1", True), (ada.pk, "event:2", False), (bo.pk, "event:1", False)]


def test_many_are_told_in_one_statement(now: datetime) -> None:
    users = UserFactory.create_batch(5)

    with CaptureQueriesContext(connection) as queries:
        notify([(user.pk, message()) for user in users], now=now)

    assert len([query for query in queries if query["sql"].startswith("INSERT")]) == 1
    assert Notification.objects.count() == 5


def test_nobody_to_tell_is_nothing_to_do(now: datetime) -> None:
    notify([], now=now)

    assert not Notification.objects.exists()


def test_long_texts_are_shortened(now: datetime) -> None:
    notify([(UserFactory().pk, message(title="t" * 200, text="x" * 900))], now=now)

    told = Notification.objects.get()
    assert (told.title, told.message) == ("t" * 119 + "…", "x" * 499 + "…")
    assert str(told) == told.title


def test_reading_one_and_all(now: datetime) -> None:
    user, other = UserFactory.create_batch(2)
    notify([(who.pk, message(f"event:{number}")) for who in (user, other) for number in range(3)], now=now)

    mark_read(Notification.objects.filter(user=user)[0])

    assert mark_all_read(user=user) == 2
    assert mark_all_read(user=user) == 0
    assert Notification.objects.filter(is_read=False).count() == 3


def test_what_is_old_can_be_read_alone(now: datetime) -> None:
    user = UserFactory()
    notify([(user.pk, message("old"))], now=now - timedelta(seconds=1))
    notify([(user.pk, message("new"))], now=now)

    assert mark_all_read(user=user, before=now) == 1
    assert Notification.objects.get(is_read=False).dedupe_key == "new"
