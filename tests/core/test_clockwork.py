"""The host's page of what happens by itself."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError as BrokerAway
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from drafts import tasks as draft_tasks
from fantasy_f1.celery import app
from fantasy_f1.core import clockwork
from fantasy_f1.core.clockwork import Line
from fantasy_f1.core.jobs import Job, Queue
from fantasy_f1.core.models import Beat, TaskRun, TaskState
from tests.core.conftest import ROOT, Run
from tests.factories import LeagueFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 7, 22, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
CLOCKS = "drafts.tasks.settle_clocks"
PAGE, RUN = "/admin/core/taskstate/", "/admin/core/taskstate/run/"


def line(name: str, *, now: datetime = NOW) -> Line:
    with time_machine.travel(now, tick=False):
        return next(each for each in clockwork.look(now).lines if each.job.name == name)


@pytest.mark.parametrize(
    ("every", "words"),
    [
        (None, "when asked for"),
        (time(4, 7), "daily at 04:07 UTC"),
        (SECOND, "every second"),
        (5 * MINUTE, "every 5 minutes"),
        (HOUR, "every hour"),
        (90 * SECOND, "every 90 seconds"),
        (SECOND / 2, "every 0.5 seconds"),
    ],
)
def test_how_often_a_task_is_started_reads_as_a_person_would_say_it(every: timedelta | time | None, words: str) -> None:
    assert clockwork.rhythm(Job("a.b", "Does it.", Queue.CLOCK, MINUTE, every)) == words


def test_of_a_new_installation_nothing_is_late_but_beat_was_never_seen() -> None:
    with time_machine.travel(NOW, tick=False):
        looked = clockwork.look(NOW)

    assert (looked.beat, looked.beat_is_silent, looked.failures) == (None, True, [])
    assert {each.late_by for each in looked.lines} == {None}
    assert line("accounts.tasks.clean_up").due_at == datetime(2026, 7, 23, 4, 7, tzinfo=UTC)


@pytest.mark.parametrize(("ago", "is_silent"), [(SECOND, False), (MINUTE / 2, False), (MINUTE / 2 + SECOND, True)])
def test_beat_is_taken_for_dead_after_half_a_minute(ago: timedelta, is_silent: bool) -> None:
    Beat.objects.create(pk=1, seen_at=NOW - ago)

    assert clockwork.look(NOW).beat_is_silent == is_silent


@pytest.mark.parametrize(
    ("name", "seen_ago", "late_by"),
    [
        (CLOCKS, 30 * SECOND, None),
        (CLOCKS, 10 * MINUTE, 10 * MINUTE - SECOND),
        ("races.tasks.sync_due_results", 2 * MINUTE, None),
        ("races.tasks.sync_due_results", 2 * HOUR, 2 * HOUR - MINUTE),
        ("accounts.tasks.clean_up", 4 * HOUR, None),
        ("accounts.tasks.clean_up", 5 * HOUR, 9 * HOUR - (4 * HOUR + 7 * MINUTE)),
    ],
)
def test_a_task_is_late_when_its_next_run_is_overdue(name: str, seen_ago: timedelta, late_by: timedelta | None) -> None:
    TaskState.objects.create(name=name, seen_at=NOW - seen_ago)

    assert line(name).late_by == late_by


def test_a_task_runs_until_it_ends_or_can_run_no_longer() -> None:
    state = TaskState.objects.create(name=CLOCKS, seen_at=NOW, started_at=NOW)

    during, later = line(CLOCKS, now=NOW + 5 * SECOND), line(CLOCKS, now=NOW + HOUR)
    assert (during.is_running, during.was_cut_off) == (True, False)
    assert (later.is_running, later.was_cut_off) == (False, True)
    state.ended_at = NOW + SECOND
    state.save()
    assert (line(CLOCKS).is_running, line(CLOCKS).was_cut_off) == (False, False)


def test_the_page_shows_beat_every_task_and_what_failed(admin_client: Client) -> None:
    Beat.objects.create(pk=1, seen_at=NOW - 3 * SECOND, lag=0.2)
    TaskState.objects.create(
        name=CLOCKS,
        seen_at=NOW,
        started_at=NOW - SECOND,
        ended_at=NOW,
        seconds=1,
        outcome="failed",
        error="KeyError: 7",
    )
    TaskRun.objects.create(
        task=CLOCKS, started_at=NOW - HOUR, ended_at=NOW, outcome="failed", error="KeyError: <7>", times=3
    )

    with time_machine.travel(NOW, tick=False):
        page = admin_client.get(PAGE)

    text = page.content.decode().replace("\xa0", " ")
    assert page.status_code == 200
    assert "Beat was last seen 3 seconds ago, and started the last tasks in time." in text
    assert "KeyError: &lt;7&gt;" in text
    assert "3 times since" in text
    assert all(each.job.name in text for each in page.context["clockwork"].lines)
    assert "Clockwork" in admin_client.get("/admin/").content.decode()


def test_a_silent_beat_is_said_aloud(admin_client: Client) -> None:
    never = admin_client.get(PAGE).content.decode()
    Beat.objects.create(pk=1, seen_at=datetime(2026, 1, 1, tzinfo=UTC))
    silent = admin_client.get(PAGE).content.decode()

    assert "Beat was never seen: nothing happens by itself" in never
    assert "nothing happens by itself until it runs again" in silent


def test_the_page_takes_as_many_queries_for_many_failures(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        TaskRun.objects.create(
            task=CLOCKS, started_at=NOW, ended_at=NOW, outcome="failed", error=f"ValueError: {number}"
        )

    with django_assert_max_num_queries(11):
        page = admin_client.get(PAGE)

    assert len(page.context["clockwork"].failures) == clockwork.FAILURES


def test_apps_can_warn_the_host(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockwork, "_sources", [])
    clockwork.register(lambda now: [clockwork.HostWarning(f"No result since {now:%Y}.", "/admin/races/")])

    page = admin_client.get(PAGE).content.decode()

    assert "No result since " in page
    assert '<a href="/admin/races/">Look' in page


def test_the_page_knows_every_task_in_a_process_that_only_serves_pages(run: Run) -> None:
    ended = run("-c", "import fantasy_f1.wsgi; from fantasy_f1.core import clockwork; print(clockwork.table())")

    assert ended.stdout.strip() == clockwork.table()


def test_the_guide_lists_every_task_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("tasks")

    table = capsys.readouterr().out.strip()
    assert table in (ROOT / "docs" / "clockwork.md").read_text(), "put there what manage.py tasks prints"


def test_run_now_runs_the_task_and_says_so_however_often_it_is_pressed(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(draft_tasks.lifecycle, "run_due", lambda now: ran.append("run"))

    for _ in range(2):
        answer = admin_client.post(RUN, {"task": "drafts.tasks.run_due_drafts"})
        assert (answer.status_code, answer["Location"]) == (302, PAGE)

    assert ran == ["run", "run"]
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert told[0].startswith("The task drafts.tasks.run_due_drafts runs as soon as a worker is free")
    assert TaskState.objects.get().done == 2


@pytest.mark.parametrize("name", ["", "no.such.task", "accounts.tasks.send_password_reset", "celery.chain"])
def test_only_what_beat_starts_can_be_run(name: str, admin_client: Client) -> None:
    assert admin_client.post(RUN, {"task": name}).status_code == 404


def test_run_now_takes_a_post_with_the_token_of_the_page(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.get(RUN).status_code == 405
    assert client.post(RUN, {"task": CLOCKS}).status_code == 403
    assert not TaskState.objects.exists()


def test_nobody_but_the_host_sees_or_runs_anything() -> None:
    manager = UserFactory(is_staff=True)
    LeagueFactory(creator=manager)
    clients = {"manager": Client(), "player": Client(), "anonymous": Client()}
    clients["manager"].force_login(manager)
    clients["player"].force_login(UserFactory())

    seen = {
        who: (client.get(PAGE).status_code, client.post(RUN, {"task": CLOCKS}).status_code)
        for who, client in clients.items()
    }

    assert seen == {"manager": (403, 403), "player": (302, 302), "anonymous": (302, 302)}
    assert not TaskState.objects.exists()


def test_without_a_queue_the_host_is_told_so(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**kwargs: object) -> None:
        raise BrokerAway("refused")

    monkeypatch.setattr(app.tasks[CLOCKS], "apply_async", away)

    answer = admin_client.post(RUN, {"task": CLOCKS}, follow=True)

    assert "The queue of tasks does not answer. Please try again in a few minutes." in answer.content.decode()


def test_runs_can_be_searched(admin_client: Client) -> None:
    TaskRun.objects.create(task=CLOCKS, started_at=NOW, ended_at=NOW, outcome="failed", error="KeyError: 7")
    listing = reverse("admin:core_taskrun_changelist")

    found = [
        admin_client.get(listing, query).context["cl"].result_count
        for query in ({"q": "KeyError"}, {"task__exact": CLOCKS}, {"outcome__exact": "done"})
    ]

    assert found == [1, 1, 0]
    assert str(TaskRun.objects.get()) == f"{CLOCKS} failed"


def test_old_runs_and_leases_are_forgotten() -> None:
    from fantasy_f1.core.models import Lease
    from fantasy_f1.core.tasks import clean_up

    for days in (29, 31):
        TaskRun.objects.create(task=CLOCKS, started_at=NOW, ended_at=NOW - timedelta(days=days), outcome="failed")
    Lease.objects.create(name="old", expires_at=NOW - timedelta(days=2))
    Lease.objects.create(name="new", expires_at=NOW)

    with time_machine.travel(NOW, tick=False):
        clean_up()

    assert list(TaskRun.objects.filter(task=CLOCKS).values_list("ended_at", flat=True)) == [NOW - timedelta(days=29)]
    assert not Lease.objects.filter(name="old").exists()
    assert Lease.objects.filter(name="new").exists()
