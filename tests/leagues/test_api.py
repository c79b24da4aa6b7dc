"""Leagues over the API, as any client uses them."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import User
from leagues import membership, points
from leagues.models import Constructor, League
from tests.factories import ConstructorFactory, LeagueFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db
LEAGUES = "/api/v1/leagues"


@pytest.fixture(autouse=True)
def _midsummer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fantasy_f1.core.clock.timezone.now", lambda: datetime(2026, 7, 22, 9, tzinfo=UTC))


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory(username="ana", time_zone="Europe/Berlin")
    client.force_login(user)
    return user


@pytest.fixture
def private() -> League:
    return LeagueFactory(name="Private", code="PRVT2345", is_private=True)


def send(client: Client, method: str, path: str, body: dict[str, object] | None = None):
    return getattr(client, method)(f"{LEAGUES}{path}", body or {}, content_type="application/json")


def names(answer) -> list[str]:
    return [row["name"] for row in answer.json()["results"]]


def outcome(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_create_answers_the_league_with_its_code(client: Client, user: User) -> None:
    SeasonFactory()
    given = {
        "name": "Ours",
        "description": "Fun",
        "season": 2026,
        "draft_method": "snake",
        "max_teams": 6,
        "is_private": True,
    }

    answer = send(client, "post", "", given)

    league = League.objects.get()
    assert answer.status_code == 201
    assert answer.json() == given | {
        "id": league.pk,
        "code": league.code,
        "creator": {"id": user.pk, "username": "ana"},
        "member_count": 0,
        "is_member": True,
        "draft_opens_days": 5,
        "draft_locks_at": "qualifying",
        "pick_seconds": 28_800,
        "quiet_from": "22:00",
        "quiet_until": "08:00",
        "time_zone": "Europe/Berlin",
        "created_at": "2026-07-22T09:00:00Z",
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"season": 1949}, "season"),
        ({"max_teams": 12}, "max_teams"),
        ({"max_teams": "many"}, "max_teams"),
        ({"draft_method": "auction"}, "draft_method"),
        ({"name": ""}, "name"),
        ({"draft_opens_days": 99}, "draft_opens_days"),
        ({"code": "MINE2345"}, "code"),
    ],
)
def test_create_names_the_field_at_fault(client: Client, user: User, changed: dict[str, object], field: str) -> None:
    SeasonFactory()

    answer = send(client, "post", "", {"name": "Ours", "season": 2026, **changed})

    assert outcome(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == [field]


def test_managers_change_the_clock(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user)
    given = {"pick_seconds": 5_400, "quiet_from": "23:30", "quiet_until": "07:00", "time_zone": "Asia/Tokyo"}

    answer = send(client, "patch", f"/{league.pk}", given)

    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in given} == given
    nothing = dict.fromkeys(["pick_seconds", "quiet_from", "quiet_until"])
    answer = send(client, "patch", f"/{league.pk}", nothing)
    assert {name: answer.json()[name] for name in given} == {**nothing, "time_zone": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"pick_seconds": 1_000}, "pick_seconds", "A pick takes 15 to 300 seconds, or 1 to 24 hours."),
        ({"pick_seconds": "90"}, "pick_seconds", "A whole number is required."),
        ({"quiet_from": "22"}, "quiet_from", "hh:mm"),
        ({"quiet_from": "22:00:00Z"}, "quiet_from", "hh:mm"),
        ({"quiet_from": 22}, "quiet_from", "hh:mm"),
        ({"quiet_until": "24:00"}, "quiet_until", "hh:mm"),
        ({"quiet_from": "22:00"}, "quiet_until", "or neither"),
        ({"quiet_from": "22:00", "quiet_until": "21:30"}, "quiet_until", "at least an hour"),
        ({"time_zone": "Berlin"}, "time_zone", "Europe/Berlin"),
    ],
)
def test_a_clock_that_makes_no_sense_is_refused_by_its_field(
    client: Client, user: User, changed: dict[str, object], field: str, message: str
) -> None:
    league = LeagueFactory(creator=user)

    answer = send(client, "patch", f"/{league.pk}", changed)

    assert outcome(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == [field]
    assert message in answer.json()["errors"][field][0]


def test_visitors_read_public_leagues_and_write_nothing(client: Client) -> None:
    league = LeagueFactory(name="Public")
    LeagueFactory(is_private=True)

    assert names(client.get(LEAGUES)) == ["Public"]
    assert client.get(f"{LEAGUES}/{league.pk}").json()["code"] is None
    for method, path in [
        ("post", ""),
        ("patch", f"/{league.pk}"),
        ("delete", f"/{league.pk}"),
        ("post", f"/{league.pk}/join"),
        ("post", f"/{league.pk}/leave"),
    ]:
        assert send(client, method, path).status_code == 401


def test_a_private_league_is_a_404_to_strangers(client: Client, user: User, private: League) -> None:
    for method, path in [
        ("get", f"/{private.pk}"),
        ("patch", f"/{private.pk}"),
        ("delete", f"/{private.pk}"),
        ("post", f"/{private.pk}/leave"),
    ]:
        assert outcome(send(client, method, path)) == (404, "not_found")
    for code in ({}, {"code": ""}, {"code": "WRNG2345"}):
        assert outcome(send(client, "post", f"/{private.pk}/join", {"team_name": "Me", **code})) == (404, "not_found")


def test_the_code_is_for_members(client: Client, user: User, private: League) -> None:
    ConstructorFactory(league=private, user=user)

    league = client.get(f"{LEAGUES}/{private.pk}").json()

    assert (league["code"], league["is_member"], league["member_count"]) == ("PRVT2345", True, 1)


def test_the_list_filters(client: Client, user: User, private: League) -> None:
    ConstructorFactory(league=private, user=user)
    LeagueFactory(name="Alpha")
    LeagueFactory(name="Beta", season=SeasonFactory(year=2025))
    hidden = LeagueFactory(name="Hidden", is_private=True)

    def found(query: str) -> list[str]:
        return names(client.get(f"{LEAGUES}?{query}"))

    assert found("") == ["Alpha", "Beta", "Private"]
    assert found("mine=true") == ["Private"]
    assert found("mine=false") == ["Alpha", "Beta"]
    assert found("is_private=false&season=2026") == ["Alpha"]
    assert found("is_private=true") == ["Private"]
    assert found("search=ALPH") == ["Alpha"]
    assert found("ordering=-name") == ["Private", "Beta", "Alpha"]
    assert found("ordering=-member_count&page_size=1") == ["Private"]
    assert found(f"code={hidden.code.lower()}") == ["Hidden"]
    assert found("code=NONE2345") == []


@pytest.mark.parametrize("query", ["season=soon", "mine=perhaps", "ordering=luck"])
def test_a_filter_that_makes_no_sense_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"{LEAGUES}?{query}")

    assert outcome(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == [query.split("=")[0]]


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    client: Client, user: User, django_assert_num_queries
) -> None:
    LeagueFactory()
    with django_assert_num_queries(4):
        client.get(LEAGUES)
    LeagueFactory.create_batch(2)

    with django_assert_num_queries(4):
        assert len(client.get(LEAGUES).json()["results"]) == 3


def test_change_as_manager(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user)

    answer = send(client, "patch", f"/{league.pk}", {"name": "New", "draft_method": "sequential"})

    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["draft_method"]) == ("New", "sequential")


def test_change_refuses_the_season(client: Client, user: User) -> None:
    league = LeagueFactory(creator=user)

    answer = send(client, "patch", f"/{league.pk}", {"season": 2026})

    assert outcome(answer) == (400, "invalid")


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_players_cannot_change_or_delete(client: Client, user: User, method: str) -> None:
    league = ConstructorFactory(user=user).league

    assert outcome(send(client, method, f"/{league.pk}", {"name": "Mine"})) == (403, "not_allowed")


def test_delete_as_manager_while_nobody_has_joined(client: Client, user: User) -> None:
    league, used = LeagueFactory.create_batch(2, creator=user)
    ConstructorFactory(league=used)

    assert send(client, "delete", f"/{league.pk}").status_code == 204
    assert outcome(send(client, "delete", f"/{used.pk}")) == (409, "league_in_use")


def test_join_a_public_league(client: Client, user: User) -> None:
    league = LeagueFactory()

    answer = send(client, "post", f"/{league.pk}/join", {"team_name": "Box Box"})

    team = Constructor.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": team.pk,
        "league": league.pk,
        "user": {"id": user.pk, "username": "ana"},
        "team_name": "Box Box",
        "color": membership.COLOURS[0],
        "total_points": "0",
        "is_active": True,
        "joined_at": "2026-07-22T09:00:00Z",
    }


def test_join_a_private_league_by_its_code_more_than_once(client: Client, user: User, private: League) -> None:
    first = send(client, "post", f"/{private.pk}/join", {"team_name": "Box", "code": "prvt2345"})
    again = send(client, "post", f"/{private.pk}/join", {"team_name": "Box", "code": "PRVT2345"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_join_says_why_not(client: Client, user: User) -> None:
    league = LeagueFactory(max_teams=3)
    ConstructorFactory(league=league, team_name="Taken")

    def join(**given: str) -> tuple[int, str]:
        return outcome(send(client, "post", f"/{league.pk}/join", given))

    assert join() == (400, "invalid")
    assert join(team_name="Mine", colour="red") == (400, "invalid")
    assert join(team_name="taken") == (409, "team_name_taken")
    ConstructorFactory.create_batch(2, league=league)
    assert join(team_name="Mine") == (409, "league_full")


def test_join_needs_an_invitation_after_a_removal(client: Client, user: User) -> None:
    team = ConstructorFactory(user=user, is_active=False, was_removed=True)

    answer = send(client, "post", f"/{team.league_id}/join", {"team_name": "Mine"})

    assert outcome(answer) == (409, "removed")


def test_who_comes_back_has_the_points_from_before(client: Client, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    team = ConstructorFactory(user=user, is_active=False)
    monkeypatch.setattr(points, "_source", lambda constructors, until: {constructors[0].pk: 12})

    answer = send(client, "post", f"/{team.league_id}/join", {"team_name": "Mine"})

    assert answer.json()["total_points"] == "12"


def test_leave_can_be_repeated(client: Client, user: User, private: League) -> None:
    ConstructorFactory(league=private, user=user)

    assert [send(client, "post", f"/{private.pk}/leave").status_code for _ in range(2)] == [204, 204]
    assert not private.constructors.playing().exists()


def test_leaving_a_public_league_without_playing_there_does_nothing(client: Client, user: User) -> None:
    league = ConstructorFactory().league

    assert send(client, "post", f"/{league.pk}/leave").status_code == 204
    assert league.constructors.playing().count() == 1
