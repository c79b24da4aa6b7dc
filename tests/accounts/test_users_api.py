from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from tests.factories import ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db


def api(user: User | None) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def host() -> User:
    return UserFactory(username="host", email="host@example.com", is_superuser=True, is_staff=True)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [row["username"] for row in answer.json()["results"]]


def test_the_list_is_for_the_host_and_says_what_the_host_needs(host: User) -> None:
    manager = UserFactory(is_staff=True)

    answers = [api(user).get("/api/v1/users") for user in (None, manager, host)]

    assert [answer.status_code for answer in answers] == [401, 403, 200]
    assert answers[1].json()["detail"] == "Only the host may do this."
    assert (answers[2].json()["count"], sorted(answers[2].json()["results"][0])) == (
        2,
        [
            "created_at",
            "deleted_at",
            "email",
            "email_verified_at",
            "full_name",
            "id",
            "is_active",
            "is_staff",
            "is_superuser",
            "last_login",
            "time_zone",
            "username",
        ],
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ana", "bob", "host"]),
        ("search=LOPES", ["ana"]),
        ("search=bob@", ["bob"]),
        ("search=an", ["ana"]),
        ("is_active=false", ["bob"]),
        ("is_active=true", ["ana", "host"]),
        ("ordering=-username", ["host", "bob", "ana"]),
        ("ordering=created_at", ["host", "ana", "bob"]),
        ("ordering=-email", ["host", "ana", "bob"]),
        ("page_size=1&page=2", ["bob"]),
    ],
)
def test_the_list_is_searched_filtered_ordered_and_paged(host: User, query: str, found: list[str]) -> None:
    UserFactory(username="ana", full_name="Ana Lopes", email="c@example.com")
    UserFactory(username="bob", email="bob@example.com", is_active=False)

    assert names(api(host).get(f"/api/v1/users?{query}")) == found


@pytest.mark.parametrize("query", ["is_active=maybe", "ordering=password", f"search={'x' * 255}"])
def test_the_list_refuses_what_makes_no_sense(host: User, query: str) -> None:
    answer = api(host).get(f"/api/v1/users?{query}")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.partition("=")[0]])


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_many(host: User) -> None:
    with CaptureQueriesContext(connection) as few:
        api(host).get("/api/v1/users")
    UserFactory.create_batch(3)
    with CaptureQueriesContext(connection) as many:
        api(host).get("/api/v1/users")

    assert len(few) == len(many)


def test_league_mates_see_who_one_is_and_nothing_else() -> None:
    viewer, league = UserFactory(), LeagueFactory(is_private=True)
    ConstructorFactory(league=league, user=viewer)
    ana = UserFactory(username="ana", full_name="Ana Lopes")
    ConstructorFactory(league=league, user=ana)

    answer = api(viewer).get(f"/api/v1/users/{ana.pk}")

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "id": ana.pk,
            "username": "ana",
            "full_name": "Ana Lopes",
            "email": None,
            "time_zone": None,
            "created_at": None,
        },
    )


def test_oneself_and_the_host_see_all_of_it(host: User) -> None:
    ana = UserFactory(username="ana")

    seen = [api(user).get(f"/api/v1/users/{ana.pk}").json() for user in (ana, host)]

    assert seen[0] == seen[1]
    assert seen[0]["email"] == "ana@example.com"
    assert seen[0]["created_at"] == api(ana).get("/api/v1/users/me").json()["created_at"]


@pytest.mark.parametrize(
    ("role", "plays", "status"),
    [
        ("manages", True, 200),
        ("plays", True, 200),
        ("played", True, 200),
        ("plays", False, 404),
        ("is away", True, 404),
    ],
)
def test_only_those_in_ones_own_leagues_are_found(role: str, plays: bool, status: int) -> None:
    """``plays``: whether the viewer does; who has left, or never was there, is a stranger."""
    viewer, ana, league = UserFactory(), UserFactory(), LeagueFactory()
    ConstructorFactory(league=league, user=viewer, is_active=plays)
    if role == "manages":
        league.managers.add(ana)
    elif role != "is away":
        ConstructorFactory(league=league, user=ana, is_active=role == "plays")

    assert api(viewer).get(f"/api/v1/users/{ana.pk}").status_code == status


def test_a_stranger_looks_like_nobody() -> None:
    viewer, stranger = UserFactory(), UserFactory()

    answers = [api(viewer).get(f"/api/v1/users/{pk}").json() for pk in (stranger.pk, 987654321)]

    assert answers[0] == answers[1]


def test_visitors_see_nobody() -> None:
    assert api(None).get(f"/api/v1/users/{UserFactory().pk}").status_code == 401
