"""Open streams over real HTTP: the app as its own server serves it, and a client that listens."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from redis import Redis, RedisError

from fantasy_f1 import serve
from fantasy_f1.core import hub
from fantasy_f1.core.wires import Note
from tests.core.conftest import ROOT, VARIABLES

PATIENCE = 20.0
"""Seconds; a busy machine is slow."""


def wait_for(condition: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Overhearing:
    """Stands where the hub of this process would, and keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[Note] = []

    def wants(self, topic: str) -> bool:
        return True

    def hear(self, note: Note) -> None:
        self.heard.append(note)


class RedisServer:
    """A Redis of its own, which can be stopped and started again; skips the test where there is none to start."""

    def __init__(self) -> None:
        if not shutil.which("redis-server"):
            pytest.skip("There is no redis-server on the PATH.")
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(self._answers)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with suppress(RedisError), Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False


class Process:
    """A server of the app in a process of its own, with exactly the given variables; can be started again."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.port = free_port()
        ours = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "fantasy_f1.settings", "PORT": str(self.port)}
        self.environment = os.environ | dict.fromkeys(VARIABLES, "") | ours | variables

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fantasy_f1.serve"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(self._is_alive, seconds=6 * PATIENCE)  # the first start makes the database

    def _is_alive(self) -> bool:
        assert self.process.poll() is None, "the server ended by itself"
        with suppress(requests.ConnectionError, requests.Timeout):  # it listens before it is ready
            return requests.get(f"{self.url}/health", timeout=5).ok
        return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, float]:
        """End it → its code, what it said, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said, time.monotonic() - began

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


class Served:
    """The app on a port of its own, in a thread of this process and on its database; can be started again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = serve.Server(serve.configuration())
        listening = serve.listen("127.0.0.1", self.port)
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        wait_for(lambda: self._server.started)

    def stop(self) -> None:
        """End it as a signal would."""
        self._server.handle_exit(0, None)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    @property
    def hub(self) -> hub.Hub:
        assert hub._hub
        return hub._hub


@dataclass(frozen=True)
class Told:
    """A message of a stream; ``id`` is empty for nudges."""

    id: str
    event: str
    data: Any
    at: float


class Listening:
    """A client of a stream, which reads in a thread of its own until it or the server ends."""

    def __init__(self, port: int, path: str, **headers: str) -> None:
        self.told: list[Told] = []
        self.comments = self.retry = 0
        self.is_over = False
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._connection.request("GET", path, headers=headers)
        assert self._connection.sock
        self._socket = self._connection.sock
        self.answer = self._connection.getresponse()
        self.status = self.answer.status
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def events(self) -> list[Told]:
        return [told for told in self.told if told.id]

    @property
    def is_in(self) -> bool:
        """Whether all that happens from now on reaches it: who is here is told to whoever comes."""
        return bool(self.nudges("presence"))

    @property
    def ids(self) -> list[int]:
        return [int(told.id) for told in self.events]

    def nudges(self, event: str) -> list[Any]:
        """The data of those called ``event``."""
        return [told.data for told in self.told if told.event == event and not told.id]

    def close(self) -> None:
        with suppress(OSError):  # the server was faster
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._connection.close()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        with suppress(OSError, http.client.HTTPException):
            while line := self.answer.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if line == b"\n":
                    if "data" in fields:
                        data = json.loads(fields["data"])
                        self.told.append(Told(fields.get("id", ""), fields["event"], data, time.monotonic()))
                    self.retry = int(fields.get("retry", self.retry))
                    fields = {}
                elif name:
                    fields[name] = value
                else:
                    self.comments += 1
        self.is_over = True
