"""All that lets somebody into an account, together: sign-ins and API keys."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone
from rest_framework.request import Request

from accounts import keys, signins
from accounts.models import ApiKey, SignIn, User
from fantasy_f1.core.live import Credential

KEPT = timedelta(days=30)
"""How long what is over can still be looked up by the host."""


def end_all(*, user: User, now: datetime, keep: SignIn | None = None) -> None:
    """Sign ``user`` out everywhere but for ``keep``, and revoke all API keys.

    For a changed password (``keep`` is the sign-in by which it was changed) and for a closed account.
    """
    signins.end_all(user=user, keep=keep, now=now)
    keys.revoke_all(user=user, now=now)


def credential_of(request: Request) -> Credential | None:
    """What the request was let in by, so that ``still_open`` can tell later whether it still would be."""
    if not request.user.is_authenticated:
        return None
    if isinstance(request.auth, ApiKey):
        return "key", request.auth.pk
    return "sign-in", request.auth.pk if request.auth else request.session.get(signins.SIGN_IN, 0)


def still_open(credentials: Collection[Credential]) -> set[Credential]:
    """Those of ``credentials`` that still let somebody in, by the real time. At most one query for each kind."""
    found: set[Credential] = set()
    for kind, rows in (("sign-in", SignIn.objects), ("key", ApiKey.objects)):
        asked = rows.open(timezone.now()).filter(pk__in=[pk for of, pk in credentials if of == kind])
        for row in asked.filter(user__is_active=True).select_related("user"):
            if row.password_stamp == row.user.get_session_auth_hash():
                found.add((kind, row.pk))
    return found


def clean_up(now: datetime) -> None:
    """Delete what is long over. ``now`` is the real time."""
    SignIn.objects.over_since(now - KEPT).delete()
    ApiKey.objects.over_since(now - KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()
