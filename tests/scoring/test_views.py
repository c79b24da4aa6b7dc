import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from leagues.models import Constructor, League
from races.models import Driver, Race, RaceEntry
from scoring.queries import constructor_season, race_breakdown, season_grid
from scoring.scores import score_race
from tests.factories import RaceFactory, UserFactory, give_result
from tests.scoring.conftest import draft_race

pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(league: League, race: Race, teams: list[Constructor], drivers: list[Driver]) -> Race:
    """Driver 0 wins, driver 1 has the fastest lap, driver 5 is out."""
    give_result(race, drivers, fastest=drivers[1], out=(drivers[5],))
    score_race(race_id=race.pk, now=race.starts_at + timedelta(hours=3))
    league.refresh_from_db()
    return race


def text(client: Client, address: str, **headers: str) -> str:
    """The page's words without markup, blanks folded."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_season_shows_every_team_with_its_place(
    client: Client, league: League, scored: Race, teams: list[Constructor]
) -> None:
    page = text(client, f"/leagues/{league.pk}/leaderboard/")

    for team in teams:
        assert team.team_name in page
    assert "Last race provisional" in page
    assert page.index(teams[1].team_name) < page.index(teams[2].team_name) < page.index(teams[0].team_name)


def test_a_race_shows_the_reason_of_every_point(
    client: Client, league: League, scored: Race, teams: list[Constructor]
) -> None:
    page = text(client, f"/leagues/{league.pk}/leaderboard/?race={scored.pk}")

    assert "P2 in the Grand Prix 18 Fastest lap 1 Points 19" in page
    assert "Not classified (Retired) 0 Points 0" in page
    assert "Provisional" in page


def test_people_have_one_name_everywhere(
    client: Client, league: League, scored: Race, teams: list[Constructor]
) -> None:
    """The one they gave themselves, also in the boards."""
    User.objects.filter(pk=teams[1].user_id).update(full_name="Ana Lopes")
    username = teams[1].user.username
    client.force_login(teams[0].user)

    for address in (
        f"/leagues/{league.pk}/",
        f"/leagues/{league.pk}/leaderboard/",
        f"/leagues/{league.pk}/leaderboard/?race={scored.pk}",
        f"/constructors/{teams[1].pk}/",
    ):
        page = text(client, address)
        assert ("Ana Lopes" in page, username in page.split()) == (True, False), address


def test_a_table_without_races_says_nothing_about_ties(client: Client, league: League) -> None:
    assert "equal in every respect" not in text(client, f"/leagues/{league.pk}/leaderboard/")


def test_htmx_gets_the_board_alone(client: Client, league: League, scored: Race) -> None:
    page = client.get(f"/leagues/{league.pk}/leaderboard/?race={scored.pk}", headers={"HX-Request": "true"})

    body = page.content.decode()
    assert "<html" not in body
    assert body.count('id="board"') == 1


@pytest.mark.parametrize("wanted", ["999999", "x", "-1", "%C2%B2", "9" * 30, "9" * 5000])
def test_an_unknown_race_is_not_found(client: Client, league: League, wanted: str) -> None:
    assert client.get(f"/leagues/{league.pk}/leaderboard/?race={wanted}").status_code == 404


def test_a_race_without_scores_says_so(client: Client, league: League, race: Race, teams: list[Constructor]) -> None:
    assert "Points appear by themselves" in text(client, f"/leagues/{league.pk}/leaderboard/?race={race.pk}")


def test_a_race_that_nobody_drafted_says_so(client: Client, league: League, drivers: list[Driver], race: Race) -> None:
    other = RaceFactory(season=race.season)
    give_result(other, drivers)

    assert "Nobody of this league drafted" in text(client, f"/leagues/{league.pk}/leaderboard/?race={other.pk}")


def test_a_private_league_does_not_exist_for_strangers(
    client: Client, league: League, scored: Race, teams: list[Constructor]
) -> None:
    League.objects.filter(pk=league.pk).update(is_private=True)
    addresses = [f"/leagues/{league.pk}/leaderboard/", f"/constructors/{teams[0].pk}/", f"/leagues/{league.pk}/"]

    client.force_login(UserFactory())
    assert [client.get(address).status_code for address in addresses] == [404, 404, 404]

    client.force_login(teams[0].user)
    assert [client.get(address).status_code for address in addresses] == [200, 200, 200]


def test_a_team_page_shows_its_season(client: Client, league: League, scored: Race, teams: list[Constructor]) -> None:
    page = text(client, f"/constructors/{teams[1].pk}/")

    assert f"{scored.name} 1 29" in page
    assert "P5 10" in page


def test_a_team_without_races_says_so(client: Client, league: League) -> None:
    assert "No picks yet" in text(client, f"/constructors/{league.constructors.first().pk}/")


def test_the_rules_are_those_that_score(client: Client) -> None:
    page = text(client, "/rules/")

    assert "1 25 2 18 3 15 4 12 5 10 6 8 7 6 8 4 9 2 10 1" in page


def test_breakdown_says_why_the_seat_of_an_absent_driver_scores_nothing(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    """Driver 1, drafted by name, takes driver 0's seat; driver 5 is absent without a substitute."""
    race.entries.filter(driver=drivers[1]).update(status=RaceEntry.Status.SUBSTITUTE, replaces=drivers[0])
    give_result(race, [*drivers[1:5], *drivers[6:]])
    score_race(race_id=race.pk, now=race.starts_at)

    _, lines = race_breakdown(League.objects.select_related("season").get(pk=league.pk), race, until=None)

    picks = {score.pick.driver_id: score for team in lines for score in team.picks}
    assert picks[drivers[0].pk].points == 0
    assert picks[drivers[0].pk].lines[0]["because"] == "The substitute in the seat was drafted by name"
    assert (picks[drivers[5].pk].label, picks[drivers[5].pk].lines[0]["because"]) == ("DNS", "Did not take part")
    assert picks[drivers[1].pk].points == 25


def test_a_draft_that_is_not_run_has_no_points_yet(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    entry = constructor_season(Constructor.objects.select_related("league__season").get(pk=teams[0].pk), until=None)[0]

    assert (entry.points, entry.rank) == (None, None)
    assert [(score.label, score.points, score.lines) for score in entry.picks] == [("", None, []), ("", None, [])]


def test_the_grid_heats_up_with_the_points(league: League, scored: Race, teams: list[Constructor]) -> None:
    grid = season_grid(League.objects.select_related("season").get(pk=league.pk), until=None)

    assert grid.races == [scored]
    assert [(row.constructor_id, cells[0].points, cells[0].rank, cells[0].heat) for row, cells in grid.rows] == [
        (teams[1].pk, 29, 1, 4),
        (teams[2].pk, 27, 2, 4),
        (teams[0].pk, 25, 3, 4),
    ]


def test_pages_cost_the_same_for_one_race_and_three(
    client: Client, league: League, scored: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    def cost() -> list[int]:
        counts = []
        for address in (
            f"/leagues/{league.pk}/leaderboard/",
            f"/constructors/{teams[0].pk}/",
            f"/leagues/{league.pk}/",
        ):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
        return counts

    one = cost()
    for week in (1, 2):
        race = RaceFactory(season=scored.season, starts_at=scored.starts_at + timedelta(weeks=week))
        for entry in scored.entries.all():
            race.entries.create(driver=entry.driver, team=entry.team)
        draft_race(league, race, drivers[:6])
        give_result(race, drivers)
        score_race(race_id=race.pk, now=race.starts_at)

    assert cost() == one
