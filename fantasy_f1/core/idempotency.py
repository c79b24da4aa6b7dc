"""The same request again, the same answer again: ``Idempotency-Key``.

What is kept is written in the transaction of the change: after a crash both are there, or neither. Only answers to what
was done are kept. A refusal changed nothing, so it is kept for nobody: its key may be used again, and is tried anew.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import account_of
from fantasy_f1.core.models import KeptAnswer
from fantasy_f1.core.renderers import PlainJSONRenderer

KEY = r"[!-~]{1,255}"
KEPT_FOR = timedelta(days=1)

Operation = Callable[..., Response]


class MalformedKey(DomainError):
    """An Idempotency-Key has 1 to 255 printable characters."""

    code = "idempotency_key_malformed"
    status = HTTPStatus.BAD_REQUEST


class KeyReused(DomainError):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


def idempotent(operation: Operation) -> Callable[..., Response | HttpResponse]:
    """Make an operation of the API, which refuses by raising, take an ``Idempotency-Key``.

    For a day, a user's key gets the first answer again: status, body and ``Location``, with
    ``Idempotent-Replayed: true``. Of two at once one is done, and the other waits for its answer. Raises
    ``MalformedKey``, and ``KeyReused`` for another address or body.
    """

    @wraps(operation)
    def once(request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return operation(request, *args, **kwargs)
        if not re.fullmatch(KEY, key):
            raise MalformedKey("An Idempotency-Key has 1 to 255 visible ASCII characters.")
        with transaction.atomic():
            kept, is_first = _claim(request, key, now=timezone.now())
            if not is_first:
                return _again(kept)
            response = operation(request, *args, **kwargs)
            kept.status, kept.location = response.status_code, response.get("Location", "")
            kept.body = PlainJSONRenderer().render(response.data).decode()
            kept.save(update_fields=["status", "location", "body"])
        return response

    return once


def forget_old(*, now: datetime) -> None:
    """Delete what has been kept for long enough."""
    KeptAnswer.objects.filter(created_at__lte=now - KEPT_FOR).delete()


def _claim(request: Request, key: str, *, now: datetime) -> tuple[KeptAnswer, bool]:
    """The answer kept under the key, and whether it is yet to be given. Waits for who is just giving it."""
    user = account_of(request)
    digest = _digest(request)
    KeptAnswer.objects.filter(user=user, key=key, created_at__lte=now - KEPT_FOR).delete()
    kept, is_first = KeptAnswer.objects.get_or_create(
        user=user, key=key, defaults={"request_digest": digest, "created_at": now}
    )
    if kept.request_digest != digest:
        raise KeyReused("This Idempotency-Key was used for another request.")
    return kept, is_first


def _digest(request: Request) -> str:
    """What makes two requests the same; the body as it reads, whatever its blanks and the order of its fields."""
    same = json.dumps([request.method, request.path, request.data], sort_keys=True)
    return hashlib.sha256(same.encode()).hexdigest()


def _again(kept: KeptAnswer) -> HttpResponse:
    response = HttpResponse(kept.body, status=kept.status, content_type=PlainJSONRenderer.media_type)
    if kept.location:
        response["Location"] = kept.location
    response["Idempotent-Replayed"] = "true"
    return response
