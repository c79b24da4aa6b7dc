"""What sign-ins and API keys have in common: why one may be refused, and that its use is remembered."""

from datetime import datetime, timedelta

from accounts.models import Credential
from fantasy_f1.core.errors import DomainError

SPARINGLY = timedelta(minutes=5)
"""How often at most the last use of a credential is written down."""


class CredentialRefused(DomainError):
    status = 401


class AccountClosed(CredentialRefused):
    """This account is closed."""

    code = "account_closed"


class PasswordChanged(CredentialRefused):
    """The password was changed since. Log in again."""

    code = "password_changed"


def check(credential: Credential) -> None:
    """Raise ``AccountClosed`` or ``PasswordChanged`` where the account stands behind it no more."""
    if not credential.user.is_active:
        raise AccountClosed("This account is closed.")
    if credential.password_stamp != credential.user.get_session_auth_hash():
        raise PasswordChanged("The password was changed since. Log in again.")


def note_use(credential: Credential, *, now: datetime) -> None:
    """Remember that ``credential`` was used, give or take ``SPARINGLY``."""
    if credential.last_used_at is None or now - credential.last_used_at >= SPARINGLY:
        # A row that ends with its account in this very moment is no error.
        type(credential).objects.filter(pk=credential.pk).update(last_used_at=now)
