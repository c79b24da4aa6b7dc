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
    """Reads JSON of a bounded size and depth, with text that can be written again.

    What is larger than ``DATA_UPLOAD_MAX_MEMORY_SIZE`` is answered 413, the rest 400.
    """

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
        _check(parsed, MAX_DEPTH)
        return parsed


def _check(value: object, levels: int) -> None:
    """Raise ``ParseError`` for more than ``levels`` lists and objects inside each other, and for text that is none."""
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ParseError("The JSON has half of a surrogate pair in it.") from None
    elif isinstance(value, dict | list):
        if not levels:
            raise ParseError(TOO_DEEP)
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            _check(each, levels - 1)
