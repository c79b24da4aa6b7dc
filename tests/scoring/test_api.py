from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import User
from leagues.membership import COLOURS
from leagues.models import Constructor, League
from races.models import Driver, Race, RaceEntry
from scoring.leaderboards import season_totals
from scoring.scores import score_race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, SeasonFactory, UserFactory, give_result
from tests.scoring.conftest import draft_race

pytestmark = pytest.mark.django_db


def get(path: str, user: User | None = None) -> Response:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    response: Response = client.get(f"/api/v1/{path}")
    return response


def refusal(response: Response) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def line(team: Constructor, rank: int, points: str, **more: Any) -> dict[str, Any]:
    owner = {"id": team.user_id, "username": team.user.username}
    return {
        "rank": rank,
        "tied": False,
        "constructor": {
            "id": team.pk,
            "team_name": team.team_name,
            "color": team.color,
            "is_active": True,
            "user": owner,
        },
        "points": points,
        "races": 1,
        "wins": int(rank == 1),
        "change": None,
        "decided_by": "",
    } | more


@pytest.fixture
def scored(race: Race, teams: list[Constructor], drivers: list[Driver]) -> Race:
    """The drivers finish in the order of the entry list, the sixth has the fastest lap: 34, 28 and 27 points."""
    give_result(race, drivers, fastest=drivers[5])
    score_race(race_id=race.pk, now=race.starts_at + timedelta(hours=3))
    race.refresh_from_db()
    return race


# Leaderboards -----------------------------------------------------------------------------------


def test_the_leaderboard_is_the_seasons(league: League, scored: Race, teams: list[Constructor]) -> None:
    response = get(f"leagues/{league.pk}/leaderboard")

    assert response.json() == {
        "league": league.pk,
        "race": None,
        "status": "provisional",
        "updated_at": (scored.starts_at + timedelta(hours=3)).isoformat().replace("+00:00", "Z"),
        "results": [
            line(teams[0], 1, "34", gap="0"),
            line(teams[1], 2, "28", gap="6"),
            line(teams[2], 3, "27", gap="7"),
        ],
    }


def test_the_leaderboard_can_be_of_one_race(league: League, scored: Race, teams: list[Constructor]) -> None:
    body = get(f"leagues/{league.pk}/leaderboard?race_id={scored.pk}").json()

    assert (body["race"], body["status"]) == (scored.pk, "provisional")
    assert [(row["constructor"]["id"], row["points"]) for row in body["results"]] == [
        (teams[0].pk, "34"),
        (teams[1].pk, "28"),
        (teams[2].pk, "27"),
    ]


def test_the_leaderboard_of_a_race_to_come_is_empty(league: League, race: Race) -> None:
    assert get(f"leagues/{league.pk}/leaderboard?race_id={race.pk}").json() == {
        "league": league.pk,
        "race": race.pk,
        "status": "none",
        "updated_at": None,
        "results": [],
    }


def test_a_race_that_is_not_the_leagues_is_not_found(league: League) -> None:
    foreign = RaceFactory(season=SeasonFactory(year=2025))
    path = f"leagues/{league.pk}/leaderboard?race_id="

    assert refusal(get(f"{path}{foreign.pk}")) == (404, "not_found")
    assert refusal(get(f"{path}{foreign.pk + 999}")) == (404, "not_found")
    assert refusal(get(f"{path}first")) == (400, "invalid")


def test_a_private_leaderboard_is_for_those_inside(league: League, teams: list[Constructor]) -> None:
    League.objects.filter(pk=league.pk).update(is_private=True)
    path = f"leagues/{league.pk}/leaderboard"

    assert [refusal(get(path, user)) for user in (None, UserFactory())] == [(404, "not_found")] * 2
    assert [get(path, user).status_code for user in (teams[0].user, league.creator)] == [200, 200]


# Points of drivers ------------------------------------------------------------------------------


def test_scores_of_a_race_come_with_their_reasons(scored: Race, drivers: list[Driver]) -> None:
    body = get(f"races/{scored.pk}/scores").json()

    results = body.pop("results")
    assert body == {
        "race": scored.pk,
        "rule_set": "Classic",
        "status": "provisional",
        "number": 1,
        "updated_at": (scored.starts_at + timedelta(hours=3)).isoformat().replace("+00:00", "Z"),
    }
    assert [(row["driver"]["id"], row["points"]) for row in results[:7]] == [
        (driver.pk, points) for driver, points in zip(drivers, ["25", "18", "15", "12", "10", "9", "6"], strict=False)
    ]
    assert [(reason["rule"], reason["amount"]) for reason in results[5]["lines"]] == [
        ("grand_prix", "8"),
        ("fastest_lap", "1"),
    ]
    assert len(results) == 22


