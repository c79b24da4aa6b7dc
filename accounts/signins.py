"""Where an account is signed in: browsers by their session, programs by a family of tokens.

All times here are real, never the game's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.credentials import SPARINGLY
from accounts.models import SignIn, User
from accounts.signals import sign_ins_ended
from fantasy_f1.core.addresses import client_address
from fantasy_f1.core.errors import DomainError

SIGN_IN, USED_AT = "sign_in", "sign_in_used_at"
"""What a session knows of itself: the id of its row, and when (in seconds) its use was last written there."""


class NoSuchSignIn(DomainError):
    code = "not_found"
    status = 404


@dataclass(frozen=True)
class Origin:
    """Where somebody signs in from."""

    user_agent: str
    address: str | None


def origin_of(request: HttpRequest) -> Origin:
    return Origin(
        user_agent="".join(filter(str.isprintable, request.headers.get("User-Agent", "")))[:200],
        address=client_address(request),
    )


def begin(*, user: User, kind: SignIn.Kind, key: str, origin: Origin, lasts: timedelta, now: datetime) -> SignIn:
    """Note a new sign-in of ``user``. A session in which one signs in again stays one."""
    sign_in, _ = SignIn.objects.update_or_create(
        key=key,
        defaults={
            "user": user,
            "kind": kind,
            "password_stamp": user.get_session_auth_hash(),
            "created_at": now,
            "last_used_at": now,
            "expires_at": now + lasts,
            "ended_at": None,
            "user_agent": origin.user_agent,
            "address": origin.address,
        },
    )
    return sign_in


def begin_session(*, user: User, request: HttpRequest, now: datetime) -> None:
    """The same for a browser that has just logged in."""
    session = request.session
    if not session.session_key:
        session.create()
    assert session.session_key
    sign_in = begin(
        user=user,
        kind=SignIn.Kind.BROWSER,
        key=session.session_key,
        origin=origin_of(request),
        lasts=timedelta(seconds=session.get_expiry_age()),
        now=now,
    )
    session[SIGN_IN], session[USED_AT] = sign_in.pk, int(now.timestamp())


def note_use_of_session(session: SessionBase, *, now: datetime) -> None:
    """Remember that a browser was used, give or take ``SPARINGLY``; it stays signed in for two weeks from there.

    Call it at the end of a request, when the session's hash of the password has been compared.
    """
    used_at = session.get(USED_AT)
    if used_at is not None and now.timestamp() - used_at >= SPARINGLY.total_seconds():
        session[USED_AT] = int(now.timestamp())
        lasts = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        SignIn.objects.filter(pk=session[SIGN_IN]).update(
            last_used_at=now, expires_at=now + lasts, password_stamp=session[HASH_SESSION_KEY]
        )


def current(request: HttpRequest | Request) -> SignIn | None:
    """The sign-in that ``request`` comes by; none for one with an API key."""
    if isinstance(request, Request) and request.auth is not None:
        return request.auth if isinstance(request.auth, SignIn) else None
    return SignIn.objects.filter(pk=request.session.get(SIGN_IN, 0)).first()


def of(user: User, *, now: datetime) -> QuerySet[SignIn]:
    """Where ``user`` is signed in, the latest used first."""
    return SignIn.objects.of(user).open(now)


def end(*, user: User, pk: int, now: datetime) -> None:
    """Sign ``user`` out there; raises ``NoSuchSignIn`` for what is over, or another's."""
    if not _end(of(user, now=now).filter(pk=pk), now=now):
        raise NoSuchSignIn("This sign-in is over already.")


def end_all(*, user: User, now: datetime, keep: SignIn | None = None) -> int:
    """Sign ``user`` out everywhere, but for ``keep`` → how many that were.

    ``keep`` outlives a change of the password that was made just before, too.
    """
    if keep:
        SignIn.objects.filter(pk=keep.pk).update(password_stamp=user.get_session_auth_hash())
    return _end(SignIn.objects.filter(user=user, ended_at=None).exclude(pk=keep.pk if keep else 0), now=now)


def end_family(sign_in: SignIn, *, now: datetime) -> None:
    """End a family of tokens, also the second time."""
    _end(SignIn.objects.filter(pk=sign_in.pk, ended_at=None), now=now)


def session_moved(session: SessionBase, *, key: str) -> None:
    """Follow a session that had another ``key``: of a browser that stays, as the one that changes the password."""
    if SIGN_IN in session:
        SignIn.objects.filter(key=key).update(key=session.session_key)
        session[USED_AT] = 0  # so that its use, and the new password's hash, are noted at the end of the request


def session_ended(*, key: str, now: datetime) -> None:
    """Follow a session that was logged out, or whose account has another password."""
    _end(SignIn.objects.filter(key=key, ended_at=None), now=now)


def _end(sign_ins: QuerySet[SignIn], *, now: datetime) -> int:
    with transaction.atomic():
        keys = dict(sign_ins.select_for_update().values_list("pk", "key"))
        SignIn.objects.filter(pk__in=keys).update(ended_at=now)
        Session.objects.filter(session_key__in=keys.values()).delete()
        if keys:
            sign_ins_ended.send(SignIn, sign_ins=list(keys))
    return len(keys)
