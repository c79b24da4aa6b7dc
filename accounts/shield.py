"""The spoiler shield: results stay hidden from a person until they say that they have seen the session.

All moments are the game's time, as those at which sessions start.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models import User
from fantasy_f1.core.spoilers import is_hidden, results_until

LONGEST_SESSION = timedelta(hours=3)
"""No session lasts longer. One that may still be running when the shield goes up is hidden as well."""


def hides(viewer: User | AnonymousUser, moment: datetime) -> bool:
    """Whether what became known by a session that started at ``moment`` is hidden from the viewer."""
    return is_hidden(moment, results_until(viewer))


def raise_shield(*, user: User, now: datetime) -> User:
    """Hide every result from now on, that of a session which is still running too. A raised shield stays as it is."""
    User.objects.filter(pk=user.pk, results_until=None).update(results_until=now - LONGEST_SESSION)
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
