"""A draft's life: scheduled → open → complete → locked, or void.

The only writer of ``Draft`` besides ``picks`` and ``control``, which holds what managers do while it runs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from accounts.models import User
from drafts import order
from drafts.autopick import Cause
from drafts.errors import CannotDraft, OrderFixed, WrongOrder
from drafts.events import (
    DraftLocked,
    DraftMoved,
    DraftOpened,
    DraftScheduled,
    DraftVoided,
    OrderChanged,
    tell,
)
from drafts.models import ROUNDS, Autopilot, Draft
from drafts.picks import (
    autopick_turns,
    go_on,
    on_the_clock,
    play_autopilots,
    settle,
    settle_clock,
    tidy_reason,
    withdraw_constructor,
)
from fantasy_f1.core.sweeps import attempts
from leagues.models import MIN_TEAMS, League, PickClock
from leagues.permissions import require_manager
from races.models import Race, RaceEntry

PICKS_STAND_WITHIN = timedelta(hours=72)
"""A race that moves further than this is drafted anew (docs/rules.md, 2.9)."""

CLOCK = [field.name for field in PickClock._meta.fields]

TIME_TO_JOIN = timedelta(days=1)
"""How long the draft of a league that is made in race week waits for the others (docs/rules.md, 2.2)."""


def opens_at(league: League, race: Race, *, scheduled_at: datetime | None = None) -> datetime:
    """The league's days before the race; for a draft that is scheduled late, a day after that.

    Where there is less time, it is half of what is left until the lock.
    """
    regular = race.starts_at - timedelta(days=league.draft_opens_days)
    if scheduled_at is None:
        return regular
    left = locks_at(race, league.draft_locks_at) - scheduled_at
    return max(regular, scheduled_at + min(TIME_TO_JOIN, left / 2))


def locks_at(race: Race, session: str) -> datetime:
    """Start of ``session`` (as in ``League.LocksAt``); the race itself where that start is not known."""
    starts_at = {
        League.LocksAt.FIRST_PRACTICE: race.first_practice_at,
        League.LocksAt.QUALIFYING: race.qualifying_at,
        League.LocksAt.RACE: race.starts_at,
    }[League.LocksAt(session)]
    return starts_at or race.starts_at


def schedule_draft(*, league_id: int, race_id: int, now: datetime) -> Draft:
    """The league's draft for the race: the standing one, or a new one that opens by itself when its time comes.

    The first draft's order is random: its seed is fixed here and only the commitment to it is shown. Later drafts
    rotate the order of the one before, as it is when they open.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        race = Race.objects.get(pk=race_id)
        existing = Draft.objects.filter(league=league, race=race).first()
        if existing:
            return existing
        before = _draft_before(league, race)
        seed = "" if before else order.new_seed()
        draft = Draft.objects.create(
            league=league,
            race=race,
            method=league.draft_method,
            order_source=Draft.OrderSource.ROTATION if before else Draft.OrderSource.RANDOM,
            order_seed=seed,
            order_commitment=order.commitment(seed) if seed else "",
            opens_at=opens_at(league, race, scheduled_at=now),
            locks_with=league.draft_locks_at,
            locks_at=locks_at(race, league.draft_locks_at),
            created_at=now,
        )
        tell(draft, DraftScheduled(draft.pk, draft.order_commitment), actor=None, now=now)
    return draft


