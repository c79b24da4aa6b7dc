"""The spoiler shield: results stay hidden from a person until they say that they have seen the session.

All moments are the game's time, as those at which sessions start. Accounts know no sessions: which of them have no
result yet is registered by an app above when it starts.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models import User

LONGEST_SESSION = timedelta(hours=3)
"""No session lasts longer. One that may still be running when the shield goes up is hidden as well."""

FirstUntold = Callable[[datetime], datetime | None]
_first_untold: FirstUntold = lambda now: None  # noqa: E731


def register(first_untold: FirstUntold) -> None:
    """``first_untold``: when the first session started whose result is still to come."""
    global _first_untold
    _first_untold = first_untold


def raise_shield(*, user: User, now: datetime) -> User:
    """Hide every result that comes from now on, however long ago its session was. A raised shield stays as it is."""
    until = now - LONGEST_SESSION
    if untold := _first_untold(now):
        until = min(until, untold - timedelta.resolution)
    User.objects.filter(pk=user.pk, results_until=None).update(results_until=until)
    return _told(user)


def turn(*, user: User, on: bool, now: datetime) -> User:
    """The shield as a switch."""
    return raise_shield(user=user, now=now) if on else lower_shield(user=user)


def reveal(*, user: User, until: datetime, now: datetime) -> User:
    """Show the results of sessions that started at ``until`` or before, and nothing of what is still to start.

    Never hides again what was shown. Without a shield nothing happens.
    """
    shown = min(until, now)
    User.objects.filter(pk=user.pk, results_until__isnull=False).update(
        results_until=Greatest(F("results_until"), shown)
    )
    return _told(user)


def lower_shield(*, user: User) -> User:
    """Hide nothing any more."""
    User.objects.filter(pk=user.pk).update(results_until=None)
    return _told(user)


def _told(user: User) -> User:
    user.refresh_from_db(fields=["results_until"])
    return user
