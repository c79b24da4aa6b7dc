"""Proving again that it is oneself, before the account itself is changed; and what a password must be."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import access, second_factor
from accounts.credentials import PasswordChanged
from accounts.models import SignIn, User
from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.ratelimit import limit_proof

MAX_PASSWORD = 128


class WrongPassword(Invalid):
    """This is not your password."""

    code = "wrong_password"


class MaximumLengthValidator:
    """Of ``AUTH_PASSWORD_VALIDATORS``: keeps hashing cheap for us, whatever is sent."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > MAX_PASSWORD:
            raise ValidationError(self.get_help_text())

    def get_help_text(self) -> str:
        return f"A password has at most {MAX_PASSWORD} characters."


def check_new_password(user: User, password: str, *, field: str = "password") -> None:
    """Raise ``Invalid`` where ``password`` is too weak for ``user``."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field=field) from error


def prove_password(user: User, password: str) -> None:
    """Raise ``WrongPassword`` unless it is the account's own, ``RateLimited`` after too many attempts."""
    limit_proof(user_id=user.pk)
    if not user.check_password(password):
        raise WrongPassword("This is not your password.", field="current_password")


def prove(user: User, *, password: str, otp: str, now: datetime) -> None:
    """The same, and the second factor where it is on; raises ``OtpRequired`` and ``OtpWrong`` too."""
    prove_password(user, password)
    second_factor.demand(user, otp, now=now)


def change_password(
    *, user: User, password: str, current_password: str, keep: SignIn | None = None, now: datetime
) -> None:
    """``set_password`` for whoever knows the present one. Raises ``WrongPassword``, ``RateLimited`` too."""
    prove_password(user, current_password)
    set_password(user=user, password=password, keep=keep, now=now)


def set_password(*, user: User, password: str, keep: SignIn | None = None, now: datetime) -> None:
    """Give the account another password, which ends its sign-ins but for ``keep``, and its API keys.

    The caller has made sure that it is the owner, by the password that ``user`` was read with: where that was changed
    meanwhile, as by a reset that locks a thief out, nothing happens. Raises ``PasswordChanged``, ``Invalid`` where the
    new one is too weak.
    """
    check_new_password(user, password)
    new = make_password(password)
    with transaction.atomic():
        as_read = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
        if not as_read.update(password=new, updated_at=now):
            raise PasswordChanged("The password was changed meanwhile. Log in again.")
        user.password = new
        access.end_all(user=user, keep=keep, now=now)