def initialize_draft(
    *, league_id: int, race_id: int, actor: User, now: datetime, reason: str = ""
) -> tuple[Draft, bool]:
    """Schedule the draft where need be and open it now, on a manager's word → (draft, whether anything happened).

    Raises ``NotAllowed``, ``Invalid`` for a long reason and, where the race cannot be drafted, ``CannotDraft``.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_manager(actor, league)
        race = Race.objects.get(pk=race_id)
        if race.season_id != league.season_id:
            raise CannotDraft(f"{race} is not a race of the league's season.")
        draft = schedule_draft(league_id=league_id, race_id=race_id, now=now)
        if draft.status == Draft.Status.VOID:
            raise CannotDraft("This draft is void.")
        opened = draft.status == Draft.Status.SCHEDULED
        if opened:
            draft = open_draft(draft_id=draft.pk, actor=actor, now=now, reason=reason)
    return draft, opened


def open_draft(*, draft_id: int, actor: User | None, now: datetime, reason: str = "") -> Draft:
    """Fix the order, reveal the seed, put the first pick on the clock. An open draft is left as it is.

    Raises ``CannotDraft`` where there is nobody to draft, no driver to be drafted, or no time left, and ``Invalid`` for
    a long reason.
    """
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        if draft.status != Draft.Status.SCHEDULED:
            return draft
        _, draft.locks_at = _times(draft, draft.status)
        if draft.race.status in (Race.Status.CANCELLED, Race.Status.FINISHED) or now >= draft.locks_at:
            raise CannotDraft("The picks for this race are locked.")
        if actor is None and len(_active(draft.league)) < MIN_TEAMS:
            raise CannotDraft("A draft opens by itself once two teams play.")
        _start(draft, actor=actor, now=now, reason=tidy_reason(reason))
        play_autopilots(draft, now=now)
    return draft


def _start(draft: Draft, *, actor: User | None, now: datetime, reason: str = "") -> None:
    draft.order_data = order_now(draft) or order.random_order(draft.order_seed, _active(draft.league))
    if not draft.order_data:
        raise CannotDraft("There are no teams in the league yet.")
    if not draft.race.entries.draftable().exists():
        raise CannotDraft("The entry list of this race is not known yet.")
    draft.method, draft.locks_with = draft.league.draft_method, draft.league.draft_locks_at
    for field in CLOCK:
        setattr(draft, field, getattr(draft.league, field))
    draft.status, draft.opens_at = Draft.Status.OPEN, now
    draft.withdrawn, draft.misses = [], {}
    draft.save(
        update_fields=[
            "order_data",
            "method",
            "locks_with",
            *CLOCK,
            "status",
            "opens_at",
            "locks_at",
            "withdrawn",
            "misses",
        ]
    )
    event = DraftOpened(draft.pk, draft.order_data, draft.order_seed, draft.pick_seconds, reason)
    go_on(draft, now=now, told=event, by=actor)


def set_order(*, draft_id: int, constructor_ids: list[int], actor: User, now: datetime, reason: str = "") -> Draft:
    """A manager's order, until the first pick or the lock; the first turn begins anew.

    Raises ``NotAllowed``, ``OrderFixed``, ``WrongOrder``, ``Invalid`` for a long reason.
    """
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        require_manager(actor, draft.league)
        if draft.status not in Draft.ORDERABLE or draft.picks.exists() or now >= draft.locks_at:
            raise OrderFixed("The order stands: it can be set until the first pick.")
        if Counter(constructor_ids) != Counter(_active(draft.league)):
            raise WrongOrder("The order must name every team of the league exactly once.", field="order")
        if draft.is_manual and draft.order_data == constructor_ids:
            return draft
        draft.order_data = constructor_ids
        draft.order_source, draft.is_manual = Draft.OrderSource.MANUAL, True
        draft.last_modified_by = actor
        draft.withdrawn = []  # turns passed over were those of the order before
        draft.save(update_fields=["order_data", "order_source", "is_manual", "last_modified_by", "withdrawn"])
        go_on(draft, now=now, told=OrderChanged(draft.pk, constructor_ids, tidy_reason(reason)), by=actor, afresh=True)
        play_autopilots(draft, now=now)
    return draft


def lock_draft(*, draft_id: int, now: datetime) -> Draft:
    """Close the draft at its time; turns that nobody took are taken by the autopick. Safe to repeat.

    A draft that cannot even be started then (no teams, no entry list) becomes void.
    """
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        if draft.status not in Draft.UNLOCKED or now < draft.locks_at:
            return draft
        try:
            if draft.status == Draft.Status.SCHEDULED:
                _start(draft, actor=None, now=now)
        except CannotDraft as error:
            return void(draft, reason=error.message, now=now)
        if draft.status == Draft.Status.PAUSED:
            draft.status = Draft.Status.OPEN
        go_on(draft, now=now)
        autopick_turns(draft, cause=Cause.LOCK, now=now)
        Autopilot.objects.filter(draft=draft).delete()
        _end(draft, Draft.Status.LOCKED)
        tell(draft, DraftLocked(draft.pk), actor=None, now=now)
    return draft


def follow_race(*, draft_id: int, now: datetime) -> Draft:
    """Make the draft fit its race as the calendar has it now; safe to repeat (docs/rules.md, 2.9).

    A cancelled race makes it void: picks are history, nothing is scored, the order does not rotate. When the race comes
    back, the draft is again what it was; what a manager made void stays so. Picks stand when the race moves by at most
    72 hours; when it moves further, it is drafted anew with the same order.
    """
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        if _fits_race(draft, now):
            return draft
        if draft.race.status == Race.Status.CANCELLED:
            return void(draft, reason="Race cancelled", now=now)
        was_void, standing = draft.status == Draft.Status.VOID, _standing(draft)
        _, locks = _times(draft, standing)
        reset = standing != Draft.Status.SCHEDULED and abs(locks - draft.locks_at) > PICKS_STAND_WITHIN
        if reset:
            draft.picks.all().delete()
            _end(draft, Draft.Status.SCHEDULED)
        else:
            draft.status = standing
        draft.opens_at, draft.locks_at = _times(draft, draft.status)
        if draft.deadline_at:
            draft.deadline_at = min(draft.deadline_at, draft.locks_at)
        draft.save(update_fields=["opens_at", "locks_at", "status", "deadline_at"])
        event = DraftMoved(draft.pk, draft.opens_at.isoformat(), draft.locks_at.isoformat(), reset)
        if reset or not was_void:
            tell(draft, event, actor=None, now=now)
        else:
            go_on(draft, now=now, told=event)
            play_autopilots(draft, now=now)
    return draft


def _fits_race(draft: Draft, now: datetime) -> bool:
    """Whether status and times are those that the race, as the calendar has it now, asks for."""
    is_void = draft.status == Draft.Status.VOID
    if draft.race.status == Race.Status.CANCELLED or stays_void(draft):
        return is_void
    standing = _standing(draft)
    times = _times(draft, standing)
    if is_void:  # what never opened stays void once it is too late to open it
        return standing == Draft.Status.SCHEDULED and (draft.race.is_finished or now >= times[1])
    return draft.race.is_finished or (draft.opens_at, draft.locks_at) == times


def _standing(draft: Draft) -> str:
    """The draft's status; of a void one, that which it had before (complete for an open one, until it goes on)."""
    if draft.status != Draft.Status.VOID:
        return draft.status
    was: str = _voided(draft).get("was", Draft.Status.SCHEDULED)
    return Draft.Status.COMPLETE if was == Draft.Status.OPEN else was


