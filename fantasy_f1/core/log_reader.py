"""Reading the event log to its end: each reader gets each event once, in the transaction of what it makes of it.

Rows can become visible out of the order of their numbers, where transactions that run side by side end in another order
than they began. So a reader remembers what it read beyond its position, and goes past a number that never came only
when any transaction that could still bring it is long over.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from fantasy_f1.core.models import EventLog, LogPosition, UnreadEvent

Handler = Callable[[EventLog], None]

BATCH = 100
LONGEST_TRANSACTION = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)


class EventsLeft(Exception):
    """A handler failed on some events; they are kept, and come again."""


def follow(reader: str, handle: Handler, *, most: int = BATCH) -> int:
    """Give ``handle`` what ``reader`` has not read yet, oldest first → how many events; 0 at the end of the log.

    What ``handle`` writes is committed together with the reader's new position: an event that was handled does not come
    again, and one that was not does, wherever the process dies. One that ``handle`` fails on (anything but the database
    being away) holds up no other: it comes back after a minute, then after longer and longer, and ``EventsLeft`` is
    raised when the others are done. Where another process reads for ``reader`` just now, nothing is done.
    """
    if not has_news(reader):
        return 0
    failures: list[Exception] = []
    with transaction.atomic():
        mark = _locked(reader)
        if mark is None:
            return 0
        now = timezone.now()
        again = UnreadEvent.objects.filter(reader=reader, next_at__lte=now).select_related("event")
        for unread in again.order_by("event")[:most]:
            if error := _failure(handle, unread.event):
                failures.append(error)
                _put_off(unread, error)
            else:
                unread.delete()
        rows = list(_unread(mark).order_by("pk")[:most])
        for row in rows:
            if error := _failure(handle, row):
                failures.append(error)
                next_at = timezone.now() + FIRST_PAUSE
                UnreadEvent.objects.create(reader=reader, event=row, error=_in_words(error), next_at=next_at)
        _move(mark, [row.pk for row in rows], is_at_end=len(rows) < most, now=now)
    if failures:
        raise EventsLeft(f"{len(failures)} events could not be handled by {reader}.") from ExceptionGroup(
            reader, failures
        )
    return len(rows)


def lag(reader: str) -> int:
    """How many events ``reader`` has still to read."""
    mark = LogPosition.objects.filter(pk=reader).first()
    return _unread(mark).count() if mark else EventLog.objects.count()


def has_news(reader: str) -> bool:
    """Whether there is anything to do for ``follow``."""
    mark = LogPosition.objects.filter(pk=reader).first()
    if mark is None:
        return EventLog.objects.exists()
    return _unread(mark).exists() or UnreadEvent.objects.filter(reader=reader, next_at__lte=timezone.now()).exists()


def _unread(mark: LogPosition) -> QuerySet[EventLog]:
    """What comes after all that was read, and in the gaps between: those are few, however much was read beyond one."""
    read = [mark.position, *mark.ahead]
    unread = Q(pk__gt=read[-1])
    for before, after in pairwise(read):
        if after - before > 1:
            unread |= Q(pk__gt=before, pk__lt=after)
    return EventLog.objects.filter(unread)


def _locked(reader: str) -> LogPosition | None:
    LogPosition.objects.get_or_create(reader=reader, defaults={"newest_at": timezone.now()})
    return LogPosition.objects.select_for_update(skip_locked=True).filter(pk=reader).first()


def _failure(handle: Handler, row: EventLog) -> Exception | None:
    try:
        with transaction.atomic():
            handle(row)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        error.add_note(f"{row}")
        return error
    return None


def _put_off(unread: UnreadEvent, error: Exception) -> None:
    pause = min(FIRST_PAUSE * 2**unread.tries, LONGEST_PAUSE)
    unread.tries, unread.error, unread.next_at = unread.tries + 1, _in_words(error), timezone.now() + pause
    unread.save()


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _move(mark: LogPosition, read: list[int], *, is_at_end: bool, now: datetime) -> None:
    """Note what was ``read`` as of ``now``, and leave behind the numbers that could bring nothing any more then."""
    ahead = {*mark.ahead, *read}
    while mark.position + 1 in ahead:
        mark.position += 1
    if is_at_end and now - mark.newest_at > LONGEST_TRANSACTION:
        mark.position = max(mark.position, mark.newest)
        mark.newest = EventLog.objects.aggregate(newest=Max("pk"))["newest"] or 0
        mark.newest_at = timezone.now()
    mark.ahead = sorted(pk for pk in ahead if pk > mark.position)
    mark.save()
