"""What leagues do when an account closes, and what they tell accounts about people and races."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts import export, shield, visibility
from accounts.models import User
from accounts.signals import account_closing
from fantasy_f1.core import live
from fantasy_f1.core.events import published
from leagues import chat
from leagues.departures import check_departure, depart
from leagues.events import ConstructorLeft, ConstructorTakenOver, LeagueChanged, LeagueDeleted, ManagersChanged
from leagues.models import League
from races.queries import first_untold

ANOTHER_AUDIENCE = (ConstructorLeft, ConstructorTakenOver, LeagueChanged, LeagueDeleted, ManagersChanged)
"""After these somebody may not see the league any more."""


def let_go(*, user: User, now: datetime, for_good: bool, **kwargs: Any) -> None:
    """Who only deactivates keeps teams and roles, but leaves no league without a manager who can act."""
    if for_good:
        depart(user=user, now=now)
        chat.forget(user=user)
    else:
        check_departure(user=user)


def league_mates(viewer: User) -> "QuerySet[User]":
    """All who play or played in, or manage, a league that ``viewer`` plays in or manages."""
    leagues = League.objects.of(viewer).values("pk")
    return User.objects.filter(Q(constructors__league__in=leagues) | Q(managed_leagues__in=leagues))


def leagues_of(user: User) -> list[dict[str, Any]]:
    leagues = user.managed_leagues.order_by("pk")
    return [dict(row) for row in leagues.values("id", "name", "description", "season", "created_at")]


def constructors_of(user: User) -> list[dict[str, Any]]:
    fields = ["id", "league_id", "team_name", "color", "is_active", "joined_at", "left_at"]
    return list(user.constructors.order_by("pk").values(*fields, league_name=F("league__name")))


def look_who_listens(*, event: Any, **kwargs: Any) -> None:
    live.recheck(f"league:{event.league_id}")


def connect() -> None:
    for event in ANOTHER_AUDIENCE:
        published.connect(look_who_listens, sender=event)
    account_closing.connect(let_go)
    visibility.register(league_mates)
    shield.register(first_untold)
    export.register("managed_leagues", leagues_of)
    export.register("constructors", constructors_of)
    export.register("chat", chat.said_by)
