"""A league of three that is about to draft."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from drafts import lifecycle
from drafts.models import Draft
from leagues.models import Constructor, League
from races.models import Driver, Race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory


@pytest.fixture
def race(now: datetime) -> Race:
    """A race in four days with 22 drivers entered."""
    return RaceFactory(starts_at=now + timedelta(days=4), entries=22)


@pytest.fixture
def manager() -> User:
    return UserFactory()


@pytest.fixture
def league(race: Race, manager: User) -> League:
    """A league of three teams; its manager does not play."""
    league = LeagueFactory(creator=manager, season=race.season)
    ConstructorFactory.create_batch(3, league=league)
    return league


@pytest.fixture
def draft(league: League, race: Race, manager: User, now: datetime) -> Draft:
    """The league's draft, open, in snake order."""
    return lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)[0]


@pytest.fixture
def teams(draft: Draft) -> list[Constructor]:
    """The constructors in the order of the draft."""
    return [Constructor.objects.get(pk=pk) for pk in draft.order_data]


@pytest.fixture
def drivers(race: Race) -> list[Driver]:
    """The drivers entered, the dearest first."""
    drivers = [entry.driver for entry in race.entries.select_related("driver").order_by("pk")]
    for place, driver in enumerate(drivers):
        driver.price = 30 - place
        driver.save()
    return drivers


@pytest.fixture
def names(draft: Draft) -> Callable[[], list[str]]:
    """The names of the draft's events so far."""
    return lambda: list(draft.events().values_list("name", flat=True))
