"""The calendar: makes the stored races of a season what a source says they are, without losing one."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.events import publish
from races.events import RaceCancelled, RaceReinstated, RaceRescheduled
from races.identity import Known, match_calendar
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


class CalendarRefused(DomainError):
    """The calendar as told makes no sense; the stored one stays."""

    code = "calendar_refused"


class EventResolved(DomainError):
    """Somebody has already decided what the held event is."""

    code = "event_resolved"


def ingest_calendar(season_year: int, events: Sequence[EventRow], *, now: datetime) -> Counts:
    """Make the season's races equal ``events``.

    The first calendar of a season creates its races. Later an event that matches none (see ``identity``) is held for a
    person, and a race that is told no more is cancelled. Raises ``CalendarRefused`` when a race with results or more
    than a third of the calendar would go, or when the events contradict each other.
    """
    if len({event.key for event in events}) != len(events) or _has_doubles(event.round_number for event in events):
        raise CalendarRefused(f"The calendar of {season_year} names an event or a round twice.")
    with transaction.atomic():
        Season.objects.get_or_create(year=season_year)
        season = Season.objects.select_for_update().get(year=season_year)
        races = {race.pk: race for race in season.races.select_for_update(no_key=True)}
        if not races:
            return _create_calendar(season, events)
        matches = match_calendar(events, known_races(season, races.values()))
        pairs = [(event, races[known.pk]) for event in events if (known := matches[event.key])]
        counts = _hold(season, [event for event in events if matches[event.key] is None], now=now)
        told = {race.pk for _, race in pairs}
        counts.add(_cancel_absent([race for race in races.values() if race.pk not in told], len(races), now=now))
        _free_rounds(pairs, races.values())
        for event, race in pairs:
            counts.add(_update(race, event, now=now))
    return counts


def resolve_held_event(held: HeldEvent, *, race: Race | None, actor: "User | None", now: datetime) -> Race:
    """Decide that ``held`` is ``race``, or (None) that it is a new one, which is created. Returns the race."""
    with transaction.atomic():
        held = HeldEvent.objects.select_for_update().get(pk=held.pk)
        if held.race_id and (race is None or race.pk == held.race_id):
            return Race.objects.get(pk=held.race_id)
        if held.race_id:
            raise EventResolved("This event is already attached to another race.")
        event = _from_payload(held.payload)
        if race is None:
            race = _new_race(held.season, event)
            if race.round_number and held.season.races.filter(round_number=race.round_number).exists():
                race.round_number = None  # the next calendar gives the rounds anew
            race.save()
        held.race, held.resolved_at = race, now
        held.save(update_fields=["race", "resolved_at"])
    return race


def known_races(season: Season, races: Iterable[Race]) -> list[Known]:
    """The stored races as ``identity`` wants them; what a person decided about a held event is a key too."""
    keys = {race.pk: {race.external_id} for race in races}
    for race_pk, key in season.held_events.exclude(race=None).values_list("race_id", "external_id"):
        keys[race_pk].add(key)
    return [Known(race.pk, frozenset(keys[race.pk]), race.circuit_id, race.starts_at) for race in races]


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
    counts = Counts()
    known = set(season.held_events.values_list("external_id", flat=True))
    for event in events:
        if event.key in known:
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


def _cancel_absent(absent: Sequence[Race], known: int, *, now: datetime) -> Counts:
    counts = Counts()
    gone = [race for race in absent if race.status != Race.Status.CANCELLED]
    with_results = [race.name for race in gone if race.results_status != Race.Results.NONE or race.is_finished]
    if with_results:
        raise CalendarRefused(f"The calendar lacks races that have results: {', '.join(with_results)}.")
    if len(gone) * 3 > known:
        raise CalendarRefused(f"The calendar lacks {len(gone)} of {known} races at once.")
    for race in gone:
        if race.starts_at <= now:
            counts.problems.append(f"The {race.name} has started, but the calendar lacks it: left as it is.")
            continue
        cancel(race, now=now)
        counts.updated += 1
    return counts


def cancel(race: Race, *, now: datetime) -> None:
    """Take a locked race out of the calendar; it keeps its row and its identity."""
    race.status, race.round_number = Race.Status.CANCELLED, None
    race.save(update_fields=["status", "round_number"])
    publish(RaceCancelled(race_id=race.pk), source=race, actor=None, now=now)


def _free_rounds(pairs: Sequence[tuple[EventRow, Race]], races: Iterable[Race]) -> None:
    """Rounds are unique, so all that will move are taken out first; a race told no more gives its round up."""
    wanted = {race.pk: event.round_number for event, race in pairs}
    in_use = {number for number in wanted.values() if number}
    moving = [
        race
        for race in races
        if race.round_number
        and race.round_number != wanted.get(race.pk)
        and (race.pk in wanted or race.round_number in in_use)
    ]
    Race.objects.filter(pk__in=[race.pk for race in moving]).update(round_number=None)
    for race in moving:
        if race.pk not in wanted:
            race.round_number = None


def _update(race: Race, event: EventRow, *, now: datetime) -> Counts:
    counts = Counts()
    if event.is_cancelled:
        if race.status in (Race.Status.SCHEDULED, Race.Status.POSTPONED) and race.starts_at > now:
            cancel(race, now=now)
            return Counts(updated=1)
        return Counts(unchanged=1)
    reinstated = race.status == Race.Status.CANCELLED
    old_start = race.starts_at
    values = {name: getattr(event, name) for name in FACTS}
    values |= {"external_id": event.key, "round_number": event.round_number}
    if makes_sense(event):
        values |= {name: getattr(event, name) for name in TIMES}
        if not event.time_known and old_start.date() == event.starts_at.date():
            values["starts_at"] = old_start
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


def _nonsense(event: EventRow) -> str:
    return f"The {event.name} would start {event.starts_at:%Y-%m-%d %H:%M} UTC, which does not fit its other sessions."


def _has_doubles(numbers: Iterable[int | None]) -> bool:
    given = [number for number in numbers if number]
    return len(set(given)) != len(given)
