"""A draft's life: scheduled → open → complete → locked, or void. The only writer of ``Draft`` besides ``picks``."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from drafts import order
from drafts.errors import CannotDraft, OrderFixed, WrongOrder
from drafts.events import (
    DraftLocked,
    DraftMoved,
    DraftOpened,
    DraftScheduled,
    DraftVoided,
    OrderChanged,
)
from drafts.models import ROUNDS, Draft
from drafts.picks import autopick_turns, play_autopilots, withdraw_constructor
from fantasy_f1.core.events import publish
from leagues.models import MIN_TEAMS, League
from leagues.permissions import require_manager
from races.models import Race

PICKS_STAND_WITHIN = timedelta(hours=72)
"""A race that moves further than this is drafted anew (docs/rules.md, 2.9)."""

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
    rotate the order of the one before.
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
        draft.order_data = _order(draft) if before else []
        draft.save(update_fields=["order_data"])
        publish(DraftScheduled(draft.pk, draft.order_commitment), source=draft, actor=None, now=now)
    return draft


def initialize_draft(*, league_id: int, race_id: int, actor: User, now: datetime) -> tuple[Draft, bool]:
    """Schedule the draft where need be and open it now, on a manager's word → (draft, whether anything happened).

    Raises ``NotAllowed`` and, where the race cannot be drafted, ``CannotDraft``.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_manager(actor, league)
        race = Race.objects.get(pk=race_id)
        if race.season_id != league.season_id:
            raise CannotDraft(f"{race} is not a race of the league's season.")
        draft = schedule_draft(league_id=league_id, race_id=race_id, now=now)
        opened = draft.status == Draft.Status.SCHEDULED
        if opened:
            draft = open_draft(draft_id=draft.pk, actor=actor, now=now)
    return draft, opened


def open_draft(*, draft_id: int, actor: User | None, now: datetime) -> Draft:
    """Fix the order, reveal the seed, put the first pick on the clock. An open draft is left as it is.

    Raises ``CannotDraft`` where there is nobody to draft, no driver to be drafted, or no time left.
    """
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        if draft.status != Draft.Status.SCHEDULED:
            return draft
        if draft.race.status in (Race.Status.CANCELLED, Race.Status.FINISHED) or now >= draft.locks_at:
            raise CannotDraft("The picks for this race are locked.")
        if actor is None and len(_active(draft.league)) < MIN_TEAMS:
            raise CannotDraft("A draft opens by itself once two teams play.")
        _start(draft, actor=actor, now=now)
        play_autopilots(draft, now=now)
    return draft


def _start(draft: Draft, *, actor: User | None, now: datetime) -> None:
    draft.order_data = _order(draft)
    if not draft.order_data:
        raise CannotDraft("There are no teams in the league yet.")
    if not draft.race.entries.draftable().exists():
        raise CannotDraft("The entry list of this race is not known yet.")
    draft.method, draft.locks_with = draft.league.draft_method, draft.league.draft_locks_at
    draft.status, draft.opens_at = Draft.Status.OPEN, now
    draft.withdrawn = []
    draft.current_pick = 1
    draft.save(update_fields=["order_data", "method", "locks_with", "status", "opens_at", "withdrawn", "current_pick"])
    publish(DraftOpened(draft.pk, draft.order_data, draft.order_seed), source=draft, actor=actor, now=now)


def set_order(*, draft_id: int, constructor_ids: list[int], actor: User, now: datetime) -> Draft:
    """A manager's own order, until the first pick. Raises ``NotAllowed``, ``OrderFixed``, ``WrongOrder``."""
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        require_manager(actor, draft.league)
        if draft.status not in (Draft.Status.SCHEDULED, Draft.Status.OPEN) or draft.picks.exists():
            raise OrderFixed("The order stands: it can be set until the first pick.")
        active = _active(draft.league)
        if sorted(constructor_ids) != active:
            raise WrongOrder("The order must name every team of the league exactly once.", field="order")
        if draft.is_manual and draft.order_data == constructor_ids:
            return draft
        draft.order_data = constructor_ids
        draft.order_source, draft.is_manual = Draft.OrderSource.MANUAL, True
        draft.last_modified_by = actor
        if draft.status == Draft.Status.OPEN:  # turns passed over were those of the order before
            draft.withdrawn, draft.current_pick = [], 1
        draft.save(
            update_fields=["order_data", "order_source", "is_manual", "last_modified_by", "withdrawn", "current_pick"]
        )
        publish(OrderChanged(draft.pk, constructor_ids), source=draft, actor=actor, now=now)
        play_autopilots(draft, now=now)
    return draft