def test_scores_name_who_drove_the_seat(race: Race, drivers: list[Driver]) -> None:
    race.entries.filter(driver=drivers[21]).update(status=RaceEntry.Status.SUBSTITUTE, replaces=drivers[0])
    give_result(race, [drivers[21], *drivers[1:21]])
    score_race(race_id=race.pk, now=race.starts_at)

    results = get(f"races/{race.pk}/scores").json()["results"]

    absent = next(row for row in results if row["driver"]["id"] == drivers[0].pk)
    assert (absent["substitute"], absent["points"]) == (drivers[21].pk, "25")


def test_scores_of_a_race_to_come_are_empty(race: Race) -> None:
    assert get(f"races/{race.pk}/scores").json() == {
        "race": race.pk,
        "rule_set": "Classic",
        "status": "none",
        "number": None,
        "updated_at": None,
        "results": [],
    }
    assert refusal(get(f"races/{race.pk + 999}/scores")) == (404, "not_found")


# Constructors -----------------------------------------------------------------------------------


def test_constructors_have_the_seasons_points(league: League, scored: Race, teams: list[Constructor]) -> None:
    Constructor.objects.filter(pk=teams[2].pk).update(is_active=False)
    newcomer = ConstructorFactory(league=league)

    listed = get(f"constructors?league={league.pk}").json()["results"]

    points = {row["id"]: row["total_points"] for row in listed}
    assert points == {teams[0].pk: "34", teams[1].pk: "28", teams[2].pk: "27", newcomer.pk: "0"}
    assert get(f"constructors/{teams[0].pk}").json()["total_points"] == "34"


def test_a_constructor_is_described(league: League, teams: list[Constructor]) -> None:
    team = teams[0]

    body = get(f"constructors/{team.pk}").json()

    assert {
        name: body[name] for name in ("id", "league", "user", "team_name", "color", "total_points", "is_active")
    } == {
        "id": team.pk,
        "league": league.pk,
        "user": {"id": team.user_id, "username": team.user.username},
        "team_name": team.team_name,
        "color": team.color,
        "total_points": "0",
        "is_active": True,
    }


def test_constructors_can_be_filtered(league: League) -> None:
    ada, bo, cy = league.constructors.order_by("pk")
    Constructor.objects.filter(pk=cy.pk).update(is_active=False)
    elsewhere = ConstructorFactory(user=ada.user, league=LeagueFactory(season=league.season))

    def found(query: str) -> list[int]:
        return [row["id"] for row in get(f"constructors?{query}", ada.user).json()["results"]]

    assert found("") == [ada.pk, bo.pk, cy.pk, elsewhere.pk]
    assert found(f"league={league.pk}&is_active=true") == [ada.pk, bo.pk]
    assert found(f"user={bo.user_id}") == [bo.pk]
    assert found("mine=true") == [ada.pk, elsewhere.pk]
    assert found("mine=false") == [bo.pk, cy.pk]


@pytest.mark.parametrize("query", ["league=mine", "league=1.5", f"league={2**63}", f"user={2**63}", f"user=-{2**70}"])
def test_constructors_of_what_is_no_id_are_refused(query: str) -> None:
    assert refusal(get(f"constructors?{query}")) == (400, "invalid")


@pytest.mark.parametrize("query", ["is_active=x", "mine=x", "mine=2"])
def test_constructors_are_not_filtered_by_nonsense(query: str) -> None:
    assert refusal(get(f"constructors?{query}")) == (400, "invalid")


def test_constructors_of_a_private_league_are_for_those_inside(league: League) -> None:
    League.objects.filter(pk=league.pk).update(is_private=True)
    team = league.constructors.select_related("user").first()
    assert team is not None

    for user in (None, UserFactory()):
        assert get("constructors", user).json()["results"] == []
        assert refusal(get(f"constructors/{team.pk}", user)) == (404, "not_found")
    assert get(f"constructors/{team.pk}", team.user).status_code == 200


def patch(team: Constructor, user: User | None, data: dict[str, Any]) -> Response:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    response: Response = client.patch(f"/api/v1/constructors/{team.pk}", data)
    return response


def test_owners_rename_their_team(league: League) -> None:
    team = league.constructors.select_related("user").first()
    assert team is not None

    response = patch(team, team.user, {"team_name": " Late  Brakers "})

    assert (response.status_code, response.json()["team_name"]) == (200, "Late Brakers")
    assert Constructor.objects.get(pk=team.pk).team_name == "Late Brakers"


def test_renaming_is_refused_with_a_reason(league: League) -> None:
    ada, bo, _ = league.constructors.select_related("user").order_by("pk")

    assert refusal(patch(ada, None, {"team_name": "X"})) == (401, "not_authenticated")
    assert refusal(patch(ada, bo.user, {"team_name": "X"})) == (403, "not_allowed")
    assert refusal(patch(ada, ada.user, {"team_name": bo.team_name.upper()})) == (409, "team_name_taken")
    assert refusal(patch(ada, ada.user, {"team_name": ""})) == (400, "invalid")
    assert refusal(patch(ada, ada.user, {"is_active": False})) == (400, "invalid")


