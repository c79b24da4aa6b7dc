"""The upstream does not answer for a day after the race: it is asked now and then, and nothing is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from notifications.models import Notification
from races import jolpica
from races.models import Race, SyncRun
from races.seasons import load_season
from races.tasks import sync_due_results, sync_season
from scoring.models import ScoreRun
from scoring.tasks import score_pending_races
from tests.conftest import NOW
from tests.faults.world import drafted, league
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db

HUNGARY = datetime(2026, 7, 26, 13, tzinfo=UTC)
STEP = timedelta(minutes=10)
NOBODY = "http://127.0.0.1:9/ergast/f1"


@pytest.fixture
def clock(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    monkeypatch.setattr(jolpica, "BACK_OFF", 0.001)
    settings.F1_API_PER_SECOND = 1000
    settings.F1_API_URL = NOBODY
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_after_a_day_without_the_upstream_the_result_is_there_and_scored_once(
    clock: time_machine.Traveller, settings: Settings
) -> None:
    load_season(2026, until=NOW, now=NOW)
    race = Race.objects.get(external_id="2026_hungarian_grand_prix")
    drafted(league(race), race, at=NOW)
    runs = SyncRun.objects.filter(source="jolpica")

    clock.move_to(HUNGARY)
    while (waited := _now() - HUNGARY) <= timedelta(days=1):
        sync_due_results()
        score_pending_races()
        if waited == timedelta(hours=6):
            sync_season()
        clock.shift(STEP)

    race.refresh_from_db()
    failed = runs.filter(status=SyncRun.Status.FAILED)
    assert (race.status, failed.count(), runs.exclude(pk__in=failed).count()) == ("scheduled", runs.count(), 0)
    assert 20 <= runs.count() <= 30  # once in an hour
    assert all("does not answer" in error for error in runs.values_list("error", flat=True))
    asked = runs.count()

    with UpstreamDouble(now=_now()) as upstream:
        settings.F1_API_URL = upstream.url
        for _ in range(7):
            upstream.set_now(_now())
            sync_due_results()
            score_pending_races()
            clock.shift(STEP)

    race.refresh_from_db()
    assert (race.status, runs.count() - asked <= 2) == ("finished", True)
    assert ScoreRun.objects.filter(race=race).count() == 1
    assert not Notification.objects.filter(type="results_amended").exists()


def _now() -> datetime:
    return datetime.now(UTC)
