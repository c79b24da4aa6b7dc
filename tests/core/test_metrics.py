"""What Prometheus reads, and who may."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from drafts import lifecycle
from fantasy_f1 import watch
from fantasy_f1.celery import app
from fantasy_f1.core import clock, log_reader, runs
from fantasy_f1.core.models import Beat, TaskState
from notifications.models import Delivery, Notification
from races.models import SyncRun
from tests.core.conftest import ROOT
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory

Told = dict[tuple[str, ...], float]


def told(client: Client) -> Told:
    """What a scrape tells: name and label values → value."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return parsed(answer.content.decode())


def parsed(text: str) -> Told:
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value for sample in samples}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "203.0.113.7", {}, 404),
        ("", "", {}, 404),
        ("", "127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, 404),
        ("", "127.0.0.1", {"Forwarded": "for=203.0.113.7"}, 404),
        ("s3cret", "127.0.0.1", {}, 404),
        ("s3cret", "203.0.113.7", {"Authorization": "Bearer s3cret"}, 200),
        ("s3cret", "203.0.113.7", {"Authorization": "Bearer ü"}, 404),
    ],
)
def test_it_is_there_for_who_has_the_token_or_is_on_this_machine(
    client: Client, settings: Settings, token: str, address: str, headers: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = token

    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=address)

    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/plain" if status == 200 else "text/html")


@pytest.mark.django_db
def test_requests_are_counted_by_view_whatever_is_asked(client: Client) -> None:
    before = told(client)

    client.get("/drivers/?search=x")
    client.post("/races/123456789/")
    client.get("/nowhere/at/all/")
    client.generic("BREW", "/drivers/")

    after = told(client)
    changed = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)}
    counts = {key[1:]: changed[key] for key in changed if key[0] == "fantasy_f1_requests_total"}
    assert counts == {
        ("GET", "2xx", "races:drivers"): 1,
        ("POST", "4xx", "races:race"): 1,
        ("GET", "4xx", "none"): 1,
        ("other", "4xx", "races:drivers"): 1,
        ("GET", "2xx", "metrics"): 1,
    }
    assert changed["fantasy_f1_request_seconds_count", "races:drivers"] == 2


