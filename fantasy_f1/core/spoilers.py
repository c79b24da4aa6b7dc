"""Up to which session whoever asks wants to know results (``until``; ``None``: all of them).

Accounts carry their spoiler shield as ``results_until`` (see ``accounts.shield``); a read of the API may ask otherwise.
"""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from fantasy_f1.core import clock

RECENT = timedelta(days=7)
SHOW, HIDE = "show", "hide"
SPOILERS = OpenApiParameter(
    "spoilers",
    str,
    enum=[SHOW, HIDE],
    description="`show`: with all results, whatever the spoiler shield of the account. `hide`: as the shield says; "
    f"where there is none, without what sessions of the last {RECENT.days} days brought. "
    "Left out, the account's shield counts.",
)
"""Describes the parameter that ``asked_until`` reads."""


class SpoilersQuery(serializers.Serializer[Any]):
    spoilers = serializers.ChoiceField(choices=[SHOW, HIDE], required=False)


def results_until(viewer: Any) -> datetime | None:
    """Results of sessions that started later are hidden from the viewer, who may be nobody; ``None``: nothing is."""
    until: datetime | None = getattr(viewer, "results_until", None)
    return until


def is_hidden(started_at: datetime, until: datetime | None) -> bool:
    return until is not None and started_at > until


def seen_by(request: HttpRequest | Request) -> datetime | None:
    """``until`` of who asks."""
    return results_until(request.user)


def asked_until(request: Request) -> datetime | None:
    """``until`` of who asks, or what ``?spoilers=`` asks for instead. Raises ``ValidationError``."""
    query = SpoilersQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    asked, until = query.validated_data.get("spoilers"), seen_by(request)
    if asked == SHOW:
        return None
    return clock.now() - RECENT if asked == HIDE and until is None else until
