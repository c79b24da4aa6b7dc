"""What every template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from fantasy_f1.core import clock


def site(request: HttpRequest) -> dict[str, Any]:
    return {"game_now": clock.now(), "base_url": settings.BASE_URL}
