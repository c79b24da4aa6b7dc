"""What managers do to a draft while it runs: pause, resume, change its clock, undo picks, let the autopick take a turn,
and make it void.

(docs/rules.md, 2.10–2.12.) Each takes a ``reason``, which everybody in the league reads.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from drafts import lifecycle
from drafts.autopick import Cause
from drafts.errors import (
    DraftNotOpen,
    DraftNotPaused,
    DraftNotRunning,
    NothingToUndo,
    NotOnTheClock,
    RaceLocked,
)
from drafts.events import ClockChanged, DraftPaused, DraftResumed, PicksUndone
from drafts.models import ROUNDS, Draft
from drafts.picks import (
    autopick_turn,
    go_on,
    on_the_clock,
    play_autopilots,
    require_half_gone,
    require_unlocked,
    settle_clock,
    tidy_reason,
)
from fantasy_f1.core.errors import Invalid
from leagues.managers import check_pick_seconds
from leagues.models import Constructor
from leagues.permissions import require_manager


def pause_draft(*, draft_id: int, actor: User, now: datetime, reason: str = "") -> Draft:
    """Stop a draft that is open, or complete, so that picks can be undone: nobody picks until it is resumed.

    What is left of the turn is kept. Safe to repeat. Raises ``NotAllowed``, ``DraftNotRunning``, ``RaceLocked``,
    ``Invalid`` for a long reason.
    """
    settle_clock(draft_id=draft_id, now=now)
    with transaction.atomic():
        draft = _locked(draft_id, actor)
        _require_running(draft, now)
        if draft.status != Draft.Status.PAUSED:
            was, draft.status = draft.status, Draft.Status.PAUSED
            go_on(draft, now=now, told=DraftPaused(draft.pk, was, tidy_reason(reason)), by=actor)
    return draft


def resume_draft(*, draft_id: int, actor: User, now: datetime, reason: str = "") -> Draft:
    """Let a paused draft go on, or be complete if nothing is left to pick; teams on autopick play on at once.

    The turn has as much time as the pause left of it. Safe to repeat. Raises ``NotAllowed``, ``DraftNotRunning``,
    ``RaceLocked``, ``Invalid`` for a long reason.
    """
    with transaction.atomic():
        draft = _locked(draft_id, actor)
        _require_running(draft, now)
        if draft.status == Draft.Status.PAUSED:
            draft.status = Draft.Status.OPEN
            go_on(draft, now=now, told=DraftResumed(draft.pk, tidy_reason(reason)), by=actor)
            play_autopilots(draft, now=now)
    return draft


def set_clock(*, draft_id: int, pick_seconds: int | None, actor: User, now: datetime, reason: str = "") -> Draft:
    """Give every pick of a running draft ``pick_seconds``, or no clock; the turn that is on it begins anew.

    Safe to repeat. Raises ``NotAllowed``, ``DraftNotRunning``, ``RaceLocked``, ``Invalid``.
    """
    with transaction.atomic():
        draft = _locked(draft_id, actor)
        _require_running(draft, now)
        check_pick_seconds(pick_seconds)
        if draft.pick_seconds != pick_seconds:
            draft.pick_seconds = pick_seconds
            draft.save(update_fields=["pick_seconds"])
            event = ClockChanged(draft.pk, pick_seconds, tidy_reason(reason))
            go_on(draft, now=now, told=event, by=actor, afresh=True)
    return draft


def undo_pick(
    *, draft_id: int, actor: User, now: datetime, to_pick_number: int | None = None, reason: str = ""
) -> Draft:
    """Take back the last pick, or that with ``to_pick_number`` and all after it, while the draft is paused.

    Safe to repeat where the number is given: what is undone already is left as it is. Raises ``NotAllowed``,
    ``DraftNotPaused``, ``RaceLocked``, ``NothingToUndo`` where no pick was made, ``Invalid`` for no number of a turn
    and for a long reason.
    """
    with transaction.atomic():
        draft = _locked(draft_id, actor)
        if draft.status != Draft.Status.PAUSED:
            raise DraftNotPaused("Pause the draft first: picks are undone while nobody picks.")
        require_unlocked(draft, now)
        if to_pick_number is None:
            last = draft.picks.order_by("-pick_number").first()
            if last is None:
                raise NothingToUndo("No pick has been made yet.")
            to_pick_number = last.pick_number
        turns = len(draft.order_data) * ROUNDS
        if not 1 <= to_pick_number <= turns:
            raise Invalid(f"The draft has picks 1 to {turns}.", field="to_pick_number")
        undone = draft.picks.filter(pick_number__gte=to_pick_number)
        released = list(undone.order_by("pick_number").values_list("driver_id", flat=True))
        if released:
            undone.delete()
            event = PicksUndone(draft.pk, to_pick_number, released, tidy_reason(reason))
            go_on(draft, now=now, told=event, by=actor)
    return draft


def autopick_for(*, draft_id: int, pick_number: int, actor: User, now: datetime, reason: str = "") -> Draft:
    """Let the autopick take the turn on the clock, that with ``pick_number``, once half of its time has gone.

    Safe to repeat: nothing happens where the pick is made already. Raises ``NotAllowed``, ``DraftNotOpen``,
    ``RaceLocked``, ``NotOnTheClock``, ``TooEarlyToPickFor``, ``Invalid`` for a long reason.
    """
    settle_clock(draft_id=draft_id, now=now)
    with transaction.atomic():
        draft = _locked(draft_id, actor)
        if draft.picks.filter(pick_number=pick_number).exists():
            return draft
        if draft.status != Draft.Status.OPEN:
            raise DraftNotOpen("This draft is not open for picks.")
        require_unlocked(draft, now)
        constructor = Constructor.objects.filter(pk=on_the_clock(draft) or 0).first()
        if constructor is None or draft.current_pick != pick_number:
            raise NotOnTheClock(f"Pick {pick_number} is not on the clock.")
        require_half_gone(draft, constructor, now)
        why = tidy_reason(reason).rstrip(".")
        autopick_turn(draft, cause=f"{Cause.MANAGER} ({why})" if why else Cause.MANAGER, actor=actor, now=now)
        play_autopilots(draft, now=now)
    return draft


def void_draft(*, draft_id: int, reason: str, actor: User, now: datetime) -> Draft:
    """Call the draft off, for good and with a reason that everybody reads: it scores nothing and does not rotate.

    Safe to repeat. Raises ``NotAllowed``, ``Invalid``, and from the lock on ``RaceLocked``.
    """
    with transaction.atomic():
        draft = _locked(draft_id, actor)
        reason = tidy_reason(reason)
        if not reason:
            raise Invalid("Say why the draft is made void.", field="reason")
        if lifecycle.stays_void(draft):
            return draft
        if draft.status == Draft.Status.LOCKED or now >= draft.locks_at:
            raise RaceLocked("The picks for this race are locked.")
        return lifecycle.void(draft, reason=reason, now=now, by=actor)


def _locked(draft_id: int, actor: User) -> Draft:
    draft = Draft.objects.lock(draft_id)
    require_manager(actor, draft.league)
    return draft


def _require_running(draft: Draft, now: datetime) -> None:
    if draft.status not in Draft.RUNNING:
        raise DraftNotRunning(f"This draft is {draft.get_status_display().lower()}: it does not run.")
    require_unlocked(draft, now)
