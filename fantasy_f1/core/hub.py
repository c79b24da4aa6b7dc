"""Holds open streams: in the server's event loop, without a thread or a database connection for any of them.

Each listener has a place in its topic's log. News of a topic come as notes (``wires``) and stay in its room for a time.
Every listener takes from there what is after its place, as fast as its connection takes it; who is further behind takes
it from the log. So nothing is lost, told twice or heaped up, and a slow listener holds up nobody. Notes may get lost:
the log is looked at with every heartbeat, and each second while notes may be missing.
"""

import asyncio
import secrets
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import Error, connections
from django.db.models import Max
from redis import RedisError

from fantasy_f1.core import live
from fantasy_f1.core.intake import Message as Scope
from fantasy_f1.core.intake import Receive
from fantasy_f1.core.live import Audience, Channel, Credential, Message, Stream, Viewer
from fantasy_f1.core.models import EventLog
from fantasy_f1.core.wires import Note, Wire

log = structlog.get_logger(__name__)
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
T = TypeVar("T")

KEPT = 200
"""The latest events of a topic that stay in memory while somebody listens to it."""
THREADS = 4
"""At most, for looking at the database."""
MOST_BEGINNING = 16
"""Streams that are answered at once, each in a thread with a connection, when many come back together."""


@dataclass(eq=False)
class Listener:
    """``pending`` holds the latest of each kind of nudge; ``sends_since`` is set while its connection is waited for."""

    stream: Stream
    version: int
    belongs: bool
    woken: asyncio.Event
    task: "asyncio.Task[Any] | None" = None
    pending: dict[str, bytes] = field(default_factory=dict)
    sends_since: float | None = None
    is_closed: bool = False

    def tell(self, name: str, body: bytes) -> None:
        self.pending[name] = body
        self.woken.set()

    def close(self) -> None:
        self.is_closed = True
        self.woken.set()


@dataclass(eq=False)
class Room:
    """A topic that somebody listens to: its latest version, and the events after version ``since``.

    ``here`` are the users who are told to be there, once it is known.
    """

    topic: str
    channel: Channel
    pk: int
    version: int
    since: int
    latest: deque[Message] = field(default_factory=deque)
    listeners: set[Listener] = field(default_factory=set)
    here: tuple[int, ...] | None = None
    is_behind: bool = False
    is_reading: bool = False

    def add(self, version: int, body: bytes) -> None:
        self.latest.append((version, body))
        self.version = version
        if len(self.latest) > KEPT:
            self.since = self.latest.popleft()[0]

    def after(self, version: int) -> list[Message] | None:
        """The events after ``version``; ``None`` where they are not all kept."""
        if version < self.since:
            return None
        found: list[Message] = []
        for message in reversed(self.latest):
            if message[0] <= version:
                break
            found.append(message)
        return found[::-1]

    def wake(self) -> None:
        for listener in self.listeners:
            listener.woken.set()


