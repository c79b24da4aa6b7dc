"""Tags of what was read (``ETag``), and changes that go through only if it is still so (``If-Match``).

Tags are weak, because an answer may be compressed on its way, and a tag is the same with and without its ``W/``.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.renderers import PlainJSONRenderer


class PreconditionFailed(DomainError):
    code = "precondition_failed"
    status = HTTPStatus.PRECONDITION_FAILED


def tag(content: bytes) -> str:
    """The tag of an answer with this content."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def names(header: str, current: str) -> bool:
    """Whether an ``If-Match`` or ``If-None-Match`` names the tag ``current``; ``*`` names each."""
    given = parse_etags(header)
    return given == ["*"] or current.removeprefix("W/") in [each.removeprefix("W/") for each in given]


def tagged(response: Response) -> Response:
    """``response``, which shows what a read would show, with the tag that the read would have."""
    response["ETag"] = tag(PlainJSONRenderer().render(response.data))
    return response


@contextmanager
def if_match(request: Request, current: Callable[[], Response]) -> Iterator[None]:
    """A transaction for a change; where the request has an ``If-Match``, only of what it names.

    ``current`` takes the lock that the change takes, checks who asks, and returns what a read answers: so of two
    editors who saw the same, the second is refused. Raises ``PreconditionFailed``, and ``Http404`` for what somebody
    deleted meanwhile.
    """
    header = request.headers.get("If-Match")
    try:
        with transaction.atomic():
            if header is not None and not names(header, tagged(current())["ETag"]):
                raise PreconditionFailed("It was changed since you read it: read it again.")
            yield
    except ObjectDoesNotExist as error:
        raise Http404 from error
