"""Who may do what: a row for each operation, in the words of HTTP.

The columns are whoever asks: nobody (anonymous), a stranger to the league, a member who plays in it, the owner of the
constructor and receiver of the notification that is asked for, a manager who does not play, and the host. First for a
public league, then for a private one; one half is enough where the league makes no difference.
"""

from collections.abc import Callable
from typing import Any

from tests.api.world import World

ACTORS = ["anonymous", "stranger", "member", "owner", "manager", "host"]
LEAGUES = ["public", "private"]

TABLE = """
#                        anon str mem own mgr host   anon str mem own mgr host
auth_login               200  200 200 200 200 200
auth_logout              204  204 204 204 204 204
auth_me                  401  200 200 200 200 200
auth_refresh             200  200 200 200 200 200
auth_register            201  201 201 201 201 201
constructors_autopick    401  403 403 200 403 403    401  404 403 200 403 403
constructors_change      401  403 403 200 403 403    401  404 403 200 403 403
constructors_draft       200  200 200 200 200 200    404  404 200 200 200 200
constructors_list        200  200 200 200 200 200
constructors_pick        401  403 403 201 201 201    401  404 403 201 201 201
constructors_read        200  200 200 200 200 200    404  404 200 200 200 200
drafts_initialize        401  403 403 403 201 201    401  404 403 403 201 201
drafts_list              200  200 200 200 200 200    404  404 200 200 200 200
drafts_read              200  200 200 200 200 200    404  404 200 200 200 200
drafts_set_order         401  403 403 403 200 200    401  404 403 403 200 200
drivers_list             200  200 200 200 200 200
drivers_read             200  200 200 200 200 200
leagues_change           401  403 403 403 200 200    401  404 403 403 200 200
leagues_create           401  201 201 201 201 201
leagues_delete           401  403 403 403 409 409    401  404 403 403 409 409
leagues_join             401  201 201 201 201 201    401  404 201 201 201 201
leagues_leaderboard      200  200 200 200 200 200    404  404 200 200 200 200
leagues_leave            401  204 204 204 204 204    401  404 204 204 204 204
leagues_list             200  200 200 200 200 200
leagues_read             200  200 200 200 200 200    404  404 200 200 200 200
notifications_list       401  200 200 200 200 200
notifications_read       401  404 404 200 404 404
notifications_read_all   401  200 200 200 200 200
races_list               200  200 200 200 200 200
races_read               200  200 200 200 200 200
races_results            200  200 200 200 200 200
races_scores             200  200 200 200 200 200
users_me_update          401  200 200 200 200 200
"""

BODIES: dict[str, Callable[[World], Any]] = {
    "auth_login": lambda world: {"username": "owner", "password": world.password},
    "auth_logout": lambda world: {"refresh": world.refresh},
    "auth_refresh": lambda world: {"refresh": world.refresh},
    "auth_register": lambda world: {"username": "new", "email": "new@example.com", "password": world.password},
    "constructors_autopick": lambda world: {"on": True},
    "constructors_change": lambda world: {"team_name": "Other"},
    "constructors_pick": lambda world: {"driver_id": world.driver.pk},
    "drafts_initialize": lambda world: {"race_id": world.next_race.pk},
    "drafts_set_order": lambda world: {"order": [world.members_team.pk, world.owners_team.pk]},
    "leagues_change": lambda world: {"name": "Other"},
    "leagues_create": lambda world: {"name": "Mine", "season": world.race.season_id},
    "leagues_join": lambda world: {"team_name": "Mine"},
    "users_me_update": lambda world: {"full_name": "Somebody"},
}
"""What is sent, by whoever asks."""


def rows() -> dict[str, dict[tuple[str, str], int]]:
    """→ by operation, by league and actor, the status."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for line in TABLE.strip().splitlines()[1:]:
        name, *statuses = line.split()
        halves = statuses * 2 if len(statuses) == len(ACTORS) else statuses
        cells = [(league, actor) for league in LEAGUES for actor in ACTORS]
        found[name] = dict(zip(cells, map(int, halves), strict=True))
    return found
