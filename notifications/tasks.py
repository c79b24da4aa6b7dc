"""What beat has done for notifications."""

from datetime import time, timedelta

from fantasy_f1.core import clock
from fantasy_f1.core.jobs import Queue, periodic
from fantasy_f1.core.sweeps import attempts
from notifications import delivery, reminders, routing, scores, telling
from notifications.webhooks import filling, sending


def _has_news() -> bool:
    return telling.has_news() or routing.has_new()


@periodic(every=timedelta(seconds=2), when=_has_news)
def tell() -> None:
    """Tells people of what happened in leagues and drafts, and chooses the ways on which they hear of it."""
    with attempts("Not everybody could be told.") as attempt:
        attempt(telling.catch_up)
        attempt(routing.route_new)


@periodic(every=timedelta(minutes=1), limit=timedelta(minutes=10))
def tell_scores() -> None:
    """Tells players what a race brought them."""
    scores.tell_scores(clock.now())


@periodic(every=timedelta(minutes=5))
def remind() -> None:
    """Reminds players without a driver two hours before a draft locks."""
    now = clock.now()
    with attempts("Not everybody could be reminded.") as attempt:
        attempt(reminders.remind, now=now)
        attempt(filling.warn_of_locks, now=now)


@periodic(every=timedelta(seconds=10), queue=Queue.MAIL, limit=timedelta(minutes=5), when=delivery.has_due)
def deliver() -> None:
    """Sends the mails and pushes that are due."""
    delivery.deliver()


def _has_posts() -> bool:
    return filling.has_news() or sending.has_due()


@periodic(every=timedelta(seconds=5), queue=Queue.MAIL, limit=timedelta(minutes=5), when=_has_posts)
def send_webhooks() -> None:
    """Posts what happened to the webhooks that want to hear of it, and once more what they did not take."""
    with attempts("Webhooks failed.") as attempt:
        attempt(filling.catch_up)
        attempt(sending.send_due)


@periodic(every=time(4, 53))
def forget_webhook_posts() -> None:
    """Forgets what was posted to webhooks a month ago."""
    sending.forget_old()
