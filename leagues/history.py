"""What happened in a league, in words, from its event log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from fantasy_f1.core.models import EventLog
from leagues.models import League

MOST = 30


@dataclass(frozen=True)
class Line:
    event: EventLog
    what: str

    @property
    def at(self) -> datetime:
        return self.event.created_at

    @property
    def who(self) -> str:
        return self.event.actor.display_name if self.event.actor else ""


def told(league: League) -> QuerySet[EventLog]:
    """The events that there are words for, newest first."""
    return league.events().filter(name__in=SENTENCES).select_related("actor").order_by("-version")


def lines(league: League, events: Sequence[EventLog]) -> list[Line]:
    """``events``, as in ``told``, in words; needs two queries."""
    teams = dict(league.constructors.values_list("pk", "team_name"))
    people = {pk for event in events for pk in _people(event.data)}
    names = {user.pk: user.display_name for user in User.objects.filter(pk__in=people)}
    return [Line(event, SENTENCES[event.name](event.data, teams, names)) for event in events]


def history(league: League) -> list[Line]:
    """The latest events; needs three queries."""
    return lines(league, list(told(league)[:MOST]))


def _people(data: dict[str, Any]) -> list[int]:
    return [*data.get("user_ids", []), *(data[key] for key in ("user_id", "former_id") if key in data)]


Names = Mapping[int, str]


def _changed(data: dict[str, Any], teams: Names, names: Names) -> str:
    fields = [getattr(League._meta.get_field(field), "verbose_name", field) for field in data["changed"]]
    return f"changed the settings: {', '.join(fields)}"


def _left(data: dict[str, Any], teams: Names, names: Names) -> str:
    team = teams.get(data["constructor_id"], "")
    return f"removed {team}: {data['reason']}" if data["removed"] else f"left with {team}"


def _offered(data: dict[str, Any], teams: Names, names: Names) -> str:
    team, person = teams.get(data["constructor_id"], ""), names.get(data["user_id"], "")
    return f"offered {team} to {person}: {data['reason']}"


def _taken_over(data: dict[str, Any], teams: Names, names: Names) -> str:
    return f"took over {teams.get(data['constructor_id'], '')} from {names.get(data['former_id'], '')}"


def _managers(data: dict[str, Any], teams: Names, names: Names) -> str:
    return f"changed the managers: {', '.join(names[pk] for pk in data['user_ids'] if pk in names) or 'nobody is left'}"


def _muted(data: dict[str, Any], teams: Names, names: Names) -> str:
    person, why = names.get(data["user_id"], ""), f": {data['reason']}" if data["reason"] else ""
    return f"{'muted' if data['on'] else 'let'} {person} {'' if data['on'] else 'speak again '}in the chat{why}"


SENTENCES: dict[str, Callable[[dict[str, Any], Names, Names], str]] = {
    "LeagueCreated": lambda data, teams, names: "created the league",
    "LeagueChanged": _changed,
    "ConstructorJoined": lambda data, teams, names: f"joined with {teams.get(data['constructor_id'], '')}",
    "ConstructorLeft": _left,
    "ConstructorInvited": lambda data, teams, names: f"invited {teams.get(data['constructor_id'], '')} back",
    "ConstructorRenamed": lambda data, teams, names: f"named the team {data['team_name']}",
    "ConstructorRecoloured": lambda data, teams, names: f"gave {teams.get(data['constructor_id'], '')} another colour",
    "TeamOffered": _offered,
    "OfferWithdrawn": lambda data, teams, names: f"ended the offer of {teams.get(data['constructor_id'], '')}",
    "ConstructorTakenOver": _taken_over,
    "CodeRenewed": lambda data, teams, names: "made a new code: the old invitations are void",
    "ToldAgain": lambda data, teams, names: f"had {names.get(data['user_id'], '')} told again: {data['title']}",
    "WebhookAdded": lambda data, teams, names: f"let {data['host']} hear of what happens here, by a webhook",
    "WebhookRemoved": lambda data, teams, names: f"removed the webhook to {data['host']}",
    "ManagersChanged": _managers,
    "ChatMuted": _muted,
    "ChatMessageRemoved": lambda data, teams, names: f"took out a message of {names.get(data['user_id'], '')}",
}
