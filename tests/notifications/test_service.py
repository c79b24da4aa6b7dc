from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from fantasy_f1.core.errors import DomainError
from notifications.messages import Message
from notifications.models import Notification
from notifications.service import create, end, mark_all_read, mark_read, tell_again
from tests.factories import ConstructorFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db


def message(key: str = "event:1", **values: Any) -> Message:
    return Message(Notification.Type.LEAGUE, **{"title": "News", "text": "", "link": "/", "key": key} | values)


def test_nobody_is_told_twice_of_one_event(now: datetime) -> None:
    ada, bo = UserFactory.create_batch(2)
    create([(ada.pk, message())], now=now)
    mark_all_read(user=ada)

    create([(ada.pk, message()), (bo.pk, message()), (ada.pk, message("event:2"))], now=now)

    told = Notification.objects.order_by("user", "pk").values_list("user", "dedupe_key", "is_read")
    assert list(told) == [(ada.pk, "event:1", True), (ada.pk, "event:2", False), (bo.pk, "event:1", False)]


def test_many_are_told_in_one_statement(now: datetime) -> None:
    users = UserFactory.create_batch(5)

    with CaptureQueriesContext(connection) as queries:
        create([(user.pk, message()) for user in users], now=now)

    assert len([query for query in queries if query["sql"].startswith("INSERT")]) == 1
    assert Notification.objects.count() == 5


def test_nobody_to_tell_is_nothing_to_do(now: datetime) -> None:
    create([], now=now)

    assert not Notification.objects.exists()


def test_long_texts_are_shortened(now: datetime) -> None:
    create([(UserFactory().pk, message(title="t" * 200, text="x" * 900))], now=now)

    told = Notification.objects.get()
    assert (told.title, told.message) == ("t" * 119 + "…", "x" * 499 + "…")
    assert str(told) == told.title


def test_reading_one_and_all(now: datetime) -> None:
    user, other = UserFactory.create_batch(2)
    create([(who.pk, message(f"event:{number}")) for who in (user, other) for number in range(3)], now=now)

    mark_read(Notification.objects.filter(user=user)[0])

    assert mark_all_read(user=user) == 2
    assert mark_all_read(user=user) == 0
    assert Notification.objects.filter(is_read=False).count() == 3


def test_what_is_old_can_be_read_alone(now: datetime) -> None:
    user = UserFactory()
    create([(user.pk, message("old"))], now=now - timedelta(seconds=1))
    create([(user.pk, message("new"))], now=now)

    assert mark_all_read(user=user, created_at__lt=now) == 1
    assert Notification.objects.get(is_read=False).dedupe_key == "new"


def test_telling_again_puts_a_message_on_top_unread(now: datetime) -> None:
    team = ConstructorFactory()
    league, later = team.league, now + timedelta(hours=1)
    create([(team.user_id, message(league_id=league.pk))], now=now)
    create([(team.user_id, message("event:2", title="Other"))], now=now + timedelta(minutes=1))
    mark_all_read(user=team.user)
    first = Notification.objects.get(title="News")

    for _ in range(2):
        tell_again(notification_id=first.pk, actor=league.creator, now=later)

    told = Notification.objects.values_list("title", "is_read", "created_at")
    assert list(told) == [("News", False, later), ("Other", True, now + timedelta(minutes=1))]
    event = league.events().last()
    assert event is not None
    assert (event.name, event.actor, event.data["title"]) == ("ToldAgain", league.creator, "News")


def test_managers_tell_again_what_is_of_their_league_to_who_is_in_it(now: datetime) -> None:
    team, gone = ConstructorFactory(), ConstructorFactory(is_active=False)
    create(
        [(team.user_id, message(league_id=team.league_id)), (gone.user_id, message(league_id=gone.league_id))], now=now
    )
    create([(team.user_id, message("event:2"))], now=now)
    of_league, of_gone, of_none = Notification.objects.order_by("pk")

    for notification, actor, code in (
        (of_league, gone.league.creator, "not_allowed"),
        (of_gone, gone.league.creator, "nobody_there"),
        (of_none, team.league.creator, "not_allowed"),
    ):
        with pytest.raises(DomainError, check=lambda error, code=code: error.code == code):
            tell_again(notification_id=notification.pk, actor=actor, now=now)


def test_who_is_offered_a_team_can_be_told_again(now: datetime) -> None:
    user = UserFactory()
    team = ConstructorFactory(offered_to=user)
    create([(user.pk, message(league_id=team.league_id))], now=now)

    assert tell_again(notification_id=Notification.objects.get().pk, actor=team.league.creator, now=now).user == user


def test_what_is_told_again_gives_no_result_away_in_the_leagues_history(now: datetime) -> None:
    team, race = ConstructorFactory(), RaceFactory(name="Moon Grand Prix")
    create([(team.user_id, message(title="25 points", league_id=team.league_id, race_id=race.pk))], now=now)

    tell_again(notification_id=Notification.objects.get().pk, actor=team.league.creator, now=now)

    assert team.league.events().get(name="ToldAgain").data["title"] == "Moon Grand Prix: the points are in"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="One writes at a time there.")
@pytest.mark.django_db(transaction=True)
def test_what_is_over_waits_for_nobody_who_reads(now: datetime) -> None:
    user = UserFactory()
    create([(user.pk, message()), (user.pk, message("event:2"))], now=now)
    being_read = Notification.objects.earliest("pk")
    is_read, is_over = Event(), Event()

    def read() -> None:
        with transaction.atomic():
            mark_read(being_read)
            is_read.set()
            assert is_over.wait(10)
        connections.close_all()

    reading = Thread(target=read)
    reading.start()
    assert is_read.wait(10)
    with transaction.atomic():
        end(Notification.objects.all(), now=now)
    is_over.set()
    reading.join()

    assert list(Notification.objects.order_by("pk").values_list("is_read", "useful_until")) == [
        (True, None),
        (True, now),
    ]
