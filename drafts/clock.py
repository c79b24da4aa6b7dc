"""How long a turn lasts and when it ends: pure functions of times. No database; nobody asks here what time it is.

A clock runs outside quiet hours only, which are those of a place: on the days when its clocks are changed they are an
hour shorter or longer, like the night there. Sources: the product's draft rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

GRACE = timedelta(seconds=2)
"""A pick that was sent in time may be so long on its way."""

SHORTEST = timedelta(seconds=60)
"""However soon the lock is, it cuts no turn shorter than this."""

PATIENCE = 2
"""Whose time ran out so often in a draft has a tenth of it from then on."""

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Quiet:
    """Hours of every day at a place, that may pass midnight."""

    begins: time
    ends: time
    zone: str

    def windows(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Beginning and end of all quiet times from that on in which ``since`` may be, without an end."""
        zone = ZoneInfo(self.zone)
        day = since.astimezone(zone).date() - DAY
        until = DAY if self.ends <= self.begins else timedelta()
        while True:
            begins, ends = datetime.combine(day, self.begins, zone), datetime.combine(day + until, self.ends, zone)
            yield begins.astimezone(UTC), ends.astimezone(UTC)
            day += DAY


def deadline(start: datetime, length: timedelta, quiet: Quiet | None) -> datetime:
    """When a clock that starts at ``start`` has run for ``length``."""
    if quiet is None:
        return start + length
    at, left, windows = start, length, quiet.windows(start)
    while True:
        begins, ends = next(windows)
        if at < begins:
            if at + left <= begins:
                return at + left
            left -= begins - at
        at = max(at, ends)


def time_between(start: datetime, end: datetime, quiet: Quiet | None) -> timedelta:
    """How long a clock runs from ``start`` to ``end``; nothing where that is before."""
    if quiet is None:
        return max(end - start, timedelta())
    at, run, windows = start, timedelta(), quiet.windows(start)
    while True:
        begins, ends = next(windows)
        if begins >= end:
            return run + max(end - at, timedelta())
        run += max(begins - at, timedelta())
        at = max(at, ends)


def quiet_until(now: datetime, quiet: Quiet | None) -> datetime | None:
    """When the quiet time ends that ``now`` is in; ``None`` outside of one."""
    windows = quiet.windows(now) if quiet else iter(())
    return next((ends if begins <= now else None for begins, ends in windows if ends > now), None)


def turn_time(
    pick_seconds: int, *, misses: int, now: datetime, locks_at: datetime, turns_left: int, quiet: Quiet | None
) -> timedelta:
    """How long a clock of ``pick_seconds`` runs for a turn that begins ``now``, the first of ``turns_left``.

    It is a tenth for who missed two turns of the draft. Where the time until the lock is not enough for all turns to
    come, they share it evenly, but none is cut below a minute.
    """
    normal = timedelta(seconds=pick_seconds) / (10 if misses >= PATIENCE else 1)
    share = time_between(now, locks_at, quiet) / turns_left
    return min(normal, max(share, SHORTEST))
