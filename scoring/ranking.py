"""Ranking with ties, and the countback that breaks them in the season's table. Pure: no database.

Standard competition ranking: 1, 2, 2, 4. Ties in the overall table are broken (docs/rules.md, 4.2) by race wins in the
league, then second places, and so on; then the best single race; then the more recent better race; else they are
shared. Never by name or by who joined first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Points = Mapping[int, Decimal]
"""Points by constructor id; whoever did not take part is missing."""


def ranks(keys: Mapping[int, Any]) -> dict[int, int]:
    """Competition ranks by key, the greatest key first."""
    ordered = sorted(keys.values(), reverse=True)
    first_at: dict[Any, int] = {}
    for place, key in enumerate(ordered, start=1):
        first_at.setdefault(key, place)
    return {who: first_at[key] for who, key in keys.items()}


@dataclass(frozen=True)
class Standing:
    """A constructor's place in the season. ``decided_by`` is empty unless another one has the same points."""

    constructor_id: int
    rank: int
    tied: bool
    points: Decimal
    races: int
    wins: int
    decided_by: str


@dataclass(frozen=True, order=True)
class _Key:
    """What orders the table; compared field by field."""

    points: Decimal
    places: tuple[int, ...]
    best_race: Decimal
    latest_races: tuple[Decimal, ...]


CRITERIA = {
    "places": "countback of race places",
    "best_race": "best single race",
    "latest_races": "the most recent better race",
}


def overall(constructors: Sequence[int], races: Sequence[Points]) -> list[Standing]:
    """The season's table of ``constructors`` after ``races`` (in calendar order), best first, equals by id.

    ``races`` may hold constructors that are no longer ranked: they keep the places they had in those races.
    """
    race_ranks = [ranks(race) for race in races]
    size = max((len(race) for race in races), default=0)
    keys = {}
    for who in constructors:
        scores = [race[who] for race in races if who in race]
        places = [ranked[who] for ranked in race_ranks if who in ranked]
        keys[who] = _Key(
            points=sum(scores, Decimal(0)),
            places=tuple(places.count(place) for place in range(1, size + 1)),
            best_race=max(scores, default=Decimal(0)),
            latest_races=tuple(race.get(who, Decimal(-1)) for race in reversed(races)),
        )
    placed = ranks(keys)
    standings = [
        Standing(
            constructor_id=who,
            rank=placed[who],
            tied=list(placed.values()).count(placed[who]) > 1,
            points=key.points,
            races=sum(1 for race in races if who in race),
            wins=key.places[0] if key.places else 0,
            decided_by=_decided_by(key, [other for rival, other in keys.items() if rival != who]),
        )
        for who, key in keys.items()
    ]
    return sorted(standings, key=lambda standing: (standing.rank, standing.constructor_id))


def _decided_by(key: _Key, others: Sequence[_Key]) -> str:
    """What separates a constructor from the next better one on the same points; the best, from the one after it."""
    level = sorted(other for other in others if other.points == key.points)
    if not level:
        return ""
    if key in level:
        return "shared: equal in every respect"
    nearest = next((other for other in level if other > key), level[-1])
    return (
        f"decided by {next(words for name, words in CRITERIA.items() if getattr(key, name) != getattr(nearest, name))}"
    )


def changes(before: Sequence[Standing], after: Sequence[Standing]) -> dict[int, int | None]:
    """Places won (positive) or lost since ``before``; ``None`` for those who had no race in it."""
    earlier = {standing.constructor_id: standing.rank for standing in before if standing.races}
    return {
        standing.constructor_id: earlier[standing.constructor_id] - standing.rank
        if standing.constructor_id in earlier
        else None
        for standing in after
    }
