"""The pages that show several apps: start page and a league's home."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from drafts import lifecycle
from drafts.models import Draft
from fantasy_f1.core import clock
from leagues.models import League
from races.models import Race
from scoring.scores import score_race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory, give_result
from tests.scoring.conftest import draft_race

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def race() -> Race:
    return RaceFactory(starts_at=clock.now() + timedelta(days=4), entries=22)


@pytest.fixture
def league(race: Race) -> League:
    league = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(3, league=league)
    return league


@pytest.fixture
def draft(league: League, race: Race) -> Draft:
    return lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=clock.now())[0]


def test_visitors_see_what_this_is(client: Client, race: Race) -> None:
    page = text(client, "/")

    assert "Sign up" in page
    assert race.name in page


def test_the_start_page_says_whose_turn_it_is(client: Client, league: League, draft: Draft) -> None:
    first, second = (league.constructors.get(pk=pk) for pk in draft.order_data[:2])

    client.force_login(first.user)
    assert "You are on the clock" in text(client, "/")

    client.force_login(second.user)
    page = text(client, "/")
    assert "You are on the clock" not in page
    assert league.name in page


def test_the_start_page_of_a_manager_who_does_not_play(client: Client, league: League) -> None:
    client.force_login(league.creator)

    assert f"{league.name} Manager" in text(client, "/")


def test_the_start_page_without_leagues_or_races(client: Client) -> None:
    client.force_login(UserFactory())

    assert "No league yet" in text(client, "/")


def test_the_start_page_costs_the_same_with_one_league_more(client: Client, league: League, draft: Draft) -> None:
    """But for the board of each league, which is cached."""
    user = league.constructors.first().user
    client.force_login(user)
    client.get("/")
    with CaptureQueriesContext(connection) as one:
        client.get("/")
    ConstructorFactory(league=LeagueFactory(season=league.season), user=user)
    client.get("/")
    with CaptureQueriesContext(connection) as two:
        client.get("/")

    assert len(two) == len(one) + 1  # the versions under which the board is cached


def test_a_league_shows_teams_draft_and_table(client: Client, league: League, draft: Draft) -> None:
    first = league.constructors.get(pk=draft.order_data[0])
    client.force_login(first.user)

    page = text(client, f"/leagues/{league.pk}/")

    assert "You are on the clock." in page
    assert league.code in page
    for team in league.constructors.all():
        assert team.team_name in page


def test_visitors_of_a_public_league_see_no_code(client: Client, league: League, draft: Draft) -> None:
    first = league.constructors.get(pk=draft.order_data[0])

    page = text(client, f"/leagues/{league.pk}/")

    assert f"{first.team_name} is on the clock." in page
    assert f"Code {league.code}" not in page
    assert "Join with a team" in page


@pytest.mark.parametrize(
    ("hours", "opens", "is_offered"),
    [(24 * 9, r"Opens \w+ \d", True), (24 * 4, "Opens any minute Locks", True), (12, r"(?<!minute) Locks", False)],
)
def test_a_league_shows_when_its_draft_opens(
    client: Client, league: League, race: Race, hours: int, opens: str, is_offered: bool
) -> None:
    """Before it opens (five days ahead of the race), while it is about to, and after the lock."""
    starts_at = clock.now() + timedelta(hours=hours)
    Race.objects.filter(pk=race.pk).update(starts_at=starts_at, qualifying_at=starts_at - timedelta(days=1))
    client.force_login(league.creator)

    page = text(client, f"/leagues/{league.pk}/")

    assert "Not scheduled yet" in page
    assert re.search(opens, page)
    assert ("Go to the draft room" in page) == is_offered


def test_a_league_shows_its_last_race(client: Client, league: League, race: Race) -> None:
    past = RaceFactory(season=race.season, starts_at=clock.now() - timedelta(days=3))
    for entry in race.entries.all():
        past.entries.create(driver=entry.driver, team=entry.team)
    drivers = [entry.driver for entry in race.entries.select_related("driver")]
    draft_race(league, past, drivers[:6])
    give_result(past, drivers)

    assert "Not scored yet." in text(client, f"/leagues/{league.pk}/")

    score_race(race_id=past.pk, now=clock.now())
    assert "Podium of the league" in client.get(f"/leagues/{league.pk}/").content.decode()


def test_a_league_after_its_season(client: Client) -> None:
    assert "The season is over" in text(client, f"/leagues/{LeagueFactory().pk}/")
