"""The drafts' clockwork, by beat: every minute what is due by the calendar, every second what is due on the clock."""

from celery import shared_task

from drafts import calendars, lifecycle, mock
from fantasy_f1.core import clock


@shared_task
def run_due_drafts() -> None:
    lifecycle.run_due(clock.now())


@shared_task
def settle_clocks() -> None:
    lifecycle.run_clocks(clock.now())


@shared_task
def forget_mock_drafts() -> None:
    mock.forget_old(now=clock.now())


@shared_task
def forget_old_calendar_entries() -> None:
    calendars.forget_old(now=clock.now())