def stays_void(draft: Draft) -> bool:
    """Whether a manager made it void, for good."""
    return draft.status == Draft.Status.VOID and bool(_voided(draft).get("stays"))


def _voided(draft: Draft) -> dict[str, Any]:
    """What the last event that made the draft void says."""
    event = draft.events().filter(name=DraftVoided.__name__).order_by("-version").first()
    return event.data if event else {}


def _times(draft: Draft, standing: str) -> tuple[datetime, datetime]:
    """When the draft opens and locks: as the league says until it opens, by what it opened with from then on."""
    league, race = draft.league, draft.race
    if standing == Draft.Status.SCHEDULED:
        return opens_at(league, race, scheduled_at=draft.created_at), locks_at(race, league.draft_locks_at)
    return draft.opens_at, locks_at(race, draft.locks_with)


def void(draft: Draft, *, reason: str, now: datetime, by: User | None = None) -> Draft:
    """Make a draft void that the surrounding transaction has locked; for good where a manager says so (``by``)."""
    was = draft.status
    _end(draft, Draft.Status.VOID)
    tell(draft, DraftVoided(draft.pk, reason, was, stays=by is not None), actor=by, now=now)
    return draft


def _end(draft: Draft, status: str) -> None:
    """Take the turn from the clock, for now or for good."""
    draft.status, draft.current_pick = status, None
    draft.deadline_at = draft.time_left = draft.turn_time = None
    draft.save(update_fields=["status", "current_pick", "deadline_at", "time_left", "turn_time"])


