"""Neither the answer nor the time it takes tells whether there is an account."""

from collections.abc import Callable
from unittest import mock

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError
from rest_framework.test import APIClient

from accounts import tasks
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

JSON = {"content_type": "application/json"}
Ask = Callable[[str], tuple[int, bytes]]


def by_page(email: str) -> tuple[int, bytes]:
    answer = Client().post(reverse("accounts:password_reset"), {"email": email})
    return answer.status_code, answer.headers["Location"].encode()


def by_api(email: str) -> tuple[int, bytes]:
    answer = APIClient().post("/api/v1/auth/password-reset", {"email": email})
    return answer.status_code, answer.content


@pytest.fixture(params=[by_page, by_api])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def _accounts() -> None:
    UserFactory(username="ana", email="ana@example.com")
    UserFactory(username="closed", email="closed@example.com", is_active=False)


@pytest.mark.usefixtures("_accounts")
def test_a_request_looks_nothing_up_and_sends_nothing(ask: Ask) -> None:
    emails = ["ana@example.com", "nobody@example.com", "closed@example.com"]

    with mock.patch.object(tasks.send_password_reset, "delay") as delay:
        answers = {ask(email) for email in emails}

    assert len(answers) == 1
    assert [call.args for call in delay.call_args_list] == [(email,) for email in emails]
    assert mail.outbox == []


@pytest.mark.usefixtures("_accounts")
@pytest.mark.parametrize("email", ["nobody@example.com", "closed@example.com"])
def test_no_mail_goes_where_nobody_can_log_in(ask: Ask, email: str) -> None:
    ask(email)

    assert mail.outbox == []


@pytest.mark.usefixtures("_accounts")
def test_the_mail_goes_to_the_address_that_is_kept(ask: Ask) -> None:
    ask(" ANA@example.com ")

    assert [message.to for message in mail.outbox] == [["ana@example.com"]]


def test_an_account_without_a_password_gets_no_mail(ask: Ask) -> None:
    user = UserFactory(email="ana@example.com")
    user.set_unusable_password()
    user.save()

    ask("ana@example.com")

    assert mail.outbox == []


def test_an_impossible_address_is_refused_at_its_field(client: Client) -> None:
    page = client.post(reverse("accounts:password_reset"), {"email": "ana@straße.de"})
    answer = APIClient().post("/api/v1/auth/password-reset", {"email": "ana@straße.de"})

    assert (page.status_code, list(page.context["form"].errors)) == (400, ["email"])
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["email"])


@pytest.mark.usefixtures("_accounts")
@pytest.mark.parametrize(
    ("name", "password"),
    [("ana", "wrong"), ("nobody", PASSWORD), ("nobody@example.com", PASSWORD), ("closed", PASSWORD), ("closed", "no")],
)
@pytest.mark.parametrize("by", ["page", "api"])
def test_a_refused_login_hashes_exactly_once(by: str, name: str, password: str) -> None:
    given = {"username": name, "password": password}

    with mock.patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as encode:
        if by == "page":
            answer = Client().post(reverse("accounts:login"), given)
        else:
            answer = APIClient().post("/api/v1/auth/login", given)

    assert answer.status_code in (400, 401)
    assert encode.call_count == 1


@pytest.mark.parametrize("path", ["/accounts/password/reset/", "/api/v1/auth/password-reset"])
def test_while_the_queue_is_away_it_is_said_that_no_mail_is_sent(path: str) -> None:
    with mock.patch.object(tasks.send_password_reset, "delay", side_effect=OperationalError("away")):
        answer = Client().post(path, {"email": "ana@example.com"}, **JSON if "api" in path else {})

    assert answer.status_code == 503
    assert "No mail can be sent at the moment" in answer.content.decode()
