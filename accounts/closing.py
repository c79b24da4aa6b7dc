"""Closing an account: for a while, or for good.

``now`` is the game's time where it is told to leagues, ``at`` the real one.
"""

from datetime import datetime

from django.db import transaction

from accounts import access, identity, second_factor
from accounts.models import ApiKey, EmailChange, SignIn, User
from accounts.signals import account_closing
from accounts.signup import NOWHERE, RESERVED
from fantasy_f1.core.errors import DomainError


class LastHost(DomainError):
    """You are the only host of this site: make somebody else a host first."""

    code = "last_host"


def deactivate(*, user: User, password: str, otp: str, now: datetime, at: datetime) -> None:
    """Close the account so that only a host can open it again; its teams stay, and the ranking picks for them.

    Raises ``WrongPassword``, ``OtpRequired``, ``OtpWrong``, ``LastHost`` and what receivers of ``account_closing`` have
    against it.
    """
    identity.prove(user, password=password, otp=otp, now=at)
    with transaction.atomic():
        _end(user, now=now, at=at, for_good=False)


def delete(*, user: User, password: str, otp: str, now: datetime, at: datetime) -> None:
    """Close the account for good: nothing of the person is left, the history of leagues stays under "Deleted player".

    Raises like ``deactivate``.
    """
    identity.prove(user, password=password, otp=otp, now=at)
    with transaction.atomic():
        account = _end(user, now=now, at=at, for_good=True)
        second_factor.switch_off(user=account)
        EmailChange.objects.filter(user=account).delete()
        SignIn.objects.filter(user=account).delete()
        ApiKey.objects.filter(user=account).delete()
        account.groups.clear()
        account.user_permissions.clear()
        account.username = f"{RESERVED}{account.pk}"
        account.email = f"{account.username}@{NOWHERE}"
        account.full_name = "Deleted player"
        account.time_zone = "UTC"
        account.results_until = None
        account.is_staff = account.is_superuser = False
        account.last_login = account.email_verified_at = account.verification_sent_at = None
        account.deleted_at = at
        account.set_unusable_password()
        account.save()


def reactivate(*, user: User) -> None:
    """Open a deactivated account again, on the host's word; one that was deleted stays closed."""
    User.objects.filter(pk=user.pk, deleted_at=None).update(is_active=True)


def _end(user: User, *, now: datetime, at: datetime, for_good: bool) -> User:
    account_closing.send(sender=User, user=user, now=now, for_good=for_good)
    hosts = User.objects.select_for_update(no_key=True).filter(is_superuser=True, is_active=True).order_by("pk")
    if user.is_superuser and not [host for host in hosts if host.pk != user.pk]:
        raise LastHost("You are the only host of this site: make somebody else a host first.")
    account = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    account_closing.send(sender=User, user=user, now=now, for_good=for_good)  # a league joined meanwhile
    account.is_active = False
    account.save(update_fields=["is_active", "updated_at"])
    access.end_all(user=account, now=at)
    return account
