"""A PostgreSQL and a Redis of the tests' own, in a folder of their own, which can be killed and started again."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from redis import Redis, RedisError


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Postgres:
    """Its files belong to ``postgres`` where the tests run as root, as it refuses to run as that."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder, self.port = folder / "postgres", port or free_port()

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        self.folder.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "--pgdata", str(self.folder), "--username", "postgres", "--auth", "trust")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        log = str(self.folder / "log")
        self._run("pg_ctl", "--pgdata", str(self.folder), "--log", log, "--options", options, "--wait", "start")

    def kill(self) -> None:
        """As by a power cut."""
        self._run("pg_ctl", "--pgdata", str(self.folder), "--mode", "immediate", "--wait", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        found = shutil.which(program) or max(
            map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), default=None
        )
        if found is None:
            sys.exit(f"There is no {program}: install PostgreSQL.")
        as_whom: Sequence[str] = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run([*as_whom, found, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")


class PersistentRedis:
    """It keeps what it was told, as that of docker-compose.yml does."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder, self.port = folder / "redis", port or free_port()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def create(self) -> None:
        self.folder.mkdir()
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--dir", str(self.folder), "--appendonly", "yes", "--save", ""]
        options += ["--daemonize", "yes", "--pidfile", str(self.folder / "pid"), "--appendfsync", "always"]
        subprocess.run(["redis-server", *options], check=True, stdout=subprocess.DEVNULL)
        while not self._answers():
            time.sleep(0.02)

    def kill(self) -> None:
        os.kill(int((self.folder / "pid").read_text()), 9)
        while self._answers():
            time.sleep(0.02)

    def _answers(self) -> bool:
        with suppress(RedisError), Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False
