"""Picking: the only writer of ``Pick``.

Every function here works on a draft whose row the surrounding transaction has locked, so that of two clients who race
for a turn or a driver exactly one wins; the table's constraints have the last word.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Max

from accounts.models import User
from drafts import autopick, clock, order
from drafts.autopick import Cause, Wishes
from drafts.errors import (
    ConstructorNotInDraft,
    DraftNotOpen,
    DriverNotEntered,
    DriverTaken,
    NotOnTheClock,
    PicksComplete,
    QueueFirst,
    RaceLocked,
    TooEarlyToPickFor,
)
from drafts.events import (
    AutopilotSwitched,
    ConstructorWithdrawn,
    DraftCompleted,
    DraftResumed,
    PickMade,
    tell,
    tell_together,
)
from drafts.models import ROUNDS, Autopilot, Draft, Pick, Queue, SeasonList
from fantasy_f1.core.errors import Invalid, NotAllowed
from fantasy_f1.core.events import Event
from leagues.models import Constructor
from races.models import Driver, Race, RaceEntry

MAX_REASON = 200


def tidy_reason(text: str) -> str:
    """Why a manager does something, as it is told to everybody. Raises ``Invalid`` where it is too long."""
    reason = text.strip()
    if len(reason) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", field="reason")
    return reason


def make_pick(
    *, draft_id: int, constructor: Constructor, driver: Driver, actor: User, now: datetime, reason: str = ""
) -> Pick:
    """Give ``driver`` to ``constructor`` as the draft's next pick, on the word of its owner or of a league manager.

    A manager waits until half of the turn's time has gone, leaves a queue to the autopick, and may give a reason that
    everybody reads. Where the time for the turn had run out before, that is settled first, and stands whatever comes of
    the pick. Safe to retry: repeating a pick that stands returns it and records nothing. Raises, in this order:
    ``NotAllowed``, ``Invalid``, ``DraftNotOpen``, ``RaceLocked``, ``ConstructorNotInDraft``, ``NotOnTheClock``,
    ``DriverNotEntered``, ``DriverTaken``, ``PicksComplete``; for a manager then ``TooEarlyToPickFor``, ``QueueFirst``.
    """
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        if not _expire(draft, now=now):
            return _pick(draft, constructor, driver, actor=actor, now=now, reason=tidy_reason(reason))
    return make_pick(draft_id=draft_id, constructor=constructor, driver=driver, actor=actor, now=now, reason=reason)


def _pick(draft: Draft, constructor: Constructor, driver: Driver, *, actor: User, now: datetime, reason: str) -> Pick:
    facts = _facts(draft, constructor, driver, actor)
    is_owner = facts.owner_id == actor.pk
    if not is_owner and not (actor.is_superuser or facts.is_manager):
        raise NotAllowed("Only the owner of the team or a league manager may pick for it.")
    standing = Pick.objects.select_related("constructor").get(pk=facts.standing_id) if facts.standing_id else None
    if standing and standing.constructor_id == constructor.pk:
        return standing
    if is_owner and reason:
        raise Invalid("Only a pick for somebody else's team has a reason.", field="reason")
    _check(draft, constructor, driver, facts, standing, now)
    if is_owner:
        is_back(draft, constructor)
    else:
        require_half_gone(draft, constructor, now)
        _leave_the_queue(draft, constructor)
    source = Pick.Source.PLAYER if is_owner else Pick.Source.MANAGER
    pick = _record(
        draft, constructor, driver, source=source, actor=actor, now=now, is_last=facts.is_last, reason=reason
    )
    if facts.has_autopilots:
        play_autopilots(draft, now=now)
    return pick


class _Facts(NamedTuple):
    """What decides on a pick, besides the draft itself; ``is_last`` where no other driver is free."""

    owner_id: int
    is_active: bool
    is_manager: bool
    race_status: str
    entry_status: str | None
    standing_id: int | None
    made: int
    is_last: bool
    has_autopilots: bool


FACTS = """
SELECT c.user_id, c.is_active,
  EXISTS (SELECT 1 FROM leagues_league_managers m WHERE m.league_id = c.league_id AND m.user_id = %(actor)s),
  r.status,
  (SELECT e.status FROM races_raceentry e WHERE e.race_id = r.id AND e.driver_id = %(driver)s),
  (SELECT p.id FROM drafts_pick p
    WHERE p.league_id = %(league)s AND p.race_id = r.id AND p.driver_id = %(driver)s),
  (SELECT COUNT(*) FROM drafts_pick p WHERE p.draft_id = %(draft)s AND p.constructor_id = c.id),
  NOT EXISTS (SELECT 1 FROM races_raceentry e
    WHERE e.race_id = r.id AND e.status = 'entered' AND e.driver_id <> %(driver)s AND NOT EXISTS (
      SELECT 1 FROM drafts_pick p
      WHERE p.league_id = %(league)s AND p.race_id = r.id AND p.driver_id = e.driver_id)),
  EXISTS (SELECT 1 FROM drafts_autopilot a JOIN leagues_constructor t ON t.id = a.constructor_id
    WHERE t.league_id = %(league)s)
