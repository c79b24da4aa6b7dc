from datetime import datetime, timedelta

import pytest
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import User
from notifications.models import Notification
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def news(user: User, now: datetime) -> list[Notification]:
    """The first is read, the second is not; another one is somebody else's."""
    Notification.objects.create(user=UserFactory(), type="league", title="Not mine", dedupe_key="a", created_at=now)
    return [
        Notification.objects.create(
            user=user,
            type="league",
            title=f"News {number}",
            message="What happened",
            link="/leagues/",
            is_read=number == 0,
            dedupe_key=f"event:{number}",
            created_at=now + timedelta(minutes=number),
        )
        for number in range(2)
    ]


def call(user: User | None, method: str, path: str) -> Response:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    response: Response = getattr(client, method)(f"/api/v1/notifications{path}")
    return response


def test_one_reads_ones_own(user: User, news: list[Notification]) -> None:
    body = call(user, "get", "").json()

    assert body["count"] == 2
    assert body["results"][0] == {
        "id": news[1].pk,
        "type": "league",
        "title": "News 1",
        "message": "What happened",
        "link": "/leagues/",
        "league": None,
        "is_read": False,
        "created_at": "2026-07-22T09:01:00Z",
    }


@pytest.mark.parametrize(("asked", "found"), [("true", ["News 0"]), ("false", ["News 1"])])
def test_notifications_can_be_filtered(user: User, news: list[Notification], asked: str, found: list[str]) -> None:
    body = call(user, "get", f"?is_read={asked}").json()

    assert [row["title"] for row in body["results"]] == found


def test_one_is_marked_read_however_often_it_is_said(user: User, news: list[Notification]) -> None:
    first, again = [call(user, "patch", f"/{news[1].pk}/read") for _ in range(2)]

    assert (first.status_code, first.json()["is_read"]) == (200, True)
    assert again.json() == first.json()


def test_all_are_marked_read(user: User, news: list[Notification]) -> None:
    assert call(user, "post", "/read-all").json() == {"marked": 1}
    assert call(user, "post", "/read-all").json() == {"marked": 0}
    assert Notification.objects.filter(is_read=False).count() == 1


def test_somebody_elses_are_not_found(news: list[Notification]) -> None:
    response = call(UserFactory(), "patch", f"/{news[1].pk}/read")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("patch", "/1/read"), ("post", "/read-all")])
def test_an_account_is_needed(method: str, path: str) -> None:
    assert call(None, method, path).status_code == 401


def test_they_are_not_filtered_by_nonsense(user: User) -> None:
    response = call(user, "get", "?is_read=x")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["is_read"])


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("is_read=false", ["News 1"]),
        ("ordering=created_at", ["News 0", "News 1"]),
        ("search=NEWS+1", ["News 1"]),
        ("type=league", ["News 1", "News 0"]),
        ("type=pick_turn&type=draft_open", []),
        ("league=1", []),
    ],
)
def test_one_finds_what_one_looks_for(user: User, news: list[Notification], query: str, titles: list[str]) -> None:
    assert [row["title"] for row in call(user, "get", f"?{query}").json()["results"]] == titles


def test_the_list_costs_the_same_for_one_and_for_two(
    user: User, news: list[Notification], django_assert_num_queries
) -> None:
    with django_assert_num_queries(2):
        call(user, "get", "")
    news[0].delete()

    with django_assert_num_queries(2):
        call(user, "get", "")
