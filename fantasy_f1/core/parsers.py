"""How the API reads bodies."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 32
"""Far more than any operation takes, far less than what ``repr`` and the like can go down."""
TOO_DEEP = "The JSON is nested too deeply."


class PayloadTooLarge(APIException):
    status_code = 413
    default_code = "payload_too_large"
    default_detail = "The body is larger than what is taken here."


class BoundedJSONParser(JSONParser):
    """Reads JSON of a bounded size and depth: 413 for more than ``DATA_UPLOAD_MAX_MEMORY_SIZE``, 400 for a pit."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        assert limit is not None
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge
        try:
            parsed: dict[str, Any] = super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError:
            raise ParseError(TOO_DEEP) from None
        if not _fits(parsed, MAX_DEPTH):
            raise ParseError(TOO_DEEP)
        return parsed


def _fits(value: object, levels: int) -> bool:
    """Whether at most ``levels`` lists and objects are inside each other."""
    if not isinstance(value, dict | list):
        return True
    return levels > 0 and all(
        _fits(each, levels - 1) for each in (value.values() if isinstance(value, dict) else value)
    )
