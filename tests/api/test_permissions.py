"""Every operation, asked by everybody (``table``); and what strangers must not see and nobody may set."""

from dataclasses import replace

import pytest

from tests.api.asking import DESCRIPTION, OPERATIONS, ROWS, ask
from tests.api.table import ACTORS, BEFORE, BODIES, NOT_WITH_KEYS
from tests.api.world import World
from tests.factories import LeagueFactory

pytestmark = pytest.mark.django_db

KNOWN = sorted(set(ROWS) & set(OPERATIONS))
READS = [name for name in KNOWN if OPERATIONS[name][0] == "get"]
WRITES = sorted(name for name in KNOWN if "requestBody" in OPERATIONS[name][2])
FORBIDDEN_FRUIT = {
    "id": 1,
    "pk": 1,
    "code": "AAAA2222",
    "color": "#000000",
    "created_at": "2020-01-01T00:00:00Z",
    "creator": 1,
    "is_active": True,
    "is_staff": True,
    "is_superuser": True,
    "league": 1,
    "managers": [1],
    "member_count": 11,
    "picks": [],
    "points": "999",
    "price": "0",
    "role": "admin",
    "source": "manager",
    "status": "open",
    "total_points": "999",
    "user": 1,
    "user_id": 1,
    "version": 0,
}
"""What the server alone decides, wherever an operation does not say that it takes it."""


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    assert set(ROWS) == set(OPERATIONS)
    assert set(BODIES) == set(WRITES)
    assert set(OPERATIONS) > set(BEFORE) | NOT_WITH_KEYS


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("name", KNOWN)
def test_cell(world: World, name: str, actor: str) -> None:
    league = "private" if world.league.is_private else "public"

    answer = ask(world, actor, name)

    assert answer.status_code == ROWS[name][league, actor], answer.content


@pytest.mark.same_anywhere
@pytest.mark.parametrize("world", ["public"], indirect=True)
@pytest.mark.parametrize("scope", ["read", "write"])
@pytest.mark.parametrize("name", KNOWN)
def test_key(world: World, name: str, scope: str) -> None:
    """Asked with a key, somebody who may do it is answered in the same way, or told why a key will not do."""
    actor = next((actor for actor in ACTORS[1:] if ROWS[name]["public", actor] < 300), "manager")
    method, _, operation = OPERATIONS[name]
    takes_who_asks = operation.get("security") is not None

    answer = ask(world, actor, name, bearer=world.keys[actor, scope])

    if takes_who_asks and scope == "read" and method != "get":
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    elif name in NOT_WITH_KEYS:
        assert (answer.status_code, answer.json()["code"]) == (403, "key_not_allowed")
    else:
        assert answer.status_code == ROWS[name]["public", actor], answer.content


def told(world: World, actor: str, name: str) -> str:
    """All that ``actor`` reads by an operation, in whole, by search and by guessing ids."""
    filters = ["", "?page_size=100", "?search=Hush", f"?league={world.league.pk}", f"?user={world.owners_team.user_id}"]
    parameters = {each.get("name") for each in OPERATIONS[name][2].get("parameters", [])}
    asked = [query for query in filters if not query or query[1:].partition("=")[0] in parameters]
    return "".join(ask(world, actor, name, query=query).content.decode() for query in asked)


@pytest.mark.same_anywhere
@pytest.mark.parametrize("world", ["private"], indirect=True)
@pytest.mark.parametrize("actor", ["anonymous", "stranger"])
@pytest.mark.parametrize("name", READS)
def test_outsiders_read_nothing_of_a_private_league(world: World, name: str, actor: str) -> None:
    text = told(world, actor, name)

    assert [secret for secret in ("Hush", world.league.code, world.draft.order_seed) if secret in text] == []


@pytest.mark.parametrize("world", ["private"], indirect=True)
def test_members_read_what_outsiders_do_not(world: World) -> None:
    telling = {name for name in READS if "Hush" in told(world, "member", name)}

    assert telling >= {
        "constructors_list",
        "constructors_read",
        "leagues_leaderboard",
        "leagues_list",
        "leagues_read",
        "members_list",
    }


@pytest.mark.same_anywhere
@pytest.mark.parametrize("name", WRITES)
def test_nobody_sets_what_the_server_decides(world: World, name: str) -> None:
    league = "private" if world.league.is_private else "public"
    actor = next(actor for actor in ACTORS if ROWS[name][league, actor] < 300)
    schema = OPERATIONS[name][2]["requestBody"]["content"]["application/json"]["schema"]
    known = set(DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"])
    fruit = {field: value for field, value in FORBIDDEN_FRUIT.items() if field not in known}

    answer = ask(world, actor, name, body={**BODIES[name](world), **fruit})

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == set(fruit)


@pytest.mark.parametrize("world", ["private"], indirect=True)
def test_whoever_knows_the_code_finds_and_joins_a_private_league(world: World) -> None:
    code = world.league.code
    found = ask(world, "stranger", "leagues_list", query=f"?code={code}").json()["results"]

    joined = ask(world, "stranger", "leagues_join", body={"team_name": "Mine", "code": code.lower()})

    assert [row["id"] for row in found] == [world.league.pk]
    assert joined.status_code == 201
    assert ask(world, "stranger", "leagues_read").status_code == 200


def test_whoever_has_left_a_private_league_is_a_stranger(world: World) -> None:
    assert ask(world, "member", "leagues_leave").status_code == 204

    again = ask(world, "member", "leagues_read").status_code

    assert again == (404 if world.league.is_private else 200)


def test_a_league_in_which_nobody_else_ever_played_is_deleted_by_whoever_manages_it(world: World) -> None:
    league = LeagueFactory(season=world.race.season, is_private=world.league.is_private, creator=world.owner)
    empty = replace(world, league=league)

    answers = {actor: ask(empty, actor, "leagues_delete").status_code for actor in ("stranger", "manager", "owner")}

    hidden = 404 if league.is_private else 403
    assert answers == {"stranger": hidden, "manager": hidden, "owner": 204}
    assert ask(empty, "owner", "leagues_read").status_code == 404