def lock_draft(*, draft_id: int, now: datetime) -> Draft:
    """Close the draft at its time; turns that nobody took are taken by the ranking. Safe to repeat.

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
            return _void(draft, reason=error.message, now=now)
        if draft.status == Draft.Status.PAUSED:
            draft.status = Draft.Status.OPEN
        autopick_turns(draft, now=now, of=set(draft.order_data))
        draft.status, draft.current_pick, draft.deadline_at = Draft.Status.LOCKED, None, None
        draft.save(update_fields=["status", "current_pick", "deadline_at"])
        publish(DraftLocked(draft.pk), source=draft, actor=None, now=now)
    return draft


def follow_race(*, draft_id: int, now: datetime) -> Draft:
    """Make the draft fit its race as the calendar has it now; safe to repeat (docs/rules.md, 2.9).

    A cancelled race makes it void: picks are history, nothing is scored, the order does not rotate. Picks stand when
    the race moves by at most 72 hours; when it moves further or a cancelled race comes back, it is drafted anew with
    the same order.
    """
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        if _fits_race(draft, now):
            return draft
        if draft.race.status == Race.Status.CANCELLED:
            return _void(draft, reason="Race cancelled", now=now)
        moved_by = abs(_times(draft)[1] - draft.locks_at)
        reset = draft.status == Draft.Status.VOID or (
            draft.status != Draft.Status.SCHEDULED and moved_by > PICKS_STAND_WITHIN
        )
        if reset:
            draft.picks.all().delete()
            draft.status, draft.current_pick, draft.deadline_at = Draft.Status.SCHEDULED, None, None
        draft.opens_at, draft.locks_at = _times(draft)
        draft.save(update_fields=["opens_at", "locks_at", "status", "current_pick", "deadline_at"])
        event = DraftMoved(draft.pk, draft.opens_at.isoformat(), draft.locks_at.isoformat(), reset)
        publish(event, source=draft, actor=None, now=now)
    return draft


def _fits_race(draft: Draft, now: datetime) -> bool:
    """Whether status and times are those that the race, as the calendar has it now, asks for."""
    is_void = draft.status == Draft.Status.VOID
    if draft.race.status == Race.Status.CANCELLED:
        return is_void
    if is_void:
        return draft.race.is_finished or now >= _times(draft)[1]
    return draft.race.is_finished or (draft.opens_at, draft.locks_at) == _times(draft)


def _times(draft: Draft) -> tuple[datetime, datetime]:
    """When the draft opens and locks: as the league says until it opens, by what it opened with from then on."""
    league, race = draft.league, draft.race
    if draft.status in (Draft.Status.SCHEDULED, Draft.Status.VOID):
        return opens_at(league, race, scheduled_at=draft.created_at), locks_at(race, league.draft_locks_at)
    return draft.opens_at, locks_at(race, draft.locks_with)


def _void(draft: Draft, *, reason: str, now: datetime) -> Draft:
    draft.status, draft.current_pick, draft.deadline_at = Draft.Status.VOID, None, None
    draft.save(update_fields=["status", "current_pick", "deadline_at"])
    publish(DraftVoided(draft.pk, reason), source=draft, actor=None, now=now)
    return draft


def run_due(now: datetime) -> None:
    """Schedule, open and lock every draft whose time has come, and mend what a lost announcement left behind.

    Looks at the rows alone, so it may run twice or late. What one draft cannot do yet stops no other.
    """
    ahead = Draft.objects.exclude(race__status=Race.Status.FINISHED).select_related("league", "race")
    for draft in ahead:
        if not _fits_race(draft, now):
            follow_race(draft_id=draft.pk, now=now)
    for draft in Draft.objects.filter(status__in=Draft.UNLOCKED, league__constructors__is_active=False).distinct():
        left = draft.league.constructors.filter(is_active=False, pk__in=set(draft.order_data) - set(draft.withdrawn))
        for pk in left.values_list("pk", flat=True):
            withdraw_constructor(draft_id=draft.pk, constructor_id=pk, now=now)
    playing = League.objects.filter(constructors__is_active=True).distinct()
    for year in playing.order_by().values_list("season", flat=True).distinct():
        race = Race.objects.filter(season=year).upcoming(now).first()
        if race:
            for league in playing.filter(season=year).exclude(drafts__race=race):
                lock = locks_at(race, league.draft_locks_at)
                if league.constructors.playing().filter(joined_at__lt=lock).exists():
                    schedule_draft(league_id=league.pk, race_id=race.pk, now=now)
    for draft in Draft.objects.due_to_lock(now):
        lock_draft(draft_id=draft.pk, now=now)
    for draft in Draft.objects.due_to_open(now):
        with suppress(CannotDraft):  # teams or the entry list are missing: tried again until the lock
            open_draft(draft_id=draft.pk, actor=None, now=now)


def _active(league: League) -> list[int]:
    return sorted(league.constructors.playing().values_list("pk", flat=True))


def _draft_before(league: League, race: Race) -> Draft | None:
    """The last draft before the race whose order is known and counts.

    A void one hands its order on untouched by not counting.
    """
    return (
        Draft.objects.filter(league=league, race__starts_at__lt=race.starts_at)
        .exclude(status=Draft.Status.VOID)
        .exclude(order_data=[])
        .order_by("-race__starts_at")
        .first()
    )


def _order(draft: Draft) -> list[int]:
    """The order as it would stand now, among the constructors that play; one that is known already is kept."""
    active = _active(draft.league)
    if draft.order_data:
        kept = [pk for pk in draft.order_data if pk in active]
        return kept + [pk for pk in active if pk not in kept]
    if draft.order_source == Draft.OrderSource.RANDOM:
        return order.random_order(draft.order_seed, active)
    before = _draft_before(draft.league, draft.race)
    if before is None:
        return active
    made = list(before.picks.values_list("constructor_id", flat=True))
    expected = [pk for pk in before.order_data if pk not in before.withdrawn]
    short = {pk for pk in expected if before.status == Draft.Status.LOCKED and made.count(pk) < ROUNDS}
    return order.rotate(before.order_data, active, short=short)
