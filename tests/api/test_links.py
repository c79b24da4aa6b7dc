"""The links of the description lead somewhere: with what an answer says, the next operation finds what it is about."""

from typing import Any

import pytest

from fantasy_f1.description import LINKS
from tests.api.asking import OPERATIONS, ROWS, ask
from tests.api.table import ACTORS, BODIES
from tests.api.world import World

pytestmark = pytest.mark.django_db

OF_THE_OWNER = {"calendar_feeds_list", "notifications_list", "webhooks_list"}


def told(expression: str, *, ids: dict[str, Any], sent: Any, answered: Any) -> Any:
    """What a runtime expression of OpenAPI stands for."""
    where, _, pointer = expression.partition("#/")
    if where.startswith("$request.path."):
        return ids[where.removeprefix("$request.path.")]
    value = {"$request.body": sent, "$response.body": answered}[where]
    for step in pointer.split("/"):
        value = value[int(step) if isinstance(value, list) else step]
    return value


@pytest.mark.parametrize("world", ["public"], indirect=True)
@pytest.mark.parametrize(("source", "target"), [(source, target) for source in LINKS for target in LINKS[source]])
def test_link(world: World, source: str, target: str) -> None:
    able = [actor for actor in ["manager", *ACTORS] if ROWS[source]["public", actor] < 300]
    actor = "owner" if source in OF_THE_OWNER else able[0]
    sent = BODIES[source](world) if source in BODIES else None
    answered = ask(world, actor, source).json()
    how = LINKS[source][target]

    def filled(expressions: dict[str, str]) -> dict[str, Any]:
        ids = world.ids(OPERATIONS[source][1])
        return {name: told(each, ids=ids, sent=sent, answered=answered) for name, each in expressions.items()}

    body = filled(how["requestBody"]) if "requestBody" in how else None
    followed = ask(world, actor, target, ids=filled(how.get("parameters", {})), body=body)

    assert followed.status_code < 300 or followed.status_code in (403, 409), followed.content