def test_constructors_cost_the_same_for_one_and_for_three(league: League) -> None:
    get("constructors")

    with CaptureQueriesContext(connection) as of_three:
        assert get("constructors").json()["count"] == 3
    league.constructors.order_by("pk").last().delete()  # type: ignore[union-attr]
    league.constructors.order_by("pk").last().delete()  # type: ignore[union-attr]
    with CaptureQueriesContext(connection) as of_one:
        assert get("constructors").json()["count"] == 1

    assert len(of_one) == len(of_three)


def test_totals_cost_the_same_for_one_league_and_for_many(
    race: Race, league: League, teams: list[Constructor], drivers: list[Driver]
) -> None:
    other = LeagueFactory(season=race.season)
    ConstructorFactory.create_batch(3, league=other)
    rivals = draft_race(other, race, list(reversed(drivers[:6])))
    give_result(race, drivers)
    score_race(race_id=race.pk, now=race.starts_at)
    everybody = list(Constructor.objects.select_related("league__season"))
    one = [team for team in everybody if team.pk == teams[0].pk]
    season_totals(one, until=None)

    with CaptureQueriesContext(connection) as of_one:
        assert season_totals(one, until=None) == {teams[0].pk: Decimal(33)}
    with CaptureQueriesContext(connection) as of_all:
        totals = season_totals(everybody, until=None)

    assert [totals[team.pk] for team in [*teams, *rivals]] == [33, 28, 27, 33, 28, 27]
    assert len(of_one) == len(of_all) == 2  # picks, and which rule set


def test_owners_recolour_their_team(league: League, teams: list[Constructor]) -> None:
    client = APIClient()
    client.force_authenticate(teams[0].user)
    Constructor.objects.filter(pk=teams[1].pk).update(color=COLOURS[1])

    def change(**given: Any) -> Response:
        answer: Response = client.patch(f"/api/v1/constructors/{teams[0].pk}", given)
        return answer

    assert change(color=COLOURS[2], team_name="New").json()["color"] == COLOURS[2]
    assert refusal(change(color=COLOURS[1])) == (409, "colour_taken")
    assert refusal(change(color="#000000")) == (400, "invalid")
    for field in ("user", "league", "total_points", "is_active"):
        assert list(change(**{field: 1}).json()["errors"]) == [field]
    unchanged = change().json()
    assert (unchanged["team_name"], unchanged["color"]) == ("New", COLOURS[2])


def test_a_constructor_has_its_season_race_by_race(scored: Race, teams: list[Constructor]) -> None:
    body = get(f"constructors/{teams[0].pk}/races").json()

    [race] = body["results"]
    picks = race.pop("picks")
    assert race == {"race": scored.pk, "race_name": scored.name, "points": "34", "rank": 1}
    assert [(pick["pick_number"], pick["result"], pick["points"]) for pick in picks] == [(1, "1", "25"), (6, "6", "9")]
    assert [line["amount"] for line in picks[1]["lines"]] == ["8", "1"]


def test_a_season_is_not_scored_yet(teams: list[Constructor]) -> None:
    [race] = get(f"constructors/{teams[0].pk}/races").json()["results"]

    assert (race["points"], race["rank"], race["picks"][0]["points"]) == (None, None, None)


def test_a_season_costs_the_same_for_one_race_and_for_two(
    scored: Race, league: League, teams: list[Constructor], drivers: list[Driver], django_assert_max_num_queries
) -> None:
    def counted() -> int:
        cache.clear()
        with django_assert_max_num_queries(14) as queries:
            assert get(f"constructors/{teams[0].pk}/races").status_code == 200
        return len(queries)

    before = counted()
    other = RaceFactory(starts_at=scored.starts_at + timedelta(days=7))
    for driver in drivers:
        RaceEntry.objects.create(race=other, driver=driver, team=scored.entries.earliest("pk").team)
    draft_race(league, other, drivers[:6])
    give_result(other, drivers)
    score_race(race_id=other.pk, now=other.starts_at + timedelta(hours=3))

    assert counted() == before


def test_constructors_are_searched_and_ordered(teams: list[Constructor]) -> None:
    Constructor.objects.filter(pk=teams[0].pk).update(team_name="Apex")

    assert [row["id"] for row in get("constructors?search=aPE").json()["results"]] == [teams[0].pk]
    assert get("constructors?ordering=team_name").json()["results"][0]["id"] == teams[0].pk
    assert get("constructors?ordering=-team_name").json()["results"][-1]["id"] == teams[0].pk


def test_the_rules_can_be_read() -> None:
    body = get("rules").json()

    assert body["grand_prix"][:3] == ["25", "18", "15"]
    assert (body["fastest_lap"], body["drivers_per_team"], body["largest_league"]) == ("1", 2, 11)
    assert body["colors"] == list(COLOURS)


def test_a_leaderboard_takes_no_other_parameter(league: League) -> None:
    assert refusal(get(f"leagues/{league.pk}/leaderboard?race=1")) == (400, "invalid")
