"""What processes tell each other, over a Redis of the test's own."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator

import pytest
from pytest_django import Settings

from fantasy_f1.core import wires
from fantasy_f1.core.wires import Note, Sender, Wire
from tests.streaming import RedisServer, wait_for

NOTE = Note("event", "draft:7", 3, body=b"id: 3\n\n")


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    monkeypatch.setattr(Sender, "PAUSE", 0.2)
    monkeypatch.setattr(Wire, "PAUSES", (0.05, 0.2))
    server = RedisServer()
    yield server
    server.stop()


def listening(redis: RedisServer, meanwhile: Callable[[Wire, list[Note]], Awaitable[None]]) -> list[Note]:
    """What a wire hears while something goes on."""
    heard: list[Note] = []

    async def run() -> None:
        wire = Wire(redis.url, heard.append, process="this")
        running = asyncio.create_task(wire.run())
        try:
            await meanwhile(wire, heard)
        finally:
            running.cancel()
            await wire.close()

    asyncio.run(run())
    return heard


async def until(condition: Callable[[], object]) -> None:
    await asyncio.to_thread(wait_for, condition)


@pytest.mark.parametrize(
    "note", [NOTE, Note("nudge", "league:3", name="chat", body=b"event: chat\ndata: {}\n\n"), Note("check", "league:3")]
)
def test_a_note_arrives_as_it_was_sent(note: Note) -> None:
    assert Note.unpacked(note.packed()) == note


def test_what_is_sent_is_heard_by_whoever_listens(redis: RedisServer, settings: Settings) -> None:
    settings.REDIS_URL = redis.url

    async def meanwhile(wire: Wire, heard: list[Note]) -> None:
        await until(lambda: wire.is_sound)
        wires.send(NOTE)
        await until(lambda: heard)
        await wire.tell(NOTE)
        await until(lambda: len(heard) == 2)

    assert listening(redis, meanwhile) == [NOTE, NOTE]


def test_nothing_is_heard_from_another_database_of_the_same_server(redis: RedisServer) -> None:
    async def meanwhile(wire: Wire, heard: list[Note]) -> None:
        await until(lambda: wire.is_sound)
        Sender(redis.url.replace("/0", "/1")).send(NOTE)
        Sender(redis.url).send(Note("check", "draft:7"))
        await until(lambda: heard)

    assert listening(redis, meanwhile) == [Note("check", "draft:7")]


def test_redis_is_found_again_by_both_sides_and_each_says_so_once(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    sender = Sender(redis.url)

    async def meanwhile(wire: Wire, heard: list[Note]) -> None:
        await until(lambda: wire.is_sound)
        redis.stop()
        for _ in range(3):
            sender.send(NOTE)
        await until(lambda: not wire.is_sound)
        await asyncio.sleep(0.5)
        redis.start()
        await until(lambda: wire.is_sound)
        sender.send(NOTE)
        await until(lambda: heard)

    listening(redis, meanwhile)

    assert [record.getMessage().count("does not answer") for record in caplog.records].count(1) == 2
    assert [record.getMessage().count("answers again") for record in caplog.records].count(1) == 2


def test_a_redis_that_hangs_holds_nobody_up_and_is_given_up(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wire, "PING", 0.5)
    sender, times = Sender(redis.url), []

    async def meanwhile(wire: Wire, heard: list[Note]) -> None:
        await until(lambda: wire.is_sound)
        await asyncio.sleep(1.5)
        assert wire.is_sound  # silence alone is no reason
        redis.process.send_signal(signal.SIGSTOP)
        began = asyncio.get_running_loop().time()
        await asyncio.to_thread(sender.send, NOTE)
        times.append(asyncio.get_running_loop().time() - began)
        await until(lambda: not wire.is_sound)
        redis.process.send_signal(signal.SIGCONT)
        await until(lambda: wire.is_sound)

    listening(redis, meanwhile)

    assert times[0] < 2


def test_who_is_here_is_known_in_all_processes_until_it_is_not_said_again(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def meanwhile(wire: Wire, heard: list[Note]) -> None:
        other = Wire(redis.url, heard.append, process="other")
        assert await wire.here("draft:7", own={1, 2}, gone=()) == {1, 2}
        assert await other.here("draft:7", own={2, 3}, gone=()) == {1, 2, 3}
        assert await other.here("draft:8", own=(), gone=()) == set()
        assert await wire.here("draft:7", own={1}, gone={2}) == {1, 2, 3}
        assert await other.here("draft:7", own=(), gone={2, 3}) == {1}
        monkeypatch.setattr(Wire, "STAY", 0)
        assert await other.here("draft:7", own=(), gone=()) == set()
        await other.close()

    listening(redis, meanwhile)
