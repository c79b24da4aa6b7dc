"""Guessing at accounts is limited, whichever way it comes."""

import re
from collections.abc import Callable

import pyotp
import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import second_factor
from accounts.models import User
from fantasy_f1.core import ratelimit
from fantasy_f1.core.buckets import Limit, LocalBuckets
from fantasy_f1.core.ratelimit import RateLimited, SteadyBuckets
from tests.factories import PASSWORD, UserFactory, tokens_of

pytestmark = pytest.mark.django_db

MANY, TWO = Limit(1000, 3600), Limit(2, 2 * 3600)
AN_HOUR = pytest.approx(3600, abs=50)  # less what a slow machine takes
NEW = {"username": "new", "email": "new@example.com", "password": PASSWORD}


@pytest.fixture
def ana(limits: Settings) -> User:
    """An account, two attempts at each; addresses do not count."""
    limits.RATE_LIMIT_AUTH_ADDRESS = MANY
    limits.RATE_LIMIT_AUTH_ACCOUNT = limits.RATE_LIMIT_MAIL = TWO
    return UserFactory(username="ana", email="ana@example.com")


@pytest.fixture
def two_by_address(limits: Settings) -> Settings:
    limits.RATE_LIMIT_AUTH_ADDRESS = TWO
    return limits


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed, which is what takes time."""
    passwords: list[str] = []
    check, make = User.check_password, User.set_password
    monkeypatch.setattr(User, "check_password", lambda user, text: passwords.append(text) or check(user, text))
    monkeypatch.setattr(User, "set_password", lambda user, text: passwords.append(text) or make(user, text))
    return passwords


def on_page(name: str, typed: str = "wrong") -> HttpResponse:
    return Client().post(reverse("accounts:login"), {"username": name, "password": typed})


def by_api(name: str, typed: str = "wrong", field: str = "username") -> HttpResponse:
    return Client().post("/api/v1/auth/login", {field: name, "password": typed}, "application/json")


def test_the_login_page_says_when_to_try_again_and_hashes_nothing(ana: User, hashed: list[str]) -> None:
    answers = [on_page("ana", password) for password in ("a", "b", PASSWORD)]

    page = answers[-1].content.decode()
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert int(answers[-1]["Retry-After"]) == AN_HOUR
    assert "That was too often in a short time. Try again in 60 minutes." in page
    assert "do not fit together" not in page
    assert 'value="ana"' in page
    assert hashed == ["a", "b"]
    assert "sessionid" not in answers[-1].cookies


def test_the_api_refuses_with_a_problem_and_hashes_nothing(ana: User, hashed: list[str]) -> None:
    answers = [by_api("ana", password) for password in ("a", "b", PASSWORD)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert (answers[-1].json()["code"], int(answers[-1]["Retry-After"])) == ("rate_limited", AN_HOUR)
    assert hashed == ["a", "b"]


@pytest.mark.parametrize("name", ["ana", "ana@example.com"])
def test_all_spellings_of_a_name_and_all_ways_count_as_one(ana: User, name: str) -> None:
    by_api(f" {name.upper()} ")
    by_api(name.title(), field="email")

    assert [ask(name, PASSWORD).status_code for ask in (on_page, by_api)] == [429, 429]
    assert on_page("bo").status_code == 400


@pytest.mark.parametrize(
    ("tried", "asked"),
    [
        ("ana", "ana@example.com"),  # of one account
        ("ana@example.com", "ana"),
        ("\uff41na", "ana"),  # a wide letter
        ("ana", "\uff41na"),
        ("\u212aen", "ken"),  # the sign for kelvin
    ],
)
def test_a_refusal_does_not_tell_whether_there_is_an_account(
    limits: Settings, monkeypatch: pytest.MonkeyPatch, tried: str, asked: str
) -> None:
    limits.RATE_LIMIT_AUTH_ADDRESS, limits.RATE_LIMIT_AUTH_ACCOUNT = MANY, TWO

    def refused() -> list[bool]:
        monkeypatch.setattr(ratelimit, "buckets", SteadyBuckets(LocalBuckets(), LocalBuckets()))
        return [by_api(name).status_code == 429 for name in (tried, tried, tried, asked)]

    without = refused()
    UserFactory(username="ana", email="ana@example.com")
    UserFactory(username="ken", email="ken@example.com")

    assert refused() == without


@pytest.mark.parametrize("lookalike", ["a\u017fa", "as\u0131", "\uff41sa"])
def test_no_lookalike_of_a_name_is_a_way_around_its_limit(ana: User, lookalike: str) -> None:
    for username in ("asa", "asi"):
        UserFactory(username=username)

    assert by_api(lookalike, PASSWORD).status_code == 401


def test_an_unknown_account_is_refused_like_a_known_one(ana: User, hashed: list[str]) -> None:
    known, unknown = ([by_api(name).content for _ in range(4)] for name in ("ana", "nobody"))

    assert known == unknown
    assert hashed == ["wrong"] * 4


def test_one_account_does_not_lock_another(ana: User) -> None:
    UserFactory(username="bo")

    for _ in range(3):
        on_page("ana")

    assert on_page("bo", PASSWORD).status_code == 302


def test_an_incomplete_form_is_no_attempt(ana: User) -> None:
    for _ in range(3):
        on_page("ana", "")

    assert on_page("ana", PASSWORD).status_code == 302


def sign_up_page(number: int) -> HttpResponse:
    given = NEW | {"username": f"new{number}", "email": f"new{number}@example.com"}
    return Client().post(reverse("accounts:register"), given)


def sign_up_by_api(number: int) -> HttpResponse:
    given = NEW | {"username": f"new{number}", "email": f"new{number}@example.com"}
    return Client().post("/api/v1/auth/register", given, "application/json")


def refresh(number: int) -> HttpResponse:
    return Client().post("/api/v1/auth/refresh", {"refresh": f"forged {number}"}, "application/json")


def ask_for_mail(number: int) -> HttpResponse:
    return Client().post(reverse("accounts:password_reset"), {"email": f"{number}@example.com"})


@pytest.mark.parametrize(
    ("ask", "first"),
    [
        (sign_up_page, 302),
        (sign_up_by_api, 201),
        (refresh, 401),
        (ask_for_mail, 302),
        (lambda number: on_page(f"{number}"), 400),
        (lambda number: by_api(f"{number}"), 401),
    ],
)
def test_everything_about_accounts_counts_by_address(
    ask: Callable[[int], HttpResponse], first: int, two_by_address: Settings
) -> None:
    answers = [ask(number) for number in range(3)]

    assert [answer.status_code for answer in answers] == [first, first, 429]
    assert int(answers[-1]["Retry-After"]) == AN_HOUR
    assert "Try again in 60 minutes" in answers[-1].content.decode()


def test_a_refused_sign_up_makes_no_account_and_keeps_what_was_typed(two_by_address: Settings) -> None:
    refused = [sign_up_page(number) for number in range(3)][-1]

    assert User.objects.count() == 2
    assert re.search(r'<div class="form-errors" role="alert">.*Try again', refused.content.decode())
    assert 'value="new2"' in refused.content.decode()


def test_a_refused_refresh_leaves_the_token_good(two_by_address: Settings) -> None:
    token = tokens_of(UserFactory())["refresh"]
    for number in range(3):
        refresh(number)
    assert refresh(4).status_code == 429
    two_by_address.RATE_LIMITS = False

    answer = Client().post("/api/v1/auth/refresh", {"refresh": token}, "application/json")

    assert answer.status_code == 200


def test_nobodys_mailbox_is_flooded_and_no_login_is_locked_by_it(ana: User) -> None:
    def ask(email: str) -> int:
        return Client().post(reverse("accounts:password_reset"), {"email": email}).status_code

    known = [ask("ANA@example.com") for _ in range(3)]
    unknown = [ask("nobody@example.com") for _ in range(3)]

    assert known == unknown == [302, 302, 429]
    assert len(mail.outbox) == 2
    assert on_page("ana", PASSWORD).status_code == 302


def test_an_address_that_is_none_is_an_error_of_the_form(client: Client) -> None:
    answer = client.post(reverse("accounts:password_reset"), {"email": "nowhere"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["email"])


def test_a_stolen_session_cannot_guess_the_password(ana: User, client: Client, hashed: list[str]) -> None:
    client.force_login(ana)
    new = dict.fromkeys(("new_password1", "new_password2"), "another long one")

    by_page = client.post(reverse("accounts:password_change"), new | {"current_password": "a"})
    on_closing = client.post(reverse("accounts:deactivate"), {"current_password": "b"})
    refused = client.patch(
        "/api/v1/users/me", {"password": "another long one", "current_password": PASSWORD}, "application/json"
    )
    once_more = client.post(reverse("accounts:password_change"), new | {"current_password": PASSWORD})

    assert [by_page.status_code, on_closing.status_code, refused.status_code] == [400, 400, 429]
    assert int(refused["Retry-After"]) == AN_HOUR
    assert (once_more.status_code, int(once_more["Retry-After"])) == (429, AN_HOUR)
    assert "Try again in" in once_more.content.decode()
    assert hashed == ["a", "b"]


def test_codes_cannot_be_guessed(ana: User) -> None:
    factor = second_factor.begin(user=ana)
    now = timezone.now()
    second_factor.confirm(user=ana, otp=pyotp.TOTP(factor.secret).at(now), now=now)

    for code in ("000000", "000001"):
        with pytest.raises(second_factor.OtpWrong):
            second_factor.demand(ana, code, now=now)
    with pytest.raises(RateLimited):
        second_factor.demand(ana, "000002", now=now)
