"""The ASGI application: Django, the streams that stay open, and the server's own start and stop messages."""

import os

from django.core.asgi import get_asgi_application

from fantasy_f1.core.intake import Message, Receive, from_asgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fantasy_f1.settings")

_django = get_asgi_application()

from fantasy_f1.core import hub  # noqa: E402  # it needs the apps


async def application(scope: Message, receive: Receive, send: hub.Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await hub.answer(_django, *await from_asgi(scope, receive), send)


async def _lifespan(receive: Receive, send: hub.Send) -> None:
    """Answer the server's start and stop messages, which Django does not know."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            hub.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
