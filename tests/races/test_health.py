from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from races.health import warnings
from races.models import ResultQuestion, SyncRun
from tests.factories import RaceFactory

pytestmark = pytest.mark.django_db


def test_a_late_result_leads_the_host_to_the_form_for_it(admin_client: Client, now: datetime) -> None:
    race = RaceFactory(starts_at=now, entries=2)
    for session, late_at in (("grand_prix", now), ("qualifying", None)):
        ResultQuestion.objects.create(race=race, session=session, late_at=late_at)

    [(text, page)] = warnings(now)

    assert text == f"{race}: the Grand Prix result is late."
    assert admin_client.get(page).status_code == 200


def test_a_sync_of_everything_has_the_last_word_on_each_of_its_parts(now: datetime) -> None:
    def note(what: str, status: str) -> None:
        SyncRun.objects.create(season=2026, what=what, status=status, game_time=now, started_at=timezone.now())

    note("results", "failed")
    note("everything", "ok")
    after_good = warnings(now)
    note("everything", "failed")
    note("drivers", "ok")
    after_bad = warnings(now)
    note("calendar", "ok")
    note("results", "ok")

    assert after_good == []
    assert [text for text, _ in after_bad] == ["The last sync of everything had problems: "]
    assert warnings(now) == []
