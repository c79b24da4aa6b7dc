"""The drafts' clockwork: every minute what is due by the calendar, every second what is due on the clock."""

from datetime import time, timedelta

from drafts import calendars, lifecycle, mock
from fantasy_f1.core import clock
from fantasy_f1.core.jobs import Queue, periodic


@periodic(every=timedelta(minutes=1), queue=Queue.CLOCK)
def run_due_drafts() -> None:
    """Schedules the drafts of the next race with the order rotated, opens those whose time has come, locks them."""
    lifecycle.run_due(clock.now())


@periodic(
    every=timedelta(seconds=1),
    queue=Queue.CLOCK,
    limit=timedelta(seconds=10),  # so long a killed worker holds up the clocks at most
    when=lambda: lifecycle.has_due_clocks(clock.now()),
)
def settle_clocks() -> None:
    """Takes the turns whose time ran out."""
    lifecycle.run_clocks(clock.now())


@periodic(every=time(4, 23))
def forget_mock_drafts() -> None:
    """Forgets the mock drafts of yesterday."""
    mock.forget_old(now=clock.now())


@periodic(every=time(4, 53))
def forget_old_calendar_entries() -> None:
    """Forgets what calendars were told of long ago."""
    calendars.forget_old(now=clock.now())