class Hub:
    """The streams of one event loop. Only ``wants``, ``hear`` and ``close`` may be called from outside of it."""

    HEARTBEAT = 15.0
    LOOK = 1.0
    """Seconds between two looks at the log while notes may be missing."""
    SETTLE = 0.5
    """Seconds in which several people who come and go are told at once."""
    STALLED = 30.0
    """Seconds after which a connection that takes nothing is given up."""
    HEAD_START = 0.02
    """Seconds that a thread which tells of an event waits at most for it to be passed on."""
    MOST = 10_000
    """Streams; whoever comes then gets answers that end, and comes back."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self.is_closing = False
        self.beginning = asyncio.Semaphore(MOST_BEGINNING)
        self._rooms: dict[str, Room] = {}
        self._by_topic: dict[str, set[Listener]] = {}
        self._count = 0
        self._reads: dict[tuple[str, int], asyncio.Future[list[Message]]] = {}
        self._looks: set[str] = set()
        self._told: dict[str, set[int]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="live")
        self._wire: Wire | None = None
        if settings.REDIS_URL:
            self._wire = Wire(settings.REDIS_URL, self._heed, process=secrets.token_hex(4))
            self._spawn(self._wire.run())
        self._spawn(self._run())

    # From other threads ---------------------------------------------------------------------------

    def wants(self, topic: str) -> bool:
        return topic in self._rooms

    def hear(self, note: Note) -> None:
        """Of an event wait a moment till it is passed on: a thread that went on at once would compete with the loop."""
        self._in_loop(self._heed, note)
        if note.kind == "event" and threading.get_ident() != self._thread:
            told = threading.Event()
            self._in_loop(self.loop.call_soon, self.loop.call_soon, told.set)  # when all who were woken have written
            told.wait(self.HEAD_START)

    def close(self) -> None:
        """End all streams, now and for good."""
        self._in_loop(self._close)

    def _in_loop(self, function: Callable[..., object], *args: Any) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(function, *args)

    # Streams --------------------------------------------------------------------------------------

    @property
    def has_place(self) -> bool:
        return not self.is_closing and self._count < self.MOST

    async def attend(self, stream: Stream, receive: Receive, send: Send) -> None:
        """Tell the stream until its client leaves, may not listen any more, or the hub closes."""
        listener = Listener(stream, stream.after, stream.belongs, asyncio.Event(), asyncio.current_task())
        room = self._join(listener)
        gone = asyncio.create_task(_until_gone(listener, receive))
        try:
            while (chunk := await self._next(room, listener)) is not None:
                listener.sends_since = self.loop.time()
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                listener.sends_since = None
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            if listener.sends_since is None or not listener.is_closed:
                raise
            log.info("a listener that took nothing for long was dropped", topic=stream.topic)
        finally:
            gone.cancel()
            self._leave(room, listener)

    async def _next(self, room: Room, listener: Listener) -> bytes | None:
        """What there is to tell, as soon as there is something; ``None`` at the end."""
        while not listener.is_closed:
            listener.woken.clear()
            try:
                chunk = await self._news(room, listener)
            except Error as error:
                log.error("the log cannot be read: a stream ends and is taken up later", error=str(error))
                return None
            if chunk:
                return chunk
            await listener.woken.wait()
        return None

    async def _news(self, room: Room, listener: Listener) -> bytes:
        told: list[bytes] = []
        if listener.version < room.version:
            newest = room.version  # more may come while the log is read
            messages = room.after(listener.version)
            if messages is None:
                messages = await self._read(room, listener.version)
            told = [body for _, body in messages]
            listener.version = messages[-1][0] if messages else newest
        told += listener.pending.values()
        listener.pending.clear()
        return told[0] if len(told) == 1 else b"".join(told)

    def _join(self, listener: Listener) -> Room:
        stream = listener.stream
        room = self._rooms.get(stream.topic)
        if room is None:
            found = live.channel_of(stream.topic)
            assert found, f"{stream.topic} cannot be listened to"
            room = Room(stream.topic, *found, version=stream.after, since=stream.after)
            self._rooms[stream.topic] = room
        room.listeners.add(listener)
        for topic in (stream.topic, *stream.also):
            self._by_topic.setdefault(topic, set()).add(listener)
        self._count += 1
        if len(room.listeners) == 1 or stream.after > room.version:
            self._catch_up_soon(room)
        if room.here is not None:
            listener.tell("presence", _presence(room.here))
        if room.channel.is_social and (listener.belongs or room.here is None):
            self._look_around_soon(room.topic)
        if self.is_closing:
            listener.close()
        return room

    def _leave(self, room: Room, listener: Listener) -> None:
        listener.close()
        room.listeners.discard(listener)
        for topic in (listener.stream.topic, *listener.stream.also):
            self._by_topic[topic].discard(listener)
            if not self._by_topic[topic]:
                del self._by_topic[topic]
        self._count -= 1
        if not room.listeners:
            del self._rooms[room.topic]
        if listener.belongs:
            self._look_around_soon(room.topic)

    # News -----------------------------------------------------------------------------------------

    def _heed(self, note: Note) -> None:
        room = self._rooms.get(note.topic)
        match note.kind:
            case "event":
                if room and note.version == room.version + 1:
                    room.add(note.version, note.body)
                    room.wake()
                elif room and note.version > room.version:
                    self._catch_up_soon(room)
            case "nudge":
                for listener in self._by_topic.get(note.topic, ()):
                    listener.tell(note.name, note.body)
            case "check":
                self._spawn(self._check(list(self._by_topic.get(note.topic, ()))))
            case "here":
                if room:
                    self._look_around_soon(note.topic)

    def _catch_up_soon(self, room: Room) -> None:
        room.is_behind = True
        if not room.is_reading:
            room.is_reading = True
            self._spawn(self._catch_up(room))

    async def _catch_up(self, room: Room) -> None:
        """Read what the log has and the room has not, once for all listeners."""
        try:
            while room.is_behind:
                room.is_behind = False
                for version, body in await self._read(room, room.version):
                    if version > room.version:
                        room.add(version, body)
                        room.is_behind = True  # perhaps there is more
                room.wake()
        finally:
            room.is_reading = False

    async def _read(self, room: Room, after: int) -> list[Message]:
        """From the log; whoever asks for the same at the same time gets the same."""
        key = (room.topic, after)
        if key not in self._reads:
            self._reads[key] = asyncio.ensure_future(self._in_pool(room.channel.read, room.pk, after))
            self._reads[key].add_done_callback(lambda _: self._reads.pop(key))
        return await asyncio.shield(self._reads[key])

    async def _in_pool(self, function: Callable[..., T], *args: Any) -> T:
        return await self.loop.run_in_executor(self._pool, partial(_with_connection, function, *args))

    # Every now and then ---------------------------------------------------------------------------

    async def _run(self) -> None:
        beat_at = self.loop.time() + self.HEARTBEAT
        while True:
            await asyncio.sleep(min(self.LOOK, self.HEARTBEAT))
            if self.loop.time() >= beat_at:
                beat_at = self.loop.time() + self.HEARTBEAT
                self._spawn(self._beat())
            elif self._rooms and not self._hears_all:
                self._spawn(self._look_at_the_log())

    @property
    def _hears_all(self) -> bool:
        return self._wire.is_sound if self._wire else settings.EMBEDDED

    async def _beat(self) -> None:
        now = self.loop.time()
        listeners = [listener for room in self._rooms.values() for listener in room.listeners]
        for listener in listeners:
            listener.tell("", b": \n\n")
            if listener.sends_since is not None and now - listener.sends_since > self.STALLED:
                listener.close()
                if listener.task:
                    listener.task.cancel()
        if listeners:
            await self._look_at_the_log()
            await self._check(listeners)
        social = {topic for topic, room in self._rooms.items() if room.channel.is_social}
        for topic in social | set(self._told):
            self._look_around_soon(topic)

    async def _look_at_the_log(self) -> None:
        rooms = dict(self._rooms)
        for topic, version in await self._in_pool(_newest, list(rooms)):
            if version > rooms[topic].version:
                self._catch_up_soon(rooms[topic])

    async def _check(self, listeners: Collection[Listener]) -> None:
        """End the streams of those who may not listen any more."""
        asked = [(listener, listener.stream.topic, listener.stream.viewer) for listener in listeners]
        viewers: dict[str, set[Viewer]] = {}
        for _, topic, viewer in asked:
            viewers.setdefault(topic, set()).add(viewer)
        credentials = {listener.stream.credential for listener in listeners if listener.stream.credential}
        still_open, audiences = await self._in_pool(_who_may, viewers, credentials)
        for listener, topic, viewer in asked:
            is_let_in = listener.stream.credential is None or listener.stream.credential in still_open
            if not is_let_in or viewer not in audiences[topic].may_listen:
                listener.close()
            belongs = viewer in audiences[topic].belong
            if belongs != listener.belongs:
                listener.belongs = belongs
                self._look_around_soon(topic)

    # Who is here ----------------------------------------------------------------------------------

    def _look_around_soon(self, topic: str) -> None:
        if topic not in self._looks and not self.is_closing:
            self._looks.add(topic)
            self.loop.call_later(self.SETTLE, lambda: self._spawn(self._look_around(topic)))

    async def _look_around(self, topic: str) -> None:
        """Tell the topic's listeners who is here, where that has changed."""
        self._looks.discard(topic)
        room = self._rooms.get(topic)
        own = {listener.stream.viewer for listener in room.listeners if listener.belongs} if room else set()
        here = await self._everywhere(topic, {viewer for viewer in own if viewer is not None})
        if room and room.here != here:
            room.here = here
            for listener in room.listeners:
                listener.tell("presence", _presence(here))

    async def _everywhere(self, topic: str, own: set[int]) -> tuple[int, ...]:
        """Who is here in any process, this one's being ``own``; only those where Redis is away."""
        told = self._told.get(topic, set())
        here = own
        if self._wire:
            try:
                here = await self._wire.here(topic, own=own, gone=told - own) | own
                if own != told:
                    await self._wire.tell(Note("here", topic))
            except RedisError:  # the wire says so by itself
                here = own
        if own:
            self._told[topic] = own
        else:
            self._told.pop(topic, None)
        return tuple(sorted(here))

    # Tasks ----------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self.is_closing:
            work.close()
            return
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("open streams could not be looked after; it is tried again", exc_info=error)

    def _close(self) -> None:
        self.is_closing = True
        for room in self._rooms.values():
            for listener in room.listeners:
                listener.close()
        for task in self._tasks:
            task.cancel()
        self._pool.shutdown(wait=False)


