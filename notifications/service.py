"""Telling people, telling them again, and what they have read: the only writer of ``Notification``."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.text import Truncator

from accounts.models import User
from fantasy_f1.core.errors import DomainError, NotAllowed
from fantasy_f1.core.events import publish
from leagues.events import ToldAgain
from leagues.managers import people_of
from leagues.models import League
from leagues.permissions import require_manager
from notifications.bell import ring
from notifications.messages import MAX_TEXT, MAX_TITLE, Message
from notifications.models import Notification
from notifications.shown import open_title

KEPT_FOR = timedelta(days=365)
Letter = tuple[int, Message]
"""The id of a user, and what to tell them."""


class NobodyThere(DomainError):
    """Who left a league is told nothing of it."""

    code = "nobody_there"


def create(letters: Iterable[Letter], *, now: datetime) -> None:
    """Tell each user with that id their message, in one statement; nobody is told of the same event twice.

    ``now`` is when it happened. On which other ways it reaches them is decided later (``routing``).
    """
    made = [
        Notification(
            user_id=user_id,
            type=message.type,
            title=_short(message.title, MAX_TITLE),
            message=_short(message.text, MAX_TEXT),
            link=message.link,
            dedupe_key=message.key,
            league_id=message.league_id,
            race_id=message.race_id,
            useful_until=message.useful_until,
            is_of_slow_draft=message.is_of_slow_draft,
            created_at=now,
        )
        for user_id, message in letters
    ]
    Notification.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)
    ring({each.user_id for each in made})


def for_user(user: User) -> QuerySet[Notification]:
    """What the user was told, the latest first."""
    return Notification.objects.filter(user=user)


def tell_again(*, notification_id: int, actor: User, now: datetime) -> Notification:
    """Put a notification on top of its reader's list once more, unread, on the word of a manager of its league.

    Safe to repeat: it stays the one notification. Raises ``NotAllowed``, ``NobodyThere``.
    """
    with transaction.atomic():
        notification = Notification.objects.select_related("user", "race").get(pk=notification_id)
        if notification.league_id is None:
            raise NotAllowed("This is about no league.")
        league = League.objects.lock(notification.league_id)
        require_manager(actor, league)
        reader = notification.user
        is_offered = league.constructors.filter(offered_to=reader).exists()
        if not is_offered and not people_of(league).filter(pk=reader.pk).exists():
            raise NobodyThere(f"{reader.display_name} is not in {league} any more.")
        notification.is_read, notification.created_at = False, now
        notification.save(update_fields=["is_read", "created_at"])
        ring({reader.pk})
        publish(ToldAgain(league.pk, reader.pk, open_title(notification)), source=league, actor=actor, now=now)
    return notification


def mark_read(notification: Notification) -> None:
    """Safe to repeat."""
    if not notification.is_read:
        notification.is_read = True
        notification.save(update_fields=["is_read"])
        ring({notification.user_id})


def mark_all_read(*, user: User, **only: Any) -> int:
    """All of the user's, or ``only`` those that match → how many were unread."""
    marked = for_user(user).filter(is_read=False, **only).update(is_read=True)
    if marked:
        ring({user.pk})
    return marked


def end(notifications: QuerySet[Notification], *, now: datetime) -> None:
    """Those that are unread are over: nobody need read them, and they are sent nowhere any more.

    Within a transaction. What somebody reads just now is left to them: nobody is waited for.
    """
    unread = notifications.filter(is_read=False).select_for_update(skip_locked=True)
    over = dict(unread.values_list("pk", "user"))
    if over:
        Notification.objects.filter(pk__in=over).update(is_read=True, useful_until=now)
        ring(set(over.values()))


def forget_old(*, now: datetime) -> None:
    """Delete what people read a year ago."""
    Notification.objects.filter(is_read=True, created_at__lt=now - KEPT_FOR).delete()


def forget_person(user: User) -> None:
    """Delete what their leagues were told of a person by name."""
    name = rf"(^|\W){re.escape(user.display_name)}(\W|$)"
    of_them = Q(type=Notification.Type.LEAGUE) & (Q(title__regex=name) | Q(message__regex=name))
    of_them |= Q(type=Notification.Type.DRAFT_UPDATE, message__startswith=f"{user.display_name}, who manages ")
    concerned = Q(constructors__user=user) | Q(constructors__offered_to=user) | Q(creator=user)
    Notification.objects.filter(of_them, league__in=League.objects.filter(concerned)).delete()


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else Truncator(text).chars(most)
