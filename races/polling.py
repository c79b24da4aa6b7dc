"""When to ask the upstream again, mostly for a session's result. Pure: no Django, no database.

An answer stays in the upstream's cache for as long as its headers say (an hour, mostly), so asking too early pins an
empty one: the first question comes two hours after the start, and while there is nothing each next one when the answer
before it has expired, every six hours after half a day, and once a week in the end. A result of the feed is read again
for the stewards' corrections after 2 and 6 hours, the next morning, after 2 and 7 days, and then weekly. A question
that failed counts for nothing and is asked again after an hour.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

FIRST = timedelta(hours=2)
HOUR = timedelta(hours=1)
"""How long an answer is taken to be in the upstream's cache where it does not say, and what follows a failure."""

SOONEST = timedelta(minutes=10)
"""Between two questions, whatever the answer says."""

HOURLY_FOR = timedelta(hours=12)
SIX_HOURLY_FOR = timedelta(days=7)
WEEK = timedelta(days=7)
AGAIN = (timedelta(hours=2), timedelta(hours=6), timedelta(hours=48), WEEK)
MORNING = time(9, tzinfo=UTC)
DAILY = timedelta(hours=23)
"""How old drivers and calendar become before they are asked for again; it is looked each hour."""

WEEKEND = timedelta(days=3)
ON_A_WEEKEND = timedelta(hours=2.5)
"""The same for the calendar in the days before a race, which makes each three hours: where a race moves on its own day,
drafts lock at its start.
"""

LATE = FIRST + timedelta(hours=6)
"""After the start: a Grand Prix or sprint without a result is late, and the host is told."""


def next_ask(
    *,
    starts_at: datetime,
    first_rows_at: datetime | None,
    last_asked_at: datetime | None,
    last_failed_at: datetime | None = None,
    fresh_until: datetime | None = None,
) -> datetime:
    """The moment from which a session's result may be asked for.

    ``first_rows_at`` is when its first rows came from a feed (None: not yet), ``last_asked_at`` the last question that
    was answered, ``last_failed_at`` the last one that was not, ``fresh_until`` when the answer at the address that
    would be asked expires.
    """
    first = starts_at + FIRST
    waits = [_planned(first, first_rows_at, last_asked_at)]
    if fresh_until:
        waits.append(fresh_until)
    if last_failed_at and last_failed_at >= first:
        waits.append(last_failed_at + HOUR)
    if last_asked_at and last_asked_at >= first and (fresh_until is None or fresh_until < last_asked_at):
        waits.append(last_asked_at + HOUR)  # it was asked at another address, or did not say
    return max(waits)


def _planned(first: datetime, first_rows_at: datetime | None, last_asked_at: datetime | None) -> datetime:
    if first_rows_at is not None:
        asked = max(last_asked_at or first_rows_at, first_rows_at)
        return next(moment for moment in _corrections(first_rows_at) if moment > asked)
    if last_asked_at is None or last_asked_at < first:
        return first
    waited = last_asked_at - first
    if waited < HOURLY_FOR:
        return last_asked_at + SOONEST
    return last_asked_at + (timedelta(hours=6) if waited < SIX_HOURLY_FOR else WEEK)


def _corrections(first_rows_at: datetime) -> Iterator[datetime]:
    morning = datetime.combine(first_rows_at.astimezone(UTC).date() + timedelta(days=1), MORNING)
    yield from sorted([morning, *(first_rows_at + wait for wait in AGAIN)])
    again = first_rows_at + AGAIN[-1]
    while True:
        again += WEEK
        yield again
