"""What every template knows of the demo."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from demo import league


def demo(request: HttpRequest) -> dict[str, Any]:
    """``is_demo``, and ``can_advance``: whether there is a Grand Prix left to run; looked up only where it is shown."""
    return {"is_demo": settings.DEMO, "can_advance": SimpleLazyObject(league.can_advance)}
