"""Fixtures that every test may use."""

from datetime import UTC, datetime

import pytest

NOW = datetime(2026, 7, 22, 9, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A Wednesday before a race."""
    return NOW
