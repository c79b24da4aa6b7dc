"""Fixtures that every test may use."""

from datetime import UTC, datetime

import pytest
from django.core.cache import cache

NOW = datetime(2026, 7, 22, 9, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A Wednesday before a race."""
    return NOW


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """A test's rows get the ids of the one before: what was cached for those must go."""
    cache.clear()
