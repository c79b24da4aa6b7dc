from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import Settings

from demo.league import Demo, ensure


@pytest.fixture
def demo_on(settings: Settings) -> None:
    settings.DEMO = settings.GAME_CLOCK = True


@pytest.fixture
def demo(demo_on: None, transactional_db: None) -> Iterator[Demo]:
    """The demo as the first start makes it, everything committed."""
    yield ensure()[0]
    call_command("flush", interactive=False, verbosity=0)
