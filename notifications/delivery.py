"""Sending what was routed, channel by channel."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from time import monotonic

from django.db.models import QuerySet
from django.utils import timezone

from drafts.clock import quiet_until
from fantasy_f1.core import clock
from fantasy_f1.core.sweeps import attempts
from notifications import outgoing
from notifications.channels import CHANNELS
from notifications.models import Delivery, Habits
from notifications.outgoing import NotNeeded, NotYet
from notifications.preferences import wanted

KEPT_FOR = timedelta(days=30)
AT_A_TIME = 10
LONGEST = 60
"""Seconds in which another ten are begun: a server that takes its time for each must not outlast the task."""


def has_due() -> bool:
    return outgoing.has_due(Delivery.objects.all())


def forget_old() -> None:
    """Delete what was sent, dropped or given up a month ago."""
    Delivery.objects.filter(done_at__lt=timezone.now() - KEPT_FOR).delete()


def deliver() -> None:
    """Send what is due. One channel that fails holds up no other."""
    with attempts("Some channels could not be used.") as attempt:
        for name in CHANNELS:
            attempt(_deliver_by, channel=name)


def _deliver_by(*, channel: str) -> None:
    rows = Delivery.objects.filter(channel=channel).select_related(
        "notification__user__notification_habits", "notification__race"
    )
    if not outgoing.has_due(rows):
        return
    with CHANNELS[channel].open() as send:

        def send_one(delivery: Delivery, hand_over: Callable[[], None]) -> None:
            send([delivery], hand_over)

        singles, digests = rows.filter(in_digest=False), rows.filter(in_digest=True)
        _repeat(partial(outgoing.send_due, singles, send_one), singles)
        _repeat(partial(outgoing.send_due_together, digests, send, by="notification__user_id"), digests)


def _repeat(sweep: Callable[..., int], rows: QuerySet[Delivery]) -> None:
    """Until nothing is due any more, or the time is up."""
    until = monotonic() + LONGEST
    while outgoing.has_due(rows):
        sweep(check=_is_needed, most=AT_A_TIME)
        if monotonic() >= until:
            return


def _is_needed(delivery: Delivery) -> None:
    """What was read, is over or is not wanted by now is not sent; nor is anything in quiet hours."""
    notification = delivery.notification
    if notification.useful_until and clock.now() >= notification.useful_until:
        raise NotNeeded("It came too late to be of use.")
    if notification.is_read:
        raise NotNeeded("It was read in the app.")
    if not notification.user.is_active:
        raise NotNeeded("The account is closed.")
    if (notification.type, delivery.channel) not in wanted([notification.user_id])[notification.user_id]:
        raise NotNeeded("It is not wanted any more.")
    habits: Habits | None = getattr(notification.user, "notification_habits", None)
    if habits and (at := quiet_until(timezone.now(), habits.quiet)):
        raise NotYet(at)
