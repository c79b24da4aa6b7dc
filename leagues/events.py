"""What happens to a league."""

from dataclasses import dataclass, field
from typing import Any

from fantasy_f1.core.events import Event


@dataclass(frozen=True)
class LeagueCreated(Event):
    league_id: int


@dataclass(frozen=True)
class LeagueChanged(Event):
    """Settings changed; ``changed`` maps each field to its new value."""

    league_id: int
    changed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LeagueDeleted(Event):
    league_id: int
    name: str


@dataclass(frozen=True)
class ConstructorJoined(Event):
    league_id: int
    constructor_id: int


@dataclass(frozen=True)
class ConstructorLeft(Event):
    """Left by itself, or ``removed`` by a manager (with a ``reason``)."""

    league_id: int
    constructor_id: int
    removed: bool = False
    reason: str = ""


@dataclass(frozen=True)
class ConstructorInvited(Event):
    """Was removed before, and may join again."""

    league_id: int
    constructor_id: int


@dataclass(frozen=True)
class TeamOffered(Event):
    """The user may take the team over from its owner; they do by joining. ``reason`` is why it needs another player."""

    league_id: int
    constructor_id: int
    user_id: int
    reason: str


@dataclass(frozen=True)
class OfferWithdrawn(Event):
    """By a manager, or because the account of ``user_id``, who acts then, was deleted."""

    league_id: int
    constructor_id: int
    user_id: int


@dataclass(frozen=True)
class ConstructorTakenOver(Event):
    """The team goes on, with all that it scored, under ``user_id``; ``former_id`` had it before."""

    league_id: int
    constructor_id: int
    user_id: int
    former_id: int


@dataclass(frozen=True)
class ConstructorRenamed(Event):
    league_id: int
    constructor_id: int
    team_name: str


@dataclass(frozen=True)
class ConstructorRecoloured(Event):
    league_id: int
    constructor_id: int
    color: str


@dataclass(frozen=True)
class CodeRenewed(Event):
    """Another code: invitations with the old one are worth nothing. It is not written here."""

    league_id: int


@dataclass(frozen=True)
class ToldAgain(Event):
    """A manager had ``user_id`` told again of what they may have missed."""

    league_id: int
    user_id: int
    title: str


@dataclass(frozen=True)
class ChatMuted(Event):
    """``user_id`` says nothing in the chat from now on, or may again (``on``: muted); ``reason`` may be empty."""

    league_id: int
    user_id: int
    on: bool
    reason: str


@dataclass(frozen=True)
class ChatMessageRemoved(Event):
    """A manager took out something that ``user_id`` said. It is not written here."""

    league_id: int
    user_id: int


@dataclass(frozen=True)
class WebhookAdded(Event):
    """What happens in the league is posted to ``host`` from now on. The address itself is not written here."""

    league_id: int
    host: str


@dataclass(frozen=True)
class WebhookRemoved(Event):
    league_id: int
    host: str


@dataclass(frozen=True)
class ManagersChanged(Event):
    """``user_ids`` manage the league from now on."""

    league_id: int
    user_ids: list[int]
