import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import links, tasks
from accounts.models import User
from accounts.signup import register
from accounts.verification import (
    EmailNotVerified,
    TooManyMails,
    require_player,
    send_verification,
    verify_email,
)
from leagues.managers import create_league
from leagues.membership import join_league
from leagues.models import Constructor, League
from tests.factories import PASSWORD, LeagueFactory, RaceFactory, SeasonFactory, UserFactory

pytestmark = pytest.mark.django_db

OnCommit = Callable[..., Any]
REAL = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def _mails(settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = True


@pytest.fixture
def ana(_mails: None, now: datetime, django_capture_on_commit_callbacks: OnCommit) -> User:
    with django_capture_on_commit_callbacks(execute=True):
        return register(username="ana", email="ana@example.com", password=PASSWORD, now=now)


def address_in_mail() -> str:
    found = re.search(r"http://localhost:8000(/accounts/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def token_in_mail() -> str:
    return address_in_mail().strip("/").rpartition("/")[2]


def test_an_account_is_confirmed_from_the_start_where_no_mails_are_sent(
    now: datetime, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        user = register(username="ana", email="ana@example.com", password=PASSWORD, now=now)

    require_player(user)
    assert (user.email_verified_at, mail.outbox) == (now, [])


@pytest.mark.usefixtures("_mails")
def test_accounts_that_were_there_before_and_the_hosts_own_ones_are_confirmed() -> None:
    require_player(UserFactory())
    require_player(User.objects.create_user("bob", "bob@example.com"))


def test_a_new_account_gets_a_link_whose_button_confirms_it(client: Client, ana: User) -> None:
    [message] = mail.outbox
    shown = client.get(address_in_mail())
    ana.refresh_from_db()
    after_looking = ana.email_verified_at
    pressed = [client.post(address_in_mail()) for _ in range(2)]

    ana.refresh_from_db()
    assert (message.to, message.subject) == (["ana@example.com"], "Confirm your e-mail address for Fantasy F1")
    assert (shown.status_code, after_looking) == (200, None)
    assert [answer.status_code for answer in pressed] == [302, 302]
    assert ana.email_verified_at is not None
    require_player(ana)


def test_an_unconfirmed_account_neither_makes_nor_joins_leagues(ana: User, now: datetime) -> None:
    race = RaceFactory(entries=4, starts_at=now + timedelta(days=9))
    league = LeagueFactory(season=race.season)

    with pytest.raises(EmailNotVerified) as refused:
        create_league(creator=ana, name="Ours", season=race.season, now=now)
    with pytest.raises(EmailNotVerified):
        join_league(league_id=league.pk, user=ana, team_name="Apex", now=now)

    assert (refused.value.status, refused.value.code) == (403, "email_not_verified")
    assert (League.objects.count(), Constructor.objects.count()) == (1, 0)


def test_an_unconfirmed_account_does_everything_else(client: Client, ana: User) -> None:
    client.force_login(ana)

    page = client.get(reverse("accounts:profile"))
    me = client.get("/api/v1/auth/me")

    assert "Confirm your e-mail address to make and join leagues" in page.content.decode()
    assert (me.status_code, me.json()["email_verified"]) == (200, False)


@pytest.mark.usefixtures("_mails")
def test_the_banner_is_for_those_who_have_to_confirm(client: Client) -> None:
    client.force_login(UserFactory())

    assert "Confirm your e-mail address to" not in client.get(reverse("accounts:profile")).content.decode()


def test_the_api_says_why_no_league_is_made(ana: User) -> None:
    api = APIClient()
    api.force_authenticate(ana)

    answer = api.post("/api/v1/leagues", {"name": "Ours", "season": SeasonFactory().pk})

    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")


def test_a_mail_is_sent_again_after_two_minutes(ana: User, django_capture_on_commit_callbacks: OnCommit) -> None:
    User.objects.update(verification_sent_at=REAL)

    with pytest.raises(TooManyMails) as refused:
        send_verification(user=ana, now=REAL + timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        send_verification(user=ana, now=REAL + timedelta(minutes=2))

    assert refused.value.status == 429
    assert len(mail.outbox) == 2


@pytest.mark.usefixtures("_mails")
def test_a_confirmed_account_is_sent_nothing(django_capture_on_commit_callbacks: OnCommit) -> None:
    user = UserFactory()

    with django_capture_on_commit_callbacks(execute=True):
        send_verification(user=user, now=REAL)
    tasks.send_verification(user.pk)

    assert mail.outbox == []


def test_page_and_api_send_it_again_or_say_that_it_is_too_soon(
    client: Client, ana: User, django_capture_on_commit_callbacks: OnCommit
) -> None:
    client.force_login(ana)
    api = APIClient()
    api.force_authenticate(ana)
    User.objects.update(verification_sent_at=None)

    with django_capture_on_commit_callbacks(execute=True):
        pressed = client.post(reverse("accounts:send_verification"), follow=True)
    too_soon = api.post("/api/v1/users/me/verification")
    User.objects.update(verification_sent_at=None)
    with django_capture_on_commit_callbacks(execute=True):
        asked = api.post("/api/v1/users/me/verification")

    assert [str(text) for text in pressed.context["messages"]] == ["The link is on its way to ana@example.com."]
    assert (too_soon.status_code, too_soon.json()["code"], asked.status_code) == (429, "too_many_mails", 202)
    assert len(mail.outbox) == 3


def test_a_link_ends_after_three_days(client: Client, ana: User) -> None:
    token = token_in_mail()

    with (
        time_machine.travel(datetime.now(UTC) + timedelta(days=3, minutes=1), tick=False),
        pytest.raises(links.LinkNotValid),
    ):
        verify_email(token=token, now=REAL)

    ana.refresh_from_db()
    assert ana.email_verified_at is None


@pytest.mark.parametrize("spoil", ["email", "is_active"])
def test_a_link_ends_with_what_it_is_about(client: Client, ana: User, spoil: str) -> None:
    setattr(ana, spoil, {"email": "other@example.com", "is_active": False}[spoil])
    ana.save()

    assert client.get(address_in_mail()).status_code == 400
    assert client.post(address_in_mail()).status_code == 400


def test_a_link_is_for_one_purpose_and_cannot_be_made_up(client: Client, ana: User) -> None:
    other = links.sign(links.CHANGE_EMAIL, {"user": ana.pk, "email": ana.email})

    answers = [
        client.get(reverse("accounts:verify", args=[token])) for token in (other, "nonsense", token_in_mail() + "x")
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
