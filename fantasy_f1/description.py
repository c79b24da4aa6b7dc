"""What the API's description says before it comes to single operations, and what these lead to."""

from typing import Any

DESCRIPTION = """\
Draft-based fantasy Formula 1 leagues: everything that players and managers do on the pages, for programs.

## Signing in

The real world (drivers, races, results) and public leagues are open to anyone. For the rest, exchange a name and a
password for tokens (`POST /api/v1/auth/login`) and send `Authorization: Bearer <access>`. An access token lasts 15
minutes; before it ends, exchange the refresh token for a new pair (`POST /api/v1/auth/refresh`). Each refresh token can
be used once: whoever uses it again ends the sign-in with all its tokens. Pages of this installation may use their
session instead; unsafe methods then need the CSRF token.

With the second factor on, signing in takes `otp`, too: a code of the authenticator app, or one of the recovery codes.
A right password alone is answered with 401 `otp_required`.

A private league does not exist (404) for whoever neither plays in it nor manages it.

## API keys

Programs that run by themselves use a key instead of a password: `POST /api/v1/auth/keys` makes one, shown this once, to
be sent as `Authorization: Bearer ff1_…`. One with the scope `read` changes nothing (403 `scope_missing`), one with
`write` plays and manages as its owner does. No key does what the account itself hangs on: password, address, second
factor, keys, sign-ins, export and closing (403 `key_not_allowed`). A key ends when it is revoked, when it expires, and
when the password is changed.

## Errors

Every error is a problem document (RFC 9457, `application/problem+json`). `code` is stable and for programs, `detail` is
for people, `errors` maps fields to messages where fields are at fault. Fields that an operation does not know are
refused by name. A 409 is a rule of the game. Each operation lists the codes that it may answer; what is wrong with
tokens and keys (401) is told with the ways to be let in.

## Limits

Every answer tells in `RateLimit-Limit`, `-Remaining` and `-Reset` what is left of the scarcest limit on this request:
reads and writes are counted by account, or by address where nobody is signed in, signing in by address and by account.
Who is too fast gets a 429 `rate_limited` and waits the seconds of `Retry-After`. A body has at most 1 MB.

## Lists

Lists answer `{count, next, previous, results}` and take `page` and `page_size` (25, at most 100). A parameter that a
list does not know is refused by name; a page that is not there is a 404.

## Numbers and times

Points and prices are strings of exact decimals (`"25"`, `"12.5"`). Times are ISO 8601 in UTC. Ids are whole numbers.

## Spoilers

Whoever watches a race later raises the spoiler shield of their account (`PATCH /api/v1/users/me`, `hide_results`). From
then on results, points and boards are as they were after the last session that the account has seen, until
`POST /api/v1/users/me/reveal` shows more. A race whose result is hidden has `results_hidden`. Reads with results take
`spoilers=show` for all of them, whatever the shield, and `spoilers=hide` for an answer that spoils nothing: as the
shield says, and where there is none, without the sessions of the last seven days. Prices follow the results at once.

## What has not changed

Reads carry an `ETag`. Sent back as `If-None-Match`, it is answered with 304 and no body while all is the same. Changes
of a league and of a draft's order take it as `If-Match`: whoever was overtaken gets a 412 `precondition_failed` and
overwrites nothing.

## Repeating

What changes something is safe to repeat where that makes sense: a second join, leave or equal pick answers as the first
did and is recorded once. Where an answer got lost on the way, joins and picks take an `Idempotency-Key` besides: for a
day the same request with the same key gets the first answer again (`Idempotent-Replayed: true`), and another request
with that key a 422 `idempotency_key_reused`.

## Webhooks

A program need not ask all the time: `POST /api/v1/webhooks` has what happens in one's leagues posted to it. A post is
`{id, type, created_at, league, data}`; what stands in `data` is under *Webhooks* at the end of this description. It is
signed as in the [Standard Webhooks](https://www.standardwebhooks.com): `Webhook-Signature` holds, after `v1,`, the
base64 of the HMAC-SHA256 of `{Webhook-Id}.{Webhook-Timestamp}.{body}` by the secret (its base64 after `whsec_`
decoded); for a day after a new secret there are two. Any answer from 200 to 299 within 5 seconds takes it, 410 ends the
webhook, and after all else it comes again for about 28 hours, with the same `Webhook-Id`. A webhook tells results at
once, also where its owner hides them from themselves.
"""
TAGS = [
    {"name": "auth", "description": "Signing up and in: tokens, API keys, sign-ins."},
    {"name": "users", "description": "One's own account and what others may see of theirs."},
    {"name": "seasons", "description": "The years that are known."},
    {"name": "teams", "description": "Formula 1's teams."},
    {"name": "races", "description": "The calendar, results, and what they are worth."},
    {"name": "drivers", "description": "Drivers, their teams, prices and form."},
    {"name": "leagues", "description": "Leagues: making, finding, joining, managing; their leaderboards."},
    {"name": "members", "description": "Who plays in a league and who manages it."},
    {"name": "constructors", "description": "Players' teams in leagues."},
    {"name": "drafts", "description": "Who picks when, and the picks."},
    {"name": "calendar", "description": "Calendar feeds (iCalendar) with a secret address."},
    {"name": "rules", "description": "What counts, in numbers."},
    {"name": "notifications", "description": "What one is told."},
    {"name": "webhooks", "description": "Addresses to which is posted what happens, and what became of it."},
]


def _by(**parameters: str) -> dict[str, dict[str, str]]:
    """Parameters of an operation from fields of the answer."""
    return {"parameters": {name: f"$response.body#/{field}" for name, field in parameters.items()}}


