"""The calendar: makes the stored races of a season what a source says they are, without losing one."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.events import publish
from races.events import RaceCancelled, RaceReinstated, RaceRescheduled
from races.identity import RENAMED_WITHIN, Known, match_calendar
from races.models import HeldEvent, Race, Season
from races.rows import Counts, EventRow

if TYPE_CHECKING:
    from accounts.models import User

TIMES = [
    "first_practice_at",
    "second_practice_at",
    "third_practice_at",
    "sprint_qualifying_at",
    "sprint_at",
    "qualifying_at",
    "starts_at",
]
FACTS = ["name", "circuit_id", "circuit_name", "locality", "country"]
WEEKEND = timedelta(days=7)
OTHER_FORMAT = {
    "third_practice_at": {"sprint_at", "sprint_qualifying_at"},
    "sprint_at": {"third_practice_at"},
    "sprint_qualifying_at": {"second_practice_at", "third_practice_at"},
}
"""Session → those that no weekend with it has."""

MOST_GONE = 3
"""So many coming races may go at once; more look like an upstream in trouble, and a host cancels them by hand."""

log = structlog.get_logger(__name__)


class CalendarRefused(DomainError):
    """The calendar as told makes no sense; the stored one stays."""

    code = "calendar_refused"


class EventResolved(DomainError):
    """Somebody has already decided what the held event is."""

    code = "event_resolved"


class RaceHasResults(DomainError):
    """What has been raced cannot be called off."""

    code = "race_has_results"


def ingest_calendar(season_year: int, events: Sequence[EventRow], *, now: datetime) -> Counts:
    """Make the season's races equal ``events``.

    The first calendar of a season creates its races. Later an event that matches none (see ``identity``) is held for a
    person, and a coming race that is told no more is cancelled, unless a held event may be it. Raises
    ``CalendarRefused`` when a race with results or more than ``MOST_GONE`` coming ones would go, or when the events
    contradict each other.
    """
    if len({event.key for event in events}) != len(events) or _has_doubles(event.round_number for event in events):
        raise CalendarRefused(f"The calendar of {season_year} names an event or a round twice.")
    with transaction.atomic():
        season = Season.objects.get_or_create(year=season_year)[0]
        # in one order for all, and before the season: whoever stores a result or a score locks its race first
        races = {race.pk: race for race in season.races.select_for_update(no_key=True).order_by("pk")}
        _lock_season(season.pk)
        if races:
            return _follow(season, races, events, now=now)
        if not season.races.exists():
            return _create_calendar(season, events)
        transaction.set_rollback(True)  # another first calendar came before: let go of the season, and lock its races
    return ingest_calendar(season_year, events, now=now)


def _follow(season: Season, races: dict[int, Race], events: Sequence[EventRow], *, now: datetime) -> Counts:
    """Make the locked ``races`` equal ``events``."""
    matches = match_calendar(events, known_races(season, races.values()))
    pairs = [(event, races[known.pk]) for event in events if (known := matches[event.key])]
    counts = _hold(season, [event for event in events if matches[event.key] is None], now=now)
    told = {race.pk for _, race in pairs}
    counts.add(_cancel_absent(season, [race for race in races.values() if race.pk not in told], now=now))
    _free_rounds(pairs, races.values())
    for event, race in pairs:
        counts.add(_update(race, event, now=now))
    counts.updated += _close_held(season, races.values(), now=now)
    return counts


def _lock_season(year: int) -> None:
    Season.objects.select_for_update(no_key=True).get(year=year)


def cancel_race(race_id: int, *, actor: "User | None", now: datetime) -> Race:
    """Call a race off by hand: one that vanished after its start, or one of too many that vanished at once.

    Safe to repeat. A calendar that names the race brings it back. Raises ``RaceHasResults``.
    """
    with transaction.atomic():
        race = Race.objects.lock(race_id)
        if race.is_finished or race.results_status != Race.Results.NONE:
            raise RaceHasResults(f"The {race} has results.")
        if race.status != Race.Status.CANCELLED:
            cancel(race, actor=actor, now=now)
    return race


def resolve_held_event(held: HeldEvent, *, race: Race | None, actor: "User | None", now: datetime) -> Race:
    """Decide that ``held`` is ``race``, or (None) that it is a new one, which is created. Returns the race.

    It can be a race only that the calendar does not name itself. Raises ``EventResolved`` and ``Invalid``.
    """
    with transaction.atomic():
        race = race and Race.objects.lock(race.pk)
        _lock_season(held.season_id)
        held = HeldEvent.objects.select_for_update().get(pk=held.pk)
        if held.race_id and (race is None or race.pk == held.race_id):
            return Race.objects.get(pk=held.race_id)
        if held.race_id:
            raise EventResolved("This event is already attached to another race.")
        event = _from_payload(held.payload)
        if race is None:
            if held.season.races.filter(external_id=held.external_id).exists():
                raise EventResolved(f"The calendar already knows {event.name} ({event.key}) as a race.")
            race = _new_race(held.season, event)
            if race.round_number and held.season.races.filter(round_number=race.round_number).exists():
                race.round_number = None  # the next calendar gives the rounds anew
            race.save()
        elif race.season_id != held.season_id or race.round_number:
            raise Invalid(f"Choose a race of {held.season_id} that the calendar does not name itself.", field="race")
        held.race, held.resolved_at = race, now
        held.save(update_fields=["race", "resolved_at"])
    return race


def known_races(season: Season, races: Iterable[Race]) -> list[Known]:
    """The stored races as ``identity`` wants them, with what persons decided about held events."""
    decided: dict[int, set[str]] = {race.pk: set() for race in races}
    for race_pk, key in season.held_events.exclude(race=None).values_list("race_id", "external_id"):
        decided[race_pk].add(key)
    return [
        Known(
            race.pk,
            frozenset({race.external_id}),
            race.circuit_id,
            race.starts_at,
            frozenset(decided[race.pk] - {race.external_id}),
        )
        for race in races
    ]


def makes_sense(event: EventRow) -> bool:
    """Whether no session comes after the Grand Prix or long before it."""
    sessions = [at for name in TIMES[:-1] if (at := getattr(event, name))]
    if not event.time_known:
        return all(at.date() <= event.starts_at.date() for at in sessions)
    return all(event.starts_at - WEEKEND <= at < event.starts_at for at in sessions)


def _create_calendar(season: Season, events: Sequence[EventRow]) -> Counts:
    races = [_new_race(season, event) for event in events]
    Race.objects.bulk_create(races)
    problems = [_nonsense(event) for event in events if not makes_sense(event)]
    return Counts(created=len(races), problems=problems)


def _new_race(season: Season, event: EventRow) -> Race:
    values = {name: getattr(event, name) for name in [*FACTS, *TIMES]}
    status = Race.Status.CANCELLED if event.is_cancelled else Race.Status.SCHEDULED
    return Race(season=season, external_id=event.key, round_number=event.round_number, status=status, **values)


def _hold(season: Season, events: Sequence[EventRow], *, now: datetime) -> Counts:
    """Keep unknown events for a person. One that was decided to be a race that turned out another one is open again."""
    counts = Counts()
    known = {held.external_id: held for held in season.held_events.all()}
    for event in events:
        if held := known.get(event.key):
            if held.resolved_at:
                held.race = held.resolved_at = None
                held.save(update_fields=["race", "resolved_at"])
                counts.updated += 1
                counts.problems.append(f"{event.name} ({event.key}) is another race than was decided: held again.")
            continue
        payload = {
            name: value.isoformat() if name in TIMES and value else value for name, value in asdict(event).items()
        }
        reason = f"No race of {season} has this identity, nor is one at this circuit around that date."
        season.held_events.create(external_id=event.key, payload=payload, reason=reason, created_at=now)
        counts.created += 1
        counts.problems.append(f"{event.name} ({event.key}) matches no race of {season}: held for a decision.")
    return counts


def _from_payload(payload: dict[str, Any]) -> EventRow:
    times = {name: datetime.fromisoformat(payload[name]) for name in TIMES if payload[name]}
    return EventRow(**(payload | times))


def _cancel_absent(season: Season, absent: Sequence[Race], *, now: datetime) -> Counts:
    counts = Counts()
    gone = [race for race in absent if race.status != Race.Status.CANCELLED]
    with_results = [race.name for race in gone if race.results_status != Race.Results.NONE or race.is_finished]
    if with_results:
        raise CalendarRefused(f"The calendar lacks races that have results: {', '.join(with_results)}.")
    held = [
        _from_payload(payload)
        for payload in season.held_events.filter(resolved_at=None).values_list("payload", flat=True)
    ]
    coming = []
    for race in gone:
        if race.starts_at <= now:
            counts.problems.append(f"The {race.name} has started, but the calendar lacks it: left as it is.")
        elif any(_may_be(race, event) for event in held):
            counts.problems.append(f"The calendar lacks the {race.name}, but a held event may be it: left as it is.")
        else:
            coming.append(race)
    if len(coming) > MOST_GONE:
        raise CalendarRefused(f"The calendar lacks {len(coming)} coming races at once.")
    for race in coming:
        cancel(race, actor=None, now=now)
    counts.updated += len(coming)
    return counts


def _may_be(race: Race, event: EventRow) -> bool:
    return race.circuit_id == event.circuit_id and abs(race.starts_at - event.starts_at) <= RENAMED_WITHIN


def cancel(race: Race, *, actor: "User | None", now: datetime) -> None:
    """Take a locked race out of the calendar; it keeps its row and its identity."""
    race.status, race.round_number = Race.Status.CANCELLED, None
    race.save(update_fields=["status", "round_number"])
    publish(RaceCancelled(race_id=race.pk), source=race, actor=actor, now=now)
    log.info("race cancelled", race=str(race), external_id=race.external_id, by=str(actor) if actor else "calendar")


def _close_held(season: Season, races: Iterable[Race], *, now: datetime) -> int:
    """Held events whose name has become a race's need no decision any more; returns how many."""
    by_key = {race.external_id: race for race in races}
    closed = 0
    for held in season.held_events.filter(resolved_at=None, external_id__in=by_key):
        held.race, held.resolved_at = by_key[held.external_id], now
        held.save(update_fields=["race", "resolved_at"])
        closed += 1
    return closed


