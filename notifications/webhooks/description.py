"""What is posted, as OpenAPI describes it (``SPECTACULAR_SETTINGS["WEBHOOKS"]``)."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiWebhook

from notifications.webhooks.happenings import KINDS, TEST

_HEADERS = {
    "Webhook-Id": "Names the post: the same on every try",
    "Webhook-Timestamp": "When it was sent: seconds since 1970",
    "Webhook-Signature": "`v1,` and the base64 of an HMAC-SHA256; two of them for a day after a new secret",
}
_AT = "2026-07-22T09:04:10Z"


def _post(name: str, what: str, kinds: Sequence[str], data: dict[str, Any], *, league: bool = True) -> OpenApiWebhook:
    """A kind of post, with an example that has the first of ``kinds``."""
    text = {"type": "string"}
    of = {"type": "object", "properties": {"id": {"type": "integer"}, "name": text}, "required": ["id", "name"]}
    properties = {
        "id": text,
        "type": {**text, "enum": list(kinds)},
        "created_at": {**text, "format": "date-time"},
        "league": of if league else {"anyOf": [of, {"type": "null"}]},
        "data": {"type": "object"},
    }
    example = {
        "id": "msg_0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "type": kinds[0],
        "created_at": _AT,
        "league": {"id": 1, "name": "Paddock"},
        "data": data,
    }
    body = {
        "schema": {"type": "object", "properties": properties, "required": list(properties)},
        "examples": {"Example": {"value": example}},
    }
    headers = [
        {"name": name, "in": "header", "required": True, "description": said, "schema": text}
        for name, said in _HEADERS.items()
    ]
    answers = {
        "2XX": {"description": "Taken"},
        "410": {"description": "Nothing is to be sent here any more: the webhook is switched off"},
        "default": {"description": "Tried again later"},
    }
    return OpenApiWebhook(
        name=name,
        decorator={
            "post": {
                "summary": what,
                "tags": ["webhooks"],
                "parameters": headers,
                "requestBody": {"required": True, "content": {"application/json": body}},
                "responses": answers,
            }
        },
    )


def _of(area: str) -> list[str]:
    return [kind for kind in KINDS if kind.startswith(f"{area}.")]


DRAFT = _post(
    "draft",
    "What happens in a draft",
    ["draft.pick_made", *(kind for kind in _of("draft") if kind != "draft.pick_made")],
    {
        "by": {"id": 4, "username": "ana"},
        "race_id": 36,
        "version": 3,
        "draft_id": 7,
        "pick_number": 1,
        "constructor_id": 3,
        "driver_id": 12,
        "source": "player",
        "reason": "",
        "current_pick": {"pick_number": 2, "round": 1, "constructor": 1, "deadline": "2026-07-22T17:04:10+00:00"},
    },
)
SCORE = _post(
    "score",
    "What a race brought a league, and what a changed result did",
    _of("score"),
    {
        "race_id": 36,
        "number": 1,
        "status": "provisional",
        "changes": [],
        "results": [{"rank": 1, "constructor": {"id": 3, "team_name": "Apex Hunters"}, "points": "43"}],
    },
)
LEAGUE = _post(
    "league",
    "What happens in a league",
    ["league.constructor_joined", *(kind for kind in _of("league") if kind != "league.constructor_joined")],
    {"by": {"id": 4, "username": "ana"}, "version": 2, "league_id": 1, "constructor_id": 3},
)
TESTED = _post("test", "A test that somebody asked for", [TEST], {"message": "This is a test."}, league=False)
