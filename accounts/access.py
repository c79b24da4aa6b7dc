"""All that lets somebody into an account, together: sign-ins and API keys."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from accounts import keys, signins
from accounts.models import ApiKey, SignIn, User

KEPT = timedelta(days=30)
"""How long what is over can still be looked up by the host."""


def end_all(*, user: User, now: datetime, keep: SignIn | None = None) -> None:
    """Sign ``user`` out everywhere but for ``keep``, and revoke all API keys.

    For a changed password (``keep`` is the sign-in by which it was changed) and for a closed account.
    """
    signins.end_all(user=user, keep=keep, now=now)
    keys.revoke_all(user=user, now=now)


def clean_up(now: datetime) -> None:
    """Delete what is long over. ``now`` is the real time."""
    SignIn.objects.over_since(now - KEPT).delete()
    ApiKey.objects.over_since(now - KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()
