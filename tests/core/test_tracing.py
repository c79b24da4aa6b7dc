"""Ids that go from a request to the tasks it asks for, and into their lines of the log."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from celery import Task
from celery.app.trace import build_tracer
from celery.signals import before_task_publish

from fantasy_f1.celery import app

seen: list[dict[str, Any]] = []


@app.task(name="tests.look")
def look(fails: bool = False) -> None:
    seen.append(structlog.contextvars.get_contextvars())
    if fails:
        raise ValueError("broken")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    seen.clear()
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Headers of the messages that are handed over."""
    monkeypatch.setitem(app.conf, "task_always_eager", False)
    found: list[dict[str, Any]] = []

    def note(headers: dict[str, Any], **kwargs: Any) -> None:
        found.append(headers)

    before_task_publish.connect(note)
    yield found
    before_task_publish.disconnect(note)
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge("default")


def work_off(headers: dict[str, Any], *args: Any) -> None:
    """Run the task as a worker does that got a message with these headers."""
    task: Task[Any, Any] = look
    build_tracer(task.name, task, app=app)(headers["id"], args, {}, headers)


def test_a_message_carries_the_request_it_comes_of_and_when_it_was_sent(sent: list[dict[str, Any]]) -> None:
    with structlog.contextvars.bound_contextvars(request_id="a1b2c3d4"):
        look.delay()
    look.delay()

    assert [headers.get("request_id") for headers in sent] == ["a1b2c3d4", None]
    assert 0 < sent[0]["sent_at"] <= sent[1]["sent_at"]


def test_a_task_runs_under_its_own_id_and_that_of_the_request(sent: list[dict[str, Any]]) -> None:
    with structlog.contextvars.bound_contextvars(request_id="a1b2c3d4"):
        look.delay()
    look.delay()
    for headers in sent:
        work_off(headers)

    first, second = sent
    assert seen == [
        {"task": "tests.look", "task_id": first["id"], "request_id": "a1b2c3d4"},
        {"task": "tests.look", "task_id": second["id"]},
    ]
    assert structlog.contextvars.get_contextvars() == {}


def test_a_task_that_runs_within_a_request_leaves_it_its_id() -> None:
    with structlog.contextvars.bound_contextvars(request_id="a1b2c3d4"):
        look.apply()
        after = structlog.contextvars.get_contextvars()

    assert (seen[0]["task"], seen[0]["request_id"]) == ("tests.look", "a1b2c3d4")
    assert after == {"request_id": "a1b2c3d4"}


def test_a_failed_task_is_one_line_with_its_ids(sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append((record.getMessage(), structlog.contextvars.get_contextvars()))

    monkeypatch.setattr(logging.getLogger("celery.app.trace"), "handlers", [Keep(logging.WARNING)])
    with structlog.contextvars.bound_contextvars(request_id="a1b2c3d4"):
        look.delay(True)
    work_off(sent[0], True)

    ((text, ids),) = lines
    assert "ValueError('broken')" in text
    assert ids == {"task": "tests.look", "task_id": sent[0]["id"], "request_id": "a1b2c3d4"}
