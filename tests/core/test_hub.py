"""The hub by itself, with a log and clients of the test's own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some
from pytest_django import Settings

from fantasy_f1.core import hub, live
from fantasy_f1.core.hub import Hub
from fantasy_f1.core.live import Audience, Channel, Handover, Message, Stream, Viewer
from fantasy_f1.core.wires import Note, Wire

TOPIC = "log:1"


class Log:
    """A topic whose events are their versions; at most two are read in one go, and ``meanwhile`` happens then."""

    def __init__(self) -> None:
        self.newest = 0
        self.reads = 0
        self.is_broken = False
        self.meanwhile: Callable[[], None] = lambda: None

    def add(self) -> Note:
        """Another event → the note that tells of it."""
        self.newest += 1
        return self.note(self.newest)

    def note(self, version: int) -> Note:
        return Note("event", TOPIC, version, body=b"%d " % version)

    def read(self, pk: int, after: int) -> list[Message]:
        if self.is_broken:
            raise DatabaseError("gone")
        found = [(version, b"%d " % version) for version in range(after + 1, min(after + 2, self.newest) + 1)]
        self.reads += 1
        self.meanwhile()
        return found

    def audience(self, pk: int, viewers: Collection[Viewer]) -> Audience:
        return Audience(frozenset(viewers), frozenset())


class Client:
    """Listens from ``after`` on, in the running loop."""

    def __init__(self, hub: Hub, after: int = 0, **options: Any) -> None:
        self.after, self.body, self.is_over = after, b"", False
        self._left = asyncio.Event()
        self.can_take = asyncio.Event()
        self.can_take.set()
        self.task = asyncio.create_task(hub.attend(Stream(TOPIC, after, **options), self._receive, self._send))

    @property
    def ids(self) -> list[int]:
        return [int(word) for word in self.body.split() if word.isdigit()]

    async def leave(self) -> None:
        self._left.set()
        self.can_take.set()  # nothing is taken by whoever is gone, and nothing waits for them
        await self.task

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.can_take.wait()
        self.body += message["body"]
        self.is_over = not message["more_body"]


Play = Callable[[Hub], Awaitable[None]]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Log:
    settings.REDIS_URL, settings.EMBEDDED = "", True
    log = Log()
    monkeypatch.setitem(live._channels, "log", Channel(lambda row: b"", log.read, log.audience))
    return log


def play(script: Play) -> None:
    async def played() -> None:
        hub = Hub()
        try:
            await asyncio.wait_for(script(hub), 20)
        finally:
            hub.close()
            await asyncio.sleep(0)

    asyncio.run(played())


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


steps = some.lists(
    some.sampled_from(["told", "lost", "told twice", "told late", "joins", "joins late", "leaves", "stops", "goes on"]),
    max_size=25,
)


@hypothesis_settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_whatever_gets_lost_everybody_hears_everything_once_and_in_order(
    log: Log, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    monkeypatch.setattr(hub, "KEPT", 3)
    log.newest = 2

    async def script(hub: Hub) -> None:
        clients = [Client(hub)]
        late: list[Note] = []
        for step in steps:
            match step:
                case "told":
                    hub.hear(log.add())
                case "lost":
                    log.add()
                case "told twice":
                    note = log.add()
                    hub.hear(note)
                    hub.hear(note)
                case "told late":
                    late.append(log.add())
                case "joins":
                    clients.append(Client(hub, after=log.newest))
                case "joins late":
                    clients.append(Client(hub, after=log.newest // 2))
                case "leaves" if len(clients) > 1:
                    await clients.pop().leave()
                case "stops":
                    clients[-1].can_take.clear()
                case "goes on":
                    clients[-1].can_take.set()
            await asyncio.sleep(0)
        for note in late:
            hub.hear(note)
        hub.hear(log.add())
        for client in clients:
            client.can_take.set()
        await until(lambda: all(client.ids[-1:] == [log.newest] for client in clients))
        assert [client.ids for client in clients] == [
            list(range(client.after + 1, log.newest + 1)) for client in clients
        ]

    play(script)


def test_the_log_is_read_once_for_all_and_not_at_all_for_what_is_told(log: Log) -> None:
    async def script(hub: Hub) -> None:
        clients = [Client(hub) for _ in range(50)]
        await until(lambda: log.reads == 1)
        for _ in range(3):
            hub.hear(log.add())
        await until(lambda: all(client.ids == [1, 2, 3] for client in clients))
        assert log.reads == 1
        log.add()
        hub.hear(log.add())
        await until(lambda: all(client.ids == [1, 2, 3, 4, 5] for client in clients))
        await until(lambda: log.reads == 3)  # once for what was missing, once to know that there is no more

    play(script)


def test_whoever_tells_of_an_event_does_not_wait_for_a_busy_loop(log: Log) -> None:
    waited = []

    def tell(hub: Hub) -> None:
        began = time.monotonic()
        hub.hear(log.add())
        waited.append(time.monotonic() - began)

    async def script(hub: Hub) -> None:
        client = Client(hub)
        await until(lambda: log.reads)
        telling = asyncio.create_task(asyncio.to_thread(tell, hub))
        await asyncio.sleep(0)
        time.sleep(2)  # it is busy
        await telling
        await until(lambda: client.ids == [1])

    play(script)

    assert waited[0] < 1


def test_a_log_that_cannot_be_read_ends_the_streams_that_need_it_and_no_others(
    log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hub, "KEPT", 1)

    async def script(hub: Hub) -> None:
        stays = Client(hub)
        await until(lambda: log.reads)
        for _ in range(3):
            hub.hear(log.add())
        await until(lambda: stays.ids == [1, 2, 3])
        log.is_broken = True
        behind = Client(hub)
        await until(lambda: behind.is_over)
        hub.hear(log.note(5))  # the one before it cannot be read
        await until(lambda: "it is tried again" in caplog.text)
        log.is_broken = False
        log.newest = 5
        hub.hear(log.note(5))
        await until(lambda: stays.ids == [1, 2, 3, 4, 5])
        assert behind.ids == []

    play(script)

    assert "a stream ends and is taken up later" in caplog.text


def test_a_log_that_lost_its_end_keeps_nobody_busy(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "KEPT", 1)

    async def script(hub: Hub) -> None:
        first = Client(hub)
        await until(lambda: log.reads)
        for version in (1, 2, 3):
            hub.hear(log.note(version))
            await until(lambda: first.ids[-1:] == [version])  # noqa: B023  # awaited at once
        log.meanwhile = lambda: hub.hear(log.note(4))
        second = Client(hub, after=1)
        await until(lambda: second.ids == [4])
        await until(lambda: first.ids == [1, 2, 3, 4])
        assert log.reads == 2

    play(script)


def test_a_closed_hub_ends_what_still_comes(log: Log) -> None:
    async def script(hub: Hub) -> None:
        client = Client(hub)
        await until(lambda: log.reads)
        hub.close()
        await client.task
        assert not hub.has_place
        late = Client(hub)
        await late.task
        assert client.is_over
        assert late.is_over
        assert not hub.wants(TOPIC)

    play(script)


def test_a_server_that_gives_up_waiting_is_obeyed(log: Log) -> None:
    async def script(hub: Hub) -> None:
        client = Client(hub)
        await until(lambda: log.reads)
        client.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await client.task
        assert not hub.wants(TOPIC)

    play(script)


def test_while_redis_is_away_only_one_s_own_process_is_known(
    log: Log, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    monkeypatch.setattr(Hub, "SETTLE", 0)
    monkeypatch.setattr(Hub, "LOOK", 0.05)
    monkeypatch.setattr(Wire, "PAUSES", (0.05, 0.05))
    newest = {TOPIC: 0}
    monkeypatch.setattr(hub, "_newest", lambda topics: [(topic, newest[topic]) for topic in topics])

    async def script(hub: Hub) -> None:
        client = Client(hub, viewer=5, credential=("sign-in", 1), belongs=True)
        await until(lambda: b'{"here": [5]}' in client.body)
        newest[TOPIC] = log.newest = 1  # and no note tells of it
        await until(lambda: client.ids == [1])

    play(script)


def test_the_app_that_refuses_is_answered_as_ever(log: Log) -> None:
    """A refusal ends, also where the stream was asked for before something else failed."""
    said: list[dict[str, Any]] = []
    scope = {"type": "http", "method": "GET", "path": "/x/events", "headers": [(b"content-length", b"0")]}

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        handover: Handover = scope["live"]
        handover.stream = Stream(TOPIC, 0)
        await send({"type": "http.response.start", "status": 429, "headers": [(b"Content-Length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    asyncio.run(hub.answer(app, scope, receive, send))

    assert said == [
        {"type": "http.response.start", "status": 429, "headers": [(b"Content-Length", b"0")]},
        {"type": "http.response.body", "body": b""},
    ]
