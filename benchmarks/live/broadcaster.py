"""The floor: an ASGI application that passes on what is posted to it, and nothing else.

``python -m benchmarks.live.broadcaster PORT``
"""

import asyncio
import sys
import time
from typing import Any

import uvicorn

queues: set["asyncio.Queue[bytes]"] = set()
HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["method"] == "GET":
        await listen(send)
    else:
        body = (await receive())["body"]
        began = time.monotonic()
        for queue in queues:
            queue.put_nowait(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": repr(began).encode()})


async def listen(send: Any) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    queues.add(queue)
    await send(HEAD)
    await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
    while True:
        await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})


if __name__ == "__main__":
    uvicorn.run(
        application,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        backlog=2048,
        timeout_graceful_shutdown=1,
    )
