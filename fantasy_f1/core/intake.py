"""What comes in, before Django reads it: bodies of a known length, and text that is UTF-8.

Django believes ``Content-Length`` alone: it reads no body that comes in chunks without one, and under ASGI it writes
any body to the disk before a view can refuse it. So a body without a length is read here, to one byte over the limit,
and gets its length; one that is announced as longer is not read at all. Django and the API then answer 413.

Django also believes any charset that Python knows, and some of those are none of text.
"""

import re
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from django.conf import settings

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

_CHARSET = re.compile(r"\s*;\s*charset\s*=[^;]*", re.IGNORECASE)


def limit() -> int:
    """The most bytes of a body."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert most is not None
    return most


def length(announced: str) -> int | None:
    """The number in a ``Content-Length``: 0 for none, ``None`` for what is no number."""
    if not announced:
        return 0
    return int(announced) if re.fullmatch("[0-9]{1,18}", announced) else None


async def from_asgi(scope: Message, receive: Receive) -> tuple[Message, Receive]:
    """The request of an ASGI server."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    named = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    if b"content-type" in headers:
        named.append((b"content-type", _CHARSET.sub("", headers[b"content-type"]).encode("latin-1")))
    announced = headers.get(b"content-length")
    if announced is None:
        body, left = await _read(receive)
        if left:
            return scope, _again({"type": "http.disconnect"}, receive)
        named.append((b"content-length", str(len(body)).encode()))
        receive = _again(_whole(body), receive)
    elif (length(announced) or 0) > limit():
        receive = _again(_whole(b""), receive)
    return {**scope, "headers": named}, receive


def from_wsgi(environ: Message) -> Message:
    """The request of a WSGI server; only one that tells the end of its input can be read without a length."""
    given: Message = {"CONTENT_TYPE": _CHARSET.sub("", environ.get("CONTENT_TYPE", ""))}
    if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read(limit() + 1)
        given |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    return {**environ, **given}


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """The body, cut off one byte over the limit, and whether the client left before its end."""
    body = bytearray()
    more = True
    while more and len(body) <= limit():
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"", True
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body[: limit() + 1]), False


def _whole(body: bytes) -> Message:
    return {"type": "http.request", "body": body, "more_body": False}


def _again(first: Message, receive: Receive) -> Receive:
    """Tells ``first``, then nothing but that the client left; what of the body still comes in is dropped."""
    told = False

    async def tell() -> Message:
        nonlocal told
        if not told:
            told = True
            return first
        while (message := await receive())["type"] != "http.disconnect":
            pass
        return message

    return tell
