"""Who may do what: a row for each operation, in the words of HTTP.

The columns are whoever asks: nobody (anonymous), a stranger to the league, a member who plays in it, the owner of all
that is asked for (constructor, account, API key, sign-in, notification, webhook), the only manager, who does not play,
and the only host. First for a public league, then for a private one; one half is enough where the league makes no
difference.
"""

from collections.abc import Callable
from typing import Any

from pyotp import TOTP

from tests.api.world import World
from tests.pushing import PushedTo

ACTORS = ["anonymous", "stranger", "member", "owner", "manager", "host"]
LEAGUES = ["public", "private"]

TABLE = """
#                           anon str mem own mgr host   anon str mem own mgr host
auth_login                  200  200 200 200 200 200
auth_logout                 204  204 204 204 204 204
auth_me                     401  200 200 200 200 200
auth_refresh                200  200 200 200 200 200
auth_register               201  201 201 201 201 201
auth_reset_password         202  202 202 202 202 202
calendar_feeds_create       401  403 201 201 403 403    401  404 201 201 403 403
calendar_feeds_delete       401  404 404 204 404 404
calendar_feeds_list         401  200 200 200 200 200
calendar_feeds_renew        401  404 404 200 404 404
chat_create                 401  403 201 201 201 201    401  404 201 201 201 201
chat_delete                 401  403 403 204 204 204    401  404 403 204 204 204
chat_list                   401  403 200 200 200 200    401  404 200 200 200 200
constructors_change         401  403 403 200 403 403    401  404 403 200 403 403
constructors_draft          200  200 200 200 200 200    404  404 200 200 200 200
constructors_list           200  200 200 200 200 200
constructors_pick           401  403 403 201 201 201    401  404 403 201 201 201
constructors_queue          401  403 403 200 403 403    401  404 403 200 403 403
constructors_races          200  200 200 200 200 200    404  404 200 200 200 200
constructors_read           200  200 200 200 200 200    404  404 200 200 200 200
constructors_season_list    401  403 403 200 403 403    401  404 403 200 403 403
constructors_set_autopick   401  403 403 200 403 403    401  404 403 200 403 403
constructors_set_queue      401  403 403 200 403 403    401  404 403 200 403 403
constructors_set_season_list 401 403 403 200 403 403    401  404 403 200 403 403
drafts_events               200  200 200 200 200 200    404  404 200 200 200 200
drafts_initialize           401  403 403 403 201 201    401  404 403 403 201 201
drafts_let_autopick         401  403 403 403 200 200    401  404 403 403 200 200
drafts_list                 200  200 200 200 200 200    404  404 200 200 200 200
drafts_order_ahead          200  200 200 200 200 200    404  404 200 200 200 200
drafts_pause                401  403 403 403 200 200    401  404 403 403 200 200
drafts_read                 200  200 200 200 200 200    404  404 200 200 200 200
drafts_resume               401  403 403 403 200 200    401  404 403 403 200 200
drafts_set_clock            401  403 403 403 200 200    401  404 403 403 200 200
drafts_set_order            401  403 403 403 200 200    401  404 403 403 200 200
drafts_undo                 401  403 403 403 200 200    401  404 403 403 200 200
drafts_void                 401  403 403 403 200 200    401  404 403 403 200 200
drivers_list                200  200 200 200 200 200
drivers_read                200  200 200 200 200 200
drivers_results             200  200 200 200 200 200
keys_create                 401  201 201 201 201 201
keys_list                   401  200 200 200 200 200
keys_revoke                 401  404 404 204 404 404
leagues_change              401  403 403 403 200 200    401  404 403 403 200 200
leagues_create              401  201 201 201 201 201
leagues_delete              401  403 403 403 409 409    401  404 403 403 409 409
leagues_hand_over           401  403 403 403 204 204    401  404 403 403 204 204
leagues_history             401  403 200 200 200 200    401  404 200 200 200 200
leagues_join                401  201 201 201 201 201    401  404 201 201 201 201
leagues_leaderboard         200  200 200 200 200 200    404  404 200 200 200 200
leagues_leave               401  204 204 204 204 204    401  404 204 204 204 204
leagues_list                200  200 200 200 200 200
leagues_read                200  200 200 200 200 200    404  404 200 200 200 200
leagues_renew_code          401  403 403 403 200 200    401  404 403 403 200 200
managers_add                401  403 403 403 200 200    401  404 403 403 200 200
managers_list               200  200 200 200 200 200    404  404 200 200 200 200
managers_remove             401  403 403 403 204 204    401  404 403 403 204 204
members_invite_back         401  403 403 403 200 200    401  404 403 403 200 200
members_list                200  200 200 200 200 200    404  404 200 200 200 200
members_mute                401  403 403 403 200 200    401  404 403 403 200 200
members_remove              401  403 403 403 200 200    401  404 403 403 200 200
members_replace             401  403 403 403 200 200    401  404 403 403 200 200
members_withdraw_offer      401  403 403 403 204 204    401  404 403 403 204 204
mock_draft_create           401  201 201 201 201 201
mock_draft_delete           401  204 204 204 204 204
mock_draft_pick             401  201 201 201 201 201
mock_draft_read             401  200 200 200 200 200
notifications_events        401  200 200 200 200 200
notifications_list          401  200 200 200 200 200
notifications_mark_all_read 401  200 200 200 200 200
notifications_mark_read     401  404 404 200 404 404
notifications_preferences   401  200 200 200 200 200
notifications_change_preferences 401 200 200 200 200 200
push_subscriptions_create   401  201 201 201 201 201
push_subscriptions_delete   401  404 404 204 404 404
push_subscriptions_list     401  200 200 200 200 200
races_entries               200  200 200 200 200 200
races_list                  200  200 200 200 200 200
races_read                  200  200 200 200 200 200
races_results               200  200 200 200 200 200
races_scores                200  200 200 200 200 200
rules_read                  200  200 200 200 200 200
seasons_list                200  200 200 200 200 200
second_factor_begin         401  201 201 201 201 201
second_factor_confirm       401  200 200 200 200 200
second_factor_disable       401  204 204 204 204 204
sessions_end                401  404 404 204 404 404
sessions_end_others         401  204 204 204 204 204
sessions_list               401  200 200 200 200 200
teams_list                  200  200 200 200 200 200
users_list                  401  403 403 403 403 200
users_me                    401  200 200 200 200 200
users_me_change             401  200 200 200 200 200
users_me_deactivate         401  204 204 204 409 409
users_me_delete             401  204 204 204 409 409
users_me_export             401  200 200 200 200 200
users_me_reveal             401  200 200 200 200 200
users_me_send_verification  401  202 202 202 202 202
users_read                  401  404 200 200 200 200
webhooks_change             401  404 404 200 404 404
webhooks_create             401  201 201 201 201 201
webhooks_delete             401  404 404 204 404 404
webhooks_deliveries         401  404 404 200 404 404
webhooks_list               401  200 200 200 200 200
webhooks_read               401  404 404 200 404 404
webhooks_rotate_secret      401  404 404 200 404 404
webhooks_send_again         401  404 404 202 404 404
webhooks_test               401  404 404 202 404 404
"""

