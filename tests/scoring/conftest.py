"""A league of three that has drafted a race; its drivers are the race's entry list, in order."""

from datetime import datetime, timedelta

import pytest

from drafts import lifecycle
from drafts.models import Draft
from drafts.picks import make_pick
from leagues.models import Constructor, League
from races.models import Driver, Race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory


@pytest.fixture
def race(now: datetime) -> Race:
    return RaceFactory(starts_at=now + timedelta(days=4), entries=22)


@pytest.fixture
def drivers(race: Race) -> list[Driver]:
    return [entry.driver for entry in race.entries.select_related("driver").order_by("pk")]


@pytest.fixture
def league(race: Race) -> League:
    league = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(3, league=league)
    return league


def draft_race(league: League, race: Race, picks: list[Driver]) -> list[Constructor]:
    """Draft ``picks`` in turn (snake) and lock → the constructors in order."""
    now = race.starts_at - timedelta(days=3)
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
    teams = {team.pk: team for team in league.constructors.select_related("user")}
    order = [teams[pk] for pk in draft.order_data]
    for team, driver in zip([*order, *reversed(order)], picks, strict=True):
        make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=team.user, now=now)
    lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    return order


@pytest.fixture
def teams(league: League, race: Race, drivers: list[Driver]) -> list[Constructor]:
    """The constructors in the order of the draft: the first has drivers 0 and 5, the next 1 and 4, then 2 and 3."""
    teams = draft_race(league, race, drivers[:6])
    assert Draft.objects.get().status == "locked"
    return teams
