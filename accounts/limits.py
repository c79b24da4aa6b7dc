"""Whom the limits on logins and mails count (``fantasy_f1.core.ratelimit``)."""

import hashlib

from accounts.emails import login_name


def account_key(name: str) -> str:
    """What stands for the account that ``name``, a username or an e-mail address, is tried for.

    All spellings of a name give the same, and nobody looks whether there is such an account: else it would show in
    which names are refused together. So the username and the address of one account count apart.
    """
    return hashlib.sha256(login_name(name).encode()).hexdigest()
