"""Sending what was routed, channel by channel."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from time import monotonic

from django.db.models import QuerySet
from django.utils import timezone

from drafts.clock import quiet_until
from drafts.models import Draft
from fantasy_f1.core import clock
from fantasy_f1.core.sweeps import attempts
from notifications import outgoing, reminders, telling
from notifications.channels import CHANNELS
from notifications.models import Delivery, Habits, Notification
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
    """What was read in the app, is over or is not wanted by now is not sent; nor is anything in quiet hours."""
    notification = delivery.notification
    if notification.is_read:
        raise NotNeeded("It was read in the app.")
    if notification.useful_until and clock.now() >= notification.useful_until:
        raise NotNeeded("It came too late to be of use.")
    if not notification.user.is_active:
        raise NotNeeded("The account is closed.")
    if (notification.type, delivery.channel) not in wanted([notification.user_id])[notification.user_id]:
        raise NotNeeded("It is not wanted any more.")
    if _is_over(notification):
        raise NotNeeded("It is over.")
    habits: Habits | None = getattr(notification.user, "notification_habits", None)
    if habits and (at := quiet_until(timezone.now(), habits.quiet)):
        raise NotYet(at)


SAYERS = {Notification.Type.PICK_TURN: telling.of_turn, Notification.Type.REMINDER: reminders.of_lock}


def _is_over(notification: Notification) -> bool:
    """Whether it calls for a pick, and would not be told any more: who waits for a pause to end may be called still."""
    if notification.league_id is None or notification.type not in SAYERS:
        return False
    say, told = SAYERS[Notification.Type(notification.type)], (notification.user_id, notification.dedupe_key)
    drafts = Draft.objects.filter(league=notification.league_id, status__in=Draft.RUNNING)
    return not any(
        draft.status == Draft.Status.PAUSED or told in {(user, message.key) for user, message in say(draft)}
        for draft in drafts.select_related("league", "race")
    )
