"""Many clients of streams in one process, as raw as they can be: they know when bytes came, and nothing else."""

import asyncio
import resource
import time
from multiprocessing.connection import Connection
from typing import Any

import uvloop

PATIENCE = 60


class Listener(asyncio.Protocol):
    """One connection. ``heard_at`` is when ``awaited`` came for the first time."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.begun = asyncio.Event()
        self.await_(b"\r\n\r\nnothing")

    def await_(self, awaited: bytes) -> None:
        self.awaited, self.body, self.heard_at = awaited, b"", 0.0

    def connection_made(self, transport: Any) -> None:
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self.body += data
        if not self.heard_at and self.awaited in self.body:
            self.heard_at = now
        self.begun.set()


def main(pipe: Connection) -> None:
    """Obey the other end: ``(name, port, path, count)`` opens streams until there are so many, ``(name, bytes)`` awaits
    an event in all of them.

    Opening is answered with their number; an event twice: at once, and with the moments when all have heard it.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(_obey(pipe))


async def _obey(pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    groups: dict[str, list[Listener]] = {}
    while True:
        order = await loop.run_in_executor(None, pipe.recv)
        match order:
            case (name, int(port), str(path), int(count)):
                group = groups.setdefault(name, [])
                group += await _open(port, path, count - len(group))
                pipe.send(len(group))
            case (name, bytes(awaited)):
                listeners = groups[name]
                for listener in listeners:
                    listener.await_(awaited)
                pipe.send("ready")
                while not all(listener.heard_at for listener in listeners):
                    await asyncio.sleep(0.01)
                pipe.send([listener.heard_at for listener in listeners])


async def _open(port: int, path: str, count: int) -> list[Listener]:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode()
    places = asyncio.Semaphore(16)

    async def one() -> Listener:
        async with places:
            loop = asyncio.get_running_loop()
            _, listener = await loop.create_connection(lambda: Listener(request), "127.0.0.1", port)
            await asyncio.wait_for(listener.begun.wait(), PATIENCE)
            return listener

    return list(await asyncio.gather(*(one() for _ in range(count))))
