from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from fantasy_f1.core import clock
from fantasy_f1.core.models import GameClock

pytestmark = pytest.mark.django_db
REAL = datetime(2026, 11, 1, 12, tzinfo=UTC)
GAME = datetime(2026, 7, 22, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _real_time_stands_still() -> Iterator[None]:
    with time_machine.travel(REAL, tick=False):
        yield


@pytest.fixture
def _game_clock(settings: Settings) -> None:
    settings.GAME_CLOCK = True


def command(**options: object) -> str:
    out = StringIO()
    call_command("game_clock", stdout=out, **options)
    return out.getvalue()


def test_now_is_the_real_time_while_the_game_clock_is_off() -> None:
    clock.set_to(GAME)

    assert clock.now() == REAL


@pytest.mark.usefixtures("_game_clock")
def test_now_is_the_real_time_until_the_game_clock_is_set() -> None:
    assert clock.now() == REAL


@pytest.mark.usefixtures("_game_clock")
def test_set_to_starts_the_game_there_and_it_runs_on() -> None:
    clock.set_to(GAME)

    with time_machine.travel(REAL + timedelta(hours=2), tick=False):
        assert clock.now() == GAME + timedelta(hours=2)
    assert timezone.now() == REAL


@pytest.mark.usefixtures("_game_clock")
def test_set_to_none_returns_to_the_real_time() -> None:
    clock.set_to(GAME)
    clock.set_to(None)

    assert clock.now() == REAL
    assert GameClock.objects.count() == 1


def test_the_clock_says_how_far_it_is_off() -> None:
    assert [str(GameClock(offset=timedelta(days=days))) for days in (2, -2)] == [
        "real time + 2 days, 0:00:00",
        "real time - 2 days, 0:00:00",
    ]


@pytest.mark.usefixtures("_game_clock")
def test_the_command_shows_sets_advances_and_resets() -> None:
    assert [
        command(),
        command(set="2026-07-22T09:00:00Z"),
        command(advance="3d"),
        command(advance="90m"),
        command(),
        command(real=True),
    ] == [
        "The game's time is 2026-11-01T12:00:00Z.\n",
        "The game's time is 2026-07-22T09:00:00Z.\n",
        "The game's time is 2026-07-25T09:00:00Z.\n",
        "The game's time is 2026-07-25T10:30:00Z.\n",
        "The game's time is 2026-07-25T10:30:00Z.\n",
        "The game's time is 2026-11-01T12:00:00Z.\n",
    ]


@pytest.mark.usefixtures("_game_clock")
@pytest.mark.parametrize("moment", ["tomorrow", "2026-07-22", "2026-07-22T09:00:00", "2026-13-01T09:00:00Z"])
def test_the_command_refuses_what_is_no_moment(moment: str) -> None:
    with pytest.raises(CommandError, match="is not a time such as"):
        command(set=moment)


@pytest.mark.usefixtures("_game_clock")
@pytest.mark.parametrize("step", ["3", "d", "-3d", "3 days"])
def test_the_command_refuses_what_is_no_step(step: str) -> None:
    with pytest.raises(CommandError, match="is not a step such as"):
        command(advance=step)


def test_the_command_refuses_while_the_game_clock_is_off() -> None:
    with pytest.raises(CommandError, match="GAME_CLOCK=on"):
        command()
