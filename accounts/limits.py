"""Whom the limits on logins and mails count (``fantasy_f1.core.ratelimit``)."""

import hashlib
import unicodedata

from accounts.backends import find_account


def account_key(name: str) -> str:
    """What stands for the account that ``name``, a username or an e-mail address, is tried for.

    Both names of an account give the same, and a name that nobody has is counted like any other.
    """
    user = find_account(name)
    if user:
        return f"user:{user.pk}"
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return f"name:{hashlib.sha256(plain.encode()).hexdigest()}"
