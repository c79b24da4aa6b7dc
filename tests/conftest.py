"""Fixtures that every test may use."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.servers.basehttp import WSGIRequestHandler
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings

from demo.league import Demo, ensure
from fantasy_f1.core import ratelimit
from tests import snapshots
from tests.snapshots import Snapshot

# The live server answers in two packets; by Nagle's algorithm the second would wait 40 ms for the first one's receipt.
WSGIRequestHandler.disable_nagle_algorithm = True
NOW = datetime(2026, 7, 22, 9, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest go first, so that no worker of a parallel run begins one when the others are done."""
    items.sort(key=lambda item: (item.path.name != "test_schemathesis.py", "e2e" not in item.path.parts))


@pytest.fixture
def now() -> datetime:
    """A Wednesday before a race."""
    return NOW


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """A test's rows get the ids of the one before: what was cached for those must go."""
    cache.clear()


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    """The API's description, as a client reads it."""
    described: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return described


@pytest.fixture
def demo_on(settings: Settings) -> None:
    settings.DEMO = settings.GAME_CLOCK = True


@pytest.fixture(scope="session")
def made_demos() -> list[Snapshot]:
    """The rows of the demo, once a test has had it made."""
    return []


@pytest.fixture
def demo(demo_on: None, transactional_db: None, made_demos: list[Snapshot]) -> Iterator[Demo]:
    """The demo as the first start makes it, everything committed."""
    for made in made_demos:
        made.put_back()
    demo, is_new = ensure()
    if is_new:
        made_demos.append(snapshots.take())
    yield demo
    call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The limits on requests count, from nothing; elsewhere they are off."""
    settings.RATE_LIMITS = True
    monkeypatch.setattr(ratelimit, "buckets", ratelimit.make_buckets())
    return settings
