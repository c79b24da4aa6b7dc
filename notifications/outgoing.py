"""What goes out to somebody else's server, and may fail there: tried again, never twice by itself, never lost silently.

A row waits until it is due, is claimed by one process, then handed over, and is sent or given up. From the moment of
handing over nobody but the other side knows whether it arrived. So what breaks off before that moment is tried again,
and what breaks off after it only where the other side can tell a repetition (``may_repeat``); the rest is given up as
"may have arrived", for a host to decide.

Times are the real ones: the game's clock does not move mail servers.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.sweeps import attempts

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 120, 300, 600, 600))
"""Between one try and the next; all together they outlast a day without a mail server."""
JITTER = 0.2
"""How much longer a pause may be at random, so that what failed together is not tried together."""
CLAIM = timedelta(minutes=2)
"""After which a process that took a row and said nothing more is taken for dead."""
MOST = 200
"""Rows of one sweep."""

MAY_HAVE_ARRIVED = "Broken off while it was handed over: it may have arrived."


class TryLater(Exception):
    """It did not go through, and may later; ``after`` is what the other side asked for."""

    def __init__(self, why: str, *, after: timedelta = timedelta()) -> None:
        super().__init__(why)
        self.after = after


class Refused(Exception):
    """The other side will never take it."""


class OutcomeUnknown(Exception):
    """It was handed over, and no answer came."""


class NotNeeded(Exception):
    """By now there is no use in it."""


class NothingToRepeat(DomainError):
    """Only what was given up can be sent again."""

    code = "nothing_to_repeat"


class Outgoing(models.Model):
    """One thing for one recipient by one way."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "Being prepared"
        HANDED_OVER = "handed_over", "Being handed over"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"
        DROPPED = "dropped", "Not needed any more"

    may_repeat: ClassVar[bool] = False

    state = models.CharField(max_length=11, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(help_text="When it is tried (again)")
    claimed_until = models.DateTimeField(null=True, editable=False)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Outgoing)
Send = Callable[[Row, Callable[[], None]], None]
"""Sends a row; calls its second argument at the last moment before the other side gets it. What it raises is above."""


def has_due(rows: "models.QuerySet[Row]") -> bool:
    """Whether there is anything to do for ``send_due``."""
    now = timezone.now()
    is_due = Q(state=Outgoing.State.WAITING, next_at__lte=now) | Q(claimed_until__lt=now)
    return rows.filter(is_due).exists()


def send_due(rows: "models.QuerySet[Row]", send: Send[Row], *, most: int = MOST) -> int:
    """Send what is due of ``rows`` by now → how many were tried. Any number of processes may do so at once.

    An error that ``send`` should not raise counts as a failed try, and comes out at the end (``ExceptionGroup``).
    """
    now = timezone.now()
    _take_back(rows, now)
    tried = 0
    with attempts("Some things could not be sent.") as attempt:
        for row in list(rows.filter(state=Outgoing.State.WAITING, next_at__lte=now).order_by("next_at", "pk")[:most]):
            if _claim(row):
                tried += 1
                attempt(_try, row=row, send=send)
    return tried


def send_again(row: Row) -> Row:
    """A host's word that what was given up is tried once more, from the start. Raises ``NothingToRepeat``."""
    now = timezone.now()
    given_up = _of(row).filter(state=Outgoing.State.FAILED)
    if not given_up.update(state=Outgoing.State.WAITING, attempts=0, next_at=now, error="", done_at=None):
        raise NothingToRepeat("Only what was given up can be sent again.")
    row.refresh_from_db()
    return row


def _claim(row: Row) -> bool:
    """Whether it is ours: of all who ask at once, one gets it."""
    until = timezone.now() + CLAIM
    waiting = _of(row).filter(state=Outgoing.State.WAITING)
    if not waiting.update(state=Outgoing.State.CLAIMED, attempts=F("attempts") + 1, claimed_until=until):
        return False
    row.refresh_from_db()
    return True


def _take_back(rows: "models.QuerySet[Row]", now: datetime) -> None:
    """What died in somebody's hands."""
    lost = rows.filter(claimed_until__lt=now)
    waiting = {"state": Outgoing.State.WAITING, "next_at": now, "claimed_until": None}
    lost.filter(state=Outgoing.State.CLAIMED).update(**waiting)
    handed_over = lost.filter(state=Outgoing.State.HANDED_OVER)
    if rows.model.may_repeat:
        handed_over.update(**waiting)
    else:
        handed_over.update(state=Outgoing.State.FAILED, error=MAY_HAVE_ARRIVED, claimed_until=None, done_at=now)


def _try(*, row: Row, send: Send[Row]) -> None:
    try:
        send(row, lambda: _hand_over(row))
    except NotNeeded as error:
        _finish(row, Outgoing.State.DROPPED, str(error))
    except Refused as error:
        _finish(row, Outgoing.State.FAILED, str(error))
    except OutcomeUnknown as error:
        if row.may_repeat:
            _put_off(row, str(error))
        else:
            _finish(row, Outgoing.State.FAILED, f"{MAY_HAVE_ARRIVED} {error}")
    except TryLater as error:
        _put_off(row, str(error), after=error.after)
    except Exception as error:
        if row.state == Outgoing.State.HANDED_OVER and not row.may_repeat:
            _finish(row, Outgoing.State.FAILED, f"{MAY_HAVE_ARRIVED} {type(error).__name__}: {error}")
        else:
            _put_off(row, f"{type(error).__name__}: {error}")
        raise
    else:
        _finish(row, Outgoing.State.SENT, "")


def _hand_over(row: Row) -> None:
    """The point of no return. Raises ``TryLater`` for who was so slow that it was taken back meanwhile."""
    ours = _of(row).filter(state=Outgoing.State.CLAIMED, attempts=row.attempts)
    if not ours.update(state=Outgoing.State.HANDED_OVER):
        raise TryLater("Taken back, because it took too long.")
    row.state = Outgoing.State.HANDED_OVER


def _put_off(row: Row, why: str, *, after: timedelta = timedelta()) -> None:
    if row.attempts > len(PAUSES):
        _finish(row, Outgoing.State.FAILED, why)
        return
    pause = PAUSES[row.attempts - 1] * random.uniform(1, 1 + JITTER)  # noqa: S311 (jitter, no secret)
    _settle(row, state=Outgoing.State.WAITING, next_at=timezone.now() + max(pause, after), error=why[:300])


def _finish(row: Row, state: str, error: str) -> None:
    _settle(row, state=state, error=error[:300], done_at=timezone.now())


def _settle(row: Row, **values: object) -> None:
    """Unless it was taken back meanwhile: then it is somebody else's."""
    ours = _of(row).filter(state=row.state, attempts=row.attempts)
    ours.update(claimed_until=None, **values)


def _of(row: Row) -> "models.QuerySet[Row]":
    return type(row)._default_manager.filter(pk=row.pk)
