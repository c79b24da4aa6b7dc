"""What the rest of the app gets from any source of facts: the upstream, the bundled seasons, a host's form."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class DriverRow:
    external_id: str
    given_name: str
    family_name: str
    code: str = ""
    number: int | None = None
    country: str = ""


@dataclass(frozen=True)
class TeamRow:
    external_id: str
    name: str
    country: str = ""


@dataclass(frozen=True)
class EventRow:
    """A Grand Prix weekend; ``key`` is its identity within the season (see ``identity.event_key``)."""

    key: str
    name: str
    circuit_id: str
    circuit_name: str
    starts_at: datetime
    round_number: int | None = None
    locality: str = ""
    country: str = ""
    first_practice_at: datetime | None = None
    second_practice_at: datetime | None = None
    third_practice_at: datetime | None = None
    sprint_qualifying_at: datetime | None = None
    sprint_at: datetime | None = None
    qualifying_at: datetime | None = None
    time_known: bool = True
    """False: only the day is known, and ``starts_at`` is its noon."""
    is_cancelled: bool = False
    days_only: tuple[str, ...] = ()
    """Other sessions of which only the day is known, by the names of their times."""


@dataclass(frozen=True)
class ResultRow:
    """A driver's line in a session's result. ``driver`` and ``team`` let an unknown one be created on the way."""

    driver_id: str
    team_id: str
    position: int
    position_text: str
    number: int | None = None
    points: Decimal = Decimal(0)
    grid: int | None = None
    laps: int | None = None
    status: str = ""
    time: str = ""
    fastest_lap: str = ""
    fastest_lap_rank: int | None = None
    q1: str = ""
    q2: str = ""
    q3: str = ""
    driver: DriverRow | None = field(default=None, compare=False)
    team: TeamRow | None = field(default=None, compare=False)


@dataclass(frozen=True)
class SessionRows:
    """The result of one session as a source tells it: ``session`` as in ``models.Session``."""

    event: EventRow
    session: str
    rows: tuple[ResultRow, ...]
    problem: str = ""
    """Why it cannot be used, for the host; then there are no rows."""


@dataclass
class Counts:
    """What a sync unit did, in rows; ``problems`` are sentences for the host."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Counts") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.problems += other.problems

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated)