def run_due(now: datetime) -> None:
    """Lock, schedule and open every draft whose time has come, and mend what a lost announcement left behind.

    Looks at the rows alone, so it may run twice or late. What one draft cannot do, or fails to do, stops no other;
    failures are raised together at the end.
    """
    with attempts("Some drafts could not be brought up to date.") as attempt:
        is_ahead = ~Q(race__status=Race.Status.FINISHED) | Q(status=Draft.Status.VOID)
        for draft in Draft.objects.filter(is_ahead).select_related("league", "race"):
            if not _fits_race(draft, now):
                attempt(follow_race, draft_id=draft.pk, now=now)
        for draft in Draft.objects.filter(status__in=Draft.RUNNING, league__constructors__is_active=False).distinct():
            taking_part = set(draft.order_data) - set(draft.withdrawn)
            for pk in draft.league.constructors.filter(is_active=False, pk__in=taking_part).values_list(
                "pk", flat=True
            ):
                attempt(withdraw_constructor, draft_id=draft.pk, constructor_id=pk, now=now)
        for draft in Draft.objects.due_to_lock(now):
            attempt(lock_draft, draft_id=draft.pk, now=now)
        for league, race in _undrafted(now):
            attempt(schedule_draft, league_id=league.pk, race_id=race.pk, now=now)
        for draft in Draft.objects.due_to_open(now):
            attempt(_open_if_possible, draft_id=draft.pk, now=now)
        for draft in Draft.objects.filter(status=Draft.Status.OPEN, league__constructors__autopilot__isnull=False):
            if Autopilot.objects.of(draft).filter(constructor=on_the_clock(draft)).exists():
                attempt(settle, draft_id=draft.pk, now=now)


def has_due_clocks(now: datetime) -> bool:
    """Whether ``run_clocks`` would find a turn to take."""
    return Draft.objects.due_on_the_clock(now).exists()


def run_clocks(now: datetime) -> None:
    """Take the turns whose time has run out, one of each draft. What one draft fails to do stops no other."""
    with attempts("Some drafts could not go on.") as attempt:
        for pk in Draft.objects.due_on_the_clock(now).values_list("pk", flat=True):
            attempt(settle_clock, draft_id=pk, now=now)


def _undrafted(now: datetime) -> Iterator[tuple[League, Race]]:
    """The leagues without a draft for their season's next race, but for those whose teams all joined after the lock."""
    playing = League.objects.filter(constructors__is_active=True).distinct()
    for year in playing.order_by().values_list("season", flat=True).distinct():
        race = Race.objects.filter(season=year).upcoming(now).first()
        if race:
            for league in playing.filter(season=year).exclude(drafts__race=race):
                lock = locks_at(race, league.draft_locks_at)
                if league.constructors.playing().filter(joined_at__lt=lock).exists():
                    yield league, race


def _open_if_possible(*, draft_id: int, now: datetime) -> None:
    with suppress(CannotDraft):  # teams or the entry list are missing: tried again until the lock
        open_draft(draft_id=draft_id, actor=None, now=now)


def order_now(draft: Draft) -> list[int]:
    """The draft's order, or what it would be if the draft opened now; empty as long as it is still to be drawn.

    One that was set by hand or opened before is kept, among those who play; else the order before is rotated
    (docs/rules.md, 2.4). A void draft hands its order on as it is.
    """
    known: list[int] = draft.order_data
    if draft.status != Draft.Status.SCHEDULED or not draft.pk:
        return known
    active = _active(draft.league)
    if known:
        return _kept(known, active)
    before = None if draft.order_source == Draft.OrderSource.RANDOM else _draft_before(draft.league, draft.race)
    if before is None:
        return []
    if before.status == Draft.Status.VOID:
        return _kept(before.order_data, active)
    return order.rotate(before.order_data, active, short=_short(before, draft.league))


def _kept(constructors: Sequence[int], active: Sequence[int]) -> list[int]:
    stayed = [pk for pk in constructors if pk in active]
    return stayed + [pk for pk in active if pk not in stayed]