BODIES: dict[str, Callable[[World], Any]] = {
    "auth_login": lambda world: {"username": "owner", "password": world.password},
    "auth_logout": lambda world: {"refresh": world.refresh},
    "auth_refresh": lambda world: {"refresh": world.refresh},
    "auth_register": lambda world: {"username": "new", "email": "new@example.com", "password": world.password},
    "auth_reset_password": lambda world: {"email": world.owner.email},
    "calendar_feeds_create": lambda world: {"league": world.league.pk},
    "chat_create": lambda world: {"text": "Box, box"},
    "constructors_change": lambda world: {"team_name": "Other"},
    "constructors_pick": lambda world: {"driver_id": world.driver.pk},
    "constructors_set_autopick": lambda world: {"mode": "draft"},
    "constructors_set_queue": lambda world: {"driver_ids": [world.driver.pk]},
    "constructors_set_season_list": lambda world: {"driver_ids": [world.driver.pk], "never": []},
    "drafts_initialize": lambda world: {"race_id": world.next_race.pk},
    "drafts_let_autopick": lambda world: {"pick_number": 1, "reason": "Asleep"},
    "drafts_pause": lambda world: {"reason": "Rain"},
    "drafts_resume": lambda world: {"reason": "Sun"},
    "drafts_set_clock": lambda world: {"pick_seconds": 90},
    "drafts_set_order": lambda world: {"order": [world.members_team.pk, world.owners_team.pk]},
    "drafts_undo": lambda world: {"to_pick_number": 1},
    "drafts_void": lambda world: {"reason": "Rain"},
    "keys_create": lambda world: {"name": "Bot", "scope": "read"},
    "leagues_change": lambda world: {"name": "Other"},
    "leagues_create": lambda world: {"name": "Mine", "season": world.race.season_id},
    "leagues_hand_over": lambda world: {"user_id": world.owner.pk},
    "leagues_join": lambda world: {"team_name": "Mine"},
    "members_mute": lambda world: {"on": True},
    "members_remove": lambda world: {"reason": "Gone"},
    "members_replace": lambda world: {"reason": "Gone", "username": "stranger"},
    "mock_draft_create": lambda world: {"teams": 4},
    "mock_draft_pick": lambda world: {"driver_id": world.driver.pk},
    "notifications_change_preferences": lambda world: {"digest": "daily"},
    "push_subscriptions_create": lambda world: {"endpoint": "https://1.1.1.1/push", "keys": PushedTo().keys},
    "second_factor_begin": lambda world: {"current_password": world.password},
    "second_factor_confirm": lambda world: {"otp": TOTP(world.secret).now()},
    "second_factor_disable": lambda world: {"current_password": world.password},
    "users_me_change": lambda world: {"full_name": "Somebody"},
    "users_me_deactivate": lambda world: {"current_password": world.password},
    "users_me_delete": lambda world: {"current_password": world.password},
    "users_me_reveal": lambda world: {"until": "2026-07-26T13:00:00Z"},
    "webhooks_change": lambda world: {"is_active": True},
    "webhooks_create": lambda world: {"url": "https://93.184.215.14/hook"},  # public, and no name to be looked up
}
"""What is sent, by whoever asks."""

