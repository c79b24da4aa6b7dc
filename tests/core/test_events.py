from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from fantasy_f1.core import live
from fantasy_f1.core.events import Event, publish, published
from fantasy_f1.core.live import Channel
from fantasy_f1.core.models import EventLog
from races.models import Race
from tests.factories import RaceFactory, UserFactory
from tests.streaming import Overhearing


@dataclass(frozen=True)
class FlagWaved(Event):
    race_id: int
    colour: str = "green"


@pytest.fixture
def heard() -> Iterator[list[tuple[FlagWaved, datetime]]]:
    """What a receiver was told."""
    told: list[tuple[FlagWaved, datetime]] = []

    def listen(event: FlagWaved, now: datetime, **kwargs: Any) -> None:
        told.append((event, now))

    published.connect(listen, sender=FlagWaved, weak=False)
    yield told
    published.disconnect(listen, sender=FlagWaved)


@pytest.mark.django_db
def test_publish_logs_the_event_as_the_next_version(now: datetime) -> None:
    race, user = RaceFactory(), UserFactory()

    first = publish(FlagWaved(race_id=race.pk), source=race, actor=user, now=now)
    second = publish(FlagWaved(race_id=race.pk, colour="red"), source=race, actor=None, now=now)

    topic = f"race:{race.pk}"
    assert list(race.events().values("topic", "version", "name", "data", "actor", "created_at")) == [
        {
            "topic": topic,
            "version": version,
            "name": "FlagWaved",
            "data": {"race_id": race.pk, "colour": colour},
            "actor": actor,
            "created_at": now,
        }
        for version, colour, actor in ((1, "green", user.pk), (2, "red", None))
    ]
    assert [str(first), str(second)] == [f"{topic} #1 FlagWaved", f"{topic} #2 FlagWaved"]
    assert Race.objects.get().version == 2


@pytest.mark.django_db
def test_publish_announces_only_after_the_commit(
    now: datetime,
    heard: list[tuple[FlagWaved, datetime]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    race = RaceFactory()

    with django_capture_on_commit_callbacks(execute=True):
        publish(FlagWaved(race_id=race.pk), source=race, actor=None, now=now)
        before = list(heard)

    assert (before, heard) == ([], [(FlagWaved(race_id=race.pk), now)])


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_leaves_no_event(now: datetime, heard: list[tuple[FlagWaved, datetime]]) -> None:
    race = RaceFactory()

    with transaction.atomic():
        publish(FlagWaved(race_id=race.pk), source=race, actor=None, now=now)
        transaction.set_rollback(True)

    assert (EventLog.objects.count(), Race.objects.get().version, heard) == (0, 0, [])


@pytest.mark.django_db
def test_a_receiver_that_fails_is_logged_and_the_others_hear_it(
    now: datetime,
    heard: list[tuple[FlagWaved, datetime]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def deaf(event: FlagWaved, **kwargs: Any) -> None:
        raise ValueError("deaf")

    published.connect(deaf, sender=FlagWaved)
    race = RaceFactory()

    with django_capture_on_commit_callbacks(execute=True):
        publish(FlagWaved(race_id=race.pk), source=race, actor=None, now=now)

    assert len(heard) == 1
    assert [record.levelname for record in caplog.records if record.name == "fantasy_f1.core.events"] == ["ERROR"]


@pytest.mark.django_db(transaction=True)
def test_versions_have_no_gap_under_contention(now: datetime) -> None:
    threads, race_id = 8, RaceFactory().pk
    start = Barrier(threads, timeout=60)

    def wave(_: int) -> None:
        start.wait()
        try:
            with transaction.atomic():
                publish(FlagWaved(race_id=race_id), source=Race.objects.lock(race_id), actor=None, now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(wave, range(threads)))

    assert list(EventLog.objects.values_list("version", flat=True)) == list(range(1, threads + 1))


@pytest.mark.django_db
def test_a_stream_that_cannot_be_told_does_no_harm(
    now: datetime,
    heard: list[tuple[FlagWaved, datetime]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(row: EventLog) -> bytes:
        raise ValueError("no words for it")

    settings.REDIS_URL = ""
    listener = Overhearing()
    monkeypatch.setattr(live, "receiver", listener)
    monkeypatch.setitem(live._channels, "race", Channel(broken, lambda pk, after: [], lambda pk, viewers: viewers))
    race = RaceFactory()

    with django_capture_on_commit_callbacks(execute=True):
        publish(FlagWaved(race_id=race.pk), source=race, actor=None, now=now)

    assert (len(heard), listener.heard) == (1, [])
    assert "no words for it" in caplog.text
