from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import keys, signins, tokens
from accounts.models import SignIn, User
from accounts.signins import Origin
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

SESSIONS = "/api/v1/auth/sessions"
LONG = "another long sentence"


@pytest.fixture
def user() -> User:
    return UserFactory(username="ana", email="ana@example.com")


@pytest.fixture
def browser(user: User) -> Client:
    return signed_in(user)


def signed_in(user: User, **headers: str) -> Client:
    """A browser that logged in by the page."""
    browser = Client(headers=headers)
    answer = browser.post(reverse("accounts:login"), {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def bot(user: User) -> APIClient:
    """A program that logged in for tokens."""
    pair = tokens.issue(user=user, origin=Origin("bot/1", "192.0.2.7"), now=timezone.now())
    return with_bearer(pair["access"])


def with_bearer(text: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def is_in(client: Client) -> bool:
    status = client.get("/api/v1/auth/me").status_code
    assert status in (200, 401)
    return status == 200


def listed(client: Client) -> list[dict[str, Any]]:
    answer = client.get(SESSIONS)
    assert answer.status_code == 200
    return answer.json()["results"]


def test_sessions_lists_where_one_is_signed_in_and_nobody_elses(user: User) -> None:
    browser = signed_in(user, user_agent="Browser/1 " + "x" * 300 + "\x07")
    program = bot(user)
    bot(UserFactory())

    by_browser, by_program = listed(browser), listed(program)

    assert [(row["kind"], row["user_agent"], row["address"], row["is_current"]) for row in by_browser] == [
        ("token", "bot/1", "192.0.2.7", False),
        ("browser", "Browser/1 " + "x" * 190, "127.0.0.1", True),
    ]
    assert [row["is_current"] for row in by_program] == [True, False]
    assert sorted(by_browser[0]) == [
        "address",
        "created_at",
        "expires_at",
        "id",
        "is_current",
        "kind",
        "last_used_at",
        "user_agent",
    ]


@pytest.mark.parametrize(
    ("told", "noted"), [("::1", "::1"), ("192.0.2.9", "192.0.2.9"), ("fe80::1%eth0", "fe80::1"), ("", None)]
)
def test_login_over_the_api_notes_where_from(user: User, told: str, noted: str | None) -> None:
    APIClient(REMOTE_ADDR=told, headers={"user-agent": "curl/8"}).post(
        "/api/v1/auth/login", {"username": "ana", "password": PASSWORD}
    )

    assert list(SignIn.objects.values_list("user_agent", "address")) == [("curl/8", noted)]


@pytest.mark.parametrize("kind", [signed_in, bot])
def test_a_sign_in_that_is_ended_is_out_at_once(user: User, browser: Client, kind: Callable[[User], Client]) -> None:
    other = kind(user)
    pk = listed(other)[0]["id"]

    first, second = (browser.delete(f"{SESSIONS}/{pk}") for _ in range(2))

    assert (first.status_code, second.status_code, second.json()["code"]) == (204, 404, "not_found")
    assert (is_in(other), is_in(browser)) == (False, True)
    assert len(listed(browser)) == 1


def test_one_may_end_the_sign_in_by_which_one_asks(user: User) -> None:
    program = bot(user)

    assert program.delete(f"{SESSIONS}/{listed(program)[0]['id']}").status_code == 204
    assert program.get("/api/v1/auth/me").json()["code"] == "token_revoked"


def test_nobody_ends_the_sign_in_of_another(user: User, browser: Client) -> None:
    pk = listed(browser)[0]["id"]

    assert bot(UserFactory()).delete(f"{SESSIONS}/{pk}").status_code == 404
    assert is_in(browser)


@pytest.mark.parametrize("kind", [signed_in, bot])
def test_all_others_are_ended_and_oneself_stays(user: User, kind: Callable[[User], Client]) -> None:
    others = [signed_in(user), bot(user)]
    stranger = bot(UserFactory())
    oneself = kind(user)

    answers = [oneself.delete(SESSIONS) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert [is_in(each) for each in others] == [False, False]
    assert (is_in(oneself), is_in(stranger)) == (True, True)


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("delete", ""), ("delete", "/1")])
def test_sign_ins_are_not_for_visitors_nor_for_api_keys(user: User, method: str, path: str) -> None:
    _, text = keys.make(user=user, name="Bot", scope="write", now=timezone.now())

    visitor = getattr(APIClient(), method)(SESSIONS + path)
    key = getattr(with_bearer(text), method)(SESSIONS + path)

    assert (visitor.status_code, visitor.json()["code"]) == (401, "not_authenticated")
    assert (key.status_code, key.json()["code"]) == (403, "key_not_allowed")


def test_logging_out_ends_the_sign_in(user: User, browser: Client) -> None:
    browser.post(reverse("accounts:logout"))

    assert SignIn.objects.get().ended_at
    assert not is_in(browser)


def test_logging_out_without_being_in_is_nothing(client: Client) -> None:
    assert client.post(reverse("accounts:logout")).status_code == 302


def test_logging_in_again_in_the_same_browser_is_one_sign_in(user: User, browser: Client) -> None:
    browser.force_login(user)

    assert len(listed(browser)) == 1


def test_another_account_in_the_same_browser_ends_the_first(user: User, browser: Client) -> None:
    other = UserFactory()
    browser.force_login(other)

    assert [row["is_current"] for row in listed(browser)] == [True]
    assert SignIn.objects.get(user=user).ended_at
    assert not SignIn.objects.get(user=other).ended_at


def test_a_password_changed_on_the_page_leaves_only_that_browser_in(user: User, browser: Client) -> None:
    others = [
        signed_in(user),
        bot(user),
        with_bearer(keys.make(user=user, name="B", scope="read", now=timezone.now())[1]),
    ]

    browser.post(
        reverse("accounts:password_change"),
        {"current_password": PASSWORD, "new_password1": LONG, "new_password2": LONG},
    )

    assert [is_in(other) for other in others] == [False, False, False]
    assert [row["is_current"] for row in listed(browser)] == [True]
    assert SignIn.objects.filter(ended_at=None).count() == 1


def test_a_host_who_changes_the_own_password_in_the_admin_stays_in_and_is_listed(client: Client) -> None:
    host = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(host)
    program = bot(host)

    answer = client.post(f"/admin/accounts/user/{host.pk}/password/", {"password1": LONG, "password2": LONG})

    assert (answer.status_code, is_in(program)) == (302, False)
    assert [row["is_current"] for row in listed(client)] == [True]


def test_a_password_reset_leaves_nobody_in(user: User, browser: Client, mailoutbox: list[Any]) -> None:
    others = [browser, bot(user)]
    visitor = Client()
    visitor.post(reverse("accounts:password_reset"), {"email": user.email})
    address = next(line for line in mailoutbox[0].body.split() if "/password/reset/" in line)
    page = visitor.get(address.removeprefix("http://localhost:8000"), follow=True)

    visitor.post(page.redirect_chain[-1][0], {"new_password1": LONG, "new_password2": LONG})

    assert [is_in(other) for other in others] == [False, False]
    assert not SignIn.objects.filter(ended_at=None).exists()


def test_a_password_changed_behind_our_back_ends_the_session_when_it_is_next_used(user: User, browser: Client) -> None:
    user.set_password(LONG)
    user.save()

    assert not is_in(browser)
    assert SignIn.objects.get().ended_at


@pytest.mark.parametrize("kind", [signed_in, bot])
def test_use_is_noted_every_five_minutes_at_most(user: User, kind: Callable[[User], Client]) -> None:
    client = kind(user)
    began = SignIn.objects.get().last_used_at
    assert began

    seen = []
    for minutes in (4, 6, 10):
        with time_machine.travel(began + timedelta(minutes=minutes), tick=False):
            assert is_in(client)
        seen.append(SignIn.objects.get().last_used_at - began)

    assert seen[0] == timedelta()
    assert timedelta(minutes=5) < seen[1] == seen[2] <= timedelta(minutes=6)


def test_a_browser_in_use_stays_signed_in(user: User, browser: Client) -> None:
    for day in (10, 20, 30):
        with time_machine.travel(timezone.now() + timedelta(days=day)):
            assert is_in(browser)
            assert len(listed(browser)) == 1
    with time_machine.travel(timezone.now() + timedelta(days=45)):
        assert not is_in(browser)


def test_end_all_counts_what_it_ends(user: User, browser: Client) -> None:
    bot(user)

    assert [signins.end_all(user=user, now=timezone.now()) for _ in range(2)] == [2, 0]
    assert not is_in(browser)
