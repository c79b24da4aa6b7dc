"""What one may change about one's own account over the API."""

from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts import keys
from accounts.models import SecondFactor, User
from accounts.second_factor import is_on
from fantasy_f1.core import clock
from tests.factories import PASSWORD, ConstructorFactory, LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another long sentence"
OWN = "/api/v1/users/me"


@pytest.fixture
def ana() -> User:
    return UserFactory(username="ana", full_name="Ana", email="ana@example.com")


@pytest.fixture
def api(ana: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(ana)
    return client


OPERATIONS = pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("patch", ""),
        ("post", "/reveal"),
        ("post", "/verification"),
        ("post", "/deactivate"),
        ("post", "/delete"),
        ("get", "/export"),
        ("post", "/second-factor"),
        ("post", "/second-factor/confirm"),
        ("post", "/second-factor/disable"),
    ],
)


@OPERATIONS
def test_ones_own_account_is_for_those_signed_in(method: str, path: str) -> None:
    answer = getattr(APIClient(), method)(f"{OWN}{path}")

    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


@OPERATIONS
def test_an_api_key_reads_the_account_and_does_nothing_else_about_it(method: str, path: str, ana: User) -> None:
    _, key = keys.make(user=ana, name="Bot", scope="write", now=datetime.now(UTC))

    answer = getattr(APIClient(), method)(f"{OWN}{path}", headers={"Authorization": f"Bearer {key}"})

    if (method, path) == ("get", ""):
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "key_not_allowed")


def test_users_me_is_what_auth_me_is(api: APIClient) -> None:
    assert api.get(OWN).json() == api.get("/api/v1/auth/me").json()


def test_users_me_changes_what_is_given(api: APIClient) -> None:
    answer = api.patch(OWN, {"time_zone": "Asia/Tokyo"})
    moved = api.patch(OWN, {"email": "New@example.com", "current_password": PASSWORD})

    assert (answer.status_code, answer.json()["full_name"], answer.json()["time_zone"]) == (200, "Ana", "Asia/Tokyo")
    assert (moved.status_code, moved.json()["email"], moved.json()["time_zone"]) == (
        200,
        "new@example.com",
        "Asia/Tokyo",
    )


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"username": "other"}, 400, "username"),
        ({"is_superuser": True}, 400, "is_superuser"),
        ({"time_zone": "Mars/Olympus"}, 400, "time_zone"),
        ({"full_name": "x" * 101}, 400, "full_name"),
        ({"email": "new@example.com"}, 400, "current_password"),
        ({"password": NEW_PASSWORD}, 400, "current_password"),
        ({"email": "new@example.com", "current_password": "wrong"}, 400, "current_password"),
        ({"password": NEW_PASSWORD, "current_password": "wrong"}, 400, "current_password"),
        ({"password": "short", "current_password": PASSWORD}, 400, "password"),
        ({"password": "x1" * 65, "current_password": PASSWORD}, 400, "password"),
        ({"email": "taken@example.com", "current_password": PASSWORD}, 409, "email"),
    ],
)
def test_users_me_refuses_all_of_a_change_that_is_wrong_in_part(
    ana: User, api: APIClient, changed: dict[str, Any], status: int, field: str
) -> None:
    UserFactory(email="taken@example.com")

    answer = api.patch(OWN, {"full_name": "Somebody else", **changed})

    ana.refresh_from_db()
    stored = User.objects.get(pk=ana.pk)
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])
    assert (stored.full_name, stored.email, stored.check_password(PASSWORD)) == ("Ana", "ana@example.com", True)


def test_a_new_password_keeps_the_session_it_was_changed_in_and_ends_the_others(ana: User) -> None:
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.force_login(ana)

    answer = here.patch(OWN, {"password": NEW_PASSWORD, "current_password": PASSWORD}, content_type="application/json")

    ana.refresh_from_db()
    assert (answer.status_code, ana.check_password(NEW_PASSWORD)) == (200, True)
    assert [browser.get(OWN).status_code for browser in (here, elsewhere)] == [200, 401]


