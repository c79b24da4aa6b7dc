"""Pick to screen with 1, 100 and 1,000 listeners."""

import multiprocessing
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from benchmarks.__main__ import Figure
from benchmarks.live import listeners
from drafts import feed, lifecycle
from fantasy_f1.core import hub
from leagues.models import Constructor
from races.models import Race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, tokens_of

LISTENERS = (1, 100, 1000)
GOAL = 1.5
MOST_KB = 40
PATIENCE = 60


@dataclass(frozen=True)
class Holds:
    """What a server holds: memory, threads, and connections to the database."""

    kb: int
    threads: int
    connections: int


class Server:
    """A server in a process of its own, and where its stream is."""

    def __init__(self, module: str, path: str, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.path = path
        self.process = subprocess.Popen(  # noqa: S603  # nothing of it comes from outside
            [sys.executable, "-m", f"benchmarks.live.{module}", str(self.port)],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                assert time.monotonic() < end, "a server did not start"
                time.sleep(0.05)
            else:
                return

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def holds(self) -> Holds:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kb, threads = (int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) for name in ("VmRSS", "Threads"))  # type: ignore[index]
        return Holds(kb, threads, _connections(self.process.pid))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Table:
    """An open draft whose first pick is made and taken back by way of the API, again and again: one event at a time."""

    def __init__(self) -> None:
        now = timezone.now()
        race: Race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
        league = LeagueFactory(season=race.season)
        ConstructorFactory.create_batch(4, league=league)
        self.draft = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)[0]
        self.address = f"/api/v1/leagues/{league.pk}/drafts/{race.pk}"
        team = Constructor.objects.select_related("user").get(pk=self.draft.order_data[0])
        driver = race.entries.all()[0].driver_id
        picks = f"/api/v1/constructors/{team.pk}/drafts/{race.pk}/picks"
        manager, reason = _signed_in(league.creator), {"reason": "Another round"}
        self._steps = [
            (picks, {"driver_id": driver}, _signed_in(team.user)),
            *((f"{self.address}/{action}", reason, manager) for action in ("pause", "undo", "resume")),
        ]
        self._done = 0
        self._session = requests.Session()

    def act(self, port: int) -> None:
        path, body, headers = self._steps[self._done % len(self._steps)]
        answer = self._session.post(f"http://127.0.0.1:{port}{path}", json=body, headers=headers, timeout=PATIENCE)
        assert answer.ok, answer.text
        self._done += 1

    def newest(self) -> tuple[int, bytes]:
        """The version of the draft, and its latest event as streams tell it."""
        row = self.draft.events().select_related("actor").latest("version")
        return row.version, feed.message(row)


def _signed_in(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens_of(user)['access']}"}


@dataclass
class Times:
    """Seconds from the news to each listener's screen; of ours also from the beginning of the request."""

    bare: list[float]
    ours: list[float]
    all: list[float]


def run(*, rounds: int) -> list[Figure]:
    table, figures = Table(), []
    with ExitStack() as stack:
        bare = stack.enter_context(_server("broadcaster", "/"))
        ours = stack.enter_context(_server("ours", f"{table.address}/events", **_environment()))
        clients = stack.enter_context(_clients())
        held = []
        for count in LISTENERS:
            for name, server in (("bare", bare), ("ours", ours)):
                clients.send((name, server.port, server.path, count))
                assert clients.recv() == count
            times = _measure(table, bare, ours, clients, rounds=max(rounds, 100 // count))
            held.append((bare.holds(), ours.holds()))
            figures.append(_figure(count, times))
    figures.append(_memory(held))
    return figures


def _measure(table: Table, bare: Server, ours: Server, clients: Connection, *, rounds: int) -> Times:
    times = Times([], [], [])
    session = requests.Session()
    for number in range(rounds + 3):  # the first ones warm up
        version = table.newest()[0] + 1
        _await(clients, "ours", version)
        began = time.monotonic()
        table.act(ours.port)
        told, _, committed = ours.line().partition(" ")
        assert int(told) == version
        heard = clients.recv()
        message = table.newest()[1]
        _await(clients, "bare", version)
        posted = session.post(f"http://127.0.0.1:{bare.port}/", data=message, timeout=PATIENCE)
        heard_bare = clients.recv()
        if number >= 3:
            times.ours += [moment - float(committed) for moment in heard]
            times.all += [moment - began for moment in heard]
            times.bare += [moment - float(posted.text) for moment in heard_bare]
    return times


def _await(clients: Connection, name: str, version: int) -> None:
    clients.send((name, b"id: %d\n" % version))
    assert clients.recv() == "ready"


def _figure(count: int, times: Times) -> Figure:
    bare, ours = _percentile(times.bare, 99), _percentile(times.ours, 99)
    print(
        f"live: {count} listening, p50 / p99 in ms: bare {_percentile(times.bare, 50):.2f} / {bare:.2f}, "
        f"ours from the commit {_percentile(times.ours, 50):.2f} / {ours:.2f}, "
        f"from the request {_percentile(times.all, 50):.2f} / {_percentile(times.all, 99):.2f}"
    )
    name = f"live: pick to {count:,} screens, p99"
    return Figure(name, round(bare, 3), round(ours, 3), round(ours / bare, 2), GOAL)


def _percentile(times: list[float], percent: int) -> float:
    """In milliseconds."""
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)] * 1000


def _memory(held: list[tuple[Holds, Holds]]) -> Figure:
    """What each listener costs from the second count on; threads and connections they must not cost at all."""
    (bare, few), (bare_later, many) = held[-2:]
    more = LISTENERS[-1] - LISTENERS[-2]
    assert many.threads - few.threads <= hub.THREADS, (few, many)
    assert many.connections - few.connections <= hub.THREADS, (few, many)
    floor, each = (bare_later.kb - bare.kb) / more, (many.kb - few.kb) / more
    print(f"live: a listener takes {each:.1f} KB (bare {floor:.1f} KB); {few} with {LISTENERS[-2]}, {many} with all")
    name = f"live: memory for a listener, against {MOST_KB} KB"
    return Figure(name, MOST_KB, round(each, 1), round(each / MOST_KB, 2), 1, "KB")


def _connections(pid: int) -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return int(cursor.fetchone()[0])
    database = Path(connection.settings_dict["NAME"])
    return sum(file.resolve() == database for file in Path(f"/proc/{pid}/fd").iterdir())


def _environment() -> dict[str, str]:
    """That of the app on the database of this run."""
    name = connection.settings_dict["NAME"]
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    return {
        "DATABASE_URL": f"{server}/{name}" if server else f"sqlite:///{name}",
        "DJANGO_SETTINGS_MODULE": "fantasy_f1.settings",
        "REDIS_URL": settings.REDIS_URL,
    }


@contextmanager
def _server(module: str, path: str, **environment: str) -> Iterator[Server]:
    server = Server(module, path, **environment)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _clients() -> Iterator[Connection]:
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=listeners.main, args=[there], daemon=True)
    process.start()
    there.close()  # so that the end of the process is noticed here
    try:
        yield here
    finally:
        process.terminate()
        process.join()
