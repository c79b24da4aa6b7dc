from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from fantasy_f1.core.models import EventLog
from fantasy_f1.core.rows import write
from leagues.models import League
from tests.factories import LeagueFactory

pytestmark = pytest.mark.django_db


def event(league: League, version: int, now: datetime) -> EventLog:
    return EventLog(
        topic=league.topic, version=version, name="Said", data={"words": ["a", 1]}, actor=league.creator, created_at=now
    )


def test_rows_are_written_as_saving_them_would(now: datetime) -> None:
    league = LeagueFactory()
    league.version, league.name = 2, "Another"
    first, second = event(league, 1, now), event(league, 2, now)

    write(league, ["version", "name"], [first, second])

    stored = League.objects.get(pk=league.pk)
    assert (stored.version, stored.name, stored.description) == (2, "Another", league.description)
    assert list(league.events()) == [first, second]
    assert [(row.data, row.actor, row.created_at) for row in league.events()] == [
        ({"words": ["a", 1]}, league.creator, now)
    ] * 2
    second.name = "Sung"
    second.save()
    assert EventLog.objects.count() == 2


def test_other_fields_and_other_rows_stay_as_they_are(now: datetime) -> None:
    league, other = LeagueFactory(name="Ours"), LeagueFactory(name="Theirs")
    league.name, league.description = "Changed", "Not saved"

    write(league, ["name"], [])

    league.refresh_from_db()
    other.refresh_from_db()
    assert (league.name, league.description, other.name) == ("Changed", "", "Theirs")


def test_constraints_have_the_last_word(now: datetime) -> None:
    league = LeagueFactory()
    league.name = "Changed"

    with pytest.raises(IntegrityError), transaction.atomic():
        write(league, ["name"], [event(league, 1, now), event(league, 1, now)])

    league.refresh_from_db()
    assert league.name != "Changed"
    assert not league.events().exists()
