import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import override_settings

from accounts.models import EmailChange, RecoveryCode, SecondFactor, User
from fantasy_f1 import settings as real_settings
from tests.factories import PASSWORD, UserFactory


def test_passwords_are_hashed_with_bcrypt_over_sha256() -> None:
    with override_settings(PASSWORD_HASHERS=real_settings.PASSWORD_HASHERS):
        hashed = make_password(PASSWORD)

        assert hashed.startswith("bcrypt_sha256$")
        assert identify_hasher(hashed).verify(PASSWORD, hashed)


@pytest.mark.django_db
@pytest.mark.parametrize("same", [{"username": "ANA"}, {"email": "ANA@example.com"}])
def test_the_database_refuses_the_same_name_in_other_case(same: dict[str, str]) -> None:
    UserFactory(username="ana", email="ana@example.com")

    with pytest.raises(IntegrityError):
        UserFactory(**same)


@pytest.mark.django_db
def test_create_superuser_may_do_everything_in_the_admin() -> None:
    user = User.objects.create_superuser("host", "Host@Example.com", PASSWORD)

    assert (user.is_staff, user.is_superuser, user.email) == (True, True, "host@example.com")
    assert User.objects.get_by_natural_key("HOST") == user


@pytest.mark.parametrize(("full_name", "shown"), [("Ana Lopes", "Ana Lopes"), ("", "ana")])
def test_display_name_is_the_name_or_else_the_username(full_name: str, shown: str) -> None:
    user = User(username="ana", full_name=full_name)

    assert (user.display_name, str(user)) == (shown, "ana")


def test_time_zone_must_exist() -> None:
    with pytest.raises(ValidationError, match="'Mars/Olympus' is not a time zone"):
        User(username="ana", email="a@example.com", password="!", time_zone="Mars/Olympus").clean_fields()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["ana", "ANA", " ana@EXAMPLE.com "])
def test_authenticate_takes_username_or_address(name: str) -> None:
    user = UserFactory(username="ana", email="ana@example.com")

    assert authenticate(username=name, password=PASSWORD) == user


@pytest.mark.django_db
@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "ana", "password": "wrong"},
        {"username": "bo", "password": PASSWORD},
        {"username": "ana"},
        {"username": "closed", "password": PASSWORD},
    ],
)
def test_authenticate_refuses_everybody_else(credentials: dict[str, str]) -> None:
    UserFactory(username="ana")
    UserFactory(username="closed", is_active=False)

    assert authenticate(**credentials) is None


@pytest.mark.django_db
def test_what_belongs_to_an_account_names_it_and_no_secret() -> None:
    user = UserFactory()
    change = EmailChange(user=user, email="new@example.com")
    factor, code = SecondFactor(user=user, secret="S" * 32), RecoveryCode(user=user, digest="d")

    assert [str(change), str(factor), str(code)] == [
        f"{user.pk} → new@example.com",
        f"second factor of {user.pk}",
        f"recovery code of {user.pk}",
    ]