@pytest.mark.django_db
def test_the_state_of_the_clockwork_is_looked_up(client: Client, now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        ago = {minutes: now - timedelta(minutes=minutes) for minutes in (1, 2, 5, 60)}
        for what, minutes in (("results", 5), ("results", 60), ("calendar", 60)):
            at = ago[minutes]
            SyncRun.objects.create(season=2026, what=what, status="ok", game_time=at, started_at=at, finished_at=at)
        Beat.objects.create(pk=1, seen_at=ago[1])
        settle, lock = "drafts.tasks.settle_clocks", "drafts.tasks.run_due_drafts"
        TaskState.objects.create(name=settle, seen_at=ago[60], done=7, failed=2)
        TaskState.objects.create(name=lock, seen_at=ago[1])
        LeagueFactory()
        log_reader.follow("tests", lambda row: None)

        found = told(client)

    assert {key[1]: found[key] for key in found if key[0] == "fantasy_f1_sync_age_seconds"} == {
        "results": 300,
        "calendar": 3600,
    }
    assert found["fantasy_f1_beat_age_seconds",] == 60
    assert found["fantasy_f1_task_runs_total", "done", settle] == 7
    assert found["fantasy_f1_task_runs_total", "failed", settle] == 2
    assert found["fantasy_f1_task_runs_total", "done", lock] == 0
    assert found["fantasy_f1_tasks_late",] == 1
    assert found["fantasy_f1_database_up",] == found["fantasy_f1_broker_up",] == 1
    assert found["fantasy_f1_streams_open",] == 0


@pytest.mark.django_db
def test_how_long_tasks_take_is_told_as_a_histogram(client: Client, now: datetime) -> None:
    took = {"quick": [0.1, 0, 0.2], "slow": [299, 4000]}
    with time_machine.travel(now, tick=False) as traveller:
        for task, times in took.items():
            for seconds in times:
                run = runs.begin(task)
                traveller.shift(seconds)
                runs.end(run, keep=False)
        run = runs.begin("failing")
        traveller.shift(11)
        runs.fail(run, KeyError(7), is_tried_again=False)

        found = told(client)

    def histogram(task: str) -> list[float]:
        limits = ("0.1", "0.5", "2.5", "10.0", "60.0", "300.0", "+Inf")
        return [found["fantasy_f1_task_seconds_bucket", limit, task] for limit in limits]

    assert histogram("quick") == [2, 3, 3, 3, 3, 3, 3]
    assert histogram("slow") == [0, 0, 0, 0, 0, 1, 2]
    assert histogram("failing") == [0, 0, 0, 0, 1, 1, 1]
    assert found["fantasy_f1_task_seconds_count", "slow"] == 2
    assert found["fantasy_f1_task_seconds_sum", "slow"] == 4299


@pytest.mark.django_db
def test_turns_that_nobody_settles_are_told_with_the_worst(client: Client) -> None:
    now = clock.now()
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    for seconds in (3, 60, 90):
        league = LeagueFactory(season=race.season, pick_seconds=60)
        ConstructorFactory.create_batch(2, league=league)
        draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
        draft.deadline_at = now - timedelta(seconds=seconds)
        draft.save()

    found = told(client)

    assert found["fantasy_f1_clocks_late",] == 2
    assert 85 < found["fantasy_f1_clock_lateness_seconds",] < 95
    assert found.get(("fantasy_f1_log_lag", "tests"), 0) == 0


@pytest.mark.django_db
def test_what_goes_out_is_told_by_channel_and_state(client: Client, now: datetime) -> None:
    for number, state in enumerate(("sent", "sent", "failed")):
        notification = Notification.objects.create(
            user=UserFactory(), type="league", title="News", dedupe_key=f"{number}"
        )
        Delivery.objects.create(notification=notification, channel="email", state=state, next_at=now, created_at=now)

    found = told(client)

    assert found["fantasy_f1_deliveries", "email", "sent"] == 2
    assert found["fantasy_f1_deliveries", "email", "failed"] == 1


@pytest.mark.django_db
def test_what_waits_for_workers_is_told_with_the_age_of_the_oldest(
    client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "task_always_eager", False)
    with time_machine.travel(now, tick=False):
        app.send_task("tests.nothing", queue="sync")
    try:
        with time_machine.travel(now + timedelta(seconds=40), tick=False):
            app.send_task("tests.nothing", queue="sync")
            found = told(client)
    finally:
        with app.connection_for_write() as broker:
            broker.default_channel.queue_purge("sync")

    assert (found["fantasy_f1_queue_messages", "sync"], found["fantasy_f1_queue_age_seconds", "sync"]) == (2, 40)
    assert (found["fantasy_f1_queue_messages", "clock"], found["fantasy_f1_queue_age_seconds", "clock"]) == (0, 0)


@pytest.mark.django_db
def test_a_scrape_takes_few_queries(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(8):
        told(client)


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError("the database is gone"), InterfaceError("already closed")])
def test_without_the_database_the_rest_is_told(client: Client, error: Exception) -> None:
    def refuse(*args: object) -> None:
        raise error

    with connection.execute_wrapper(refuse):
        found = told(client)

    assert (found["fantasy_f1_database_up",], found["fantasy_f1_broker_up",]) == (0, 1)
    assert ("fantasy_f1_clocks_late",) not in found


@pytest.mark.django_db
def test_without_the_broker_the_rest_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "connection_for_read", lambda **options: app.connection("redis://127.0.0.1:9/0"))
    monkeypatch.setattr(watch.settings, "REDIS_URL", "redis://127.0.0.1:9/0")

    found = told(client)

    assert (found["fantasy_f1_database_up",], found["fantasy_f1_broker_up",]) == (1, 0)
    assert ("fantasy_f1_queue_messages", "sync") not in found


@pytest.mark.django_db
@pytest.mark.skipif("postgres" not in os.environ["DATABASE_URL"], reason="only PostgreSQL has a pool")
def test_the_pool_is_told(client: Client) -> None:
    found = told(client)

    assert found["fantasy_f1_pool_connections", "used"] >= 1
    assert found["fantasy_f1_pool_waiting",] == 0


def test_processes_that_share_a_folder_answer_for_each_other(environment: dict[str, str], tmp_path: Path) -> None:
    script = """
import django

django.setup()
from fantasy_f1.core import metrics

metrics.count(metrics.Answered("GET", "home", 200, 0.01))
print(metrics.exposition().decode())
"""
    shown = [
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=environment | {"METRICS_DIR": str(tmp_path / "metrics")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]

    assert [parsed(text)["fantasy_f1_requests_total", "GET", "2xx", "home"] for text in shown] == [1, 2]
