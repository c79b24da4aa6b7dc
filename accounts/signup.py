"""Making an account and changing what it says about its owner."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import verification
from accounts.credentials import AccountClosed
from accounts.emails import normalize_email
from accounts.identity import check_new_password
from accounts.models import User
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.names import check_name

RESERVED, NOWHERE = "deleted-", "deleted.invalid"
"""What the usernames of deleted accounts begin with, and the domain of their addresses."""


class UsernameTaken(DomainError):
    """This username is taken."""

    code = "username_taken"


class EmailTaken(DomainError):
    """This e-mail address is in use."""

    code = "email_taken"


def register(
    *, username: str, email: str, password: str, full_name: str = "", time_zone: str = "UTC", now: datetime
) -> User:
    """Make an account; where mails are sent, its address is to be confirmed by a link.

    Raises ``Invalid`` (naming the field), ``UsernameTaken`` or ``EmailTaken``; of two requests for one name, one wins.
    """
    user = User(
        username=username.strip(),
        email=_normalized(email),
        email_verified_at=None if settings.EMAIL_VERIFICATION else now,
        full_name=full_name.strip(),
        time_zone=time_zone,
        created_at=now,
    )
    if user.username.lower().startswith(RESERVED):
        raise Invalid("No username begins with “deleted-”.", field="username")
    _check(user)
    check_new_password(user, password)
    user.set_password(password)
    with transaction.atomic():
        save(user)
        verification.send_verification(user=user, now=timezone.now())
    return user


def change_profile(*, user: User, full_name: str | None = None, time_zone: str | None = None) -> User:
    """Change what is given, on behalf of the account's owner. Raises ``Invalid``, ``AccountClosed``."""
    given = {"full_name": full_name and full_name.strip(), "time_zone": time_zone}
    changed = {name: value for name, value in given.items() if value is not None}
    for name, value in changed.items():
        setattr(user, name, value)
    _check(user)
    # Nothing but that: in the same moment the rest of the row may change, or the person be deleted from it.
    if not User.objects.filter(pk=user.pk, is_active=True).update(**changed, updated_at=timezone.now()):
        raise AccountClosed("This account is closed.")
    return user


def check_email(user: User, email: str) -> str:
    """The address as it would be kept. Raises ``Invalid``, and ``EmailTaken`` where another account has it."""
    asked = User(pk=user.pk, username=user.username, email=_normalized(email))
    _check(asked)
    return asked.email


def save(user: User) -> None:
    """Save; where somebody else took a name since it was checked, the database says so and we say which."""
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        _check(user)
        raise


def _normalized(email: str) -> str:
    try:
        address = normalize_email(email)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="email") from error
    if address.endswith(f"@{NOWHERE}"):  # else its account could not be deleted
        raise Invalid("No mail comes to this address.", field="email")
    return address


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
