from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from fantasy_f1.core import clock
from races import jolpica
from tests.conftest import NOW
from tests.upstream import UpstreamDouble

HUNGARY = datetime(2026, 7, 26, 13, tzinfo=UTC)
At = Callable[[datetime], None]


@pytest.fixture
def upstream(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[UpstreamDouble]:
    """The upstream on the Wednesday before the Hungarian Grand Prix of 2026, round 11; we ask it without patience."""
    monkeypatch.setattr(jolpica, "BACK_OFF", 0.001)
    settings.F1_API_PER_SECOND = 1000
    settings.F1_API_PER_HOUR = 100_000
    settings.F1_API_TIMEOUT = 5
    with UpstreamDouble(now=NOW) as double:
        settings.F1_API_URL = double.url
        yield double


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, upstream: UpstreamDouble) -> At:
    """Let it be a moment, for us and for the upstream."""

    def move(moment: datetime) -> None:
        upstream.set_now(moment)
        monkeypatch.setattr(clock, "now", lambda: moment)

    move(NOW)
    return move
