"""On which ways a notification reaches its reader outside of the app, and from when on: a row for each (``Delivery``).

Not done where a notification is made: a pick or a score must not wait for the preferences of everybody.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from drafts.clock import quiet_until
from fantasy_f1.core import clock
from notifications.channels import CHANNELS
from notifications.models import Channel, Delivery, Habits, Notification
from notifications.preferences import wanted

BATCH = 500
GATHERED = frozenset({Notification.Type.DRAFT_OPEN, Notification.Type.DRAFT_UPDATE})
"""What a digest gathers of slow drafts, beside the news of leagues; a turn, a reminder and a result are told at once by
whoever wants them at all.
"""


def has_new() -> bool:
    return Notification.objects.filter(is_routed=False).exists()


def route_new() -> int:
    """Choose the ways of every notification that has none chosen yet → how many those were. Safe to repeat."""
    count = 0
    while batch := list(Notification.objects.filter(is_routed=False).select_related("user").order_by("pk")[:BATCH]):
        with transaction.atomic():
            Delivery.objects.bulk_create(_deliveries(batch, timezone.now()), ignore_conflicts=True)
            Notification.objects.filter(pk__in=[each.pk for each in batch]).update(is_routed=True)
        count += len(batch)
    return count


def _deliveries(batch: list[Notification], now: datetime) -> Iterator[Delivery]:
    users = {each.user_id: each.user for each in batch if each.user.is_active}
    ways, habits = wanted(users), Habits.objects.select_related("user").in_bulk(users)
    targets = {name: channel.targets(list(users.values())) for name, channel in CHANNELS.items()}
    for each in batch:
        for name in CHANNELS:
            if (each.type, name) not in ways.get(each.user_id, ()):
                continue
            for target in targets[name].get(each.user_id, ()):
                delivery = Delivery(notification=each, channel=name, target=target, next_at=now, created_at=now)
                own = habits.get(each.user_id)
                if own:
                    _set_time(delivery, own, now)
                yield delivery


def _set_time(delivery: Delivery, habits: Habits, now: datetime) -> None:
    """In the next digest where it is gathered, and of use until then; never in quiet hours."""
    gathers = habits.digest == Habits.Digest.DAILY and delivery.channel == Channel.EMAIL
    if gathers and _can_wait(delivery.notification):
        digest_at, until = _next_digest(habits, now), delivery.notification.useful_until
        if until is None or until - clock.now() > digest_at - now:
            delivery.in_digest, delivery.next_at = True, digest_at
    delivery.next_at = quiet_until(delivery.next_at, habits.quiet) or delivery.next_at


def _can_wait(notification: Notification) -> bool:
    if notification.type == Notification.Type.LEAGUE:
        return True
    return notification.is_of_slow_draft and notification.type in GATHERED


def _next_digest(habits: Habits, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(habits.user.time_zone))
    today = local.replace(hour=habits.digest_at.hour, minute=habits.digest_at.minute, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)
