from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from fantasy_f1.core import clock, leases
from races import tasks
from races.models import Race, SyncRun
from races.seasons import load_season
from races.sync import sync_season
from tests.conftest import NOW
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db

HUNGARY = datetime(2026, 7, 26, 13, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, upstream: UpstreamDouble) -> object:
    """Let it be a moment, for us and for the upstream."""

    def move(moment: datetime) -> None:
        upstream.set_now(moment)
        monkeypatch.setattr(clock, "now", lambda: moment)

    move(NOW)
    return move


def due(now: datetime) -> list[str]:
    return [race.external_id for race in tasks.due_races(2026, now=now)]


def test_sync_season_fetches_drivers_and_calendar(at: object) -> None:
    tasks.sync_season()

    assert list(SyncRun.objects.order_by("pk").values_list("what", "status")) == [("drivers", "ok"), ("calendar", "ok")]
    assert Race.objects.count() == 23


def test_due_results_are_fetched_when_they_can_be_there(at: object, upstream: UpstreamDouble) -> None:
    sync_season(2026, now=NOW)
    tasks.sync_due_results()  # the fresh rows are read again two hours later, not now
    assert len(upstream.asked) == 10

    at(HUNGARY + timedelta(hours=2))  # type: ignore[operator]
    tasks.sync_due_results()
    race = Race.objects.get(external_id="2026_hungarian_grand_prix")
    assert race.status == "scheduled"  # the upstream takes three hours
    at(HUNGARY + timedelta(hours=3))  # type: ignore[operator]
    asked = len(upstream.asked)
    tasks.sync_due_results()
    assert len(upstream.asked) == asked

    at(HUNGARY + timedelta(hours=3, minutes=1))  # type: ignore[operator]
    tasks.sync_due_results()
    race.refresh_from_db()
    assert (race.status, race.results_status) == ("finished", "provisional")


def test_few_due_races_are_asked_for_one_by_one(at: object, upstream: UpstreamDouble) -> None:
    sync_season(2026, now=NOW)
    Race.objects.filter(round_number__lt=11).update(round_number=None)
    at(HUNGARY + timedelta(hours=3))  # type: ignore[operator]
    upstream.asked.clear()

    tasks.sync_due_results()

    assert upstream.asked == [f"/ergast/f1/2026/11/{what}/?limit=100&offset=0" for what in ("results", "qualifying")]
    assert due(HUNGARY + timedelta(hours=3)) == []
    assert due(HUNGARY + timedelta(hours=5)) == ["2026_hungarian_grand_prix"]


def test_a_session_waits_for_its_own_time_while_another_one_is_asked_for(at: object, upstream: UpstreamDouble) -> None:
    sync_season(2026, now=NOW)
    Race.objects.filter(round_number__lt=11).update(round_number=None)
    at(HUNGARY + timedelta(minutes=30))  # type: ignore[operator]
    upstream.drop_result(2026, "2026_hungarian_grand_prix", session="qualifying")
    upstream.asked.clear()

    tasks.sync_due_results()

    assert upstream.asked == ["/ergast/f1/2026/11/qualifying/?limit=100&offset=0"]
    at(HUNGARY + timedelta(hours=2))  # type: ignore[operator]
    tasks.sync_due_results()
    assert len(upstream.asked) == 3


def test_a_question_that_failed_is_no_question(at: object, upstream: UpstreamDouble) -> None:
    sync_season(2026, now=NOW)
    Race.objects.filter(round_number__lt=11).update(round_number=None)
    at(HUNGARY + timedelta(hours=3))  # type: ignore[operator]
    tasks.sync_due_results()
    morning = HUNGARY.replace(hour=9) + timedelta(days=1)
    at(morning)  # type: ignore[operator]
    upstream.fault(*["503"] * 4)

    tasks.sync_due_results()

    assert SyncRun.objects.latest("pk").status == "failed"
    assert due(morning + timedelta(minutes=60)) == []
    assert due(morning + timedelta(minutes=61)) == ["2026_hungarian_grand_prix"]


def test_a_run_that_never_came_to_the_results_asked_for_none(at: object, upstream: UpstreamDouble) -> None:
    sync_season(2026, now=NOW)
    Race.objects.filter(round_number__lt=11).update(round_number=None)
    later = HUNGARY + timedelta(hours=14)
    at(later)  # type: ignore[operator]
    upstream.fault(*["503"] * 4)

    sync_season(2026, now=later)

    assert due(later + timedelta(minutes=61)) == ["2026_hungarian_grand_prix"]


def test_nothing_is_due_before_a_session_nor_without_a_season(at: object, upstream: UpstreamDouble) -> None:
    tasks.sync_due_results()
    assert upstream.asked == []

    load_season(2026, until=datetime(2026, 1, 1, tzinfo=UTC), now=datetime(2026, 1, 1, tzinfo=UTC))
    assert due(datetime(2026, 3, 7, 4, 59, tzinfo=UTC)) == []
    assert due(datetime(2026, 3, 7, 7, tzinfo=UTC)) == ["2026_australian_grand_prix"]


def test_the_public_upstream_is_left_alone_while_a_past_is_played_again(
    upstream: UpstreamDouble, settings: Settings
) -> None:
    load_season(2026, until=NOW, now=NOW)
    settings.GAME_CLOCK = True
    settings.F1_API_URL = "https://api.jolpi.ca/ergast/f1"

    tasks.sync_season()
    tasks.sync_due_results()

    assert list(SyncRun.objects.values_list("source", flat=True)) == ["bundle"]


def test_a_task_that_meets_another_sync_leaves_it_alone(at: object, upstream: UpstreamDouble) -> None:
    with leases.hold("sync", for_at_most=timedelta(minutes=1)):
        tasks.sync_season()

    assert upstream.asked == []
