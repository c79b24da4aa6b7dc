from contextlib import nullcontext
from datetime import datetime
from string import ascii_letters, digits
from typing import Any
from unittest import mock

import pytest
from django.db import IntegrityError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import signup
from accounts.closing import delete
from accounts.credentials import AccountClosed
from accounts.models import User
from accounts.signup import EmailTaken, UsernameTaken, change_profile, register
from fantasy_f1.core.errors import DomainError, Invalid
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

PLAIN = ascii_letters + digits + "_.-"


def values(**changed: str) -> dict[str, Any]:
    return {"username": "ana", "email": "ana@example.com", "password": PASSWORD, **changed}


def test_register_makes_an_account_that_can_log_in(now: datetime) -> None:
    user = register(
        **values(username=" Ana ", email="Ana@Example.COM", full_name=" Ana Lopes ", time_zone="Europe/Lisbon"), now=now
    )

    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert (user.username, user.email, user.full_name, user.time_zone, user.created_at) == (
        "Ana",
        "ana@example.com",
        "Ana Lopes",
        "Europe/Lisbon",
        now,
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "a"}, "username"),
        ({"username": "ana maria"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "x" * 31}, "username"),
        ({"username": "añа"}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"email": f"{'x' * 250}@example.com"}, "email"),
        ({"email": "ana@straße.de"}, "email"),
        ({"full_name": "x" * 101}, "full_name"),
        ({"full_name": "\u200b"}, "full_name"),
        ({"full_name": "Ana\nLopes"}, "full_name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "73519284650"}, "password"),
        ({"username": "charlotte", "password": "charlotte1"}, "password"),
    ],
)
def test_register_names_the_field_at_fault(changed: dict[str, str], field: str, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        register(**values(**changed), now=now)

    assert (refused.value.field, refused.value.status, User.objects.count()) == (field, 400, 0)


@pytest.mark.parametrize(
    ("changed", "error", "code"),
    [
        ({"username": "PLAYER"}, UsernameTaken, "username_taken"),
        ({"email": "Player@Example.com"}, EmailTaken, "email_taken"),
        ({"email": " player@EXAMPLE.com "}, EmailTaken, "email_taken"),
    ],
)
def test_register_refuses_names_in_use_without_regard_to_case(
    changed: dict[str, str], error: type[DomainError], code: str, now: datetime
) -> None:
    UserFactory(username="player", email="player@example.com")

    with pytest.raises(error) as refused:
        register(**values(**changed), now=now)

    assert (refused.value.code, refused.value.status) == (code, 409)


@pytest.mark.parametrize(
    ("changed", "error"), [({"email": "b@example.com"}, UsernameTaken), ({"username": "bob"}, EmailTaken)]
)
def test_register_loses_a_race_with_a_clear_error(
    changed: dict[str, str], error: type[DomainError], now: datetime
) -> None:
    def check_then_somebody_is_faster(user: User) -> None:
        check(user)
        if not User.objects.exists():
            UserFactory(username="ANA", email="ana@example.com")

    check = signup._check

    with mock.patch.object(signup, "_check", check_then_somebody_is_faster), pytest.raises(error):
        register(**values(**changed), now=now)

    assert User.objects.count() == 1


def test_register_hides_no_other_fault_of_the_database(now: datetime) -> None:
    with mock.patch.object(User, "save", side_effect=IntegrityError("another rule")), pytest.raises(IntegrityError):
        register(**values(), now=now)


def test_change_profile_changes_only_what_is_given() -> None:
    user = UserFactory(full_name="Ana", time_zone="Europe/Lisbon")

    change_profile(user=user, full_name="Ana Lopes")

    user.refresh_from_db()
    assert (user.full_name, user.time_zone) == ("Ana Lopes", "Europe/Lisbon")


def test_two_changes_of_a_profile_at_once_both_stand() -> None:
    user = UserFactory(full_name="Ana", time_zone="Europe/Lisbon")
    elsewhere = User.objects.get()

    change_profile(user=user, full_name="Ana Lopes")
    change_profile(user=elsewhere, time_zone="Asia/Tokyo")

    user.refresh_from_db()
    assert (user.full_name, user.time_zone) == ("Ana Lopes", "Asia/Tokyo")


def test_the_name_of_a_person_who_was_deleted_meanwhile_does_not_come_back(now: datetime) -> None:
    user = UserFactory()
    elsewhere = User.objects.get()
    delete(user=elsewhere, password=PASSWORD, otp="", now=now, at=timezone.now())

    with pytest.raises(AccountClosed):
        change_profile(user=user, full_name="Ana Lopes")

    user.refresh_from_db()
    assert user.full_name == "Deleted player"


def test_change_profile_lets_a_name_be_emptied() -> None:
    user = UserFactory(full_name="Ana")

    change_profile(user=user, full_name="", time_zone="UTC")

    user.refresh_from_db()
    assert user.full_name == ""


@pytest.mark.parametrize(
    ("changed", "field"), [({"full_name": "x" * 101}, "full_name"), ({"time_zone": "Mars/Olympus"}, "time_zone")]
)
def test_change_profile_names_the_field_at_fault(changed: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        change_profile(user=UserFactory(), **changed)

    assert refused.value.field == field


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(username=st.text(max_size=40) | st.text(alphabet=PLAIN, max_size=40))
def test_register_takes_a_username_exactly_if_it_has_3_to_30_plain_characters(username: str, now: datetime) -> None:
    plain = username.strip()
    fits = 3 <= len(plain) <= 30 and set(plain) <= set(PLAIN) and not plain.lower().startswith("deleted-")

    with nullcontext() if fits else pytest.raises(Invalid):
        register(**values(username=username), now=now)

    User.objects.all().delete()
