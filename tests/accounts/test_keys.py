from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import keys
from accounts.models import ApiKey, User
from tests.contention import outcomes
from tests.factories import ConstructorFactory, UserFactory

pytestmark = pytest.mark.django_db

KEYS = "/api/v1/auth/keys"
NEW = {"name": "Draft bot", "scope": "write"}


@pytest.fixture
def user() -> User:
    return UserFactory(username="ana")


@pytest.fixture
def browser(user: User, client: Client) -> Client:
    client.force_login(user)
    return client


def post(client: Client, body: dict[str, Any]) -> Any:
    return client.post(KEYS, body, "application/json")


def key_of(user: User, scope: str = "write", **more: Any) -> str:
    return keys.make(user=user, name="Bot", scope=scope, now=timezone.now(), **more)[1]


def using(text: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def me(text: str) -> tuple[int, str]:
    """The status, and who one is or why not."""
    answer = using(text).get("/api/v1/auth/me")
    body = answer.json()
    return answer.status_code, body["username"] if answer.status_code == 200 else body["code"]


def test_a_key_is_told_once_and_stored_as_a_hash(browser: Client) -> None:
    answer = post(browser, NEW)

    made = answer.json()
    stored = ApiKey.objects.get()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert made["key"].startswith(f"{made['prefix']}_")
    assert made["prefix"] == f"ff1_{stored.public_id}"
    secret = made["key"].removeprefix(f"{made['prefix']}_")
    assert len(secret) == 64
    assert secret not in [str(value) for value in vars(stored).values()]
    (listed,) = browser.get(KEYS).json()["results"]
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert [listed[name] for name in ("name", "scope", "last_used_at", "expires_at")] == [
        "Draft bot",
        "write",
        None,
        None,
    ]


def test_a_key_stands_for_its_owner(user: User) -> None:
    assert me(key_of(user)) == (200, "ana")
    assert ApiKey.objects.get().last_used_at


def test_a_key_is_read_with_its_user_in_one_query(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text = key_of(user)
    me(text)

    with django_assert_num_queries(3):  # two for what the answer tells about the account
        assert me(text)[0] == 200


def test_a_key_that_may_only_read_changes_nothing(user: User) -> None:
    team = ConstructorFactory(user=user)
    path, change = f"/api/v1/constructors/{team.pk}", {"team_name": "Apex"}
    reader, writer = using(key_of(user, "read")), using(key_of(user, "write"))

    assert (reader.get(path).status_code, reader.head(path).status_code) == (200, 200)
    refused = reader.patch(path, change)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert writer.patch(path, change).status_code == 200


@pytest.mark.parametrize("scope", ["read", "write"])
@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", ""), ("delete", "/1")])
def test_keys_are_managed_by_people_only(user: User, scope: str, method: str, path: str) -> None:
    answer = getattr(using(key_of(user, scope)), method)(KEYS + path)

    expected = "scope_missing" if scope == "read" and method != "get" else "key_not_allowed"
    assert (answer.status_code, answer.json()["code"]) == (403, expected)
    assert ApiKey.objects.filter(ended_at=None).count() == 1


def test_visitors_have_no_keys() -> None:
    answers = [APIClient().get(KEYS), APIClient().post(KEYS, NEW), APIClient().delete(f"{KEYS}/1")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(401, "not_authenticated")] * 3


@pytest.mark.parametrize(
    ("changed", "status", "code", "fields"),
    [
        ({"name": ""}, 400, "invalid", ["name"]),
        ({"name": "x" * 51}, 400, "invalid", ["name"]),
        ({"name": "a\nb"}, 400, "invalid", ["name"]),
        ({"scope": "all"}, 400, "invalid", ["scope"]),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "invalid", ["expires_at"]),
        ({"expires_at": "9999-12-31T23:59:59Z"}, 400, "invalid", ["expires_at"]),
        ({"expires_at": "soon"}, 400, "invalid", ["expires_at"]),
        ({"user": 1}, 400, "invalid", ["user"]),
    ],
)
def test_a_key_is_refused_by_field(
    browser: Client, changed: dict[str, Any], status: int, code: str, fields: list[str]
) -> None:
    answer = post(browser, {**NEW, **changed})

    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (status, code, fields)
    assert not ApiKey.objects.exists()


def test_there_is_a_most_of_keys_that_can_be_used(browser: Client, user: User) -> None:
    expired = timezone.now() + timedelta(minutes=1)
    key_of(user, expires_at=expired)
    with time_machine.travel(expired + timedelta(minutes=1)):
        for _ in range(keys.MAX_KEYS):
            key_of(user)
        browser.force_login(user)
        refused = post(browser, NEW)
        browser.delete(f"{KEYS}/{ApiKey.objects.latest('pk').pk}")
        made = post(browser, NEW)

    assert (refused.status_code, refused.json()["code"], made.status_code) == (409, "too_many_keys", 201)


@pytest.mark.django_db(transaction=True)
def test_no_race_gets_more_keys_than_there_may_be(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MAX_KEYS", 2)

    assert outcomes([lambda: key_of(user)] * 4) == {"won": 2, "too_many_keys": 2}


def test_a_revoked_key_is_out_at_once(browser: Client, user: User) -> None:
    text = key_of(user)
    pk = ApiKey.objects.get().pk

    first, second = (browser.delete(f"{KEYS}/{pk}") for _ in range(2))

    assert (first.status_code, second.status_code, second.json()["code"]) == (204, 404, "not_found")
    assert me(text) == (401, "key_revoked")
    assert browser.get(KEYS).json()["count"] == 0


def test_nobody_revokes_the_key_of_another(browser: Client) -> None:
    text = key_of(UserFactory(username="bo"))

    assert browser.delete(f"{KEYS}/{ApiKey.objects.get().pk}").status_code == 404
    assert me(text) == (200, "bo")


def test_a_key_ends_when_it_expires(user: User) -> None:
    text = key_of(user, expires_at=timezone.now() + timedelta(days=1))

    assert me(text)[0] == 200
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert me(text) == (401, "key_expired")


def test_a_key_ends_with_the_password_and_with_the_account(user: User) -> None:
    text, other = key_of(user), UserFactory()
    closed = key_of(other)
    user.set_password("another long sentence")
    user.save()
    other.is_active = False
    other.save()

    assert (me(text), me(closed)) == ((401, "password_changed"), (401, "account_closed"))
    assert not keys.of(user).exists()


@pytest.mark.parametrize("falsify", [lambda text: text[:-1], lambda text: text[:-4] + "abcd", lambda text: "ff1_é_ü"])
def test_a_false_key_is_refused(user: User, falsify: Any) -> None:
    assert me(falsify(key_of(user))) == (401, "key_not_valid")


def test_a_key_of_nobody_is_refused_like_a_wrong_one() -> None:
    answer = using(f"ff1_{'0' * 12}_{'0' * 64}").get("/api/v1/auth/me")

    assert (answer.status_code, answer.json()["code"]) == (401, "key_not_valid")
    assert 'error_description="key_not_valid"' in answer["WWW-Authenticate"]


def test_the_description_offers_keys_only_where_they_are_taken(client: Client) -> None:
    schema = client.get("/api/schema/", {"format": "json"}).json()

    takes = {
        path: {name for way in schema["paths"][f"/api/v1/{path}"]["get"]["security"] for name in way}
        for path in ("auth/me", "auth/keys", "auth/sessions")
    }
    assert takes == {
        "auth/me": {"token", "apiKey", "session"},
        "auth/keys": {"token", "session"},
        "auth/sessions": {"token", "session"},
    }
    assert set(schema["components"]["securitySchemes"]) == {"token", "apiKey", "session"}
