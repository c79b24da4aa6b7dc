"""What templates know of races."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from fantasy_f1.core.spoilers import seen_by
from races.queries import curtain


def hidden(request: HttpRequest) -> dict[str, Any]:
    """``curtain``: what is hidden from the viewer; false where nothing is. No query where no template asks."""
    return {"curtain": SimpleLazyObject(lambda: curtain(seen_by(request)))}
