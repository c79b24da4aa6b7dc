"""What the real world tells the rest of the app."""

from dataclasses import dataclass

from fantasy_f1.core.events import Event


@dataclass(frozen=True)
class ResultsPublished(Event):
    """A session has its first result (``session`` as in ``races.models.Session``)."""

    race_id: int
    session: str


@dataclass(frozen=True)
class ResultsAmended(Event):
    """A session's result differs from its last version; ``changes`` says how, a sentence each."""

    race_id: int
    session: str
    changes: list[str]


@dataclass(frozen=True)
class ResultsLate(Event):
    """A session has no result six hours after it could have one; ``started_at`` is its start, ISO 8601 in UTC."""

    race_id: int
    session: str
    started_at: str


@dataclass(frozen=True)
class RaceRescheduled(Event):
    """The weekend moved; times are ISO 8601 in UTC."""

    race_id: int
    old_start: str
    new_start: str


@dataclass(frozen=True)
class RaceCancelled(Event):
    race_id: int


@dataclass(frozen=True)
class RaceReinstated(Event):
    """A cancelled race is in the calendar again."""

    race_id: int


@dataclass(frozen=True)
class EntryListChanged(Event):
    """A host changed who is entered for a race, or who drives for whom."""

    race_id: int
