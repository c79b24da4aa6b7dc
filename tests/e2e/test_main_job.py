"""The main job over real HTTP on both sides: sync, draft over the API, results, leaderboard."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import requests
from django.core.management import call_command
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from fantasy_f1.core import clock
from tests.factories import PASSWORD
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = datetime(2026, 4, 20, tzinfo=UTC)
AFTER = datetime(2026, 5, 4, 9, tzinfo=UTC)
MIAMI = "2026_miami_grand_prix"
TABLE = [25, 18, 15, 12, 10, 8, 6, 4, 2, 1]


@pytest.fixture
def upstream(settings: Settings) -> Iterator[UpstreamDouble]:
    with UpstreamDouble(now=BEFORE) as double:
        settings.F1_API_URL = double.url
        settings.F1_API_PER_SECOND = settings.F1_API_PER_HOUR = 1000
        settings.GAME_CLOCK = True
        clock.set_to(BEFORE)
        yield double


class Client:
    """A third party's program: JSON over HTTP with a bearer token."""

    def __init__(self, server: LiveServer, username: str) -> None:
        self.base = f"{server.url}/api/v1/"
        self.session = requests.Session()
        account = {"username": username, "email": f"{username}@example.com", "password": PASSWORD, "full_name": ""}
        self.user = self.post("auth/register", account)
        tokens = self.post("auth/login", {"username": username, "password": PASSWORD})
        self.session.headers["Authorization"] = f"{tokens['token_type']} {tokens['access']}"

    def get(self, path: str, **query: Any) -> Any:
        answer = self.session.get(self.base + path, params=query, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.session.post(self.base + path, json=body, timeout=10)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


def sync() -> str:
    out = StringIO()
    call_command("sync_f1", season=2026, stdout=out)
    return out.getvalue()


def classic_points(upstream: UpstreamDouble) -> dict[str, Decimal]:
    """The rules applied to the recorded rows, by driver."""
    points = {}
    for row in upstream.season(2026).sheets["grand_prix"][MIAMI]:
        classified = row["position_text"].isdigit() and row["status"] != "Disqualified"
        place = int(row["position_text"]) if classified else 99
        amount = TABLE[place - 1] if place <= len(TABLE) else 0
        points[row["driver_id"]] = Decimal(amount + (row["fastest_lap_rank"] == 1))
    return points


def test_a_league_drafts_and_scores_a_real_grand_prix(live_server: LiveServer, upstream: UpstreamDouble) -> None:
    sync()
    players = [Client(live_server, name) for name in ("anna", "boris", "cleo", "devon")]
    manager = players[0]
    league = manager.post(
        "leagues", {"name": "Grid", "season": 2026, "draft_method": "snake", "max_teams": 4, "is_private": True}
    )
    teams = {}
    for player in players:
        join = {"team_name": f"Team {player.user['username']}", "code": league["code"]}
        teams[player.post(f"leagues/{league['id']}/join", join)["id"]] = player
    race = next(race for race in manager.get("races", season=2026)["results"] if race["external_id"] == MIAMI)

    draft = manager.post(f"leagues/{league['id']}/drafts/initialize", {"race_id": race["id"]})
    assert sorted(draft["order"]) == sorted(teams)
    drivers = iter(manager.get("drivers", season=2026, status="active", ordering="-price")["results"])
    drafted: dict[int, list[str]] = {team: [] for team in teams}
    while draft["current_pick"]:
        team, driver = draft["current_pick"]["constructor"], next(drivers)
        teams[team].post(f"constructors/{team}/drafts/{race['id']}/picks", {"driver_id": driver["id"]})
        drafted[team].append(driver["external_id"])
        draft = manager.get(f"leagues/{league['id']}/drafts/{race['id']}")
    order = draft["order"]
    assert [pick["constructor"] for pick in draft["picks"]] == [*order, *reversed(order)]

    upstream.set_now(AFTER)
    clock.set_to(AFTER)
    sync()
    board = manager.get(f"leagues/{league['id']}/leaderboard", race_id=race["id"])

    points = classic_points(upstream)
    assert {row["constructor"]["id"]: Decimal(row["points"]) for row in board["results"]} == {
        team: sum((points[driver] for driver in picks), Decimal(0)) for team, picks in drafted.items()
    }
    assert [row["rank"] for row in board["results"]] == [
        1 + sum(Decimal(other["points"]) > Decimal(row["points"]) for other in board["results"])
        for row in board["results"]
    ]
    overall = manager.get(f"leagues/{league['id']}/leaderboard")
    assert [row["points"] for row in overall["results"]] == [row["points"] for row in board["results"]]
    assert "Nothing changed." in sync()


def test_an_amended_result_moves_the_leaderboard(live_server: LiveServer, upstream: UpstreamDouble) -> None:
    """The winner is disqualified days later: everybody behind moves up, and the board says it was revised."""
    sync()
    ana, bo = Client(live_server, "anna"), Client(live_server, "boris")
    league = ana.post("leagues", {"name": "Two", "season": 2026, "draft_method": "sequential", "max_teams": 2})
    for player in (ana, bo):
        player.post(f"leagues/{league['id']}/join", {"team_name": player.user["username"], "code": league["code"]})
    race = next(race for race in ana.get("races", season=2026)["results"] if race["external_id"] == MIAMI)
    draft = ana.post(f"leagues/{league['id']}/drafts/initialize", {"race_id": race["id"]})
    by_key = {driver["external_id"]: driver for driver in ana.get("drivers", season=2026, page_size=100)["results"]}
    sheet = upstream.season(2026).sheets["grand_prix"][MIAMI]
    first, second, third, fourth = (row["driver_id"] for row in sheet[:4])
    owners = {ana.user["id"]: ana, bo.user["id"]: bo}
    constructors = {team["id"]: team for team in ana.get("constructors", league=league["id"])["results"]}
    for driver in (first, second, third, fourth):
        team = draft["current_pick"]["constructor"]
        owner = owners[constructors[team]["user"]["id"]]
        owner.post(f"constructors/{team}/drafts/{race['id']}/picks", {"driver_id": by_key[driver]["id"]})
        draft = ana.get(f"leagues/{league['id']}/drafts/{race['id']}")
    upstream.set_now(AFTER)
    clock.set_to(AFTER)
    sync()

    last = len(sheet)
    for place, row in enumerate(sheet):
        driver = row["driver_id"]
        if place == 0:
            upstream.amend(
                2026, MIAMI, driver, position=last, position_text="D", status="Disqualified", points="0", time=""
            )
        else:
            text = str(place) if row["position_text"].isdigit() else row["position_text"]
            upstream.amend(2026, MIAMI, driver, position=place, position_text=text)
    sync()

    points = classic_points(upstream)
    board = ana.get(f"leagues/{league['id']}/leaderboard", race_id=race["id"])
    assert board["status"] == "revised"
    assert {row["constructor"]["id"]: Decimal(row["points"]) for row in board["results"]} == {
        draft["order"][0]: points[first] + points[third],
        draft["order"][1]: points[second] + points[fourth],
    }
    assert points[second] >= 25
