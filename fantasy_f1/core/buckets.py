"""Token buckets: so many tokens at once, which come back evenly over a time.

A bucket is one number, the moment at which it will be full again, in whole microseconds: to take a token moves that
moment by the time in which a token comes back. Two keepers of buckets count exactly alike: one in the process, one in
Redis for all processes. Always real time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, cast

from redis import Redis
from redis.commands.core import Script

SECOND = 1_000_000
MOST_TOKENS = 100_000
LONGEST = 24 * 3600


@dataclass(frozen=True)
class Limit:
    """``tokens`` at once, all of which are back after ``seconds``; at most ``MOST_TOKENS`` and ``LONGEST``."""

    tokens: int
    seconds: int

    @property
    def interval(self) -> int:
        """The time in which one token comes back."""
        return self.seconds * SECOND // self.tokens

    @property
    def span(self) -> int:
        """The time in which an empty bucket fills up."""
        return self.interval * self.tokens


@dataclass(frozen=True)
class Decision:
    """Whether the tokens were there and are taken, and what is left.

    ``reset_after``: seconds until the bucket is full; ``retry_after``: until the tokens asked for are there, 0 where
    they were. Both are rounded up.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_after: int
    retry_after: int


def full(limit: Limit) -> Decision:
    """What to say of a bucket that is not asked."""
    return Decision(allowed=True, limit=limit.tokens, remaining=limit.tokens, reset_after=0, retry_after=0)


class Buckets(Protocol):
    def take(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        """Take ``cost`` tokens (1 to all of them) out of the bucket ``key``, or none where there are fewer."""


class LocalBuckets:
    """Buckets in this process. Of more than ``most`` those go first that are nearest to full."""

    def __init__(self, *, clock: Callable[[], int] = lambda: time.monotonic_ns() // 1000, most: int = 20_000) -> None:
        """``clock`` tells microseconds."""
        self._clock = clock
        self._most = most
        self._full_at: dict[str, int] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        _check(limit, cost)
        with self._lock:
            now = self._clock()
            full_at = min(max(self._full_at.get(key, now), now), now + limit.span)
            after = full_at + cost * limit.interval
            allowed = after - now <= limit.span
            if allowed:
                self._full_at[key] = full_at = after
                if len(self._full_at) > self._most:
                    self._forget(now)
        return _decision(allowed, full_at - now, limit, cost)

    def _forget(self, now: int) -> None:
        """Drop full buckets, and where that is not enough also others, down to half."""
        rest = sorted((moment, key) for key, moment in self._full_at.items() if moment > now)
        self._full_at = {key: moment for moment, key in rest[-(self._most // 2) :]}


# The same as above, in one step on the server and by its clock. A full bucket is no key.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local span, gain = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
full_at = math.min(math.max(full_at, now), now + span)
local after = full_at + gain
if after - now > span then
  return {0, full_at - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, after - now}
"""


class RedisBuckets:
    """Buckets on a Redis server, shared by all processes. Raises ``redis.RedisError`` where it does not answer."""

    def __init__(self, connect: Callable[[], Redis]) -> None:
        """``connect`` is asked for a client each time, so that whoever makes it also looks after its connections."""
        self._connect = connect
        self._script: Script | None = None

    def take(self, key: str, limit: Limit, cost: int = 1) -> Decision:
        _check(limit, cost)
        client = self._connect()
        if self._script is None:
            self._script = client.register_script(TAKE)
        answer = self._script([f"bucket:{key}"], [limit.span, cost * limit.interval], client)
        allowed, missing = cast(tuple[int, int], answer)
        return _decision(bool(allowed), missing, limit, cost)


def _check(limit: Limit, cost: int) -> None:
    if not 1 <= cost <= limit.tokens:
        raise ValueError(f"{cost} tokens can never be taken from a bucket of {limit.tokens}.")


def _decision(allowed: bool, missing: int, limit: Limit, cost: int) -> Decision:
    """``missing``: the time until the bucket is full."""
    wait = 0 if allowed else missing + cost * limit.interval - limit.span
    return Decision(
        allowed=allowed,
        limit=limit.tokens,
        remaining=(limit.span - missing) // limit.interval,
        reset_after=-(-missing // SECOND),
        retry_after=-(-wait // SECOND),
    )
