from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from fantasy_f1.core import leases
from fantasy_f1.core.jobs import catalogue
from races import sync, tasks
from races.models import Race, SyncRun
from races.seasons import load_season
from tests.conftest import NOW
from tests.races.conftest import HUNGARY, At
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db


def test_sync_season_fetches_drivers_and_calendar(at: At) -> None:
    tasks.sync_season()

    assert list(SyncRun.objects.order_by("pk").values_list("what", "status")) == [("drivers", "ok"), ("calendar", "ok")]
    assert Race.objects.count() == 23


def test_due_results_are_fetched_and_late_ones_told(at: At, upstream: UpstreamDouble) -> None:
    load_season(2026, until=NOW, now=NOW)
    at(HUNGARY + timedelta(hours=4))

    tasks.sync_due_results()

    assert Race.objects.get(external_id="2026_hungarian_grand_prix").results_status == "provisional"


def test_the_public_upstream_is_left_alone_while_a_past_is_played_again(
    upstream: UpstreamDouble, settings: Settings
) -> None:
    load_season(2026, until=NOW, now=NOW)
    settings.GAME_CLOCK = True
    settings.F1_API_URL = "https://api.jolpi.ca/ergast/f1"

    tasks.sync_season()
    tasks.sync_due_results()

    assert list(SyncRun.objects.values_list("source", flat=True)) == ["bundle"]


def test_a_task_that_meets_another_sync_leaves_it_alone(at: At, upstream: UpstreamDouble) -> None:
    load_season(2026, until=NOW, now=NOW)
    at(HUNGARY + timedelta(hours=4))

    with leases.hold("sync", for_at_most=timedelta(minutes=1)):
        tasks.sync_due_results()

    assert upstream.asked == []


def test_the_daily_sync_that_meets_another_one_is_tried_again(at: At, upstream: UpstreamDouble) -> None:
    with leases.hold("sync", for_at_most=timedelta(minutes=1)), pytest.raises(sync.SyncBusy):
        tasks.sync_season()

    (job,) = (each for each in catalogue() if each.name == "races.tasks.sync_season")
    assert job.is_tried_again
    assert job.can_pass(sync.SyncBusy("Another sync is running."))
