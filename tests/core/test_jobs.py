"""What every background task can rely on, by tasks of the test's own."""

import re
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from itertools import count
from smtplib import SMTPException
from typing import Any

import pytest
from celery import Celery
from celery.exceptions import Retry, SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError
from pytest_django import DjangoAssertNumQueries

from fantasy_f1.celery import app, make_app
from fantasy_f1.core import jobs, leases, runs
from fantasy_f1.core.jobs import Queue
from fantasy_f1.core.models import Lease, TaskRun, TaskState

pytestmark = pytest.mark.django_db

Declared = Callable[..., Any]
numbers = count()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def _own_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_catalogue", {})
    monkeypatch.setattr(runs, "_idle_noted_at", {})


@pytest.fixture
def declare(_own_catalogue: None) -> Declared:
    """``declare(action, …)`` → a periodic task, each minute unless told otherwise; ``every=None`` makes a job."""

    def declared(action: Callable[..., None], **details: Any) -> Any:
        def work(*args: Any) -> None:
            """Does what the test says."""
            action(*args)

        work.__name__ = f"work_{next(numbers):04}"  # Celery makes a task of each name once; the catalogue sorts them
        details = {"every": MINUTE} | details
        if details["every"] is None:
            del details["every"]
            return jobs.job(**details)(work)
        return jobs.periodic(**details)(work)

    return declared


@pytest.fixture
def _as_in_a_worker() -> Iterator[None]:
    """A task that fails is tried again; elsewhere the first error comes out."""
    app.conf.task_eager_propagates = False
    yield
    app.conf.task_eager_propagates = True


def fails(error: Exception) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def state() -> TaskState:
    return TaskState.objects.get()


def test_every_task_of_the_product_is_in_the_catalogue_with_a_queue_that_is_served() -> None:
    served = {queue.name for queue in settings.CELERY_TASK_QUEUES}

    assert {str(queue) for queue in Queue} == served
    assert len(jobs.catalogue()) >= 13
    assert all(re.fullmatch(r"[A-Z][^\n]+\.", job.does) for job in jobs.catalogue())


def test_no_task_is_declared_in_another_way() -> None:
    ours = {name for name in app.tasks if not name.startswith("celery.")}

    assert {name for name in ours if not name.startswith("tests.")} == {job.name for job in jobs.catalogue()}


def test_no_task_or_pause_outlasts_what_the_broker_waits_for() -> None:
    longest = max(job.limit for job in jobs.catalogue())

    assert max(longest.total_seconds(), jobs.LONGEST_PAUSE) < 900  # visibility_timeout


def test_a_task_waits_on_its_queue_and_is_stopped_at_its_limit(declare: Declared) -> None:
    task = declare(print, queue=Queue.SYNC, limit=timedelta(seconds=20))

    assert jobs.route(task.name) == {"queue": "sync"}
    assert jobs.route("celery.chain") is None
    assert (task.soft_time_limit, task.time_limit) == (16, 20)


def test_beat_gets_a_timetable_in_which_what_waited_too_long_expires(declare: Declared) -> None:
    declare(print, every=timedelta(seconds=1), when=lambda: True)
    declare(print, every=time(4, 7))
    declare(print, every=None)

    often, daily = jobs.timetable().values()
    assert often["options"] == {"expire_seconds": 5}
    assert (str(daily["schedule"]), daily["options"]) == (
        "<crontab: 7 4 * * * (m/h/dM/MY/d)>",
        {"expire_seconds": 43_200},
    )


def test_what_runs_often_must_say_when_anything_is_due(declare: Declared) -> None:
    with pytest.raises(TypeError, match="so often"):
        declare(print, every=timedelta(seconds=2))


@pytest.mark.usefixtures("_own_catalogue")
def test_a_task_without_a_docstring_is_refused() -> None:
    with pytest.raises(TypeError, match="docstring"):
        jobs.job()(lambda: None)


def test_a_run_is_noted(declare: Declared) -> None:
    done: list[str] = []
    task = declare(lambda: done.append("once"))

    task()

    assert done == ["once"]
    assert (state().name, state().outcome, state().done, state().failed) == (task.name, "done", 1, 0)
    assert state().started_at <= state().ended_at == state().seen_at  # type: ignore[operator]
    assert not TaskRun.objects.exists()


def test_of_what_seldom_runs_every_run_is_kept(declare: Declared) -> None:
    task = declare(lambda: None, every=time(4, 7))

    task()
    task()

    assert list(TaskRun.objects.values_list("task", "outcome")) == [(task.name, "done")] * 2