def _free_rounds(pairs: Sequence[tuple[EventRow, Race]], races: Iterable[Race]) -> None:
    """A race told no more gives its round up; rounds are unique, so all that will move are taken out first."""
    wanted = {race.pk: event.round_number for event, race in pairs}
    moving = [race for race in races if race.round_number and race.round_number != wanted.get(race.pk)]
    Race.objects.filter(pk__in=[race.pk for race in moving]).update(round_number=None)
    for race in moving:
        if race.pk not in wanted:
            race.round_number = None


def _update(race: Race, event: EventRow, *, now: datetime) -> Counts:
    counts = Counts()
    if event.is_cancelled:
        if race.status in (Race.Status.SCHEDULED, Race.Status.POSTPONED) and race.starts_at > now:
            cancel(race, actor=None, now=now)
            return Counts(updated=1)
        return Counts(unchanged=1)
    reinstated = race.status == Race.Status.CANCELLED
    old_start = race.starts_at
    values = {name: getattr(event, name) for name in FACTS}
    values |= {"external_id": event.key, "round_number": event.round_number}
    if makes_sense(event):
        values |= _times(race, event)
    else:
        counts.problems.append(_nonsense(event))
    if race.external_id != event.key and HeldEvent.objects.filter(race=race, external_id=event.key).exists():
        del values["external_id"]  # a person said so: the race keeps the name that it had before
    moved = values.get("starts_at", old_start) != old_start
    if reinstated or (moved and race.status == Race.Status.POSTPONED):
        values["status"] = Race.Status.SCHEDULED
    changed = [name for name, value in values.items() if getattr(race, name) != value]
    if not changed:
        counts.unchanged += 1
        return counts
    for name in changed:
        setattr(race, name, values[name])
    race.save(update_fields=changed)
    counts.updated += 1
    if reinstated:
        publish(RaceReinstated(race_id=race.pk), source=race, actor=None, now=now)
    elif moved and not race.is_finished:
        event_of_move = RaceRescheduled(race.pk, old_start.isoformat(), race.starts_at.isoformat())
        publish(event_of_move, source=race, actor=None, now=now)
    return counts


def _times(race: Race, event: EventRow) -> dict[str, datetime | None]:
    """The sessions' starts. Where the same weekend is told without one, or with its day alone, the stored one stays."""
    told: dict[str, datetime | None] = {name: getattr(event, name) for name in TIMES}
    if race.starts_at.date() != event.starts_at.date():
        return told
    impossible = {other for name, others in OTHER_FORMAT.items() if told[name] for other in others}
    vague = {*event.days_only, *([] if event.time_known else ["starts_at"])}
    for name, at in told.items():
        stored: datetime | None = getattr(race, name)
        same_day = stored and at and name in vague and stored.date() == at.date()
        if stored and (same_day or (at is None and name not in impossible)):
            told[name] = stored
    return told


def _nonsense(event: EventRow) -> str:
    return f"The {event.name} would start {event.starts_at:%Y-%m-%d %H:%M} UTC, which does not fit its other sessions."


def _has_doubles(numbers: Iterable[int | None]) -> bool:
    given = [number for number in numbers if number]
    return len(set(given)) != len(given)
