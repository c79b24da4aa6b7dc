import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import tasks
from accounts.email_change import change_email, confirm_email_change, pending_email
from accounts.identity import WrongPassword
from accounts.links import LinkNotValid
from accounts.models import EmailChange, User
from accounts.signup import EmailTaken
from fantasy_f1.core.buckets import Limit
from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.ratelimit import RateLimited
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

REAL = datetime(2026, 11, 1, 12, tzinfo=UTC)
OLD, NEW = "ana@example.com", "new@example.com"
Change = Callable[..., User]


@pytest.fixture
def _mails(settings: Settings) -> None:
    settings.EMAIL_VERIFICATION = True


@pytest.fixture
def ana() -> User:
    return UserFactory(username="ana", email=OLD)


@pytest.fixture
def change(ana: User, django_capture_on_commit_callbacks: Callable[..., Any]) -> Change:
    def ask(email: str = NEW, current_password: str = PASSWORD) -> User:
        with django_capture_on_commit_callbacks(execute=True):
            return change_email(user=ana, email=email, current_password=current_password, now=REAL)

    return ask


def addresses() -> dict[str, str]:
    """The addresses of the links in the mails by who got them, the latest ones."""
    found = {}
    for message in mail.outbox:
        address = re.search(r"http://localhost:8000(/accounts/\S+)", str(message.body))
        assert address is not None
        found[message.to[0]] = address[1]
    return found


def token(email: str) -> str:
    return addresses()[email].strip("/").rpartition("/")[2]


def test_without_mails_the_address_changes_at_once(ana: User, change: Change) -> None:
    change(" NEW@Example.com")

    ana.refresh_from_db()
    assert (ana.email, pending_email(ana), mail.outbox) == (NEW, None, [])


@pytest.mark.usefixtures("_mails")
@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
def test_with_mails_it_changes_when_both_addresses_agree(
    client: Client, ana: User, change: Change, order: tuple[str, str]
) -> None:
    change()
    first, second = (addresses()[email] for email in order)
    looked_at = [client.get(address).status_code for address in (first, second)]
    seen = []
    for address in (first, first, second):
        assert client.post(address).status_code == 302
        ana.refresh_from_db()
        seen.append((ana.email, pending_email(ana)))

    assert looked_at == [200, 200]
    assert seen == [(OLD, NEW), (OLD, NEW), (NEW, None)]
    assert ana.email_verified_at is not None
    assert client.get(second).status_code == 400


@pytest.mark.usefixtures("_mails")
def test_looking_at_the_links_changes_nothing(client: Client, ana: User, change: Change) -> None:
    change()

    pages = [client.get(address).content.decode() for address in addresses().values()]

    ana.refresh_from_db()
    assert ana.email == OLD
    assert all(NEW in page for page in pages)


@pytest.mark.usefixtures("_mails")
def test_a_later_wish_takes_the_place_of_the_first_one(ana: User, change: Change) -> None:
    change()
    stale = token(OLD)
    change("third@example.com")

    with pytest.raises(LinkNotValid):
        confirm_email_change(token=stale, now=REAL)

    assert pending_email(ana) == "third@example.com"


@pytest.mark.usefixtures("_mails")
def test_naming_the_standing_address_gives_the_wish_up(ana: User, change: Change) -> None:
    change()

    change(OLD)

    assert (pending_email(ana), len(mail.outbox)) == (None, 2)


@pytest.mark.usefixtures("_mails")
def test_an_address_that_never_was_confirmed_need_not_agree(ana: User, change: Change) -> None:
    User.objects.update(email_verified_at=None, verification_sent_at=REAL)

    change()

    ana.refresh_from_db()
    assert (ana.email, ana.must_verify_email) == (NEW, True)
    assert [message.to for message in mail.outbox] == [[NEW]]


@pytest.mark.usefixtures("_mails")
@pytest.mark.parametrize("confirmed", [REAL, None])
def test_no_mailbox_is_flooded_by_wishing_for_its_address(
    ana: User, change: Change, limits: Settings, confirmed: datetime | None
) -> None:
    User.objects.update(email_verified_at=confirmed)
    limits.RATE_LIMIT_MAIL = Limit(2, 7200)

    for _ in range(2):
        change("victim@example.com")
        change()

    with pytest.raises(RateLimited):
        change("Victim@example.com")
    assert len([message for message in mail.outbox if message.to == ["victim@example.com"]]) == 2


@pytest.mark.usefixtures("_mails")
def test_somebody_else_may_take_the_address_meanwhile(ana: User, change: Change) -> None:
    change()
    confirm_email_change(token=token(OLD), now=REAL)
    UserFactory(email=NEW)

    with pytest.raises(EmailTaken):
        confirm_email_change(token=token(NEW), now=REAL)

    ana.refresh_from_db()
    assert ana.email == OLD


@pytest.mark.usefixtures("_mails")
def test_links_end_with_the_account(ana: User, change: Change) -> None:
    change()
    ana.is_active = False
    ana.save()

    with pytest.raises(LinkNotValid):
        confirm_email_change(token=token(OLD), now=REAL)


@pytest.mark.usefixtures("_mails")
def test_a_change_that_ended_while_a_link_was_followed_is_over(
    ana: User, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    change()
    standing = EmailChange.objects.select_related("user").get()
    monkeypatch.setattr("accounts.email_change.find_change", lambda token: (standing, "old"))
    EmailChange.objects.all().delete()

    with pytest.raises(LinkNotValid):
        confirm_email_change(token="of the one before", now=REAL)


def test_a_mail_about_a_change_that_is_over_is_not_sent() -> None:
    tasks.send_email_change(1, "old")

    assert mail.outbox == []


@pytest.mark.parametrize(
    ("email", "password", "error", "field"),
    [
        (NEW, "wrong", WrongPassword, "current_password"),
        ("taken@example.com", PASSWORD, EmailTaken, "email"),
        ("nowhere", PASSWORD, Invalid, "email"),
        ("ana@straße.de", PASSWORD, Invalid, "email"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    ana: User, change: Change, email: str, password: str, error: type[Invalid], field: str
) -> None:
    UserFactory(email="taken@example.com")

    with pytest.raises(error) as refused:
        change(email, password)

    ana.refresh_from_db()
    assert (refused.value.field, ana.email) == (field, OLD)


def test_the_page_changes_it(client: Client, ana: User) -> None:
    client.force_login(ana)
    page = reverse("accounts:email")

    refused = client.post(page, {"email": NEW, "current_password": "wrong"})
    done = client.post(page, {"email": NEW, "current_password": PASSWORD}, follow=True)

    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["current_password"])
    assert [str(text) for text in done.context["messages"]] == [f"Your e-mail address is {NEW}."]


@pytest.mark.usefixtures("_mails")
def test_page_and_api_show_the_address_that_waits(client: Client, ana: User) -> None:
    client.force_login(ana)
    api = APIClient()
    api.force_authenticate(ana)

    answer = api.patch("/api/v1/users/me", {"email": NEW, "current_password": PASSWORD})
    done = client.post(reverse("accounts:email"), {"email": NEW, "current_password": PASSWORD}, follow=True)
    form = client.get(reverse("accounts:email")).content.decode()

    assert (answer.status_code, answer.json()["email"], answer.json()["pending_email"]) == (200, OLD, NEW)
    assert [str(text) for text in done.context["messages"]] == ["Now follow the links that we sent to both addresses."]
    assert f"Becomes {NEW}" in done.content.decode()
    assert NEW in form
