"""How often one may ask: the limits of the settings, whom they count, and what happens while Redis is away.

Every request to the API, and everything that a page sends, takes a token of its account's bucket, or of its address's
where nobody is signed in. Whatever guesses at accounts or sends mails calls ``limit_auth`` or ``limit_mail`` first.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_redis import get_redis_connection
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from fantasy_f1.core.addresses import client_network
from fantasy_f1.core.buckets import Buckets, Decision, Limit, LocalBuckets, RedisBuckets, full
from fantasy_f1.core.errors import DomainError

if TYPE_CHECKING:
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


class RateLimited(DomainError):
    """Too much in too short a time. ``retry_after``: seconds to wait, also in its headers."""

    code = "rate_limited"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"That was too often in a short time. Try again in {_in_words(retry_after)}.")
        self.retry_after = retry_after
        self.headers = {"Retry-After": str(retry_after)}


class SteadyBuckets:
    """Buckets in Redis, and in this process for as long as Redis does not answer.

    That is logged once, and Redis is asked again every ``PAUSE`` seconds only, so that requests do not wait for it.
    """

    PAUSE = 5.0

    def __init__(self, shared: Buckets, own: Buckets, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._shared, self._own, self._clock = shared, own, clock
        self._asked_again_at: float | None = None  # set while Redis is away
        self._lock = Lock()

    def take(self, key: str, limit: Limit, *, is_read: bool = False) -> Decision:
        """Take a token. Reads are not counted while Redis is away."""
        if self._may_ask():
            try:
                decision = self._shared.take(key, limit)
            except RedisError as error:
                self._lost(error)
            else:
                self._found()
                return decision
        return full(limit) if is_read else self._own.take(key, limit)

    def _may_ask(self) -> bool:
        """Whether to ask Redis; while it is away, one request tries for all."""
        with self._lock:
            if self._asked_again_at is None:
                return True
            now = self._clock()
            if now < self._asked_again_at:
                return False
            self._asked_again_at = now + self.PAUSE
            return True

    def _lost(self, error: RedisError) -> None:
        with self._lock:
            is_news = self._asked_again_at is None
            self._asked_again_at = self._clock() + self.PAUSE
        if is_news:
            log.error("Redis does not answer: requests are counted by each process for itself", error=str(error))

    def _found(self) -> None:
        with self._lock:
            is_news = self._asked_again_at is not None
            self._asked_again_at = None
        if is_news:
            log.info("Redis answers again: requests are counted by all processes together")


def make_buckets() -> SteadyBuckets:
    """Empty buckets of this process, and those in Redis where there is one."""
    own = LocalBuckets()
    return SteadyBuckets(RedisBuckets(lambda: get_redis_connection("default")) if settings.REDIS_URL else own, own)


buckets = make_buckets()


def limit_request(request: HttpRequest) -> None:
    """Count a request, once, for its account or else for its address. Raises ``RateLimited``."""
    if _note(request).is_counted or not settings.RATE_LIMITS:
        return
    _note(request).is_counted = True
    user = getattr(request, "user", None)
    who = f"user:{user.pk}" if user and user.is_authenticated else f"address:{client_network(request)}"
    if request.method in SAFE:
        _take(request, f"read:{who}", settings.RATE_LIMIT_READS, is_read=True)
    else:
        _take(request, f"write:{who}", settings.RATE_LIMIT_WRITES)


def limit_auth(request: HttpRequest | Request, *, account: str = "") -> None:
    """Count an attempt at an account, before anything is compared or hashed. Raises ``RateLimited``.

    ``account`` is whatever stands for the account that is tried (``accounts.limits.account_key``); without one, as
    where an account is yet to be made, only the address counts.
    """
    if not settings.RATE_LIMITS:
        return
    plain = request._request if isinstance(request, Request) else request
    _take(plain, f"auth:address:{client_network(plain)}", settings.RATE_LIMIT_AUTH_ADDRESS)
    if account:  # its count is not told: it is the account's, not that of whoever tries it
        _take(plain, f"auth:account:{account}", settings.RATE_LIMIT_AUTH_ACCOUNT, is_told=False)


def limit_mail(*, account: str) -> None:
    """Count a mail that anybody can have sent to an account, so that nobody's mailbox is flooded; locks no login.

    Raises ``RateLimited``.
    """
    _take_of_account(f"mail:account:{account}", settings.RATE_LIMIT_MAIL)


def limit_chat(*, user_id: int) -> None:
    """Count what somebody says in the chats of their leagues. Raises ``RateLimited``."""
    _take_of_account(f"chat:user:{user_id}", settings.RATE_LIMIT_CHAT)


def limit_webhook_tests(*, user_id: int) -> None:
    """Count what somebody has posted to try a webhook. Raises ``RateLimited``."""
    _take_of_account(f"webhook:user:{user_id}", settings.RATE_LIMIT_WEBHOOK_TESTS)


def limit_proof(*, user_id: int) -> None:
    """Count an attempt to prove, by password or code, that one is the account's owner. Raises ``RateLimited``."""
    _take_of_account(f"proof:user:{user_id}", settings.RATE_LIMIT_AUTH_ACCOUNT)


def _take_of_account(key: str, limit: Limit) -> None:
    if settings.RATE_LIMITS:
        decision = buckets.take(key, limit)
        if not decision.allowed:
            raise RateLimited(decision.retry_after)


def _take(request: HttpRequest, key: str, limit: Limit, *, is_read: bool = False, is_told: bool = True) -> None:
    decision = buckets.take(key, limit, is_read=is_read)
    note = _note(request)
    if not decision.allowed or (is_told and (note.told is None or decision.remaining < note.told.remaining)):
        note.told = decision
    if not decision.allowed:
        raise RateLimited(decision.retry_after)


def headers(request: HttpRequest) -> dict[str, str]:
    """What an answer of the API tells of the limits; nothing where none was looked at."""
    told = _note(request).told
    if told is None:
        return {}
    return {
        "RateLimit-Limit": str(told.limit),
        "RateLimit-Remaining": str(told.remaining),
        "RateLimit-Reset": str(told.reset_after),
    }


@dataclass
class _Note:
    """What a request remembers: whether it is counted, and the scarcest of its buckets."""

    is_counted: bool = False
    told: Decision | None = None


def _note(request: HttpRequest) -> _Note:
    note: _Note | None = getattr(request, "rate_limit", None)
    if note is None:
        note = request.rate_limit = _Note()  # type: ignore[attr-defined]
    return note


class RequestThrottle(BaseThrottle):
    """Counts a request to the API before its view runs, when it is known who asks."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limit_request(request._request)
        return True


def _in_words(seconds: int) -> str:
    """When to try again, for people."""
    if seconds < 90:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return f"{minutes} minutes" if minutes < 90 else f"{-(-minutes // 60)} hours"
