"""Confirming the address given at the sign-up: until then, where mails are sent, an account cannot play.

``now`` is always the real time.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts import links, tasks
from accounts.credentials import AccountClosed
from accounts.models import User
from fantasy_f1.core.errors import DomainError, NotAllowed

PAUSE = timedelta(minutes=2)


class EmailNotVerified(NotAllowed):
    """Confirm your e-mail address first: the link is in the mail we sent you."""

    code = "email_not_verified"


class TooManyMails(DomainError):
    """A mail was sent a moment ago. Look into your inbox, or try again in two minutes."""

    code = "too_many_mails"
    status = 429
    headers = {"Retry-After": str(int(PAUSE.total_seconds()))}


def require_player(user: User) -> None:
    """For what only open accounts with a confirmed address may do: making leagues and playing in them.

    The account cannot be closed until the caller's transaction ends; leagues are locked before accounts. Raises
    ``AccountClosed``, ``EmailNotVerified``.
    """
    account = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not account.is_active:
        raise AccountClosed("This account is closed.")
    if account.must_verify_email:
        raise EmailNotVerified("Confirm your e-mail address first: the link is in the mail we sent you.")


def send_verification(*, user: User, now: datetime) -> None:
    """Mail the link, again at the earliest after two minutes; to a confirmed account nothing.

    Raises ``TooManyMails``.
    """
    if not user.must_verify_email:
        return
    with transaction.atomic():
        is_due = Q(verification_sent_at=None) | Q(verification_sent_at__lte=now - PAUSE)
        if not User.objects.filter(is_due, pk=user.pk).update(verification_sent_at=now):
            raise TooManyMails("A mail was sent a moment ago. Look into your inbox, or try again in two minutes.")
        transaction.on_commit(lambda: tasks.send_verification.delay(user.pk), robust=True)


def find_account(token: str) -> User:
    """Whose address a link confirms. Raises ``LinkNotValid``, also where the account has another one by now."""
    content = links.read(links.VERIFY_EMAIL, token)
    user = User.objects.filter(pk=content["user"], email=content["email"], is_active=True).first()
    if user is None:
        raise links.used_up()
    return user


def verify_email(*, token: str, now: datetime) -> User:
    """Confirm the address that a link was sent to. Safe to repeat. Raises ``LinkNotValid``."""
    user = find_account(token)
    User.objects.filter(pk=user.pk, email=user.email, email_verified_at=None).update(email_verified_at=now)
    return user