def test_where_nothing_is_due_nothing_is_done_and_it_is_noted_once_a_minute(
    declare: Declared, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    task = declare(fails(AssertionError()), every=timedelta(seconds=1), when=lambda: False)

    task()
    with django_assert_num_queries(0):
        task()

    assert (state().done, state().started_at, state().outcome) == (0, None, "")
    assert state().seen_at is not None


def test_a_task_never_runs_beside_itself(declare: Declared) -> None:
    done: list[int] = []

    def action() -> None:
        done.append(len(done))
        task()

    task = declare(action)
    task()
    task()

    assert done == [0, 1]


def test_the_lease_of_a_killed_worker_is_over_when_the_task_would_have_been_stopped(declare: Declared) -> None:
    leased: list[Lease] = []
    task = declare(lambda: leased.append(Lease.objects.get()), limit=timedelta(seconds=10))

    task()

    assert leased[0].name == f"task {task.name}"
    assert leased[0].expires_at <= state().started_at + timedelta(seconds=10)  # type: ignore[operator]


def test_jobs_that_are_handed_over_do_run_beside_each_other(declare: Declared) -> None:
    done: list[int] = []
    task = declare(lambda number: done.append(number), every=None)

    task.delay(1)
    task.delay(2)

    assert done == [1, 2]
    assert not Lease.objects.exists()


def test_an_error_is_noted_and_comes_out(declare: Declared) -> None:
    task = declare(fails(ValueError("no such thing\0")))

    with pytest.raises(ValueError, match="no such thing"):
        task()

    assert (state().outcome, state().failed, state().error) == ("failed", 1, "ValueError: no such thing")
    with leases.hold(f"task {task.name}", for_at_most=MINUTE) as free:
        assert free


def test_the_same_error_again_is_counted_and_another_one_is_a_line_of_its_own(declare: Declared) -> None:
    texts = iter(["a", "a", "a", "b"])

    def action() -> None:
        raise ValueError(next(texts))

    task = declare(action)
    for _ in range(4):
        with pytest.raises(ValueError, match=r"[ab]"):
            task()

    assert list(TaskRun.objects.values_list("error", "times")) == [("ValueError: b", 1), ("ValueError: a", 3)]


def test_several_errors_together_are_noted_one_by_one() -> None:
    first = ValueError("a")
    first.add_note("open of 7")

    assert runs.describe(ExceptionGroup("Some drafts", [first, KeyError("b")])) == (
        "Some drafts\n– ValueError: a (open of 7)\n– KeyError: 'b'".replace(" (2 sub-exceptions)", "")
    )


LOST = OperationalError("server closed the connection")


@pytest.mark.parametrize(
    ("error", "can_pass"),
    [
        (LOST, True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (SMTPException(), True),
        (ExceptionGroup("both", [LOST, TimeoutError()]), True),
        (ExceptionGroup("both", [LOST, KeyError()]), False),
        (KeyError(), False),
        (FileNotFoundError(), False),
        (SoftTimeLimitExceeded(), False),
    ],
)
def test_what_can_pass_is_tried_again_and_nothing_else(
    error: Exception, can_pass: bool, declare: Declared, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    task = declare(fails(error), every=None, again_for=(SMTPException,))
    monkeypatch.setattr(task._get_current_object(), "retry", lambda **how: asked.append(how) or Retry())

    with pytest.raises(Retry if can_pass else type(error)):
        task()

    assert [how["exc"] for how in asked] == ([error] if can_pass else [])
    assert all(0 <= how["countdown"] <= jobs.PAUSE for how in asked)
    assert (state().outcome, TaskRun.objects.get().outcome) == (("again",) * 2 if can_pass else ("failed",) * 2)


@pytest.mark.usefixtures("_as_in_a_worker")
def test_in_the_end_it_is_given_up(declare: Declared) -> None:
    task = declare(fails(TimeoutError("slow")), every=None)

    task.delay()

    assert (state().failed, state().outcome) == (jobs.TRIES, "failed")
    assert list(TaskRun.objects.values_list("outcome", "times")) == [("failed", 1), ("again", jobs.TRIES - 1)]


@pytest.mark.usefixtures("_as_in_a_worker")
@pytest.mark.parametrize(("every", "times"), [(MINUTE, 1), (time(4, 7), jobs.TRIES), (timedelta(hours=1), jobs.TRIES)])
def test_what_beat_starts_soon_again_is_left_to_beat(every: timedelta | time, times: int, declare: Declared) -> None:
    declare(fails(TimeoutError()), every=every).delay()

    assert state().failed == times


@pytest.mark.parametrize("lost", [LOST, InterfaceError("connection already closed")])
def test_a_failure_that_cannot_be_noted_does_not_hide_the_error(
    lost: Exception, declare: Declared, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    task = declare(fails(ValueError("the reason")))
    monkeypatch.setattr(runs, "_note", fails_on_end := _Fails(lost))

    with pytest.raises(ValueError, match="the reason"):
        task()

    assert fails_on_end.asked == 2
    assert "could not be noted" in caplog.text


class _Fails:
    """Notes the beginning, and then no more."""

    def __init__(self, error: Exception) -> None:
        self.asked = 0
        self.error = error

    def __call__(self, task: str, **values: object) -> None:
        self.asked += 1
        if self.asked > 1:
            raise self.error


def test_the_app_of_an_embedded_worker_has_all_tasks_and_its_own_queues() -> None:
    other: Celery = make_app(set_as_current=False)
    other.amqp.queues.select(["clock"])

    assert {job.name for job in jobs.catalogue()} <= set(other.tasks)
    assert set(other.amqp.queues.consume_from) == {"clock"}
    assert set(app.amqp.queues.consume_from) == {str(queue) for queue in Queue}
