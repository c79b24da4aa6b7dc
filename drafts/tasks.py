"""The drafts' clockwork, every minute by beat."""

from celery import shared_task

from drafts import lifecycle
from fantasy_f1.core import clock


@shared_task
def run_due_drafts() -> None:
    lifecycle.run_due(clock.now())
