"""What addresses are made of, and ids that come as text."""

import re

from django.urls import register_converter

_ID = re.compile(r"[0-9]{1,18}")


def id_of(text: str) -> int | None:
    """The id that ``text`` writes in up to 18 digits, which any database can compare; ``None`` for anything else."""
    return int(text) if _ID.fullmatch(text) else None


class IdConverter:
    regex = _ID.pattern

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class CodeConverter:
    """A league's code."""

    regex = "[A-Za-z0-9]{8}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def register() -> None:
    """Let routes be written with ``<id:pk>`` and ``<code:code>``."""
    register_converter(IdConverter, "id")
    register_converter(CodeConverter, "code")
