"""Making an account and changing what it says about its owner."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.names import check_name


class UsernameTaken(DomainError):
    """This username is taken."""

    code = "username_taken"


class EmailTaken(DomainError):
    """This e-mail address is in use."""

    code = "email_taken"


def register(
    *, username: str, email: str, password: str, full_name: str = "", time_zone: str = "UTC", now: datetime
) -> User:
    """Make an account.

    Raises ``Invalid`` (naming the field), ``UsernameTaken`` or ``EmailTaken``; of two requests for one name, one wins.
    """
    user = User(
        username=username.strip(),
        email=email.strip().lower(),
        full_name=full_name.strip(),
        time_zone=time_zone,
        created_at=now,
    )
    _check(user)
    check_password(user, password)
    user.set_password(password)
    _save(user)
    return user


def change_profile(
    *, user: User, full_name: str | None = None, email: str | None = None, time_zone: str | None = None
) -> User:
    """Change what is given, on behalf of the account's owner; raises like ``register``."""
    if full_name is not None:
        user.full_name = full_name.strip()
    if email is not None:
        user.email = email.strip().lower()
    if time_zone is not None:
        user.time_zone = time_zone
    _check(user)
    _save(user)
    return user


def check_password(user: User, password: str) -> None:
    """Raise ``Invalid`` where ``password`` is too weak for ``user``."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error


def _check(user: User) -> None:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(" ".join(messages), field=field) from error
    if user.full_name:
        check_name(user.full_name, field="full_name")
    others = User.objects.exclude(pk=user.pk)
    if others.filter(username__iexact=user.username).exists():
        raise UsernameTaken("This username is taken.", field="username")
    if others.filter(email__iexact=user.email).exists():
        raise EmailTaken("This e-mail address is in use.", field="email")


def _save(user: User) -> None:
    """Save; where somebody else took a name since it was checked, the database says so and we say which."""
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        _check(user)
        raise
