"""Tokens from the outside: over HTTP, but for making false ones."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import signins, tokens
from accounts.models import SignIn, User
from fantasy_f1.core import clock
from tests.contention import outcomes
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

Pair = dict[str, Any]
KEY = settings.JWT_SIGNING_KEY


@pytest.fixture
def user() -> User:
    return UserFactory(username="ana")


def login(user: User) -> Pair:
    answer = APIClient().post("/api/v1/auth/login", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 200
    return answer.json()


def use(access: str, scheme: str = "Bearer") -> Any:
    return APIClient().get("/api/v1/auth/me", headers={"Authorization": f"{scheme} {access}"})


def refresh(token: str) -> Any:
    return APIClient().post("/api/v1/auth/refresh", {"refresh": token})


def logout(token: str) -> Any:
    return APIClient().post("/api/v1/auth/logout", {"refresh": token})


def code(answer: Any) -> tuple[int, str]:
    """The status and code of a refusal, which is a problem document that says how to be let in."""
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith('Bearer realm="Fantasy F1"')
    return answer.status_code, answer.json()["code"]


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def again(token: str, *, key: str = KEY, algorithm: str = "HS256", without: str = "", **changed: Any) -> str:
    """The token with other claims, signed anew."""
    told = {name: value for name, value in {**claims(token), **changed}.items() if name != without}
    return jwt.encode(told, key, algorithm)


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg": "none", "typ": "JWT"}').decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


def tampered(token: str) -> str:
    """The same signature under the claims of somebody else."""
    head, _, signature = token.split(".")
    body = base64.urlsafe_b64encode(json.dumps({**claims(token), "sub": "1", "sid": 1}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


def bottomless(token: str) -> str:
    """A header that no parser gets to the bottom of."""
    return f"{base64.urlsafe_b64encode(b'[' * 2900).decode().rstrip('=')}.e30.e30"


FALSE: list[tuple[str, Callable[[str], str], str]] = [
    ("unsigned", unsigned, "token_wrong_algorithm"),
    ("signed by HS512", lambda token: again(token, key=KEY * 2, algorithm="HS512"), "token_wrong_algorithm"),
    ("for another audience", lambda token: again(token, aud="elsewhere"), "token_wrong_audience"),
    ("for nobody", lambda token: again(token, without="aud"), "token_wrong_audience"),
    ("of another issuer", lambda token: again(token, iss="elsewhere"), "token_wrong_audience"),
    ("not yet valid", lambda token: again(token, nbf=claims(token)["exp"] - 1), "token_not_yet_valid"),
    ("issued tomorrow", lambda token: again(token, iat=claims(token)["exp"] + 86_400), "token_not_yet_valid"),
    ("expired", lambda token: again(token, exp=claims(token)["iat"] - 1), "token_expired"),
    ("tampered with", tampered, "token_not_valid"),
    ("signed with the key of the sessions", lambda token: again(token, key=settings.SECRET_KEY), "token_not_valid"),
    ("cut", lambda token: token[:-5], "token_not_valid"),
    ("without an end", lambda token: again(token, without="exp"), "token_not_valid"),
    ("without an id", lambda token: again(token, without="jti"), "token_not_valid"),
    ("nonsense", lambda token: "nonsense", "token_not_valid"),
    ("no text of ours", lambda token: "é.è.ü", "token_not_valid"),
    ("bottomless", bottomless, "token_not_valid"),
]


@pytest.mark.parametrize(("falsify", "expected"), [row[1:] for row in FALSE], ids=[row[0] for row in FALSE])
def test_false_tokens_are_refused_each_with_its_code_wherever_they_are_given(
    user: User, falsify: Callable[[str], str], expected: str
) -> None:
    pair = login(user)

    assert code(use(falsify(pair["access"]))) == (401, expected)
    assert code(refresh(falsify(pair["refresh"]))) == (401, expected)
    assert code(logout(falsify(pair["refresh"]))) == (401, expected)
    assert refresh(pair["refresh"]).status_code == 200


def test_a_token_of_one_type_is_refused_as_the_other(user: User) -> None:
    pair = login(user)

    answers = [use(pair["refresh"]), refresh(pair["access"]), logout(pair["access"])]

    assert [code(answer) for answer in answers] == [(401, "token_wrong_type")] * 3


def test_tokens_say_whose_they_are_and_nothing_of_the_password(user: User) -> None:
    pair = login(user)

    access, again = claims(pair["access"]), claims(pair["refresh"])

    assert set(access) == set(again) == {"token_type", "exp", "iat", "nbf", "jti", "sub", "sid", "iss", "aud"}
    assert (access["sub"], access["iss"], access["aud"]) == (str(user.pk), "fantasy-f1", "fantasy-f1-api")
    assert (access["exp"] - access["nbf"], again["exp"] - again["nbf"]) == (15 * 60, 7 * 86_400)


def test_tokens_end_by_themselves(user: User) -> None:
    pair = login(user)

    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        late = use(pair["access"])
        renewed = refresh(pair["refresh"])
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=16)):
        too_late = refresh(renewed.json()["refresh"])

    assert (code(late), renewed.status_code, code(too_late)) == ((401, "token_expired"), 200, (401, "token_expired"))


def test_a_refused_bearer_is_told_why_where_programs_look(user: User) -> None:
    nothing, false = APIClient().get("/api/v1/auth/me"), use("nonsense")

    assert (code(nothing), nothing["WWW-Authenticate"]) == ((401, "not_authenticated"), 'Bearer realm="Fantasy F1"')
    assert false["WWW-Authenticate"] == (
        'Bearer realm="Fantasy F1", error="invalid_token", error_description="token_not_valid"'
    )


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_scheme_may_be_written_in_any_case(user: User, scheme: str) -> None:
    assert use(login(user)["access"], scheme).status_code == 200


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", "not_authenticated"), ("Basic YTpi", "not_authenticated"), ("Bearer", "token_not_valid")],
)
def test_without_a_bearer_one_is_nobody(header: str, expected: str) -> None:
    answer = APIClient().get("/api/v1/auth/me", headers={"Authorization": header})

    assert code(answer) == (401, expected)


def test_a_token_is_read_with_its_user_in_one_query(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    access = login(user)["access"]

    with django_assert_num_queries(3):  # two for what the answer tells about the account
        assert use(access).status_code == 200


def test_a_refresh_token_used_again_ends_the_family_with_its_access_tokens(user: User) -> None:
    first = login(user)
    other = login(user)
    second = refresh(first["refresh"]).json()

    reused = refresh(first["refresh"])

    assert code(reused) == (401, "token_reused")
    assert code(refresh(second["refresh"])) == (401, "token_revoked")
    assert [code(use(pair["access"])) for pair in (first, second)] == [(401, "token_revoked")] * 2
    assert use(other["access"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_simultaneous_uses_one_wins_and_the_family_ends(user: User) -> None:
    pair = login(user)
    now = timezone.now()

    counted = outcomes([lambda: tokens.rotate(pair["refresh"], now=now)] * 4)

    assert counted.pop("won") == 1
    assert set(counted) <= {"token_reused", "token_revoked"}
    assert SignIn.objects.get().ended_at == now


def test_logout_ends_all_tokens_at_once_and_may_be_repeated(user: User) -> None:
    first = login(user)
    second = refresh(first["refresh"]).json()

    answers = [logout(second["refresh"]), logout(second["refresh"]), logout(first["refresh"])]

    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert code(refresh(second["refresh"])) == (401, "token_revoked")
    assert [code(use(pair["access"])) for pair in (first, second)] == [(401, "token_revoked")] * 2


def test_a_new_password_ends_all_tokens_whoever_sets_it(user: User) -> None:
    pair = login(user)
    user.set_password("another long sentence")
    user.save()

    assert code(use(pair["access"])) == (401, "password_changed")
    assert code(refresh(pair["refresh"])) == (401, "password_changed")
    assert not signins.of(user, now=timezone.now()).exists()


def test_a_closed_account_ends_all_tokens(user: User) -> None:
    pair = login(user)
    user.is_active = False
    user.save()

    assert code(use(pair["access"])) == (401, "account_closed")
    assert code(refresh(pair["refresh"])) == (401, "account_closed")


def test_an_account_that_is_gone_ends_all_tokens(user: User) -> None:
    pair = login(user)
    user.delete()

    assert code(use(pair["access"])) == (401, "token_revoked")
    assert [code(answer) for answer in (refresh(pair["refresh"]), logout(pair["refresh"]))] == [
        (401, "token_revoked"),
        (401, "token_revoked"),
    ]


def test_the_games_time_moves_no_token(user: User, demo_on: None) -> None:
    clock.set_to(timezone.now() + timedelta(days=400))

    pair = login(user)

    assert (use(pair["access"]).status_code, refresh(pair["refresh"]).status_code) == (200, 200)


def test_a_stale_token_does_not_keep_one_from_logging_in(client: Client, user: User) -> None:
    answer = client.post(
        "/api/v1/auth/login",
        {"username": "ana", "password": PASSWORD},
        "application/json",
        headers={"Authorization": "Bearer stale"},
    )

    assert answer.status_code == 200
