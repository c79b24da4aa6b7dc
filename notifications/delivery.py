"""Sending what was routed, channel by channel."""

from django.utils import timezone

from drafts.clock import quiet_until
from fantasy_f1.core import clock
from fantasy_f1.core.sweeps import attempts
from notifications import outgoing
from notifications.channels import CHANNELS
from notifications.models import Delivery, Habits
from notifications.outgoing import NotNeeded, NotYet


def has_due() -> bool:
    return outgoing.has_due(Delivery.objects.all())


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
        outgoing.send_due(
            rows.filter(in_digest=False), lambda delivery, hand_over: send([delivery], hand_over), check=_is_needed
        )
        outgoing.send_due_together(rows.filter(in_digest=True), send, by="notification__user_id", check=_is_needed)


def _is_needed(delivery: Delivery) -> None:
    """What was read in the app meanwhile, or is of no use any more, is not sent; nor is anything in quiet hours."""
    notification = delivery.notification
    if notification.is_read:
        raise NotNeeded("It was read in the app.")
    if notification.useful_until and clock.now() >= notification.useful_until:
        raise NotNeeded("It came too late to be of use.")
    if not notification.user.is_active:
        raise NotNeeded("The account is closed.")
    habits: Habits | None = getattr(notification.user, "notification_habits", None)
    if habits and (at := quiet_until(timezone.now(), habits.quiet)):
        raise NotYet(at)
