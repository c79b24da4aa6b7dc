"""What is known of sessions, up to which a viewer wants to know."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from races.models import Driver, Race, RaceResult, Session, Team
from races.queries import curtain, driver_table, podiums, weekends
from tests.factories import DriverFactory, RaceFactory, TeamFactory
from tests.races.sheets import publish_sheet

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def team() -> Team:
    return TeamFactory()


@pytest.fixture
def ada() -> Driver:
    return DriverFactory(family_name="Ada")


@pytest.fixture
def bo() -> Driver:
    return DriverFactory(family_name="Bo")


@pytest.fixture
def first(team: Team, ada: Driver, bo: Driver) -> Race:
    race = RaceFactory()
    publish_sheet(race, [(ada, team, {"points": 25}), (bo, team, {"points": 18})])
    return race


@pytest.fixture
def weekend(first: Race, team: Team, ada: Driver, bo: Driver) -> Race:
    """With a sprint on the day before, and qualifying after it."""
    race = RaceFactory(season=first.season)
    race.sprint_at, race.qualifying_at = race.starts_at - 30 * HOUR, race.starts_at - 24 * HOUR
    race.save()
    publish_sheet(race, [(bo, team, {"points": 8}), (ada, team, {"points": 7})], session=Session.SPRINT)
    publish_sheet(race, [(bo, team, {}), (ada, team, {})], session=Session.QUALIFYING)
    publish_sheet(race, [(bo, team, {"points": 25}), (ada, team, {"points": 18})])
    return race


def seen(race: Race, until: datetime | None) -> set[str]:
    return set(RaceResult.objects.current().filter(race=race).seen(until).values_list("session", flat=True))


def test_sessions_are_seen_one_by_one(weekend: Race) -> None:
    assert weekend.sprint_at is not None
    assert weekend.qualifying_at is not None

    assert seen(weekend, weekend.sprint_at - HOUR) == set()
    assert seen(weekend, weekend.sprint_at) == {"sprint"}
    assert seen(weekend, weekend.qualifying_at) == {"sprint", "qualifying"}
    assert seen(weekend, weekend.starts_at) == seen(weekend, None) == {"sprint", "qualifying", "grand_prix"}


def test_a_session_at_an_unknown_time_is_seen_with_the_race(weekend: Race) -> None:
    Race.objects.update(sprint_at=None)

    assert seen(weekend, weekend.qualifying_at) == {"qualifying"}
    assert weekend.revisions.get(session="qualifying").started_at == weekend.qualifying_at
    assert Race.objects.get(pk=weekend.pk).start_of(Session.SPRINT) == weekend.starts_at


def test_drivers_have_the_season_that_was_seen(weekend: Race, first: Race, ada: Driver, bo: Driver) -> None:
    def told(until: datetime | None) -> list[tuple[int, int, int, int | None]]:
        lines = driver_table(first.season, until=until)
        return [(int(line.total_points), line.wins, len(line.starts), line.best) for line in lines]

    assert told(first.starts_at - DAY) == [(0, 0, 0, None), (0, 0, 0, None)]
    assert told(first.starts_at) == [(25, 1, 1, 1), (18, 0, 1, 2)]
    assert told(weekend.sprint_at) == [(32, 1, 1, 1), (26, 0, 1, 2)]
    assert told(None) == [(50, 1, 2, 1), (51, 1, 2, 1)]


def test_a_weekend_is_shown_as_far_as_it_was_seen(weekend: Race, first: Race, ada: Driver) -> None:
    latest, _ = weekends(ada, first.season, until=weekend.qualifying_at)

    assert (latest.race, latest.points) == (weekend, 7)
    assert latest.qualifying is not None
    assert latest.grand_prix is None
    assert list(podiums(first.season, until=weekend.qualifying_at)) == [first.pk]
    assert list(podiums(first.season, until=None)) == [first.pk, weekend.pk]


def test_the_curtain_says_what_is_hidden_after_what(weekend: Race, first: Race) -> None:
    def told(until: datetime | None) -> tuple[tuple[int, str] | None, list[tuple[int, str]]] | None:
        found = curtain(until)
        if found is None:
            return None
        before = found.before and (found.before.race_id, found.before.session)
        assert (found.next, found.last) == (found.hidden[0], found.hidden[-1])
        return before, [(hidden.race_id, hidden.session) for hidden in found.hidden]

    race = weekend.pk
    later = [(race, "sprint"), (race, "qualifying"), (race, "grand_prix")]
    assert told(first.starts_at - DAY) == (None, [(first.pk, "grand_prix"), *later])
    assert told(first.starts_at) == ((first.pk, "grand_prix"), later)
    assert told(weekend.sprint_at) == ((race, "sprint"), later[1:])
    assert told(weekend.starts_at) is None
    assert told(None) is None


def test_the_curtain_is_cheap(weekend: Race, first: Race) -> None:
    with CaptureQueriesContext(connection) as without_shield:
        curtain(None)
    with CaptureQueriesContext(connection) as all_seen:
        curtain(weekend.starts_at)
    with CaptureQueriesContext(connection) as hidden:
        found = curtain(first.starts_at)
        assert found is not None
        assert [session.race.name for session in found.hidden] == [weekend.name] * 3

    assert (len(without_shield), len(all_seen), len(hidden)) == (0, 1, 2)
