"""A mail server on loopback, which keeps what it takes, and answers as told.

with MailServer() as server:
    server.answers(RCPT="450 later")  # to the next such command; then all is taken
    …
    assert server.mails[0]["Subject"] == "Your turn"
"""

import socketserver
import threading
from collections import defaultdict, deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType

HANG_UP = "hang up"
"""An answer that is none: the connection ends."""
USUAL = {"DATA": "354 go on", "END": "250 taken", "QUIT": "221 bye"}


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server: MailServer = self.server.owner  # type: ignore[attr-defined]
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            command = line.decode().split(" ")[0].strip().upper()
            reply = self._answer(server, command)
            if reply == USUAL["DATA"]:
                body = b"".join(iter(self._line, b".\r\n"))
                with server.lock:
                    server.arrived += 1
                reply = self._answer(server, "END")
                if reply == USUAL["END"]:
                    with server.lock:
                        server.mails.append(message_from_bytes(body, policy=policy.default))  # type: ignore[arg-type]
            if reply == HANG_UP:
                return

    def _line(self) -> bytes:
        line = self.rfile.readline()
        return line[1:] if line.startswith(b"..") else line

    def _answer(self, server: "MailServer", command: str) -> str:
        with server.lock:
            server.heard.append(command)
            told = server.replies[command]
            reply = told.popleft() if told else USUAL.get(command, "250 fine")
        if reply != HANG_UP:
            self.wfile.write(f"{reply}\r\n".encode())
        return reply


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class MailServer:
    """``port`` of an earlier one lets it come back at the same place."""

    def __init__(self, port: int = 0) -> None:
        self.mails: list[EmailMessage] = []
        self.heard: list[str] = []
        self.arrived = 0
        """Bodies, taken or not."""
        self.replies: defaultdict[str, deque[str]] = defaultdict(deque)
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.owner = self  # type: ignore[attr-defined]
        self.port: int = self._server.server_address[1]

    def answers(self, **replies: str) -> None:
        for command, reply in replies.items():
            self.replies[command].append(reply)

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
