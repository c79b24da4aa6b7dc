from typing import Any

import pyotp
import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import second_factor
from accounts.models import User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = {"username": "ana", "email": "ana@example.com", "password": PASSWORD, "full_name": "Ana Lopes"}


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def tokens(api: APIClient, user: User) -> dict[str, Any]:
    answer = api.post("/api/v1/auth/login", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 200
    return answer.json()


def bearer(access: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def test_register_answers_with_the_account(api: APIClient) -> None:
    answer = api.post("/api/v1/auth/register", NEW)

    user = User.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": user.pk,
        "username": "ana",
        "email": "ana@example.com",
        "email_verified": True,
        "pending_email": None,
        "full_name": "Ana Lopes",
        "time_zone": "UTC",
        "has_second_factor": False,
        "hide_results": False,
        "results_until": None,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.parametrize(
    ("changed", "status", "code", "fields"),
    [
        ({"username": "TAKEN"}, 409, "username_taken", ["username"]),
        ({"email": "Taken@example.com"}, 409, "email_taken", ["email"]),
        ({"username": "a b"}, 400, "invalid", ["username"]),
        ({"email": "nowhere", "password": ""}, 400, "invalid", ["email", "password"]),
        ({"password": "short"}, 400, "invalid", ["password"]),
        ({"time_zone": "Mars/Olympus"}, 400, "invalid", ["time_zone"]),
        ({"is_superuser": True}, 400, "invalid", ["is_superuser"]),
    ],
)
def test_register_refuses_with_a_problem_that_names_the_fields(
    api: APIClient, changed: dict[str, Any], status: int, code: str, fields: list[str]
) -> None:
    UserFactory(username="taken", email="taken@example.com")

    answer = api.post("/api/v1/auth/register", {**NEW, **changed})

    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"], sorted(answer.json()["errors"])) == (status, code, fields)
    assert User.objects.count() == 1


@pytest.mark.parametrize("name", [{"username": "ana"}, {"username": "ANA@example.com"}, {"email": "ana@example.com"}])
def test_login_gives_tokens_that_open_the_api(api: APIClient, name: dict[str, str]) -> None:
    user = UserFactory(username="ana", email="ana@example.com")

    answer = api.post("/api/v1/auth/login", {**name, "password": PASSWORD})

    body = answer.json()
    assert (answer.status_code, sorted(body)) == (200, ["access", "expires_in", "refresh", "token_type"])
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert bearer(body["access"]).get("/api/v1/auth/me").json()["id"] == user.pk


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong"), ("nobody", PASSWORD), ("closed", PASSWORD)])
def test_login_refuses_alike_whatever_is_wrong(api: APIClient, name: str, password: str) -> None:
    UserFactory(username="ana")
    UserFactory(username="closed", is_active=False)

    answer = api.post("/api/v1/auth/login", {"username": name, "password": password})

    assert answer.status_code == 401
    assert answer.json() == {
        "type": "about:blank",
        "title": "Sign in first",
        "status": 401,
        "detail": "Username and password do not fit together.",
        "code": "wrong_credentials",
    }


@pytest.mark.parametrize("names", [{}, {"username": "ana", "email": "ana@example.com"}])
def test_login_wants_one_name(api: APIClient, names: dict[str, str]) -> None:
    answer = api.post("/api/v1/auth/login", {**names, "password": PASSWORD})

    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        {"username": ["Give either username or email."]},
    )


def test_answers_with_tokens_are_not_kept(api: APIClient) -> None:
    user = UserFactory()

    given = api.post("/api/v1/auth/login", {"username": user.username, "password": PASSWORD})
    renewed = api.post("/api/v1/auth/refresh", {"refresh": given.json()["refresh"]})

    assert (given["Cache-Control"], renewed["Cache-Control"]) == ("no-store", "no-store")


def test_refresh_rotates_and_works_once(api: APIClient) -> None:
    first = tokens(api, UserFactory())["refresh"]

    second = api.post("/api/v1/auth/refresh", {"refresh": first})
    again = api.post("/api/v1/auth/refresh", {"refresh": first})

    assert (second.status_code, sorted(second.json())) == (200, ["access", "expires_in", "refresh", "token_type"])
    assert second.json()["refresh"] != first
    assert (again.status_code, again.json()["code"]) == (401, "token_reused")


@pytest.mark.parametrize("path", ["auth/me", "users/me"])
def test_ones_own_account_is_for_those_signed_in(api: APIClient, path: str) -> None:
    method = api.get if path == "auth/me" else api.patch

    answer = method(f"/api/v1/{path}")

    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_me_works_with_the_session_of_the_pages(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)

    assert client.get("/api/v1/auth/me").json()["username"] == user.username


@pytest.mark.parametrize(
    ("otp", "code"), [({}, "otp_required"), ({"otp": ""}, "otp_required"), ({"otp": "000000x"}, "otp_wrong")]
)
def test_login_takes_a_code_where_the_second_factor_is_on(api: APIClient, otp: dict[str, str], code: str) -> None:
    user = UserFactory(username="ana")
    factor = second_factor.begin(user=user)
    now = timezone.now()
    [recovery, *_] = second_factor.confirm(user=user, otp=pyotp.TOTP(factor.secret).at(now), now=now)
    given = {"username": "ana", "password": PASSWORD}

    refused = api.post("/api/v1/auth/login", {**given, **otp})
    wrong = api.post("/api/v1/auth/login", {**given, "password": "wrong", "otp": recovery})
    taken = api.post("/api/v1/auth/login", {**given, "otp": recovery})
    again = api.post("/api/v1/auth/login", {**given, "otp": recovery})

    assert (refused.status_code, refused.json()["code"]) == (401, code)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    assert (taken.status_code, again.status_code, again.json()["code"]) == (200, 401, "otp_wrong")
