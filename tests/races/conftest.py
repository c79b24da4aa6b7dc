from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from races import jolpica
from tests.conftest import NOW
from tests.upstream import UpstreamDouble


@pytest.fixture
def upstream(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[UpstreamDouble]:
    """The upstream on the Wednesday before the Hungarian Grand Prix of 2026, round 11; we ask it without patience."""
    monkeypatch.setattr(jolpica, "BACK_OFF", 0.001)
    settings.F1_API_PER_SECOND = 1000
    settings.F1_API_TIMEOUT = 5
    with UpstreamDouble(now=NOW) as double:
        settings.F1_API_URL = double.url
        yield double
