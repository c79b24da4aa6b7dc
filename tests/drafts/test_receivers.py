from datetime import datetime

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from drafts.models import Draft
from drafts.picks import on_the_clock
from fantasy_f1.core.events import publish
from leagues.events import ConstructorLeft
from leagues.models import Constructor, League
from races.events import RaceCancelled
from races.models import Race

pytestmark = pytest.mark.django_db


def test_a_team_that_leaves_is_passed_over_at_once(
    draft: Draft,
    teams: list[Constructor],
    now: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        Constructor.objects.filter(pk=teams[0].pk).update(is_active=False)
        league = League.objects.lock(draft.league_id)
        publish(ConstructorLeft(league.pk, teams[0].pk), source=league, actor=None, now=now)

    draft.refresh_from_db()
    assert on_the_clock(draft) == teams[1].pk


def test_a_cancelled_race_voids_its_drafts_at_once(
    draft: Draft, race: Race, now: datetime, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)
        publish(RaceCancelled(race.pk), source=Race.objects.lock(race.pk), actor=None, now=now)

    draft.refresh_from_db()
    assert draft.status == "void"
