"""Tidying up."""

from celery import shared_task
from django.utils import timezone

from fantasy_f1.core import idempotency


@shared_task(name="fantasy_f1.core.tasks.forget_old_answers")
def forget_old_answers() -> None:
    """Those kept for requests that are sent twice."""
    idempotency.forget_old(now=timezone.now())
