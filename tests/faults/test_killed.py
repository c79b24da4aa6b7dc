"""A task that is killed at any of its writes and done again: nothing lost, nothing twice.

For the database a killed worker is a connection that is gone: what was committed stands, the open transaction never
was, and no line of the task runs after that. That is what happens here, at one write after the other; with processes
and signals the same is done in ``test_processes``.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from fantasy_f1.celery import app
from fantasy_f1.core import jobs
from fantasy_f1.core.models import Lease
from notifications.outgoing import CLAIM
from races import jolpica
from tests.conftest import NOW
from tests.faults.world import RACED, make_world, told
from tests.mailserver import MailServer
from tests.receiver import Receiver
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db

TASKS = sorted(job.name for job in jobs.catalogue() if job.every and not job.name.startswith("tests."))
POINTS = 8
"""At so many writes, evenly spread over all, each task is killed."""
GOING_OUT = {"notifications.tasks.deliver", "notifications.tasks.send_webhooks"}


class Killed(BaseException):
    """Nobody catches it."""


class Plug:
    """Counts the writes on the connection; pulled at the given one, no statement gets through any more."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.writes = at, 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.is_pulled and not sql.startswith(("ROLLBACK", "RELEASE", "SAVEPOINT")):  # of the test's own
            raise Killed
        result = execute(sql, params, many, context)
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            self.writes += 1
            if self.is_pulled:
                raise Killed
        return result

    @property
    def is_pulled(self) -> bool:
        return self.at is not None and self.writes >= self.at


@contextmanager
def later(name: str) -> Iterator[None]:
    """The next run. The upstream is not asked again within the hour, also where the answer was lost; what goes out is
    taken up once it is clear that nobody has it in hand.
    """
    moment = NOW
    if name.startswith("races.tasks.sync"):
        moment = RACED + timedelta(minutes=62)
    elif name in GOING_OUT:
        moment = NOW + CLAIM + timedelta(seconds=1)
    with time_machine.travel(moment, tick=False):
        yield


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside never was."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


class Outside:
    """Who gets mails and posts."""

    def __init__(self, mails: MailServer, hooks: Receiver) -> None:
        self._mails, self._hooks = mails, hooks
        self.hook = hooks.url

    def forget(self) -> None:
        self._mails.mails.clear()
        self._hooks.got.clear()

    def got_twice(self) -> set[str]:
        """Of what cannot be told from a repetition: posts can, by their id."""
        ids = Counter(str(mail["Message-ID"]) for mail in self._mails.mails)
        return {each for each, count in ids.items() if count > 1}

    @property
    def heard(self) -> int:
        return len(self._mails.mails) + len({got.headers["Webhook-Id"] for got in self._hooks.got})


@pytest.fixture
def outside(name: str, settings: Settings) -> Iterator[Outside]:
    with MailServer() as mails, Receiver() as hooks:
        settings.EMAIL_VERIFICATION = settings.OUTBOUND_LOOPBACK = name in GOING_OUT
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mails.port
        yield Outside(mails, hooks)


@pytest.fixture
def _world(name: str, outside: Outside, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In which the task ``name`` has something to do."""
    monkeypatch.setattr(jolpica, "BACK_OFF", 0.001)
    settings.F1_API_PER_SECOND = settings.F1_API_PER_HOUR = 10_000
    # The test's own transaction is around all: what the task would begin as one must be a savepoint.
    begin = transaction.Atomic.__init__
    monkeypatch.setattr(
        transaction.Atomic, "__init__", lambda self, using, savepoint, durable: begin(self, using, True, durable)
    )
    with UpstreamDouble(now=RACED) as upstream, time_machine.travel(NOW, tick=False) as clock:
        settings.F1_API_URL = upstream.url
        clock.move_to(make_world(name, hook=outside.hook))
        yield


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("name", TASKS)
def test_killed_at_any_write_and_done_again_it_leaves_what_it_would_have_left(name: str, outside: Outside) -> None:
    run = app.tasks[name]
    with undone(), connection.execute_wrapper(plug := Plug()):
        before = told()
        run()
        writes = plug.writes
        with later(name):
            run()
        done = told()
    assert writes
    heard = outside.heard
    assert bool(heard) == (name in GOING_OUT)
    assert done != before or name == "races.tasks.refresh_prices"

    for at in sorted({1 + round(step * (writes - 1) / POINTS) for step in range(POINTS + 1)}):
        outside.forget()
        with undone():
            with pytest.raises(Killed), connection.execute_wrapper(Plug(at)):
                run()
            connection.needs_rollback = False  # set where the task began no transaction, but the test had
            Lease.objects.update(expires_at=NOW - timedelta(days=1))  # as it will be, by and by
            with later(name):
                run()
                run()
            assert told() == done, f"killed at write {at} of {writes}"
            assert not outside.got_twice()
            assert heard - 1 <= outside.heard <= heard, "one may have arrived, and says so"
