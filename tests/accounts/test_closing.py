from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import closing, keys, second_factor, signins, tokens
from accounts.closing import LastHost
from accounts.credentials import note_use
from accounts.email_change import change_email
from accounts.identity import WrongPassword
from accounts.models import ApiKey, EmailChange, RecoveryCode, SecondFactor, SignIn, User
from accounts.second_factor import OtpRequired
from accounts.shield import raise_shield
from accounts.signals import account_closing
from accounts.signup import register
from fantasy_f1.core.errors import DomainError, Invalid
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

REAL = datetime(2026, 11, 1, 12, tzinfo=UTC)
COMMANDS = [closing.deactivate, closing.delete]


def proof(now: datetime, **changed: Any) -> dict[str, Any]:
    return {"password": PASSWORD, "otp": "", "now": now, "at": REAL, **changed}


def test_deactivated_an_account_keeps_all_it_has_until_the_host_opens_it(now: datetime) -> None:
    user = UserFactory(full_name="Ana Lopes")

    closing.deactivate(user=user, **proof(now))

    user.refresh_from_db()
    assert (user.is_active, user.full_name, user.check_password(PASSWORD)) == (False, "Ana Lopes", True)
    closing.reactivate(user=user)
    user.refresh_from_db()
    assert user.is_active


def test_deleted_nothing_of_the_person_is_left(now: datetime) -> None:
    user = UserFactory(username="ana", full_name="Ana Lopes", time_zone="Europe/Lisbon", is_staff=True, last_login=REAL)
    raise_shield(user=user, now=REAL)
    user.groups.add(Group.objects.create(name="friends"))
    user.user_permissions.add(Permission.objects.all()[0])
    EmailChange.objects.create(user=user, email="new@example.com", created_at=REAL)
    SecondFactor.objects.create(user=user, secret="A" * 32)
    RecoveryCode.objects.create(user=user, digest="d")

    closing.delete(user=user, **proof(now))

    user.refresh_from_db()
    assert (user.username, user.full_name, user.time_zone) == (f"deleted-{user.pk}", "Deleted player", "UTC")
    assert user.email == f"deleted-{user.pk}@deleted.invalid"
    assert (user.is_active, user.is_staff, user.last_login, user.deleted_at) == (False, False, None, REAL)
    assert user.results_until is None
    assert not user.has_usable_password()
    assert (user.groups.count(), user.user_permissions.count()) == (0, 0)
    assert [model.objects.count() for model in (EmailChange, SecondFactor, RecoveryCode)] == [0, 0, 0]
    user.full_clean()


def test_deleted_it_stays_closed_whoever_tries(now: datetime) -> None:
    user = UserFactory()
    closing.delete(user=user, **proof(now))

    closing.reactivate(user=user)
    user.refresh_from_db()
    assert not user.is_active
    user.is_active = True
    with pytest.raises(ValidationError, match="A deleted account stays closed"):
        user.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        user.save()


@pytest.mark.parametrize("name", ["deleted-1", "Deleted-me"])
def test_nobody_can_take_the_name_of_a_deleted_account(name: str, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        register(username=name, email="ana@example.com", password=PASSWORD, now=now)

    assert refused.value.field == "username"


def test_nobody_keeps_an_account_from_being_deleted_by_taking_its_address(now: datetime) -> None:
    user = UserFactory()
    address = f"Deleted-{user.pk}@DELETED.invalid"

    for take in (
        lambda: register(username="thief", email=address, password=PASSWORD, now=now),
        lambda: change_email(user=UserFactory(), email=address, current_password=PASSWORD, now=REAL),
    ):
        with pytest.raises(Invalid) as refused:
            take()
        assert refused.value.field == "email"


@pytest.mark.parametrize("command", COMMANDS)
def test_closing_takes_the_password(command: Any, now: datetime) -> None:
    user = UserFactory()

    with pytest.raises(WrongPassword):
        command(user=user, **proof(now, password="wrong"))

    user.refresh_from_db()
    assert user.is_active


@pytest.mark.parametrize("command", COMMANDS)
def test_closing_takes_the_second_factor_where_it_is_on(command: Any, now: datetime) -> None:
    user = UserFactory()
    SecondFactor.objects.create(user=user, secret="A" * 32, confirmed_at=REAL)
    RecoveryCode.objects.create(user=user, digest=second_factor._digest("abcde-fghjk"))

    with pytest.raises(OtpRequired):
        command(user=user, **proof(now))
    command(user=user, **proof(now, otp="abcde-fghjk"))

    user.refresh_from_db()
    assert not user.is_active


@pytest.mark.parametrize("command", COMMANDS)
def test_the_last_host_stays(command: Any, now: datetime) -> None:
    host = UserFactory(is_superuser=True)
    UserFactory(is_superuser=True, is_active=False)

    with pytest.raises(LastHost) as refused:
        command(user=host, **proof(now))
    UserFactory(is_superuser=True)
    command(user=host, **proof(now))

    host.refresh_from_db()
    assert (refused.value.status, host.is_active) == (409, False)


@pytest.mark.parametrize("command", COMMANDS)
def test_who_listens_can_refuse_and_then_nothing_happened(command: Any, now: datetime) -> None:
    user = UserFactory(full_name="Ana Lopes")

    def refuse(**kwargs: Any) -> None:
        raise DomainError("Not before the race.")

    account_closing.connect(refuse)
    try:
        with pytest.raises(DomainError, match="Not before the race"):
            command(user=user, **proof(now))
    finally:
        account_closing.disconnect(refuse)

    user.refresh_from_db()
    assert (user.is_active, user.full_name) == (True, "Ana Lopes")


@pytest.mark.parametrize("command", COMMANDS)
def test_closing_ends_every_way_in_for_ever(command: Any, now: datetime) -> None:
    user = UserFactory()
    browser = Client()
    browser.force_login(user)
    _, key = keys.make(user=user, name="Bot", scope="read", now=REAL)
    pair = tokens.issue(user=user, origin=signins.Origin("", None), now=timezone.now())

    command(user=user, **proof(now))
    User.objects.filter(deleted_at=None).update(is_active=True)  # as the host may do later

    answers = [
        APIClient().get("/api/v1/auth/me", headers={"Authorization": f"Bearer {text}"})
        for text in (key, pair["access"])
    ]
    assert [answer.status_code for answer in [*answers, browser.get("/api/v1/auth/me")]] == [401, 401, 401]


def test_deleted_no_sign_in_and_no_key_is_left(now: datetime) -> None:
    user = UserFactory()
    Client().force_login(user)
    keys.make(user=user, name="Bot", scope="read", now=REAL)

    closing.delete(user=user, **proof(now))

    assert (SignIn.objects.count(), ApiKey.objects.count()) == (0, 0)


def test_a_request_on_its_way_while_the_account_is_deleted_ends_in_no_error(now: datetime) -> None:
    user = UserFactory()
    key, _ = keys.make(user=user, name="bot", scope="read", now=REAL)
    closing.delete(user=user, **proof(now))

    note_use(key, now=REAL)

    assert not ApiKey.objects.exists()
