"""Requests as servers hand them over, played to the ASGI and WSGI applications."""

import asyncio
import json
from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from pytest_django import Settings

from fantasy_f1.asgi import application as asgi
from fantasy_f1.core import intake
from fantasy_f1.wsgi import application as wsgi

pytestmark = pytest.mark.django_db  # the start of a request looks after connections, where others left one open
LIMIT = 200
BODY = b'{"username": "nobody", "password": "x"}'


@pytest.fixture(autouse=True)
def _limit(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = LIMIT


Answer = tuple[int, str]


def by_asgi(chunks: list[bytes], *, query: bytes = b"", **headers: str) -> Answer:
    """Status and code of the answer."""
    left = list(chunks)
    said: list[dict[str, Any]] = []

    async def played() -> None:
        answered = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if left:
                return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        await asgi(
            {
                "type": "http",
                "method": "POST",
                "path": "/api/v1/auth/login",
                "query_string": query,
                "headers": [
                    (b"host", b"localhost"),
                    *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
                ],
            },
            receive,
            send,
        )

    async_to_sync(played)()
    return said[0]["status"], json.loads(said[1]["body"])["code"]


def by_wsgi(body: bytes, *, query: str = "", **environ: Any) -> Answer:
    said: list[str] = []
    request = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/auth/login",
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "CONTENT_TYPE": "application/json",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
    }
    answer = b"".join(wsgi(request | environ, lambda status, headers: said.append(status)))
    return int(said[0].partition(" ")[0]), json.loads(answer)["code"]


@pytest.mark.django_db(transaction=True)
def test_a_body_in_chunks_is_read() -> None:
    answer = by_asgi([BODY[:10], BODY[10:]], content_type="application/json", transfer_encoding="chunked")

    assert answer == (401, "wrong_credentials")
    assert by_wsgi(BODY) == (401, "wrong_credentials")


@pytest.mark.django_db(transaction=True)
def test_a_body_with_its_length_is_read() -> None:
    answer = by_asgi([BODY], content_type="application/json", content_length=str(len(BODY)))

    assert answer == (401, "wrong_credentials")
    assert by_wsgi(BODY, CONTENT_LENGTH=str(len(BODY))) == (401, "wrong_credentials")


def test_a_body_in_chunks_is_taken_in_up_to_the_limit_only() -> None:
    answer = by_asgi([b"x" * 50] * 100, content_type="application/json", transfer_encoding="chunked")

    assert answer == (413, "payload_too_large")
    assert by_wsgi(b"x" * 5000) == (413, "payload_too_large")


def test_a_body_that_is_announced_as_too_long_is_refused_unread() -> None:
    answer = by_asgi([b"x" * 50] * 100, content_type="application/json", content_length="5000")

    assert answer == (413, "payload_too_large")
    assert by_wsgi(b"", CONTENT_LENGTH="5000") == (413, "payload_too_large")


def test_a_body_of_exactly_the_limit_is_read(settings: Settings) -> None:
    full = BODY.ljust(LIMIT)[:-1] + b"x"

    answer = by_asgi([full], content_type="application/json", transfer_encoding="chunked")

    assert answer == (400, "parse_error")
    assert by_wsgi(full) == (400, "parse_error")


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 30])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    assert by_wsgi(BODY, CONTENT_LENGTH=length) == (400, "bad_request")


def test_a_server_that_does_not_tell_the_end_is_not_waited_for() -> None:
    assert by_wsgi(BODY, **{"wsgi.input_terminated": False}) == (400, "invalid")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("charset", ["hex", "rot13", "undefined", "utf-16", "no-such"])
def test_text_is_utf_8_whatever_is_claimed(charset: str) -> None:
    claimed = f'application/json; charset="{charset}"; q=1'

    answer = by_asgi([BODY], content_type=claimed, query=b"a=%41")

    assert answer == (401, "wrong_credentials")
    assert by_wsgi(BODY, CONTENT_TYPE=claimed, QUERY_STRING="a=%41") == (401, "wrong_credentials")


def test_a_client_that_leaves_before_the_end_is_not_answered() -> None:
    said: list[dict[str, Any]] = []
    told = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> dict[str, Any]:
        return next(told, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/v1/auth/login", "query_string": b"", "headers": []}
    async_to_sync(asgi)(scope, receive, send)

    assert said == []


def test_what_is_still_sent_after_the_limit_is_dropped() -> None:
    told = iter([{"type": "http.request", "body": b"x" * 300, "more_body": True}] * 9)

    async def heard() -> list[str]:
        async def receive() -> dict[str, Any]:
            return next(told, {"type": "http.disconnect"})

        _, again = await intake.from_asgi({"type": "http", "headers": []}, receive)
        return [(await again())["type"], (await again())["type"]]

    assert async_to_sync(heard)() == ["http.request", "http.disconnect"]
    assert next(told, None) is None
