"""Between the right password and the code of the second factor: who waits to be logged in, kept in the session."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import User

KEY = "second_step"
GOOD_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Waiting:
    user: User
    after: str
    """Where to go on; empty for the start page."""


def begin(request: HttpRequest, user: User, *, after: str, now: datetime) -> None:
    """``user`` gave the right password in this browser; ``after`` is an address on this site.

    ``now`` is the real time, here and below.
    """
    request.session.cycle_key()  # whoever planted the session does not get any further with it
    request.session[KEY] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "after": after,
        "at": int(now.timestamp()),
    }


def find(request: HttpRequest, *, now: datetime) -> Waiting | None:
    """Who waits in this browser, unless it is too long ago, the account was closed or its password changed since."""
    kept = request.session.get(KEY)
    if kept is None or now.timestamp() - kept["at"] > GOOD_FOR.total_seconds():
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), kept["password"]):
        return None
    return Waiting(user, kept["after"])


def end(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
