"""The bell of open pages, heard over a stream."""

from datetime import datetime

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from fantasy_f1.core import live
from notifications import bell, service
from notifications.messages import Message
from notifications.models import Notification
from tests.factories import UserFactory
from tests.streaming import Overhearing

LETTER = Message(Notification.Type.LEAGUE, "News", "", "/", "event:1")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Overhearing:
    overhearing = Overhearing()
    monkeypatch.setattr(live, "receiver", overhearing)
    return overhearing


@pytest.fixture
def user(transactional_db: None) -> User:
    return UserFactory()


def test_it_rings_for_what_is_told_and_read(
    user: User, heard: Overhearing, now: datetime, settings: pytest.FixtureRequest
) -> None:
    settings.REDIS_URL = ""  # type: ignore[attr-defined]
    other = UserFactory()

    with transaction.atomic():
        service.create([(user.pk, LETTER), (other.pk, LETTER)], now=now)
        assert not heard.heard, "nobody hears of what may still be taken back"
    assert {note.topic for note in heard.heard} == {f"user:{user.pk}", f"user:{other.pk}"}
    assert {(note.kind, note.name, note.body) for note in heard.heard} == {
        ("nudge", "notifications", b"event: notifications\ndata: {}\n\n")
    }

    heard.heard.clear()
    told = Notification.objects.get(user=user)
    for _ in range(2):
        service.mark_read(told)
        service.mark_all_read(user=other)
    assert [note.topic for note in heard.heard] == [f"user:{user.pk}", f"user:{other.pk}"]


def test_it_is_heard_by_its_owner_alone(user: User) -> None:
    found = live.channel_of(bell.topic_of(user.pk))
    assert found is not None
    channel, pk = found

    audience = channel.audience(pk, [user.pk, user.pk + 1, None])

    assert (audience.may_listen, audience.belong) == ({user.pk}, frozenset())
    assert channel.read(pk, 0) == []


def test_the_bell_is_fetched_alone(user: User, client: Client, now: datetime) -> None:
    client.force_login(user)
    service.create([(user.pk, LETTER)], now=now)

    page = client.get(reverse("notifications:bell")).content.decode()

    assert "1 unread" in page
    assert "<html" not in page
