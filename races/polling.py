"""When to ask the upstream for a session's result again. Pure: no Django, no database.

An answer stays in the upstream's cache for an hour, so asking too early pins an empty one: the first question comes two
hours after the start, and while there is nothing the next ones come hourly, then every six hours, and once a week in
the end. A result is read again for the stewards' corrections after 2 and 6 hours, the next morning, after 2 and 7 days,
and then weekly. A question that failed counts for nothing and is asked again after an hour.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

FIRST = timedelta(hours=2)
EXPIRY = timedelta(minutes=61)
"""An hour in the upstream's cache from its answer on, and a minute because we note the time before we ask."""

HOURLY_FOR = timedelta(hours=12)
SIX_HOURLY_FOR = timedelta(days=7)
WEEK = timedelta(days=7)
AGAIN = (timedelta(hours=2), timedelta(hours=6), timedelta(hours=48), WEEK)
MORNING = time(9, tzinfo=UTC)


def next_ask(
    *,
    starts_at: datetime,
    first_rows_at: datetime | None,
    last_asked_at: datetime | None,
    last_failed_at: datetime | None = None,
) -> datetime:
    """The moment from which a session's result may be asked for.

    ``first_rows_at`` is when its first rows came (None: not yet), ``last_asked_at`` the last question after the start
    that was answered, ``last_failed_at`` the last one that was not.
    """
    first = starts_at + FIRST
    asked = [at for at in (last_asked_at, last_failed_at) if at and at >= first]
    planned = _planned(first, first_rows_at, last_asked_at)
    return max([planned, *(at + EXPIRY for at in asked)])


def _planned(first: datetime, first_rows_at: datetime | None, last_asked_at: datetime | None) -> datetime:
    if first_rows_at is not None:
        asked = max(last_asked_at or first_rows_at, first_rows_at)
        return next(moment for moment in _corrections(first_rows_at) if moment > asked)
    if last_asked_at is None or last_asked_at < first:
        return first
    waited = last_asked_at - first
    if waited < HOURLY_FOR:
        return last_asked_at + EXPIRY
    return last_asked_at + (timedelta(hours=6) if waited < SIX_HOURLY_FOR else WEEK)


def _corrections(first_rows_at: datetime) -> Iterator[datetime]:
    morning = datetime.combine(first_rows_at.astimezone(UTC).date() + timedelta(days=1), MORNING)
    yield from sorted([morning, *(first_rows_at + wait for wait in AGAIN)])
    again = first_rows_at + AGAIN[-1]
    while True:
        again += WEEK
        yield again
