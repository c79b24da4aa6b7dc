"""Who plays and who manages over the API, as any client asks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from leagues import managers, membership
from leagues.models import Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _midsummer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fantasy_f1.core.clock.timezone.now", lambda: datetime(2026, 7, 22, 9, tzinfo=UTC))


@pytest.fixture
def manager(client: Client) -> User:
    """Signed in."""
    user = UserFactory(username="ana", full_name="Ana")
    client.force_login(user)
    return user


@pytest.fixture
def league(manager: User) -> League:
    return LeagueFactory(creator=manager, code="PRVT2345", is_private=True)


@pytest.fixture
def team(league: League) -> Constructor:
    return ConstructorFactory(league=league, user__username="bo", team_name="Box")


def send(client: Client, method: str, path: str, body: dict[str, object] | None = None) -> Any:
    return getattr(client, method)(f"/api/v1/leagues/{path}", body or {}, content_type="application/json")


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else ""


def teams(answer: Any) -> list[str]:
    return [row["team_name"] for row in answer.json()["results"]]


# Reading ----------------------------------------------------------------------------------------


def test_members_are_those_who_play_and_those_who_left(client: Client, league: League, team: Constructor) -> None:
    gone = ConstructorFactory(league=league, team_name="Gone", is_active=False, was_removed=True)
    mine = ConstructorFactory(league=league, user=league.creator, team_name="Mine", offered_to=UserFactory())

    body = client.get(f"/api/v1/leagues/{league.pk}/members").json()

    assert body["results"][0] == {
        "constructor": team.pk,
        "user": {"id": team.user_id, "username": "bo"},
        "team_name": "Box",
        "color": "#3671c6",
        "is_manager": False,
        "is_active": True,
        "was_removed": False,
        "is_muted": False,
        "joined_at": "2026-02-06T13:00:00Z",
        "left_at": None,
        "offered_to": None,
    }
    assert [row["constructor"] for row in body["results"]] == [team.pk, gone.pk, mine.pk]
    assert body["results"][2]["is_manager"] is True
    assert body["results"][2]["offered_to"]["id"] == mine.offered_to_id


def test_members_are_filtered_searched_and_ordered(client: Client, league: League, team: Constructor) -> None:
    ConstructorFactory(league=league, team_name="Gone", is_active=False)
    ConstructorFactory(league=league, user=league.creator, team_name="Apex")

    def found(query: str) -> list[str]:
        return teams(client.get(f"/api/v1/leagues/{league.pk}/members?{query}"))

    assert found("is_active=false") == ["Gone"]
    assert found("is_manager=true") == ["Apex"]
    assert found("search=BO") == ["Box"]
    assert found("ordering=team_name") == ["Apex", "Box", "Gone"]
    assert found("ordering=-team_name&is_active=true") == ["Box", "Apex"]


def test_strangers_see_who_plays_in_a_public_league_and_nothing_of_a_private_one(client: Client) -> None:
    public, private = LeagueFactory(), LeagueFactory(is_private=True)
    team = ConstructorFactory(league=public, offered_to=UserFactory())
    ConstructorFactory(league=public, is_active=False)

    seen = client.get(f"/api/v1/leagues/{public.pk}/members").json()["results"]

    assert [(row["constructor"], row["offered_to"]) for row in seen] == [(team.pk, None)]
    assert client.get(f"/api/v1/leagues/{public.pk}/managers").json()["count"] == 1
    assert client.get(f"/api/v1/leagues/{public.pk}/history").status_code == 401
    for path in ("members", "managers"):
        assert outcome(client.get(f"/api/v1/leagues/{private.pk}/{path}")) == (404, "not_found")
    client.force_login(UserFactory())
    assert outcome(client.get(f"/api/v1/leagues/{public.pk}/history")) == (403, "not_allowed")
    assert outcome(client.get(f"/api/v1/leagues/{private.pk}/history")) == (404, "not_found")


def test_managers_are_listed(client: Client, league: League, team: Constructor) -> None:
    league.managers.add(team.user)

    def found(query: str = "") -> list[str]:
        answer = client.get(f"/api/v1/leagues/{league.pk}/managers{query}")
        return [row["username"] for row in answer.json()["results"]]

    assert found() == ["ana", "bo"]
    assert found("?ordering=-username") == ["bo", "ana"]
    assert found("?search=an") == ["ana"]


def test_the_history_is_told_to_members(client: Client, league: League, team: Constructor, now: datetime) -> None:
    managers.change_league(league_id=league.pk, actor=league.creator, now=now, name="New")
    membership.leave_league(league_id=league.pk, user=team.user, now=now)

    def told(query: str = "") -> list[str]:
        answer = client.get(f"/api/v1/leagues/{league.pk}/history{query}")
        return [row["what"] for row in answer.json()["results"]]

    first = client.get(f"/api/v1/leagues/{league.pk}/history").json()["results"][0]
    assert first == {
        "at": "2026-07-22T09:00:00Z",
        "version": 2,
        "event": "ConstructorLeft",
        "by": {"id": team.user_id, "username": "bo"},
        "what": "left with Box",
    }
    assert told() == ["left with Box", "changed the settings: name"]
    assert told("?ordering=at") == ["changed the settings: name", "left with Box"]
    assert told("?event=LeagueChanged") == told("?by=ANA") == ["changed the settings: name"]


@pytest.mark.parametrize("path", ["members", "managers", "history"])
def test_lists_cost_the_same_for_one_and_for_three(
    client: Client, league: League, now: datetime, django_assert_num_queries, django_assert_max_num_queries, path: str
) -> None:
    def enter() -> None:
        user = UserFactory()
        membership.join_league(league_id=league.pk, user=user, team_name=user.username, code="PRVT2345", now=now)
        managers.add_manager(league_id=league.pk, actor=league.creator, user=user, now=now)

    enter()
    with django_assert_max_num_queries(10) as queries:
        client.get(f"/api/v1/leagues/{league.pk}/{path}")
    enter()
    enter()

    with django_assert_num_queries(len(queries)):
        assert client.get(f"/api/v1/leagues/{league.pk}/{path}").json()["count"] >= 3


# Members ----------------------------------------------------------------------------------------


def test_a_member_is_removed_with_a_reason_and_invited_back(client: Client, league: League, team: Constructor) -> None:
    path = f"{league.pk}/members/{team.pk}"

    assert outcome(send(client, "post", f"{path}/remove")) == (400, "invalid")
    removed = [send(client, "post", f"{path}/remove", {"reason": "Gone quiet"}).json() for _ in range(2)]
    invited = [send(client, "post", f"{path}/invite-back").json() for _ in range(2)]

    assert [(row["is_active"], row["was_removed"]) for row in removed] == [(False, True)] * 2
    assert [(row["is_active"], row["was_removed"]) for row in invited] == [(False, False)] * 2


def test_a_team_is_offered_and_taken_over_by_joining(client: Client, league: League, team: Constructor) -> None:
    cy = UserFactory(username="cy")

    offered = send(client, "post", f"{league.pk}/members/{team.pk}/replace", {"username": "CY", "reason": "No time"})
    client.force_login(cy)
    taken = send(client, "post", f"{league.pk}/join", {"team_name": "Box"})

    assert offered.json()["offered_to"] == {"id": cy.pk, "username": "cy"}
    assert (taken.status_code, taken.json()["id"], taken.json()["user"]["id"]) == (201, team.pk, cy.pk)


def test_an_offer_is_withdrawn(client: Client, league: League, team: Constructor) -> None:
    path = f"{league.pk}/members/{team.pk}/replace"
    send(client, "post", path, {"username": UserFactory().username, "reason": "No time"})

    assert [send(client, "delete", path).status_code for _ in range(2)] == [204, 204]
    team.refresh_from_db()
    assert team.offered_to is None


def test_a_team_is_not_offered_to_just_anybody(client: Client, league: League, team: Constructor) -> None:
    path = f"{league.pk}/members/{team.pk}/replace"

    assert outcome(send(client, "post", path, {"username": "nobody", "reason": "Why"})) == (400, "invalid")
    assert outcome(send(client, "post", path, {"username": "bo", "reason": "Why"})) == (409, "has_team")
    client.force_login(team.user)
    assert outcome(send(client, "post", path, {"username": "nobody", "reason": "Why"})) == (403, "not_allowed")


# Managers ---------------------------------------------------------------------------------------


def test_the_role_is_shared_and_taken_back(client: Client, league: League, team: Constructor) -> None:
    path = f"{league.pk}/managers/{team.user_id}"

    assert [send(client, "put", path).json()["username"] for _ in range(2)] == ["bo", "bo"]
    assert league.managers.count() == 2
    assert send(client, "delete", path).status_code == 204
    assert outcome(send(client, "delete", f"{league.pk}/managers/{league.creator_id}")) == (409, "last_manager")


def test_nobody_from_outside_is_made_a_manager(client: Client, league: League) -> None:
    outsider = UserFactory()

    assert outcome(send(client, "put", f"{league.pk}/managers/{outsider.pk}")) == (404, "not_found")
    answer = send(client, "post", f"{league.pk}/hand-over", {"user_id": outsider.pk})
    assert (outcome(answer), list(answer.json()["errors"])) == ((400, "invalid"), ["user_id"])


def test_a_league_is_handed_over(client: Client, league: League, team: Constructor) -> None:
    assert send(client, "post", f"{league.pk}/hand-over", {"user_id": team.user_id}).status_code == 204

    assert list(league.managers.all()) == [team.user]


def test_the_code_is_renewed(client: Client, league: League) -> None:
    answer = send(client, "post", f"{league.pk}/code")

    league.refresh_from_db()
    assert answer.json()["code"] == league.code != "PRVT2345"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "members/{team}/remove"),
        ("post", "members/{team}/invite-back"),
        ("post", "members/{team}/replace"),
        ("delete", "members/{team}/replace"),
        ("put", "managers/{user}"),
        ("delete", "managers/{user}"),
        ("post", "hand-over"),
        ("post", "code"),
    ],
)
def test_only_managers_may(client: Client, league: League, team: Constructor, method: str, path: str) -> None:
    path = f"{league.pk}/{path.format(team=team.pk, user=team.user_id)}"
    body = {"reason": "Why"} if path.endswith("remove") else {}
    body |= {"reason": "Why", "username": "ana"} if path.endswith("replace") else {}

    told = []
    client.force_login(team.user)
    told.append(outcome(send(client, method, path, body)))
    client.force_login(UserFactory())
    told.append(outcome(send(client, method, path, body)))
    client.logout()
    told.append(outcome(send(client, method, path, body))[:1])

    assert told == [(403, "not_allowed"), (404, "not_found"), (401,)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("patch", "{league}", {"creator": 1}),
        ("patch", "{league}", {"managers": [1]}),
        ("patch", "{league}", {"code": "MINE2345"}),
        ("post", "{league}/join", {"team_name": "Me", "points": 100}),
        ("post", "{league}/join", {"team_name": "Me", "user": 1}),
        ("post", "{league}/members/{team}/remove", {"reason": "Why", "was_removed": False}),
        ("post", "{league}/members/{team}/replace", {"reason": "Why", "username": "a", "is_staff": True}),
        ("post", "{league}/hand-over", {"user_id": 1, "role": "host"}),
    ],
)
def test_nothing_is_set_that_is_not_asked_for(
    client: Client, league: League, team: Constructor, method: str, path: str, body: dict[str, object]
) -> None:
    answer = send(client, method, path.format(league=league.pk, team=team.pk), body)

    assert outcome(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == [list(body)[-1]]
