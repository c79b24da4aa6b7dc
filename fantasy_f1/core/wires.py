"""How processes tell each other of news: Redis pub/sub. What is lost on the way is found in the log."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from threading import Lock
from typing import Literal, cast

import structlog
from django.conf import settings
from redis import ConnectionError as ConnectionLost
from redis import Redis, RedisError
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

log = structlog.get_logger(__name__)
PATIENCE = 0.5
"""Seconds that an answer of Redis may take."""


@dataclass(frozen=True)
class Note:
    """What is told of a topic: an ``event`` of its log, a ``nudge`` called ``name``, that it is to be checked who may
    listen (``check``), or that somebody came or went (``here``).
    """

    kind: Literal["event", "nudge", "check", "here"]
    topic: str
    version: int = 0
    name: str = "-"
    body: bytes = b""

    def packed(self) -> bytes:
        return f"{self.kind} {self.topic} {self.version} {self.name}\n".encode() + self.body

    @classmethod
    def unpacked(cls, data: bytes) -> "Note":
        head, _, body = data.partition(b"\n")
        kind, topic, version, name = head.decode().split(" ")
        return cls(cast(Literal["event", "nudge", "check", "here"], kind), topic, int(version), name, body)


class Sender:
    """Publishes notes, from any thread. While Redis is away they are dropped, and it is tried once in ``PAUSE``."""

    PAUSE = 2.0

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._clock = _name(url), clock
        # A connection that broke while nothing was sent is made anew at once; one that hangs is given up.
        self._redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,)),
        )
        self._asked_again_at: float | None = None  # set while Redis is away
        self._lock = Lock()

    def send(self, *notes: Note) -> None:
        """In one go: many notes cost one answer of Redis."""
        if not self._may_try():
            return
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for note in notes:
                    pipe.publish(self._name, note.packed())
                pipe.execute()
        except RedisError as error:
            if self._is_news(lost=True):
                log.error("Redis does not answer: open streams are told later", error=str(error))
        else:
            if self._is_news(lost=False):
                log.info("Redis answers again: open streams are told at once")

    def _may_try(self) -> bool:
        with self._lock:
            if self._asked_again_at is None:
                return True
            now = self._clock()
            if now < self._asked_again_at:
                return False
            self._asked_again_at = now + self.PAUSE
            return True

    def _is_news(self, *, lost: bool) -> bool:
        with self._lock:
            was_lost = self._asked_again_at is not None
            self._asked_again_at = self._clock() + self.PAUSE if lost else None
        return lost != was_lost


class Wire:
    """What all processes say, in the loop that runs it; one connection, however many streams."""

    PING = 5.0
    PAUSES = (0.25, 4.0)
    """Shortest and longest between two tries to find Redis again."""
    STAY = 40
    """Seconds after which somebody is gone of whom no process said again that they are here."""

    def __init__(self, url: str, heed: Callable[[Note], None], *, process: str) -> None:
        """``process`` is a name that no other process has."""
        self._name, self._heed, self._process = _name(url), heed, process
        self._redis = AsyncRedis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=AsyncRetry(NoBackoff(), 1, supported_errors=(ConnectionLost,)),
        )
        self._subscribed_at: float | None = None
        self._is_lost = False

    @property
    def is_sound(self) -> bool:
        """Whether nothing is missed: also those who send have had the time to find Redis again."""
        since = self._subscribed_at
        return since is not None and time.monotonic() - since > Sender.PAUSE + PATIENCE

    async def run(self) -> None:
        """Listen until cancelled, whatever happens to Redis."""
        pause, longest = self.PAUSES
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                if self._subscribed_at is not None:
                    pause = self.PAUSES[0]
                self._subscribed_at = None
                if not self._is_lost:
                    log.error("Redis does not answer: open streams look at the log each second", error=str(error))
                self._is_lost = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(self._name)
            is_asked = False
            while True:
                message = await subscription.get_message(timeout=self.PING)
                if message is None and is_asked:
                    raise ConnectionLost("no sign of life")
                is_asked = message is None
                if message is None:
                    await subscription.ping()
                elif message["type"] == "message":
                    self._heed(Note.unpacked(message["data"]))
                elif message["type"] == "subscribe":
                    self._found()

    def _found(self) -> None:
        self._subscribed_at = time.monotonic()
        if self._is_lost:
            log.info("Redis answers again: open streams wait for news")
        self._is_lost = False

    async def tell(self, note: Note) -> None:
        await self._redis.publish(self._name, note.packed())

    async def here(self, topic: str, *, own: Collection[int], gone: Collection[int]) -> set[int]:
        """Say who listens to ``topic`` in this process, and who no longer does → who does in any of them."""
        key, now = f"{self._name}:{topic}", time.time()
        async with self._redis.pipeline(transaction=False) as pipe:
            if own:
                pipe.zadd(key, {self._place(user): now for user in own})
            if gone:
                pipe.zrem(key, *map(self._place, gone))
            pipe.zremrangebyscore(key, "-inf", now - self.STAY)
            pipe.expire(key, self.STAY)
            pipe.zrange(key, 0, -1)
            places = (await pipe.execute())[-1]
        return {int(place.partition(b" ")[0]) for place in places}

    def _place(self, user: int) -> str:
        return f"{user} {self._process}"

    async def close(self) -> None:
        await self._redis.aclose()


def _name(url: str) -> str:
    """Of the channel; those of Redis are the same in all its databases."""
    return f"fantasy-f1:live:{parse_url(url).get('db', 0)}"


_sender: Sender | None = None
_sender_url = ""


def send(*notes: Note) -> None:
    """Tell all processes, this one too."""
    global _sender, _sender_url
    if _sender is None or _sender_url != settings.REDIS_URL:
        _sender, _sender_url = Sender(settings.REDIS_URL), settings.REDIS_URL
    _sender.send(*notes)
