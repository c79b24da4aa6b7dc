"""Real workers and a real beat, which are killed, as are the servers they need; ``make faults`` runs this.

The game of these processes plays at ``NOW`` (see ``hooks``), their leases are short.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tasks import send_verification
from drafts.models import Draft
from fantasy_f1.celery import make_app
from fantasy_f1.core import clock, jobs
from fantasy_f1.core.models import Lease, TaskState
from races import jolpica
from tests.conftest import NOW
from tests.core.conftest import ROOT, VARIABLES
from tests.factories import RaceFactory, UserFactory
from tests.faults.servers import PersistentRedis, Postgres
from tests.faults.test_killed import GOING_OUT, TASKS
from tests.faults.world import RACED, TEAMS, drafted, league, make_world, told
from tests.streaming import wait_for
from tests.upstream import UpstreamDouble

FOLDER = os.environ.get("FAULTS", "")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not FOLDER, reason="takes minutes, and servers of its own: make faults"),
]
PATIENCE = 90
RUNS = 3
"""After so many everything is done that one run leaves for the next one, as beat starts it."""
jobs_of = {job.name: job for job in jobs.catalogue()}


@pytest.fixture
def postgres() -> Postgres:
    return Postgres(Path(FOLDER), int(os.environ["FAULTS_PORTS"].split()[0]))


@pytest.fixture
def redis() -> PersistentRedis:
    return PersistentRedis(Path(FOLDER), int(os.environ["FAULTS_PORTS"].split()[1]))


@pytest.fixture
def upstream(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[UpstreamDouble]:
    monkeypatch.setattr(jolpica, "BACK_OFF", 0.001)
    settings.F1_API_PER_SECOND = settings.F1_API_PER_HOUR = 10_000
    with UpstreamDouble(now=RACED) as double:
        settings.F1_API_URL = double.url
        yield double


class Processes:
    """Workers and beats of a game that plays at ``at``."""

    def __init__(self, folder: Path, at: datetime, upstream: str, redis: str) -> None:
        self.folder, self.running = folder, list[subprocess.Popen[bytes]]()
        self.database = connection.settings_dict
        ahead = (at - timezone.now()).total_seconds()
        self.environment = (
            dict(os.environ)
            | dict.fromkeys(VARIABLES, "")
            | {
                "DATABASE_URL": f"postgres://postgres@127.0.0.1:{self.database['PORT']}/{self.database['NAME']}",
                "REDIS_URL": redis,
                "SECRET_KEY": "x" * 40,
                "JWT_SIGNING_KEY": "y" * 40,
                "DATA_DIR": str(folder),
                "F1_API_URL": upstream,
                "F1_API_PER_SECOND": "1000",
                "F1_API_PER_HOUR": "10000",
                "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
                "FAULTS_AHEAD": str(ahead),
            }
        )

    def start(self, *what: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{what[0]}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "fantasy_f1.celery", *what],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", "--concurrency", "2", "--without-gossip", "--without-mingle")

    def beat(self) -> subprocess.Popen[bytes]:
        return self.start("beat", "--pidfile", "")

    def keep_up(self) -> None:
        """As a supervisor does: a worker that has a task in hand when Redis goes away ends (a fault of kombu's)."""
        for process in list(self.running):
            if process.poll() is not None:
                self.running.remove(process)
                assert isinstance(process.args, list)
                self.start(*process.args[5:])

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """The process and its children at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def stop_in(self, task: str, kind: str = "write") -> None:
        (self.folder / "stop").write_text(f"{task} {kind}")

    def has_stopped(self) -> bool:
        return (self.folder / "stopped").exists()

    def go_on(self) -> None:
        (self.folder / "stop").unlink()


@pytest.fixture
def processes(tmp_path: Path, redis: PersistentRedis, upstream: UpstreamDouble) -> Iterator[Callable[..., Processes]]:
    made: list[Processes] = []

    def make(at: datetime = NOW) -> Processes:
        made.append(Processes(tmp_path, at, upstream.url, redis.url))
        return made[-1]

    yield make
    for each in made:
        for process in list(each.running):
            each.kill(process)


@pytest.fixture
def broker() -> Iterator[Celery]:
    """What hands over to the processes, while this one would do it itself."""
    app = make_app(set_as_current=False)
    app.conf.task_always_eager = False
    yield app
    app.close()


@pytest.mark.parametrize("name", [name for name in TASKS if name not in GOING_OUT])
def test_a_worker_killed_in_the_middle_of_a_task_loses_nothing_and_does_nothing_twice(
    name: str, processes: Callable[..., Processes], broker: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = make_world(name)
    monkeypatch.setattr(clock, "now", lambda: at)
    for _ in range(RUNS):
        broker.tasks[name].run()
    done = told()
    call_command("flush", interactive=False, verbosity=0)
    make_world(name)
    running = processes(at)

    running.stop_in(name)
    worker = running.worker()
    broker.send_task(name)
    wait_for(running.has_stopped, seconds=PATIENCE)
    running.kill(worker)
    assert Lease.objects.filter(name=f"task {name}", expires_at__gt=timezone.now()).exists()
    assert TaskState.objects.get(name=name).ended_at is None
    running.go_on()

    running.worker()
    # What is asked only when something is due runs but once more.
    _send_until(broker, name, done=RUNS if jobs_of[name].when is None else 1)
    if not name.startswith("races.tasks.sync"):
        assert told() == done


def _send_until(broker: Celery, name: str, *, done: int) -> None:
    """As beat does: again and again, until the lease of the worker that was killed is over."""
    end = time.monotonic() + PATIENCE
    while TaskState.objects.get(name=name).done < done:
        assert time.monotonic() < end, "waited in vain"
        broker.send_task(name)
        time.sleep(1)


def test_a_mail_whose_worker_was_killed_is_sent_by_the_next_one(
    processes: Callable[..., Processes], broker: Celery
) -> None:
    user, running = UserFactory(email_verified_at=None), processes()
    running.stop_in(send_verification.name, "any")
    worker = running.worker()
    broker.send_task(send_verification.name, [user.pk])
    wait_for(running.has_stopped, seconds=PATIENCE)

    running.kill(worker)
    running.go_on()
    running.worker()

    mails = running.folder / "mails"
    wait_for(lambda: mails.exists() and list(mails.iterdir()), seconds=PATIENCE)
    assert [user.email in mail.read_text() for mail in mails.iterdir()] == [True]


def test_a_mail_waits_in_a_queue_that_is_restarted(
    processes: Callable[..., Processes], broker: Celery, redis: PersistentRedis
) -> None:
    user, running = UserFactory(email_verified_at=None), processes()
    broker.send_task(send_verification.name, [user.pk])

    redis.kill()
    redis.start()
    running.worker()

    mails = running.folder / "mails"
    wait_for(lambda: mails.exists() and list(mails.iterdir()), seconds=PATIENCE)


@pytest.mark.parametrize("what", ["redis", "postgres", "worker", "beat"])
def test_a_draft_goes_on_by_itself_whatever_is_killed_and_started_again(
    what: str, processes: Callable[..., Processes], redis: PersistentRedis, postgres: Postgres
) -> None:
    race = RaceFactory(starts_at=NOW + timedelta(days=5), entries=10)
    draft = drafted(league(race), race, at=NOW)
    Draft.objects.filter(pk=draft.pk).update(pick_seconds=1, deadline_at=NOW)  # no league may be in such a hurry
    running = processes()
    worker, beat = running.worker(), running.beat()
    wait_for(lambda: _picks(draft) >= 2, seconds=PATIENCE)

    if what == "redis":
        redis.kill()
        redis.start()
    elif what == "postgres":
        postgres.kill()
        postgres.start()
    else:
        running.kill(worker if what == "worker" else beat)
        (running.worker if what == "worker" else running.beat)()

    before = _picks(draft)
    assert before < 2 * TEAMS
    wait_for(lambda: running.keep_up() or _picks(draft) == 2 * TEAMS, seconds=PATIENCE)
    draft.refresh_from_db()
    wait_for(lambda: Draft.objects.get(pk=draft.pk).status == Draft.Status.COMPLETE, seconds=PATIENCE)
    assert list(draft.picks.values_list("pick_number", flat=True)) == list(range(1, 2 * TEAMS + 1))
    versions = list(draft.events().order_by("version").values_list("version", flat=True))
    assert versions == list(range(1, len(versions) + 1))


def _picks(draft: Draft) -> int:
    try:
        return draft.picks.count()
    except OperationalError:  # of the connection from before the restart
        connections.close_all()
        return 0
