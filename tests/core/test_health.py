from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from drafts import lifecycle
from drafts.models import Draft
from fantasy_f1 import watch
from fantasy_f1.celery import app
from fantasy_f1.core.models import Beat, EventLog, LogPosition, TaskState
from races.models import SyncRun
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory
from tests.streaming import RedisServer

WELL = {
    "status": "ok",
    "database": "ok",
    "cache": "ok",
    "broker": "ok",
    "beat": "ok",
    "beat_seen": 0,
    "tasks": "ok",
    "last_sync": None,
    "log_lag": 0,
    "clocks_late": 0,
}
CLOCKWORK = ("beat", "beat_seen", "tasks", "last_sync", "log_lag", "clocks_late")


@pytest.fixture
def beat(now: datetime) -> Iterator[Beat]:
    """Beat has just shown that it lives, and time stands still."""
    with time_machine.travel(now, tick=False):
        yield Beat.objects.create(pk=1, seen_at=now)


@pytest.fixture
def _no_redis(settings: Settings) -> None:
    """Cache and broker live on a server that does not answer."""
    settings.CACHES = {
        "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"},
    }


@pytest.mark.django_db
def test_live_asks_nothing_of_anything(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        response = client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_answers_for_each_part(client: Client, beat: Beat) -> None:
    response = client.get("/ready")

    assert (response.status_code, response.json()) == (200, WELL)


@pytest.mark.django_db
def test_ready_tells_the_age_of_the_last_sync_that_worked(client: Client, beat: Beat, now: datetime) -> None:
    for hours, status in ((5, "ok"), (3, "ok"), (1, "failed")):
        at = now - timedelta(hours=hours)
        SyncRun.objects.create(season=2026, what="results", status=status, game_time=at, started_at=at, finished_at=at)

    assert client.get("/ready").json() == WELL | {"last_sync": 3 * 60 * 60}


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "told"), [(30, "ok"), (31, "late")])
def test_a_silent_beat_is_told_and_takes_nothing_out_of_service(
    client: Client, beat: Beat, seconds: int, told: str
) -> None:
    with time_machine.travel(beat.seen_at + timedelta(seconds=seconds), tick=False):
        response = client.get("/ready")

    assert (response.status_code, response.json()) == (200, WELL | {"status": told, "beat": told, "beat_seen": seconds})


@pytest.mark.django_db
def test_a_beat_that_was_never_there_is_late(client: Client) -> None:
    assert client.get("/ready").json() == WELL | {"status": "late", "beat": "late", "beat_seen": None}


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "told"), [(121, "ok"), (122, "late")])
def test_tasks_that_no_worker_takes_are_told(client: Client, beat: Beat, seconds: int, told: str) -> None:
    seen_at = beat.seen_at - timedelta(seconds=seconds)
    TaskState.objects.create(name="drafts.tasks.settle_clocks", seen_at=seen_at)

    response = client.get("/ready")

    assert (response.status_code, response.json()) == (200, WELL | {"status": told, "tasks": told})


@pytest.mark.django_db
def test_turns_that_nobody_settles_are_told(client: Client, beat: Beat, now: datetime) -> None:
    race = RaceFactory(starts_at=now + timedelta(days=4), entries=22)
    league = LeagueFactory(season=race.season, pick_seconds=60)
    ConstructorFactory.create_batch(2, league=league)
    lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=league.creator, now=now)
    Draft.objects.update(deadline_at=now - timedelta(minutes=1))

    response = client.get("/ready")

    assert (response.status_code, response.json()) == (200, WELL | {"status": "late", "clocks_late": 1})


@pytest.mark.django_db
def test_ready_tells_what_the_readers_of_the_log_have_still_to_read(client: Client, beat: Beat, now: datetime) -> None:
    LogPosition.objects.create(reader="tests", newest_at=now)
    for version in (1, 2):
        EventLog.objects.create(topic="tests:1", version=version, name="Tested", created_at=now)

    assert client.get("/ready").json() == WELL | {"log_lag": 2}


@pytest.mark.django_db
def test_not_ready_without_the_database(client: Client) -> None:
    with connection.execute_wrapper(_refuse):
        response = client.get("/ready")

    told = WELL | dict.fromkeys(CLOCKWORK) | {"status": "failing", "database": "failing"}
    assert (response.status_code, response.json()) == (503, told)


def _refuse(*args: object) -> None:
    raise ConnectionError("the database is gone")


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(client: Client, beat: Beat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_is_migrated", False)
    applied = MigrationRecorder.Migration.objects.filter(app="core").latest("pk")
    applied.delete()
    response = client.get("/ready")
    applied.save()

    assert (response.status_code, response.json()["database"]) == (503, "failing")
    assert client.get("/ready").json() == WELL


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_redis")
def test_not_ready_without_the_cache(client: Client, beat: Beat) -> None:
    response = client.get("/ready")

    assert (response.status_code, response.json()) == (503, WELL | {"status": "failing", "cache": "failing"})


@pytest.mark.django_db
def test_not_ready_when_the_cache_forgets(client: Client, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    response = client.get("/ready")

    assert (response.status_code, response.json()["cache"]) == (503, "failing")


@pytest.mark.django_db
def test_not_ready_while_the_broker_is_away(client: Client, beat: Beat, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = RedisServer()
    connect = app.connection_for_write
    monkeypatch.setattr(app, "connection_for_write", lambda **options: connect(redis.url, **options))

    told = [client.get("/ready")]
    redis.stop()
    told.append(client.get("/ready"))
    redis.start()
    told.append(client.get("/ready"))
    redis.stop()

    assert [answer.status_code for answer in told] == [200, 503, 200]
    assert told[1].json() == WELL | {"status": "failing", "broker": "failing"}


def test_health_is_for_reading_only(client: Client) -> None:
    assert [client.post(path).status_code for path in ("/health", "/ready")] == [405, 405]
