"""What the API's description says before it comes to single operations, and what these lead to."""

from typing import Any

DESCRIPTION = """\
Draft-based fantasy Formula 1 leagues: everything that players and managers do on the pages, for programs.

## Signing in

The real world (drivers, races, results) and public leagues are open to anyone. For the rest, exchange a name and a
password for tokens (`POST /api/v1/auth/login`) and send `Authorization: Bearer <access>`. An access token lasts 15
minutes; before it ends, exchange the refresh token for a new pair (`POST /api/v1/auth/refresh`). Each refresh token can
be used once. Pages of this installation may use their session instead; unsafe methods then need the CSRF token.

A private league does not exist (404) for whoever neither plays in it nor manages it.

## Errors

Every error is a problem document (RFC 9457, `application/problem+json`). `code` is stable and for programs, `detail` is
for people, `errors` maps fields to messages where fields are at fault. Fields that an operation does not know are
refused by name. A 409 is a rule of the game; each operation lists the codes that it may answer.

## Lists

Lists answer `{count, next, previous, results}` and take `page` and `page_size` (25, at most 100).

## Numbers and times

Points and prices are strings of exact decimals (`"25"`, `"12.5"`). Times are ISO 8601 in UTC. Ids are whole numbers.

## Repeating

What changes something is safe to repeat where that makes sense: a second join, leave or equal pick answers as the first
did and is recorded once.
"""
TAGS = [
    {"name": "auth", "description": "Accounts and tokens."},
    {"name": "users", "description": "What an account says about its owner."},
    {"name": "races", "description": "The calendar, results, and what they are worth."},
    {"name": "drivers", "description": "Drivers, their teams, prices and form."},
    {"name": "leagues", "description": "Leagues: making, finding, joining, managing; their leaderboards."},
    {"name": "constructors", "description": "Players' teams in leagues."},
    {"name": "drafts", "description": "Who picks when, and the picks."},
    {"name": "notifications", "description": "What one is told."},
]


def _by(**parameters: str) -> dict[str, dict[str, str]]:
    """Parameters of an operation from fields of the answer."""
    return {"parameters": {name: f"$response.body#/{field}" for name, field in parameters.items()}}


_LEAGUE = {
    **dict.fromkeys(["leagues_read", "leagues_change", "leagues_delete"], _by(id="id")),
    **dict.fromkeys(["leagues_join", "leagues_leave", "leagues_leaderboard"], _by(id="id")),
    **dict.fromkeys(["drafts_list", "drafts_initialize"], _by(league_id="id")),
}
_CONSTRUCTOR = dict.fromkeys(["constructors_read", "constructors_change", "constructors_autopick"], _by(id="id"))
_TOKENS = {name: {"requestBody": {"refresh": "$response.body#/refresh"}} for name in ("auth_refresh", "auth_logout")}
LINKS: dict[str, dict[str, dict[str, Any]]] = {
    "auth_register": {
        "auth_login": {"requestBody": {"username": "$response.body#/username", "password": "$request.body#/password"}}
    },
    "auth_login": _TOKENS,
    "auth_refresh": _TOKENS,
    "leagues_create": _LEAGUE,
    "leagues_change": _LEAGUE,
    "leagues_join": {**_CONSTRUCTOR, "leagues_leaderboard": _by(id="league")},
    "drafts_initialize": dict.fromkeys(["drafts_read", "drafts_set_order"], _by(league_id="league", race_id="race")),
    "drivers_list": {"drivers_read": _by(id="results/0/id")},
    "races_list": dict.fromkeys(["races_read", "races_results", "races_scores"], _by(id="results/0/id")),
    "leagues_list": {"leagues_read": _by(id="results/0/id"), "drafts_list": _by(league_id="results/0/id")},
    "constructors_list": {"constructors_read": _by(id="results/0/id")},
    "drafts_list": {
        "drafts_read": _by(league_id="results/0/league", race_id="results/0/race"),
        "constructors_draft": _by(id="results/0/order/0", race_id="results/0/race"),
        "constructors_pick": _by(id="results/0/order/0", race_id="results/0/race"),
    },
    "notifications_list": {"notifications_read": _by(id="results/0/id")},
}
"""By operation, the operations that its answer leads to, and how."""
