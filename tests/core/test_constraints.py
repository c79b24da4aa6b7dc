"""The rules of the draft hold in the database itself, on both databases."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from drafts.models import Draft, Pick
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("broken", ["same driver", "same turn", "same round", "third round"])
def test_the_database_refuses_a_pick_against_the_rules(broken: str, now: datetime) -> None:
    race = RaceFactory(entries=4)
    league = LeagueFactory(season=race.season)
    one, two = ConstructorFactory.create_batch(2, league=league)
    draft = Draft.objects.create(
        league=league, race=race, method="snake", order_source="random", opens_at=now, locks_at=now, created_at=now
    )
    drivers = [entry.driver for entry in race.entries.all()]
    first = {"constructor": one, "driver": drivers[0], "pick_number": 1, "round": 1}
    second = {"constructor": two, "driver": drivers[1], "pick_number": 2, "round": 1} | {
        "same driver": {"driver": drivers[0]},
        "same turn": {"pick_number": 1},
        "same round": {"constructor": one},
        "third round": {"round": 3},
    }[broken]

    def create(**fields: object) -> Pick:
        return Pick.objects.create(draft=draft, league=league, race=race, made_at=now + timedelta(hours=1), **fields)

    create(**first)
    with pytest.raises(IntegrityError), transaction.atomic():
        create(**second)

    assert Pick.objects.count() == 1


def test_the_covering_rule_can_be_taken_back_by_a_migration() -> None:
    rule = next(each for each in Pick._meta.constraints if each.name == "driver_drafted_once_in_league")

    assert "driver_drafted_once_in_league" in str(rule.remove_sql(Pick, connection.schema_editor()))