def test_a_new_password_keeps_the_tokens_it_was_changed_with_and_ends_keys(ana: User) -> None:
    api = APIClient()
    pairs = [
        api.post("/api/v1/auth/login", {"username": "ana", "password": PASSWORD}).json()["access"] for _ in range(2)
    ]
    _, key = keys.make(user=ana, name="Bot", scope="write", now=datetime.now(UTC))
    own = {"Authorization": f"Bearer {pairs[0]}"}

    answer = api.patch(OWN, {"password": NEW_PASSWORD, "current_password": PASSWORD}, headers=own)

    assert answer.status_code == 200
    assert [api.get(OWN, headers={"Authorization": f"Bearer {text}"}).status_code for text in (*pairs, key)] == [
        200,
        401,
        401,
    ]


@pytest.mark.parametrize(("path", "username"), [("deactivate", "ana"), ("delete", "deleted-{}")])
def test_an_account_is_closed_with_the_password(ana: User, api: APIClient, path: str, username: str) -> None:
    refused = api.post(f"{OWN}/{path}", {"current_password": "wrong"})
    done = api.post(f"{OWN}/{path}", {"current_password": PASSWORD})

    ana.refresh_from_db()
    assert (refused.status_code, refused.json()["code"]) == (400, "wrong_password")
    assert (done.status_code, ana.is_active, ana.username) == (204, False, username.format(ana.pk))


@pytest.mark.parametrize("path", ["deactivate", "delete"])
def test_closing_is_refused_to_the_only_manager(ana: User, api: APIClient, path: str) -> None:
    ConstructorFactory(league=LeagueFactory(creator=ana))

    answer = api.post(f"{OWN}/{path}", {"current_password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (409, "last_manager")


def test_the_second_factor_is_set_up_and_switched_off(ana: User, api: APIClient) -> None:
    begun = api.post(f"{OWN}/second-factor", {"current_password": PASSWORD})
    wrong = api.post(f"{OWN}/second-factor/confirm", {"otp": "000000x"})
    otp = pyotp.parse_uri(begun.json()["uri"]).at(datetime.now(UTC))
    confirmed = api.post(f"{OWN}/second-factor/confirm", {"otp": otp})
    [code, *rest] = confirmed.json()["recovery_codes"]
    again = api.post(f"{OWN}/second-factor", {"current_password": PASSWORD})
    shown = api.get(OWN).json()["has_second_factor"]
    without = api.post(f"{OWN}/second-factor/disable", {"current_password": PASSWORD})
    off = api.post(f"{OWN}/second-factor/disable", {"current_password": PASSWORD, "otp": code})

    assert (begun.status_code, begun["Cache-Control"], sorted(begun.json())) == (201, "no-store", ["secret", "uri"])
    assert (wrong.status_code, wrong.json()["code"]) == (400, "otp_wrong")
    assert (confirmed.status_code, confirmed["Cache-Control"], len(rest)) == (200, "no-store", 9)
    assert (again.status_code, again.json()["code"], shown) == (409, "second_factor_on", True)
    assert (without.status_code, without.json()["code"]) == (400, "otp_required")
    assert (off.status_code, is_on(ana)) == (204, False)


def test_setting_the_second_factor_up_takes_the_password(api: APIClient) -> None:
    refused = api.post(f"{OWN}/second-factor", {"current_password": "wrong"})
    early = api.post(f"{OWN}/second-factor/confirm", {"otp": "123456"})

    assert (refused.status_code, refused.json()["code"]) == (400, "wrong_password")
    assert (early.status_code, early.json()["code"]) == (409, "second_factor_off")
    assert not SecondFactor.objects.exists()


def test_results_are_hidden_and_shown(api: APIClient, ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 7, 26, 20, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)

    for _ in range(2):
        body = api.patch(OWN, {"hide_results": True}).json()

        assert (body["hide_results"], body["results_until"]) == (True, "2026-07-26T17:00:00Z")

    body = api.post(f"{OWN}/reveal", {"until": "2026-07-26T18:00:00Z"}).json()
    assert (body["hide_results"], body["results_until"]) == (True, "2026-07-26T18:00:00Z")

    body = api.post(f"{OWN}/reveal", {}).json()
    assert body["results_until"] == "2026-07-26T20:00:00Z"

    body = api.patch(OWN, {"hide_results": False}).json()
    assert (body["hide_results"], body["results_until"]) == (False, None)
    assert api.get(OWN).json() == body


def test_a_profile_is_changed_without_touching_the_shield(api: APIClient, ana: User) -> None:
    api.patch(OWN, {"hide_results": True})

    body = api.patch(OWN, {"full_name": "Ana L."}).json()

    assert (body["full_name"], body["hide_results"]) == ("Ana L.", True)
