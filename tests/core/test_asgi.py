from typing import Any

from asgiref.sync import async_to_sync

from fantasy_f1.asgi import application


def test_it_answers_the_servers_start_and_stop() -> None:
    said: list[dict[str, Any]] = []
    told = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict[str, Any]:
        return next(told)

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    async_to_sync(application)({"type": "lifespan"}, receive, send)

    assert said == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]
