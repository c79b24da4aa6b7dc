"""Sending what was routed, channel by channel; the host's word that something is sent again."""

from collections.abc import Callable

from fantasy_f1.core import clock
from fantasy_f1.core.sweeps import attempts
from notifications import outgoing
from notifications.channels import CHANNELS, Sender
from notifications.models import Delivery
from notifications.outgoing import NotNeeded


def has_due() -> bool:
    return outgoing.has_due(Delivery.objects.all())


def deliver() -> None:
    """Send what is due. One channel that fails holds up no other."""
    with attempts("Some channels could not be used.") as attempt:
        for name in CHANNELS:
            attempt(_deliver_by, channel=name)


def _deliver_by(*, channel: str) -> None:
    rows = Delivery.objects.filter(channel=channel).select_related("notification__user", "notification__race")
    if not outgoing.has_due(rows):
        return
    with CHANNELS[channel].open() as send:
        outgoing.send_due(rows.filter(in_digest=False), _if_needed(send))


def _if_needed(send: Sender) -> Sender:
    """What was read in the app meanwhile, or is of no use any more, is not sent."""

    def send_if_needed(delivery: Delivery, hand_over: Callable[[], None]) -> None:
        notification = delivery.notification
        if notification.is_read:
            raise NotNeeded("It was read in the app.")
        if notification.useful_until and clock.now() >= notification.useful_until:
            raise NotNeeded("It came too late to be of use.")
        if not notification.user.is_active:
            raise NotNeeded("The account is closed.")
        send(delivery, hand_over)

    return send_if_needed
