"""Work that only one process may do at a time, claimed by one conditional update."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from fantasy_f1.core.models import Lease

KEPT = timedelta(days=1)
"""How long one sees who held a lease last."""


@contextmanager
def hold(name: str, *, for_at_most: timedelta) -> Iterator[bool]:
    """Yield whether the lease ``name`` is ours; give it back at the end.

    A holder that died loses it after ``for_at_most`` of real time.
    """
    holder, now = secrets.token_hex(16), timezone.now()
    Lease.objects.get_or_create(name=name, defaults={"expires_at": now})
    free = Q(holder="") | Q(expires_at__lte=now)  # given back, also by a clock that was ahead of ours
    ours = Lease.objects.filter(free, name=name).update(holder=holder, expires_at=now + for_at_most)
    try:
        yield bool(ours)
    finally:
        if ours:
            Lease.objects.filter(name=name, holder=holder).update(holder="", expires_at=timezone.now())


def forget_old(*, now: datetime) -> None:
    """Delete those that nobody holds any more. ``now`` is the real time."""
    Lease.objects.filter(expires_at__lte=now - KEPT).delete()


def break_all() -> None:
    """Take every lease from its holder: for the start of the only process, whose last run may have been cut off."""
    Lease.objects.update(holder="", expires_at=timezone.now())
