"""What happened in a league, in words, from its event log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from leagues.models import League

MOST = 30


@dataclass(frozen=True)
class Line:
    at: datetime
    who: str
    what: str


def history(league: League) -> list[Line]:
    """The latest events, newest first; needs three queries."""
    events = list(league.events().select_related("actor").order_by("-version")[:MOST])
    teams = dict(league.constructors.values_list("pk", "team_name"))
    managers = {pk for event in events for pk in event.data.get("user_ids", [])}
    names = {user.pk: user.display_name for user in User.objects.filter(pk__in=managers)}
    return [
        Line(
            event.created_at,
            event.actor.display_name if event.actor else "",
            SENTENCES[event.name](event.data, teams, names),
        )
        for event in events
        if event.name in SENTENCES
    ]


Names = Mapping[int, str]


def _changed(data: dict[str, Any], teams: Names, names: Names) -> str:
    fields = [getattr(League._meta.get_field(field), "verbose_name", field) for field in data["changed"]]
    return f"changed the settings: {', '.join(fields)}"


def _left(data: dict[str, Any], teams: Names, names: Names) -> str:
    team = teams.get(data["constructor_id"], "")
    return f"removed {team}: {data['reason']}" if data["removed"] else f"left with {team}"


def _managers(data: dict[str, Any], teams: Names, names: Names) -> str:
    return f"changed the managers: {', '.join(names[pk] for pk in data['user_ids'] if pk in names) or 'nobody is left'}"


SENTENCES: dict[str, Callable[[dict[str, Any], Names, Names], str]] = {
    "LeagueCreated": lambda data, teams, names: "created the league",
    "LeagueChanged": _changed,
    "ConstructorJoined": lambda data, teams, names: f"joined with {teams.get(data['constructor_id'], '')}",
    "ConstructorLeft": _left,
    "ConstructorInvited": lambda data, teams, names: f"invited {teams.get(data['constructor_id'], '')} back",
    "ConstructorRenamed": lambda data, teams, names: f"named the team {data['team_name']}",
    "ConstructorRecoloured": lambda data, teams, names: f"gave {teams.get(data['constructor_id'], '')} another colour",
    "ManagersChanged": _managers,
}