def _short(before: Draft, league: League) -> set[int]:
    """Who got fewer drivers than the others, and so goes first next time.

    Not in a snake: there it is whoever picks first that goes short, so that the rotation alone is fair.
    """
    if league.draft_method == League.DraftMethod.SNAKE or before.status != Draft.Status.LOCKED:
        return set()
    made = Counter(before.picks.values_list("constructor_id", flat=True))
    return {pk for pk in before.order_data if pk not in before.withdrawn and made[pk] < ROUNDS}


def _active(league: League) -> list[int]:
    return sorted(league.constructors.playing().values_list("pk", flat=True))


def _draft_before(league: League, race: Race) -> Draft | None:
    """The last draft before the race whose order is known. That of a single team is none to be rotated."""
    drafts = Draft.objects.filter(league=league, race__starts_at__lt=race.starts_at).order_by("-race__starts_at")
    return next((draft for draft in drafts if len(draft.order_data) >= MIN_TEAMS), None)


# The order of the coming races ------------------------------------------------------------------


@dataclass(frozen=True)
class Ahead:
    """A race to come with the league's draft for it, where there is one, and the order: empty until it is drawn."""

    race: Race
    draft: Draft | None
    order: list[int]

    @property
    def is_off(self) -> bool:
        """Whether a manager called the draft off: it hands its order on, and nobody picks."""
        return self.draft is not None and self.draft.status == Draft.Status.VOID

    @property
    def is_fixed(self) -> bool:
        """Whether the draft has opened: who joins or leaves does not change its order any more."""
        return self.draft is not None and self.draft.status != Draft.Status.SCHEDULED


def orders_ahead(league: League, *, now: datetime) -> list[Ahead]:
    """Who will pick when in every race of the season that is still to come, if nobody joins, leaves, or sets an order.

    As ``order_now`` would say in their time. Five queries at most.
    """
    active = _active(league)
    drafts = {draft.race_id: draft for draft in Draft.objects.filter(league=league)}
    drivers = Count("entries", filter=Q(entries__status=RaceEntry.Status.ENTERED))
    coming = set(Race.objects.filter(season=league.season_id).upcoming(now).values_list("pk", flat=True))
    before: Ahead | None = None
    ahead = []
    for race in Race.objects.filter(season=league.season_id).annotate(drivers=drivers).in_calendar_order():
        draft = drafts.get(race.pk)
        if race.pk not in coming:
            step = Ahead(race, draft, draft.order_data if draft else [])
        else:
            step = Ahead(race, draft, _expected(draft, before, league, active))
            ahead.append(step)
        if len(step.order) >= MIN_TEAMS:
            before = step
        elif race.pk in coming and not step.order and not step.is_off:
            before = None  # it is still to be drawn, and so is what follows
    return ahead


def _expected(draft: Draft | None, before: Ahead | None, league: League, active: Sequence[int]) -> list[int]:
    """``order_now`` of a draft that may not be there yet, with the draft ``before`` it as that will be then."""
    if draft and draft.status != Draft.Status.SCHEDULED:
        return list(draft.order_data)
    if draft and draft.order_data:
        return _kept(draft.order_data, active)
    if before is None or (draft and draft.order_source == Draft.OrderSource.RANDOM):
        return []
    if before.is_off:
        return _kept(before.order, active)
    return order.rotate(before.order, active, short=_short_then(before, league))


def _short_then(before: Ahead, league: League) -> set[int]:
    """``_short``, also of a draft that is not locked yet: as the entry list is now."""
    draft = before.draft
    if draft and draft.status == Draft.Status.LOCKED:
        return _short(draft, league)
    drivers: int = before.race.drivers  # type: ignore[attr-defined]  # annotated
    if league.draft_method == League.DraftMethod.SNAKE or not drivers:
        return set()
    method, withdrawn = (draft.method, draft.withdrawn) if draft and before.is_fixed else (league.draft_method, [])
    return order.short_teams(before.order, method, ROUNDS, drivers=drivers, passed_over=withdrawn)
