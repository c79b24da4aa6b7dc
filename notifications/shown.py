"""What a notification says to its reader: the one place where the spoiler shield covers it.

``until`` is up to which session the reader wants to know results (``core.spoilers``).
"""

from datetime import datetime

from django.db.models import QuerySet

from fantasy_f1.core.spoilers import is_hidden
from notifications.models import Notification
from races.models import Race

COVER = "Hidden by your spoiler shield until you show the result."


def hidden_race(notification: Notification, until: datetime | None) -> Race | None:
    """The race whose result it tells, where its reader does not want to know that yet. Ask with the race loaded."""
    race = notification.race
    return race if race and is_hidden(race.starts_at, until) else None


def shown(notification: Notification, until: datetime | None) -> tuple[str, str]:
    """→ title and text, as its reader may see them."""
    if hidden_race(notification, until):
        return open_title(notification), COVER
    return notification.title, notification.message


def open_title(notification: Notification) -> str:
    """The title as anybody may see it: it gives no result away. Ask with the race loaded."""
    return f"{notification.race.name}: the points are in" if notification.race else notification.title


def without_hidden(notifications: QuerySet[Notification], until: datetime | None) -> QuerySet[Notification]:
    """Those that say to their reader what is written in them: only there may be searched."""
    return notifications if until is None else notifications.exclude(race__starts_at__gt=until)