def _again(*parameters: str) -> dict[str, dict[str, str]]:
    """Parameters of an operation from the same ones of the request."""
    return {"parameters": {name: f"$request.path.{name}" for name in parameters}}


def _in_league(**parameters: str) -> dict[str, dict[str, str]]:
    """The league of the request, and parameters of an operation from fields of the answer."""
    return {"parameters": _again("id")["parameters"] | _by(**parameters)["parameters"]}


_LEAGUE = {
    **dict.fromkeys(["leagues_read", "leagues_change", "leagues_delete"], _by(id="id")),
    **dict.fromkeys(["leagues_join", "leagues_leave", "leagues_leaderboard", "leagues_history"], _by(id="id")),
    **dict.fromkeys(["chat_list", "chat_create"], _by(id="id")),
    **dict.fromkeys(["leagues_renew_code", "members_list", "managers_list"], _by(id="id")),
    **dict.fromkeys(["drafts_list", "drafts_initialize"], _by(league_id="id")),
    "managers_add": _by(id="id", user_id="creator/id"),
    "leagues_hand_over": {**_by(id="id"), "requestBody": {"user_id": "$response.body#/creator/id"}},
}
_TEAM = {
    **dict.fromkeys(["constructors_read", "constructors_change", "constructors_races"], _by(id="id")),
    **dict.fromkeys(["constructors_season_list", "constructors_set_season_list"], _by(id="id")),
    "members_remove": _by(id="league", constructor_id="id"),
    "leagues_leave": _by(id="league"),
    "leagues_leaderboard": _by(id="league"),
}
_CALENDAR = ["calendar_feeds_renew", "calendar_feeds_delete"]
_MEMBER = ["members_remove", "members_invite_back", "members_replace", "members_withdraw_offer", "members_mute"]


def _of_draft(at: str = "") -> dict[str, dict[str, Any]]:
    """What a draft leads to that is ``at`` some place of the answer; the team is the one that picks first."""
    draft = _by(league_id=f"{at}league", race_id=f"{at}race")
    part = _by(id=f"{at}order/0", race_id=f"{at}race")
    return {
        **dict.fromkeys(["drafts_read", "drafts_set_order", "drafts_events"], draft),
        **dict.fromkeys(["drafts_pause", "drafts_resume", "drafts_set_clock", "drafts_undo", "drafts_void"], draft),
        "drafts_let_autopick": draft,
        **dict.fromkeys(["constructors_draft", "constructors_pick"], part),
        **dict.fromkeys(["constructors_queue", "constructors_set_queue", "constructors_set_autopick"], part),
    }


_DRAFT = _of_draft()
_TOKENS = {name: {"requestBody": {"refresh": "$response.body#/refresh"}} for name in ("auth_refresh", "auth_logout")}
_WEBHOOK = dict.fromkeys(
    [f"webhooks_{what}" for what in ("read", "change", "test", "rotate_secret", "deliveries", "delete")], _by(id="id")
)
LINKS: dict[str, dict[str, dict[str, Any]]] = {
    "auth_register": {
        "auth_login": {"requestBody": {"username": "$response.body#/username", "password": "$request.body#/password"}},
    },
    "auth_login": _TOKENS,
    "auth_refresh": _TOKENS,
    "keys_create": {"keys_revoke": _by(id="id")},
    "keys_list": {"keys_revoke": _by(id="results/0/id")},
    "leagues_create": _LEAGUE,
    "leagues_change": _LEAGUE,
    "leagues_renew_code": _LEAGUE,
    "leagues_join": _TEAM,
    "constructors_change": _TEAM,
    "drafts_initialize": _DRAFT,
    "drafts_set_order": _DRAFT,
    "drafts_pause": _DRAFT,
    "drafts_resume": _DRAFT,
    "drafts_set_clock": _DRAFT,
    "drafts_undo": _DRAFT,
    "drivers_list": dict.fromkeys(["drivers_read", "drivers_results"], _by(id="results/0/id")),
    "races_list": dict.fromkeys(
        ["races_read", "races_entries", "races_results", "races_scores"], _by(id="results/0/id")
    ),
    "leagues_list": {"leagues_read": _by(id="results/0/id"), "drafts_list": _by(league_id="results/0/id")},
    "constructors_list": dict.fromkeys(["constructors_read", "constructors_races"], _by(id="results/0/id")),
    "members_list": {"users_read": _by(id="results/0/user/id")},
    "members_replace": dict.fromkeys(_MEMBER, _again("id", "constructor_id")),
    "chat_list": {"chat_delete": _in_league(message_id="results/0/id")},
    "chat_create": {"chat_delete": _in_league(message_id="id")},
    "managers_add": {"managers_remove": _again("id", "user_id")},
    "mock_draft_create": {"mock_draft_read": {}, "mock_draft_delete": {}},
    "calendar_feeds_list": dict.fromkeys(_CALENDAR, _by(id="results/0/id")),
    "calendar_feeds_create": dict.fromkeys(_CALENDAR, _by(id="id")),
    "drafts_list": _of_draft(at="results/0/"),
    "notifications_list": {"notifications_mark_read": _by(id="results/0/id")},
    "webhooks_create": _WEBHOOK,
    "webhooks_change": _WEBHOOK,
    "webhooks_list": {"webhooks_read": _by(id="results/0/id")},
    "webhooks_deliveries": {
        "webhooks_send_again": {
            "parameters": _again("id")["parameters"] | _by(delivery_id="results/0/id")["parameters"]
        }
    },
}
"""By operation, the operations that its answer leads to, and how."""
