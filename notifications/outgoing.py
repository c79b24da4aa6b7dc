"""What goes out to somebody else's server, and may fail there: tried again, never twice by itself, never lost silently.

A row waits until it is due, is claimed by one process, then handed over, and is sent or given up. From the moment of
handing over nobody but the other side knows whether it arrived. So what breaks off before that moment is tried again,
and what breaks off after it only where the other side can tell a repetition (``may_repeat``); the rest is given up as
"may have arrived", for a host to decide.

Times are the real ones: the game's clock does not move mail servers.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.sweeps import attempts

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 120, 300, 600, 600))
"""Between one try and the next; all together they outlast a day without a mail server."""
JITTER = 0.2
"""How much longer a pause may be at random, so that what failed together is not tried together."""
LONGEST_PAUSE = timedelta(days=1)
"""Whatever the other side asks for."""
CLAIM = timedelta(minutes=2)
"""After which a process that took a row and said nothing more is taken for dead."""
MOST = 200
"""Rows of one sweep."""
MAX_ERROR = 300
"""As much as is kept of what went wrong, in letters."""

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


class NotYet(Exception):
    """It is to be sent from ``at`` on. That it was tried counts for nothing."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"Not before {at}.")
        self.at = at


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
    error = models.CharField(max_length=MAX_ERROR, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Outgoing)
Send = Callable[[Row, Callable[[], None]], None]
"""Sends a row; calls its second argument at the last moment before the other side gets it. What it raises is above."""
SendAll = Callable[[Sequence[Row], Callable[[], None]], None]
"""Sends several rows as one thing: what becomes of it becomes of all of them."""
Check = Callable[[Row], None]
"""Raises ``NotNeeded`` or ``NotYet`` of a row that is not to be sent now."""


def has_due(rows: "models.QuerySet[Row]") -> bool:
    """Whether there is anything to do for ``send_due``."""
    now = timezone.now()
    is_due = Q(state=Outgoing.State.WAITING, next_at__lte=now) | Q(claimed_until__lt=now)
    return rows.filter(is_due).exists()


def send_due(
    rows: "models.QuerySet[Row]", send: Send[Row], *, check: Check[Row] | None = None, most: int = MOST
) -> int:
    """Send what is due of ``rows`` by now → how many were tried. Any number of processes may do so at once.

    An error that ``send`` should not raise counts as a failed try, and comes out at the end (``ExceptionGroup``).
    """
    due = _due(rows).order_by("next_at", "pk").values_list("pk", flat=True)[:most]
    each = (rows.filter(pk=pk) for pk in list(due))
    return _send_groups(each, lambda group, hand_over: send(group[0], hand_over), check)


def send_due_together(
    rows: "models.QuerySet[Row]",
    send: SendAll[Row],
    *,
    by: str,
    check: Check[Row] | None = None,
    most: int = MOST,
) -> int:
    """The same, but those that are alike in the field ``by`` are sent as one → how many such things were tried."""
    keys = _due(rows).order_by(by).values_list(by, flat=True).distinct()[:most]
    return _send_groups((rows.filter(**{by: key}) for key in list(keys)), send, check)


def send_again(row: Row) -> Row:
    """A host's word that what was given up is tried once more, from the start. Raises ``NothingToRepeat``."""
    now = timezone.now()
    given_up = type(row)._default_manager.filter(pk=row.pk, state=Outgoing.State.FAILED)
    if not given_up.update(state=Outgoing.State.WAITING, attempts=0, next_at=now, error="", done_at=None):
        raise NothingToRepeat("Only what was given up can be sent again.")
    row.refresh_from_db()
    return row


def leave(rows: "models.QuerySet[Row]") -> int:
    """A host's word that what was given up of ``rows`` need not arrive → how much that was."""
    return rows.filter(state=Outgoing.State.FAILED).update(state=Outgoing.State.DROPPED)


def _due(rows: "models.QuerySet[Row]") -> "models.QuerySet[Row]":
    """By now, what died in somebody's hands included."""
    now = timezone.now()
    _take_back(rows, now)
    return rows.filter(state=Outgoing.State.WAITING, next_at__lte=now)


def _send_groups(groups: "Iterable[models.QuerySet[Row]]", send: SendAll[Row], check: Check[Row] | None) -> int:
    tried = 0
    with attempts("Some things could not be sent.") as attempt:
        for group in groups:
            claim = _Claim(group)
            attempt(_try, claim=claim, send=send, check=check)
            tried += bool(claim.rows)
    return tried


