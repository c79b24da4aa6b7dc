"""How the API writes answers."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class PlainJSONRenderer(JSONRenderer):
    """JSON in one way only, whatever indentation a client accepts: equal answers have equal tags."""

    def get_indent(self, accepted_media_type: str, renderer_context: Mapping[str, Any]) -> int | None:
        return None