_hub: Hub | None = None


def streams_open() -> int:
    """How many streams this process holds."""
    return _hub._count if _hub else 0


def current() -> Hub:
    """The hub of the running loop."""
    global _hub
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = live.receiver = Hub()
    return _hub


def close() -> None:
    """End all streams of this process; safe in a signal's handler."""
    if _hub is not None:
        _hub.close()


async def answer(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Let ``app`` answer a request; where it asked for that (``live.hold_open``) the answer stays open."""
    if not _may_stay_open(scope) or not (hub := current()).has_place:
        await app(scope, receive, send)
        return
    handover, is_begun = live.Handover(), False

    async def begin(message: Any) -> None:
        nonlocal is_begun
        if handover.stream and message["type"] == "http.response.start":
            is_begun = message["status"] == 200
            kept = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
            message = {**message, "headers": kept} if is_begun else message
        elif is_begun:
            message = {**message, "more_body": True}
        await send(message)

    async with hub.beginning:
        await app({**scope, "live": handover}, receive, begin)
    if handover.stream and is_begun:
        await hub.attend(handover.stream, receive, send)


def _may_stay_open(scope: Scope) -> bool:
    """Whether it may be a stream that is asked for, and by a request that comes at once: it has no body."""
    is_read = scope["method"] == "GET" and (b"content-length", b"0") in scope["headers"]
    return is_read and scope["path"].endswith("/events")


async def _until_gone(listener: Listener, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close()


def _with_connection(function: Callable[..., T], *args: Any) -> T:
    try:
        return function(*args)
    finally:
        connections.close_all()


def _newest(topics: list[str]) -> list[tuple[str, int]]:
    """The latest version of each topic."""
    rows = EventLog.objects.filter(topic__in=topics).order_by().values("topic").annotate(newest=Max("version"))
    return [(row["topic"], row["newest"]) for row in rows]


def _who_may(
    viewers: dict[str, set[Viewer]], credentials: set[Credential]
) -> tuple[Collection[Credential], dict[str, Audience]]:
    audiences = {}
    for topic, asked in viewers.items():
        found = live.channel_of(topic)
        assert found
        channel, pk = found
        audiences[topic] = channel.audience(pk, asked)
    return live.still_open(credentials) if credentials else (), audiences


def _presence(here: Iterable[int]) -> bytes:
    ids = ", ".join(map(str, here))
    return f'event: presence\ndata: {{"here": [{ids}]}}\n\n'.encode()