class _Claim(Generic[Row]):
    """What is due of ``group``, and ours for a while: of all who ask at once, one gets it. ``rows`` may be empty."""

    def __init__(self, group: "models.QuerySet[Row]") -> None:
        now = timezone.now()
        self.model = group.model
        self.until = now + CLAIM
        self.state: str = Outgoing.State.CLAIMED
        due = group.filter(state=Outgoing.State.WAITING, next_at__lte=now).order_by("pk")
        with transaction.atomic():
            self.rows = list(due.select_for_update(no_key=True, of=("self",)))
            self._rows(self.rows).update(state=self.state, attempts=F("attempts") + 1, claimed_until=self.until)
        for row in self.rows:
            row.attempts += 1
            self._note(row)

    def keep_those_that_pass(self, check: Check[Row]) -> None:
        for row in list(self.rows):
            try:
                check(row)
            except NotNeeded as error:
                self._settle([row], **_end(Outgoing.State.DROPPED, str(error)))
            except NotYet as later:
                self._settle([row], state=Outgoing.State.WAITING, attempts=row.attempts - 1, next_at=later.at)
            else:
                continue
            self.rows.remove(row)

    def hand_over(self) -> None:
        """The point of no return. Raises ``TryLater`` for who was so slow that it was taken back meanwhile."""
        with transaction.atomic():
            if self._ours(self.rows).update(state=Outgoing.State.HANDED_OVER) < len(self.rows):
                raise TryLater("Taken back, because it took too long.")
        self.state = Outgoing.State.HANDED_OVER
        for row in self.rows:
            self._note(row)

    def put_off(self, why: str, *, after: timedelta = timedelta()) -> None:
        """All to the same moment; of several the one that was tried least says when."""
        tried = min(row.attempts for row in self.rows)
        if tried > len(PAUSES):
            self.finish(Outgoing.State.FAILED, why)
            return
        pause = PAUSES[tried - 1] * random.uniform(1, 1 + JITTER)  # noqa: S311 (jitter, no secret)
        next_at = timezone.now() + min(max(pause, after), LONGEST_PAUSE)
        self._settle(self.rows, state=Outgoing.State.WAITING, next_at=next_at, error=_kept(why))

    def finish(self, state: str, error: str) -> None:
        self._settle(self.rows, **_end(state, error))

    def _settle(self, rows: Sequence[Row], **values: object) -> None:
        self._ours(rows).update(claimed_until=None, **values)

    def _ours(self, rows: Sequence[Row]) -> "models.QuerySet[Row]":
        """Those that were not taken back meanwhile: then they are somebody else's."""
        return self._rows(rows).filter(state=self.state, claimed_until=self.until)

    def _rows(self, rows: Sequence[Row]) -> "models.QuerySet[Row]":
        return self.model._default_manager.filter(pk__in=[row.pk for row in rows])

    def _note(self, row: Row) -> None:
        row.state, row.claimed_until = self.state, self.until


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


def _try(*, claim: _Claim[Row], send: SendAll[Row], check: Check[Row] | None) -> None:
    may_repeat = claim.model.may_repeat
    try:
        if check:
            claim.keep_those_that_pass(check)
        if claim.rows:
            send(claim.rows, claim.hand_over)
    except NotNeeded as error:
        claim.finish(Outgoing.State.DROPPED, str(error))
    except Refused as error:
        claim.finish(Outgoing.State.FAILED, str(error))
    except OutcomeUnknown as error:
        if may_repeat:
            claim.put_off(str(error))
        else:
            claim.finish(Outgoing.State.FAILED, f"{MAY_HAVE_ARRIVED} {error}")
    except TryLater as error:
        claim.put_off(str(error), after=error.after)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        if claim.state == Outgoing.State.HANDED_OVER and not may_repeat:
            claim.finish(Outgoing.State.FAILED, f"{MAY_HAVE_ARRIVED} {what}")
        else:
            claim.put_off(what)
        raise
    else:
        claim.finish(Outgoing.State.SENT, "")


def _end(state: str, error: str) -> dict[str, object]:
    return {"state": state, "error": _kept(error), "done_at": timezone.now()}


def _kept(error: str) -> str:
    """Of what the other side may have said, what a column takes."""
    return error.replace("\0", "")[:MAX_ERROR]
