from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.utils import timezone

from fantasy_f1.core import log_reader
from fantasy_f1.core.log_reader import BATCH, EventsLeft, follow, lag
from fantasy_f1.core.models import EventLog, Lease, LogPosition, UnreadEvent
from tests.contention import at_once

READER = "somebody"


def happen(number: int = 1, *, topic: str = "thing:1") -> list[EventLog]:
    first = EventLog.objects.filter(topic=topic).count() + 1
    return [
        EventLog.objects.create(topic=topic, version=version, name="Happened", created_at=timezone.now())
        for version in range(first, first + number)
    ]


class Reader:
    """Notes what it is given; fails on the versions in ``fails_on``."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.fails_on: set[int] = set()

    def __call__(self, row: EventLog) -> None:
        if row.version in self.fails_on:
            raise ValueError(f"no {row.version}")
        self.read.append(row.version)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.mark.django_db
def test_every_event_is_read_once_in_order(reader: Reader) -> None:
    assert follow(READER, reader) == 0
    happen(2)

    assert (lag(READER), follow(READER, reader), follow(READER, reader), lag(READER)) == (2, 2, 0, 0)
    happen()
    assert follow(READER, reader) == 1
    assert reader.read == [1, 2, 3]
    assert str(LogPosition.objects.get()).startswith("somebody at ")


@pytest.mark.django_db
def test_readers_have_places_of_their_own(reader: Reader) -> None:
    happen(2)
    other = Reader()

    follow(READER, reader)
    happen()
    follow("other", other)

    assert (reader.read, other.read) == ([1, 2], [1, 2, 3])


@pytest.mark.django_db
def test_a_long_log_is_read_in_parts(reader: Reader) -> None:
    happen(BATCH + 1)

    assert [follow(READER, reader) for _ in range(3)] == [BATCH, 1, 0]


@pytest.mark.django_db
def test_what_cannot_be_handled_holds_up_nobody_and_comes_back(reader: Reader) -> None:
    reader.fails_on = {2}
    happen(3)

    with time_machine.travel(timezone.now(), tick=False) as clock:
        with pytest.raises(EventsLeft):
            follow(READER, reader)
        left = UnreadEvent.objects.get()
        assert (reader.read, left.event.version, left.error) == ([1, 3], 2, "ValueError: no 2")
        assert str(left) == "thing:1 #2 Happened for somebody"

        assert follow(READER, reader) == 0
        for minutes in (1, 2):
            clock.shift(timedelta(minutes=minutes))
            with pytest.raises(EventsLeft):
                follow(READER, reader)
        assert UnreadEvent.objects.get().tries == 3

        reader.fails_on = set()
        clock.shift(timedelta(minutes=4))
        follow(READER, reader)
    assert reader.read == [1, 3, 2]
    assert not UnreadEvent.objects.exists()


@pytest.mark.django_db
def test_what_a_handler_wrote_before_it_failed_is_taken_back() -> None:
    happen()

    def write_and_fail(row: EventLog) -> None:
        happen(topic="other:1")
        raise ValueError

    with pytest.raises(EventsLeft):
        follow(READER, write_and_fail)

    assert not EventLog.objects.filter(topic="other:1").exists()


@pytest.mark.django_db(transaction=True)
def test_what_dies_on_the_way_has_read_nothing(reader: Reader) -> None:
    happen(3)

    class Killed(BaseException):
        pass

    def die(row: EventLog) -> None:
        if row.version == 2:
            raise Killed
        reader(row)

    with pytest.raises(Killed):
        follow(READER, die)

    assert lag(READER) == 3
    reader.read.clear()
    follow(READER, reader)
    assert reader.read == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_read_each_event_once() -> None:
    happen(20)

    def write(row: EventLog) -> None:
        Lease.objects.create(name=str(row.version), expires_at=row.created_at)

    at_once([lambda: follow(READER, write, most=20)] * 8)

    assert Lease.objects.count() == 20
    assert not UnreadEvent.objects.exists()


@contextmanager
def happening_meanwhile(topic: str) -> Iterator[None]:
    """An event that has its number, but is not committed before the end of the block."""
    written, over = Event(), Event()

    def work() -> None:
        with transaction.atomic():
            happen(topic=topic)
            written.set()
            over.wait(10)
        connections.close_all()

    thread = Thread(target=work)
    thread.start()
    assert written.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_not_passed_over(reader: Reader) -> None:
    if connection.vendor == "sqlite":  # there one transaction ends before the next begins: a gap stays a gap
        happen()[0].delete()
    else:
        with happening_meanwhile("late:1"):
            happen(2)
            assert follow(READER, reader) == 2
            reader.read.clear()
        assert follow(READER, reader) == 1
        reader.read.clear()
    happen(topic="next:1")
    assert (follow(READER, reader), reader.read) == (1, [1])


@pytest.mark.django_db
def test_numbers_that_never_came_are_left_behind_in_the_end(reader: Reader, now: datetime) -> None:
    with time_machine.travel(now, tick=False) as clock:
        happen()
        follow(READER, reader)
        happen(topic="lost:1")[0].delete()
        kept = happen()[0]
        follow(READER, reader)
        assert kept.pk in LogPosition.objects.get().ahead

        for _ in range(2):
            clock.shift(log_reader.LONGEST_TRANSACTION + timedelta(seconds=1))
            last = happen()[0]
            follow(READER, reader)

    mark = LogPosition.objects.get()
    assert mark.position >= kept.pk
    assert mark.ahead in ([], [last.pk])
    assert reader.read == [1, 2, 3, 4]


@pytest.mark.django_db
def test_a_number_that_may_have_come_while_events_were_handled_is_waited_for(now: datetime) -> None:
    def ignore(row: EventLog) -> None:
        pass

    with time_machine.travel(now, tick=False) as clock:
        happen()
        follow(READER, ignore)
        late = happen(topic="late:1")[0].pk
        EventLog.objects.filter(pk=late).delete()
        clock.shift(log_reader.LONGEST_TRANSACTION + timedelta(seconds=1))
        happen()
        follow(READER, ignore)  # the number is missing from now on

        clock.shift(log_reader.LONGEST_TRANSACTION - timedelta(seconds=1))
        happen()
        follow(READER, lambda row: clock.shift(timedelta(seconds=5)))

    assert LogPosition.objects.get().position < late
