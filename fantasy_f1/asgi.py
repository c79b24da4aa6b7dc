"""The ASGI application of the embedded server: Django, and the server's own start and stop messages."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.asgi import get_asgi_application

from fantasy_f1.core.intake import Message, Receive, from_asgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fantasy_f1.settings")

Send = Callable[[Any], Awaitable[None]]

_django = get_asgi_application()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await _django(*await from_asgi(scope, receive), send)


async def _lifespan(receive: Receive, send: Send) -> None:
    """Answer the server's start and stop messages, which Django does not know."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
