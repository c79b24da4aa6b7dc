from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import password_validation
from hypothesis import given
from hypothesis import strategies as st

from accounts.identity import WrongPassword, change_password, check_new_password, prove_password
from accounts.models import User
from fantasy_f1.core.errors import Invalid
from tests.factories import PASSWORD, UserFactory

REAL = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANA = User(username="charlotte", email="lopes.pilot@example.com", full_name="Ana Verstappenova")


@pytest.mark.parametrize(
    "password",
    [
        "ninechars",
        "password1234",
        "73519284650",
        "charlotte1",
        "lopes.pilot@example.com",
        "Verstappenova1",
        "x" * 64 + "y" * 65,
    ],
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_new_password(ANA, password)

    assert (refused.value.field, refused.value.status) == ("password", 400)


@pytest.mark.parametrize("password", [PASSWORD, "lights out 10", "ünïcödé wörds", "x" * 64 + "y" * 64])
def test_any_other_password_is_taken(password: str) -> None:
    check_new_password(ANA, password)


@given(st.text(max_size=300))
def test_a_password_that_is_taken_has_10_to_128_characters(password: str) -> None:
    try:
        check_new_password(ANA, password)
    except Invalid:
        return
    assert 10 <= len(password) <= 128


def test_the_limits_of_passwords_are_told() -> None:
    told = password_validation.password_validators_help_texts()

    assert "A password has at most 128 characters." in told


@pytest.mark.django_db
def test_change_password_takes_the_right_old_one() -> None:
    user = UserFactory()

    with pytest.raises(WrongPassword) as refused:
        change_password(user=user, password="another long sentence", current_password="wrong", now=REAL)
    change_password(user=user, password="another long sentence", current_password=PASSWORD, now=REAL)

    user.refresh_from_db()
    assert (refused.value.field, refused.value.status, refused.value.code) == (
        "current_password",
        400,
        "wrong_password",
    )
    assert user.check_password("another long sentence")


@pytest.mark.django_db
def test_an_account_without_a_password_proves_nothing() -> None:
    user: Any = UserFactory()
    user.set_unusable_password()

    with pytest.raises(WrongPassword):
        prove_password(user, "")
