"""How the API reads bodies."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser

MAX_DEPTH = 32
"""Far more than any operation takes, far less than what ``repr`` and the like can go down."""
TOO_DEEP = "The JSON is nested too deeply."


class BoundedJSONParser(JSONParser):
    """Reads JSON of a bounded depth, with text that can be written again; its size was looked at by ``ApiMiddleware``.

    A compressed body is answered 415: what it grows to could not be known before.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        assert parser_context is not None
        coding = parser_context["request"].headers.get("Content-Encoding", "identity")
        if coding.lower() != "identity":
            raise UnsupportedMediaType(coding, f"A body is taken as it is, not with Content-Encoding: {coding[:40]}.")
        try:
            parsed: dict[str, Any] = super().parse(stream, media_type, parser_context)
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
