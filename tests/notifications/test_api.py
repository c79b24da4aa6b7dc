from datetime import datetime, timedelta

import pytest
from pytest_django import Settings
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts import shield
from accounts.models import User
from notifications import browsers
from notifications.models import Notification
from tests.factories import RaceFactory, UserFactory
from tests.pushing import PushedTo

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


def call(user: User | None, method: str, path: str, body: object = None) -> Response:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    response: Response = getattr(client, method)(f"/api/v1/notifications{path}", *([body] if body is not None else []))
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
        "is_hidden": False,
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


def test_what_a_shield_covers_is_neither_told_nor_found(user: User, news: list[Notification], now: datetime) -> None:
    race = RaceFactory(name="Moon Grand Prix", starts_at=now)
    Notification.objects.filter(pk=news[1].pk).update(race=race, title="Moon Grand Prix: 25 points")
    shield.raise_shield(user=user, now=now)

    [covered, other] = call(user, "get", "").json()["results"]
    marked = call(user, "patch", f"/{news[1].pk}/read").json()

    assert (covered["is_hidden"], other["is_hidden"]) == (True, False)
    assert covered["title"] == marked["title"] == "Moon Grand Prix: the points are in"
    assert covered["message"] == "Hidden by your spoiler shield until you show the result."
    assert call(user, "get", "?search=25").json()["count"] == 0
    assert call(user, "get", "?search=News").json()["count"] == 1
    shield.lower_shield(user=user)
    assert call(user, "get", "?search=25").json()["results"][0]["is_hidden"] is False


# Preferences ------------------------------------------------------------------------------------


def test_preferences_are_told_and_changed_in_part(user: User) -> None:
    before = call(user, "get", "/preferences").json()
    after = call(
        user,
        "patch",
        "/preferences",
        {
            "ways": [{"type": "league", "channel": "email", "is_on": True}],
            "quiet_from": "22:00",
            "quiet_until": "07:00",
        },
    ).json()

    assert {name: before[name] for name in before if name != "ways"} == {
        "quiet_from": None,
        "quiet_until": None,
        "digest": "off",
        "digest_at": "18:00",
        "sends_mail": False,
        "push_key": browsers.push_key(),
    }
    assert len(before["ways"]) == 14
    assert [way for way in after["ways"] if way not in before["ways"]] == [
        {"type": "league", "channel": "email", "is_on": True}
    ]
    assert (after["quiet_from"], after["digest"]) == ("22:00", "off")
    assert call(user, "get", "/preferences").json() == after


@pytest.mark.parametrize(
    "given",
    [
        {"quiet_from": "22:00"},
        {"digest": "hourly"},
        {"ways": [{"type": "league", "channel": "fax", "is_on": True}]},
        {"ways": [{"type": "league", "channel": "email", "is_on": "yes"}]},
        {"unknown": 1},
    ],
)
def test_preferences_that_make_no_sense_are_refused(user: User, given: dict[str, object]) -> None:
    answer = call(user, "patch", "/preferences", {"digest_at": "20:00"} | given)

    assert answer.status_code == 400
    assert call(user, "get", "/preferences").json()["digest_at"] == "18:00"


def test_a_browser_is_added_once_listed_and_removed(user: User, settings: Settings) -> None:
    settings.OUTBOUND_LOOPBACK = True
    given = {"endpoint": "https://127.0.0.1:9999/push", "keys": PushedTo().keys, "expirationTime": None}

    first, again = [call(user, "post", "/push-subscriptions", given) for _ in range(2)]
    listed = call(user, "get", "/push-subscriptions").json()
    others = call(UserFactory(), "get", "/push-subscriptions").json()
    gone = [call(user, "delete", f"/push-subscriptions/{first.json()['id']}").status_code for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 200)
    assert first["Location"] == f"/api/v1/notifications/push-subscriptions/{first.json()['id']}"
    assert listed["results"] == [first.json()] == [again.json()]
    assert others["count"] == 0
    assert gone == [204, 404]


def test_a_browser_in_our_own_network_is_refused(user: User) -> None:
    answer = call(user, "post", "/push-subscriptions", {"endpoint": "https://10.0.0.1/", "keys": PushedTo().keys})

    assert (answer.status_code, answer.json()["code"]) == (400, "address_refused")
    assert list(answer.json()["errors"]) == ["endpoint"]


def test_the_list_costs_the_same_for_one_and_for_two(
    user: User, news: list[Notification], django_assert_num_queries
) -> None:
    with django_assert_num_queries(2):
        call(user, "get", "")
    news[0].delete()

    with django_assert_num_queries(2):
        call(user, "get", "")


def test_the_stream_begins_with_what_is_unread(user: User, news: list[Notification]) -> None:
    client = APIClient()
    client.force_authenticate(user)
    unread = sum(not each.is_read for each in news)

    answer = client.get("/api/v1/notifications/events")

    expected = f'retry: 5000\n\nevent: notifications\ndata: {{"unread": {unread}}}\n\n'
    assert answer.content.decode() == expected
