"""Beat: what it starts, also of what it missed, and that it shows that it lives."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from fantasy_f1.celery import app
from fantasy_f1.core import clockwork, jobs
from fantasy_f1.core.beat import Scheduler
from fantasy_f1.core.models import Beat

pytestmark = pytest.mark.django_db(transaction=True)

MORNING = datetime(2026, 7, 22, 3, 30, tzinfo=UTC)


class Noting(Scheduler):
    """Notes what it would send."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        super().__init__(app=app)
        self._finalize.cancel()  # at the end of the process the tests' database is gone

    def apply_entry(self, entry: object, producer: object = None) -> None:
        self.sent.append(entry.task)  # type: ignore[attr-defined]

    def run(self) -> list[str]:
        """All that is due, in the order in which it is sent."""
        self.sent.clear()
        while self.tick() == 0:
            pass
        return list(self.sent)


@pytest.fixture
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def beat(at: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch) -> Noting:
    monkeypatch.setattr("fantasy_f1.core.beat.SHOWN_EVERY", 0)
    return Noting()


def test_the_timetable_is_the_catalogues(beat: Noting) -> None:
    assert {job.name for job in jobs.catalogue() if job.every} == set(beat.schedule)


def test_what_is_no_longer_in_the_catalogue_is_not_started(beat: Noting) -> None:
    crontab = CrontabSchedule.objects.create()
    PeriodicTask.objects.create(name="races: results", task="races.tasks.sync_due_results", crontab=crontab)

    assert "races: results" not in Noting().schedule
    assert not PeriodicTask.objects.filter(name="races: results").exists()


def test_each_task_is_started_in_its_time(beat: Noting, at: time_machine.Traveller) -> None:
    beat.run()
    at.shift(timedelta(seconds=1))
    second = beat.run()
    at.shift(timedelta(seconds=60))
    minute = beat.run()

    assert second == ["drafts.tasks.settle_clocks"]
    assert {"drafts.tasks.settle_clocks", "drafts.tasks.run_due_drafts"} <= set(minute)
    assert "scoring.tasks.score_pending_races" not in minute


@pytest.mark.parametrize("away", [timedelta(hours=2), timedelta(hours=7), timedelta(days=3)])
def test_what_was_due_while_beat_was_away_is_started_once(
    away: timedelta, beat: Noting, at: time_machine.Traveller
) -> None:
    beat.run()
    beat.sync()
    at.shift(away)

    back = Noting()
    sent = back.run()

    timetable = jobs.timetable()
    due = {name for name in timetable if timetable[name]["schedule"].remaining_estimate(MORNING) < timedelta()}
    assert sorted(sent) == sorted(due)
    assert {"accounts.tasks.clean_up", "drafts.tasks.settle_clocks", "drafts.tasks.run_due_drafts"} <= due
    assert back.run() == []


def test_a_clock_that_was_ahead_holds_up_nothing(beat: Noting, at: time_machine.Traveller) -> None:
    beat.run()
    at.shift(timedelta(minutes=1))
    ahead = beat.run()
    beat.sync()
    at.shift(timedelta(hours=-5))

    back = Noting()
    back.run()
    at.shift(timedelta(minutes=1, seconds=1))

    assert set(back.run()) == set(ahead)


def test_what_no_worker_ever_takes_gets_late(beat: Noting, at: time_machine.Traveller) -> None:
    at.shift(timedelta(minutes=4))
    Noting()

    late = {line.job.name for line in clockwork.lines(timezone.now()) if line.late_by}

    assert late == {job.name for job in jobs.catalogue() if job.schedule and not job.is_seldom}


def test_it_shows_that_it_lives_and_how_late_it_is(beat: Noting, at: time_machine.Traveller) -> None:
    beat.run()
    assert (Beat.objects.get().seen_at, Beat.objects.get().lag) == (MORNING, 0)

    at.shift(timedelta(seconds=9))
    beat.tick()

    shown = Beat.objects.get()
    assert shown.seen_at == MORNING + timedelta(seconds=9)
    assert shown.lag == pytest.approx(8, abs=0.1)
    assert str(shown) == f"seen at {shown.seen_at}"


def test_it_goes_on_where_it_cannot_say_so(
    beat: Noting, at: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("no database")

    monkeypatch.setattr(Beat.objects, "update_or_create", away)
    at.shift(timedelta(seconds=1))

    assert beat.run() == ["drafts.tasks.settle_clocks"]
    assert "beat goes on" in caplog.text
