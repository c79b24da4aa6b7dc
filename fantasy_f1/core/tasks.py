"""Tidying up."""

from datetime import time

from django.utils import timezone

from fantasy_f1.core import idempotency, leases, runs
from fantasy_f1.core.jobs import periodic


@periodic(every=time(4, 41))
def clean_up() -> None:
    """Forgets answers kept for requests that are sent twice, old runs of tasks, and leases that nobody holds."""
    now = timezone.now()
    idempotency.forget_old(now=now)
    runs.forget_old(now=now)
    leases.forget_old(now=now)
