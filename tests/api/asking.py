"""Asking for any operation of the description, as somebody."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from fantasy_f1.core.examples import operations
from tests.api.table import BEFORE, BODIES, rows
from tests.api.world import World

ROWS = rows()
DESCRIPTION = SchemaGenerator().get_schema(request=None, public=True)
OPERATIONS = {
    operation["operationId"]: (method, path, operation) for method, path, operation in operations(DESCRIPTION)
}


def ask(
    world: World,
    actor: str,
    name: str,
    *,
    body: Any = None,
    query: str = "",
    bearer: str | None = None,
    ids: dict[str, Any] | None = None,
) -> HttpResponse:
    """Let ``actor`` ask for the operation as the table has it, or with another ``body`` or ``bearer``.

    With ``ids``: about those, and whatever happened before.
    """
    method, template, _ = OPERATIONS[name]
    if ids is None:
        BEFORE.get(name, lambda _: None)(world)
    given = BODIES[name](world) if name in BODIES and body is None else body
    bearer = bearer or world.access.get(actor)
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return Client().generic(
        method.upper(),
        (world.path(template) if ids is None else template.format(**ids)) + query,
        b"" if given is None else json.dumps(given),
        "application/json",
        headers=headers,
    )