FROM leagues_constructor c, races_race r
WHERE c.id = %(constructor)s AND r.id = %(race)s
"""


def _facts(draft: Draft, constructor: Constructor, driver: Driver, actor: User) -> _Facts:
    """One query, for others wait for the lock meanwhile; it comes after that, so that it sees the pick before."""
    ids = {"draft": draft.pk, "league": draft.league_id, "race": draft.race_id}
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {**ids, "constructor": constructor.pk, "driver": driver.pk, "actor": actor.pk})
        return _Facts(*cursor.fetchone())


def _check(
    draft: Draft, constructor: Constructor, driver: Driver, facts: _Facts, standing: Pick | None, now: datetime
) -> None:
    if draft.status != Draft.Status.OPEN:
        raise DraftNotOpen("This draft is not open for picks.")
    _require_unlocked(draft, facts.race_status, now)
    if constructor.pk not in draft.order_data or constructor.pk in draft.withdrawn or not facts.is_active:
        raise ConstructorNotInDraft(f"{constructor} does not take part in this draft.")
    if on_the_clock(draft) != constructor.pk:
        raise NotOnTheClock(f"It is not {constructor}'s turn.")
    if facts.entry_status != RaceEntry.Status.ENTERED:
        raise DriverNotEntered(f"{driver} is not entered for this race.")
    if standing:
        raise DriverTaken(f"{driver} was drafted by {standing.constructor} with pick {standing.pick_number}.")
    if facts.made >= ROUNDS:
        raise PicksComplete(f"{constructor} has drafted two drivers already.")


def require_half_gone(draft: Draft, constructor: Constructor, now: datetime) -> None:
    """Raise ``TooEarlyToPickFor`` as long as the team on the clock has more than half of its time for itself."""
    if not half_gone(draft, now):
        raise TooEarlyToPickFor(f"{constructor} has time left: a manager picks for a team once half of it has gone.")


def half_gone(draft: Draft, now: datetime) -> bool:
    """Whether at most half of the time for the turn on the clock is left; always so where no clock runs."""
    if draft.deadline_at is None or draft.turn_time is None:
        return True
    return clock.time_between(now, draft.deadline_at, draft.quiet) <= draft.turn_time / 2


def _leave_the_queue(draft: Draft, constructor: Constructor) -> None:
    """Raise ``QueueFirst`` for a team that has a free driver in its queue, whoever that is: the queue is secret."""
    free = {driver.pk for driver in free_drivers(draft)}
    if free.intersection(wishes_of(draft, constructor.pk).queue):
        raise QueueFirst(f"{constructor} has a queue: let the autopick take from it.")


def require_unlocked(draft: Draft, now: datetime) -> None:
    """Raise ``RaceLocked`` from the lock on, however late the draft itself is locked."""
    _require_unlocked(draft, draft.race.status, now)


def _require_unlocked(draft: Draft, race_status: str, now: datetime) -> None:
    is_over = race_status in (Race.Status.FINISHED, Race.Status.CANCELLED)
    if draft.status == Draft.Status.LOCKED or is_over or now >= draft.locks_at:
        raise RaceLocked("The picks for this race are locked.")


def on_the_clock(draft: Draft) -> int | None:
    """The id of the constructor that may pick now; ``None`` while nobody may."""
    if draft.current_pick is None or draft.status != Draft.Status.OPEN:
        return None
    return order.on_turn(draft.order_data, draft.method, draft.current_pick)


def free_drivers(draft: Draft) -> list[Driver]:
    """Drivers entered for the race whom nobody in the league has drafted."""
    entries = draft.race.entries.draftable().exclude(driver__in=draft.picks.values("driver")).select_related("driver")
    return [entry.driver for entry in entries]


def _record(
    draft: Draft,
    constructor: Constructor,
    driver: Driver,
    *,
    source: Pick.Source,
    actor: User | None,
    now: datetime,
    is_last: bool,
    reason: str = "",
) -> Pick:
    """Write the pick on the clock and pass the turn on: to nobody where the driver ``is_last`` of the free ones."""
    assert draft.current_pick is not None
    pick = Pick(
        draft=draft,
        league_id=draft.league_id,
        race_id=draft.race_id,
        constructor=constructor,
        driver=driver,
        pick_number=draft.current_pick,
        round=order.round_of(len(draft.order_data), draft.current_pick),
        source=source,
        reason=reason,
        made_by=actor,
        made_at=now,
    )
    _turn_on(draft, after=pick.pick_number, is_free=not is_last, now=now)
    event = PickMade(draft.pk, pick.pick_number, constructor.pk, driver.pk, source.value, reason)
    _write(draft, was=Draft.Status.OPEN, told=event, by=actor, now=now, new=[pick])
    return pick


def go_on(
    draft: Draft, *, now: datetime, told: Event | None = None, by: User | None = None, afresh: bool = False
) -> None:
    """Put the turn after the last pick on the clock of a running draft, as every pick does: nobody else writes it.

    Where no turn or no driver is left the draft is complete; a complete one opens again when there is one after all,
    as when a driver has become free. A paused one stays paused, and its clock with it. A turn that goes on keeps its
    deadline, unless it begins ``afresh``. What led to it, if that is to be ``told`` (as done ``by`` somebody), comes
    in the log before what comes of it.
    """
    was = draft.status
    if was in Draft.RUNNING:
        made = draft.picks.aggregate(last=Max("pick_number"))["last"] or 0
        _turn_on(draft, after=made, is_free=bool(free_drivers(draft)), now=now, afresh=afresh)
    _write(draft, was=was, told=told, by=by, now=now)


def _write(
    draft: Draft, *, was: str, told: Event | None, by: User | None, now: datetime, new: Sequence[Pick] = ()
) -> None:
    """Save the turn, with what led to it and what comes of it."""
    events = [(told, by)] if told else []
    if draft.status != was:
        events.append((DraftResumed(draft.pk) if draft.current_pick else DraftCompleted(draft.pk), None))
    turn = ("status", "current_pick", "deadline_at", "time_left", "turn_time")
    tell_together(draft, events, now=now, changed=turn, new=new)


def _turn_on(draft: Draft, *, after: int, is_free: bool, now: datetime, afresh: bool = False) -> None:
    """The turn after pick ``after`` begins, or goes on, if a driver ``is_free``; to be saved then."""
    turn = order.next_turn(draft.order_data, draft.method, ROUNDS, after=after, passed_over=draft.withdrawn)
    turn = turn if is_free else None
    if afresh or turn != draft.current_pick:
        draft.current_pick, draft.deadline_at, draft.time_left, draft.turn_time = turn, None, None, None
    if draft.status != Draft.Status.PAUSED:
        draft.status = Draft.Status.OPEN if turn else Draft.Status.COMPLETE
        if draft.deadline_at is None:
            left = time_for_turn(draft, now)
            draft.deadline_at = None if left is None else min(clock.deadline(now, left, draft.quiet), draft.locks_at)
            draft.turn_time, draft.time_left = draft.turn_time or left, None
    elif draft.deadline_at:
        draft.time_left = clock.time_between(now, draft.deadline_at, draft.quiet)
        draft.deadline_at = None


def time_for_turn(draft: Draft, now: datetime) -> timedelta | None:
    """What a pause left of the turn on the clock, else the whole of it, outside quiet hours; ``None`` without a clock.

    At the lock no clock runs any more.
    """
    if draft.current_pick is None or draft.pick_seconds is None or now >= draft.locks_at:
        return None
    if draft.time_left is not None:
        return draft.time_left
    turns = order.turns(draft.order_data, draft.method, ROUNDS)[draft.current_pick - 1 :]
    return clock.turn_time(
        draft.pick_seconds,
        misses=draft.misses.get(str(turns[0]), 0),
        now=now,
        locks_at=draft.locks_at,
        turns_left=len([pk for pk in turns if pk not in draft.withdrawn]),
        quiet=draft.quiet,
    )


def play_autopilots(draft: Draft, *, now: datetime) -> None:
    """Take the turn on the clock, and those after it, while they belong to constructors on autopick."""
    found = Autopilot.objects.of(draft).filter(constructor__in=draft.order_data).select_related("constructor__user")
    pilots = {pilot.constructor_id: pilot for pilot in found}
    while (pk := on_the_clock(draft)) is not None and pk in pilots:
        pilot = pilots[pk]
        pick = autopick_turn(draft, cause=_cause(pilot), now=now)
        if pick and pilot.mode == Autopilot.Mode.PICK:
            del pilots[pk]
            pilot.delete()
            _tell_mode(draft, pilot.constructor, Autopilot.OFF, actor=None, now=now)


def _cause(pilot: Autopilot) -> Cause:
    if not pilot.constructor.user.is_active:
        return Cause.CLOSED
    return {
        Autopilot.Mode.PICK: Cause.PICK,
        Autopilot.Mode.DRAFT: Cause.DRAFT,
        Autopilot.Mode.ALWAYS: Cause.ALWAYS,
    }[Autopilot.Mode(pilot.mode)]


def autopick_turns(draft: Draft, *, cause: str, now: datetime) -> None:
    """Take all turns that are left, one after the other."""
    while on_the_clock(draft) is not None:
        autopick_turn(draft, cause=cause, now=now)


def autopick_turn(draft: Draft, *, cause: str, now: datetime, actor: User | None = None) -> Pick | None:
    """Take the turn on the clock by queue, season list and ranking → the pick, whose reason begins with ``cause``.

    ``actor`` is the manager who let the autopick do so. ``None`` where the last free driver was withdrawn from the
    race: then the draft is complete.
    """
    pk = on_the_clock(draft)
    assert pk is not None
    went = dict(draft.picks.values_list("driver_id", "pick_number"))
    free = free_drivers(draft)
    choice = autopick.choose(free, wishes=wishes_of(draft, pk), went=went)
    if choice is None:
        go_on(draft, now=now)
        return None
    constructor = Constructor.objects.get(pk=pk)
    return _record(
        draft,
        constructor,
        choice.driver,
        source=choice.source,
        actor=actor,
        now=now,
        is_last=len(free) == 1,
        reason=f"{cause}. {choice.reason}",
    )


def wishes_of(draft: Draft, constructor_id: int) -> Wishes:
    """What the autopick is to know. Two queries."""
    queue = Queue.objects.filter(draft=draft, constructor=constructor_id).first()
    season = SeasonList.objects.filter(constructor=constructor_id).first()
    return Wishes(
        queue=queue.driver_ids if queue else [],
        season=season.driver_ids if season else [],
        never=season.never_ids if season else [],
    )


def autopick_mode(draft: Draft, constructor: Constructor) -> str:
    """As in ``Autopilot.Mode``, or off. One query."""
    modes = Autopilot.objects.of(draft).filter(constructor=constructor).values_list("mode", flat=True)
    return modes.first() or Autopilot.OFF


def set_autopilot(
    *, draft_id: int, constructor: Constructor, mode: str, actor: User, now: datetime, pick_number: int | None = None
) -> None:
    """Let the autopick take the constructor's next pick, the whole draft, or all drafts, or nothing, until the lock.

    Its owner alone may say so. ``mode`` as in ``Autopilot.Mode``, or off; the last word counts, whatever was said for
    other drafts before. Where the constructor's turn is on the clock of an open draft, that pick is made at once. Safe
    to repeat; the next pick is where ``pick_number`` tells which one is meant, for nothing happens once that is made.
    Raises ``NotAllowed``, also for a team that plays no more, ``DraftNotOpen`` for a void draft, ``RaceLocked``.
    """
    with transaction.atomic():
        drafts = _locked_drafts(constructor)
        for each in drafts:
            _expire(each, now=now)
        draft = next((each for each in drafts if each.pk == draft_id), None) or Draft.objects.lock(draft_id)
        if not draft.league.constructors.playing().filter(pk=constructor.pk, user=actor).exists():
            raise NotAllowed("Only the owner of a team that plays may switch its autopick.")
        if draft.status == Draft.Status.VOID:
            raise DraftNotOpen("This draft is void.")
        require_unlocked(draft, now)
        if mode == Autopilot.Mode.PICK and draft.picks.filter(pick_number=pick_number or 0).exists():
            return
        of = None if mode == Autopilot.Mode.ALWAYS else draft
        _switch(drafts, constructor, mode, of=of, actor=actor, now=now)


def set_autopilot_everywhere(*, constructor: Constructor, on: bool, actor: User, now: datetime) -> None:
    """Let the autopick stand in for a team until it is switched off, or no longer. Safe to repeat."""
    with transaction.atomic():
        mode = Autopilot.Mode.ALWAYS if on else Autopilot.OFF
        _switch(_locked_drafts(constructor), constructor, mode, of=None, actor=actor, now=now)


def _locked_drafts(constructor: Constructor) -> list[Draft]:
    """The drafts in which the constructor may have a turn, locked, always in the same order."""
    drafts = Draft.objects.filter(league=constructor.league_id, status__in=Draft.UNLOCKED)
    return list(drafts.select_for_update(no_key=True).order_by("pk"))


def _switch(
    drafts: list[Draft], constructor: Constructor, mode: str, *, of: Draft | None, actor: User, now: datetime
) -> None:
    """Write the mode ``of`` a draft or all, tell those drafts for which it changes, and let the autopick go on."""
    was = {draft.pk: autopick_mode(draft, constructor) for draft in drafts}
    stands = Autopilot.objects.filter(constructor=constructor)
    if mode == Autopilot.OFF:
        stands.delete()
    elif not stands.filter(mode=mode, draft=of).exists():
        values = {"mode": mode, "draft": of, "since": now}
        Autopilot.objects.update_or_create(constructor_id=constructor.pk, defaults=values)
    for draft in drafts:
        is_back(draft, constructor)
        stands_at = autopick_mode(draft, constructor)
        if stands_at != was[draft.pk]:
            _tell_mode(draft, constructor, stands_at, actor=actor, now=now)
        play_autopilots(draft, now=now)


def _tell_mode(draft: Draft, constructor: Constructor, mode: str, *, actor: User | None, now: datetime) -> None:
    event = AutopilotSwitched(draft.pk, constructor.pk, on=mode != Autopilot.OFF, mode=mode)
    tell(draft, event, actor=actor, now=now)


def settle_clock(*, draft_id: int, now: datetime) -> None:
    """Let the autopick take the turn whose time has run out, if it has; whoever notices it first. Safe to repeat.

    The next turn begins ``now``, however late that is.
    """
    with transaction.atomic():
        _expire(Draft.objects.lock(draft_id), now=now)


def _expire(draft: Draft, *, now: datetime) -> bool:
    """Take the turn on the clock of a locked draft if its time has run out → whether it had."""
    turn_of = on_the_clock(draft)
    if turn_of is None or not draft.is_due(now):
        return False
    key = str(turn_of)
    draft.misses = {**draft.misses, key: draft.misses.get(key, 0) + 1}
    draft.save(update_fields=["misses"])
    autopick_turn(draft, cause=Cause.TIME, now=now)
    play_autopilots(draft, now=now)
    return True


def is_back(draft: Draft, constructor: Constructor) -> None:
    """The player of a team does something in a locked draft: turns that it missed do not shorten its next ones."""
    if draft.misses.pop(str(constructor.pk), None) is not None:
        draft.save(update_fields=["misses"])


def settle(*, draft_id: int, now: datetime) -> None:
    """Make the picks that are left undone: those of teams on autopick whose turn it is. Safe to repeat."""
    with transaction.atomic():
        play_autopilots(Draft.objects.lock(draft_id), now=now)


def withdraw_constructor(*, draft_id: int, constructor_id: int, now: datetime) -> None:
    """Release the picks of a constructor that left and pass over its remaining turns (docs/rules.md, 2.8).

    After the lock, whenever this is called, its picks stand. Safe to repeat.
    """
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        takes_part = constructor_id in draft.order_data and constructor_id not in draft.withdrawn
        if draft.status not in Draft.RUNNING or not takes_part:
            return
        left_at = Constructor.objects.values_list("left_at", flat=True).get(pk=constructor_id)
        if left_at and left_at >= draft.locks_at:
            return
        picks = draft.picks.filter(constructor_id=constructor_id)
        released = list(picks.values_list("driver_id", flat=True))
        picks.delete()
        draft.withdrawn = [*draft.withdrawn, constructor_id]
        draft.save(update_fields=["withdrawn"])
        go_on(draft, now=now, told=ConstructorWithdrawn(draft.pk, constructor_id, released))
        play_autopilots(draft, now=now)
