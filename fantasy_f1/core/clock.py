"""The one place that knows what time it is in the game.

The real time, or with ``GAME_CLOCK=on`` the real time plus an offset kept in the database. Countdown, locks, beat and
sync follow it; tokens, sessions and rate limits use the real time.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from fantasy_f1.core.models import GameClock


def now() -> datetime:
    """The game's time, in UTC."""
    if not settings.GAME_CLOCK:
        return timezone.now()
    clock = GameClock.objects.first()
    return timezone.now() + (clock.offset if clock else timedelta())


def set_to(moment: datetime | None) -> None:
    """Let the game's time be ``moment`` from here on (``None``: the real time)."""
    offset = moment - timezone.now() if moment else timedelta()
    GameClock.objects.update_or_create(pk=1, defaults={"offset": offset})