BEFORE: dict[str, Callable[[World], None]] = {
    "drafts_resume": World.pause,
    "drafts_undo": World.pause,
    "mock_draft_pick": World.practise,
    "mock_draft_read": World.practise,
    "second_factor_confirm": World.set_up_second_factors,
}
"""What happened before."""

NOT_WITH_KEYS = {
    "keys_create",
    "keys_list",
    "keys_revoke",
    "push_subscriptions_create",
    "push_subscriptions_delete",
    "push_subscriptions_list",
    "second_factor_begin",
    "second_factor_confirm",
    "second_factor_disable",
    "sessions_end",
    "sessions_end_others",
    "sessions_list",
    "users_me_change",
    "users_me_deactivate",
    "users_me_delete",
    "users_me_export",
    "users_me_reveal",
    "users_me_send_verification",
}
"""What the account itself hangs on: no API key does it. With one that may only read nothing but reads are done."""


def rows() -> dict[str, dict[tuple[str, str], int]]:
    """→ by operation, by league and actor, the status."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for line in TABLE.strip().splitlines()[1:]:
        name, *statuses = line.split()
        halves = statuses * 2 if len(statuses) == len(ACTORS) else statuses
        cells = [(league, actor) for league in LEAGUES for actor in ACTORS]
        found[name] = dict(zip(cells, map(int, halves), strict=True))
    return found
