"""Telling people, and what they have read: the only writer of ``Notification``."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.text import Truncator

from accounts.models import User
from notifications.messages import Message
from notifications.models import Notification


def notify(letters: Iterable[tuple[int, Message]], *, now: datetime) -> None:
    """Deliver each message to the user with that id, in one statement; nobody is told of the same event twice."""
    Notification.objects.bulk_create(
        (
            Notification(
                user_id=user_id,
                type=message.type,
                title=Truncator(message.title).chars(120),
                message=Truncator(message.text).chars(500),
                link=message.link,
                dedupe_key=message.key,
                created_at=now,
            )
            for user_id, message in letters
        ),
        ignore_conflicts=True,
    )


def mark_read(notification: Notification) -> None:
    """Safe to repeat."""
    notification.is_read = True
    notification.save(update_fields=["is_read"])


def mark_all_read(*, user: User, before: datetime | None = None) -> int:
    """All of the user's, or those from ``before`` a moment → how many were unread."""
    unread = Notification.objects.filter(user=user, is_read=False)
    return (unread.filter(created_at__lt=before) if before else unread).update(is_read=True)
