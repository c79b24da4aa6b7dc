"""The errors that rules raise. A person may read their text; pages, API and commands all show the same one."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType


class DomainError(Exception):
    """A rule refused. ``code`` is stable and for programs, the message is for people, ``status`` is HTTP's.

    ``headers`` go with every answer that tells of it.
    """

    code = "refused"
    status: int = HTTPStatus.CONFLICT
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotAllowed(DomainError):
    """This is not yours to do."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN


class Invalid(DomainError):
    """The values given make no sense; ``field`` names the one at fault where there is one."""

    code = "invalid"
    status = HTTPStatus.BAD_REQUEST
