from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from fantasy_f1.celery import app
from races.models import SyncRun

WELL = {"status": "ok", "database": "ok", "cache": "ok", "broker": "ok", "last_sync": None}


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
def test_ready_answers_for_each_part(client: Client) -> None:
    response = client.get("/ready")

    assert (response.status_code, response.json()) == (200, WELL)


@pytest.mark.django_db
def test_ready_tells_the_age_of_the_last_sync_that_worked(client: Client, now: datetime) -> None:
    for hours, status in ((5, "ok"), (3, "ok"), (1, "failed")):
        at = now - timedelta(hours=hours)
        SyncRun.objects.create(season=2026, what="results", status=status, game_time=at, started_at=at, finished_at=at)

    with time_machine.travel(now, tick=False):
        response = client.get("/ready")

    assert response.json() == WELL | {"last_sync": 3 * 60 * 60}


@pytest.mark.django_db
def test_not_ready_without_the_database(client: Client) -> None:
    with connection.execute_wrapper(_refuse):
        response = client.get("/ready")

    assert (response.status_code, response.json()) == (503, WELL | {"status": "failing", "database": "failing"})


def _refuse(*args: object) -> None:
    raise ConnectionError("the database is gone")


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_redis")
def test_not_ready_without_the_cache(client: Client) -> None:
    response = client.get("/ready")

    assert (response.status_code, response.json()) == (503, WELL | {"status": "failing", "cache": "failing"})


@pytest.mark.django_db
def test_not_ready_when_the_cache_forgets(client: Client, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    response = client.get("/ready")

    assert (response.status_code, response.json()["cache"]) == (503, "failing")


@pytest.mark.django_db
def test_not_ready_without_the_broker(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "connection_for_write", lambda **options: app.connection("redis://127.0.0.1:9/0"))

    response = client.get("/ready")

    assert (response.status_code, response.json()) == (503, WELL | {"status": "failing", "broker": "failing"})


def test_health_is_for_reading_only(client: Client) -> None:
    assert [client.post(path).status_code for path in ("/health", "/ready")] == [405, 405]
