"""Somebody else's server on loopback, which gets what we post, and answers as told.

with Receiver() as receiver:
    receiver.answers("500", "429 7")  # the next ones, one each; then 204
    …
    assert receiver.got[0].json["type"] == "draft.opened"
"""

import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Reply = str | Callable[["_Handler"], None]
"""A status, with what it says of ``Retry-After``: ``"429 7"``; or something that writes the answer."""


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: "Receiver"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server.receiver  # type: ignore[attr-defined]
        with receiver.lock:
            receiver.got.append(Got(self.path, dict(self.headers.items()), body))
            reply = receiver.replies.popleft() if receiver.replies else receiver.usual
        with suppress(OSError):  # whoever asked may have gone
            reply(self) if callable(reply) else self.answer(*reply.split())
        self.close_connection = True

    def answer(self, status: str, retry_after: str = "", *, body: bytes = b"thank you", **headers: str) -> None:
        self.send_response(int(status))
        for name, value in {"Content-Length": str(len(body)), "Retry-After": retry_after, **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # connections that break off are part of the tests


class Receiver:
    """``host`` is what its address says; it always listens on 127.0.0.1."""

    def __init__(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.replies: deque[Reply] = deque()
        self.usual: Reply = "200"
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self  # type: ignore[attr-defined]
        self.port = self._server.server_port
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}/hook"

    def answers(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
