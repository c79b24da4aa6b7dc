from datetime import datetime

import pytest
from django.test import Client

from races.health import warnings
from races.models import ResultQuestion
from tests.factories import RaceFactory

pytestmark = pytest.mark.django_db


def test_a_late_result_leads_the_host_to_the_form_for_it(admin_client: Client, now: datetime) -> None:
    race = RaceFactory(starts_at=now, entries=2)
    for session, late_at in (("grand_prix", now), ("qualifying", None)):
        ResultQuestion.objects.create(race=race, session=session, late_at=late_at)

    [(text, page)] = warnings(now)

    assert text == f"{race}: the Grand Prix result is late."
    assert admin_client.get(page).status_code == 200
