"""Which race is this event? Pure: no Django, no database.

A round number never answers that: when a race is called off, all later rounds move down, and they move up again when
it comes back. The rule, in this order:

1. An event's key is the last part of its article's address, in lower case and plain letters
   (``2026_Bahrain_Grand_Prix`` → ``2026_bahrain_grand_prix``); without an article, season and name.
2. Same key, same race: also after it moved to another circuit, got another name, or had been cancelled. A race's own
   key wins over one that a person decided to be it.
3. Else the same circuit, with starts at most 14 days apart, is the same race renamed, if exactly one race fits and no
   other event of the same calendar is that race by its key. That takes a whole calendar: results know keys alone.
4. Anything else is unknown, and a person decides.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from races.rows import EventRow

RENAMED_WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class Known:
    """A stored race, as far as its identity goes."""

    pk: int
    keys: frozenset[str]
    circuit_id: str
    starts_at: datetime
    decided: frozenset[str] = frozenset()
    """Keys that a person decided to be this race."""


def plain_letters(text: str) -> str:
    """``São Paulo`` → ``sao_paulo``; hyphens stay."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9-]+", "_", ascii_text.lower()).strip("_")


def event_key(*, season: int, name: str, url: str = "") -> str:
    """The identity of an event within its season."""
    article = plain_letters(unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2]))
    return article or f"{season}_{plain_letters(name)}"


def match_event(event: EventRow, known: Iterable[Known]) -> Known | None:
    """The stored race that ``event`` is, or None when nothing or more than one thing fits."""
    races = list(known)
    for race in races:
        if event.key in race.keys:
            return race
    near = [
        race
        for race in races
        if race.circuit_id == event.circuit_id and abs(race.starts_at - event.starts_at) <= RENAMED_WITHIN
    ]
    return near[0] if len(near) == 1 else None


def match_calendar(events: Sequence[EventRow], known: Iterable[Known]) -> dict[str, Known | None]:
    """Event key → stored race, for a whole calendar; no race is claimed by two events."""
    races = list(known)
    by_key = match_keys([event.key for event in events], races)
    matches: dict[str, Known | None] = {event.key: by_key.get(event.key) for event in events}
    claimed = {race.pk for race in by_key.values()}
    free = [race for race in races if race.pk not in claimed]
    lost = {key for race in races for key in race.decided} - set(by_key)
    guesses = {
        event.key: match_event(event, free) for event in events if matches[event.key] is None and event.key not in lost
    }
    for key, race in guesses.items():
        others = [other for other, guess in guesses.items() if guess and race and guess.pk == race.pk and other != key]
        matches[key] = None if others else race
    return matches


def match_keys(keys: Iterable[str], known: Iterable[Known]) -> dict[str, Known]:
    """Event key → stored race, by name alone; what is unknown is left out, and no race is claimed by two keys."""
    races = list(known)
    own = {key: race for race in races for key in race.keys}
    decided = {key: race for race in races for key in race.decided}
    wanted = list(dict.fromkeys(keys))
    matches = {key: own[key] for key in wanted if key in own}
    claimed = {race.pk for race in matches.values()}
    for key in wanted:
        if key not in matches and key in decided and decided[key].pk not in claimed:
            matches[key] = decided[key]
            claimed.add(decided[key].pk)
    return matches
