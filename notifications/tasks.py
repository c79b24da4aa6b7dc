"""What beat has done for notifications."""

from celery import shared_task

from fantasy_f1.core import clock
from fantasy_f1.core.sweeps import attempts
from notifications import delivery, reminders, routing, scores, telling
from notifications.webhooks import filling, sending


@shared_task
def tell() -> None:
    """Tell people of what happened, and choose the ways on which they hear of it."""
    telling.catch_up()
    routing.route_new()


@shared_task
def tell_scores() -> None:
    scores.tell_scores(clock.now())


@shared_task
def remind() -> None:
    now = clock.now()
    reminders.remind(now)
    filling.warn_of_locks(now)


@shared_task
def deliver() -> None:
    delivery.deliver()


@shared_task
def send_webhooks() -> None:
    """Post what happened to whoever wants to hear of it, and once more what they did not take."""
    with attempts("Webhooks failed.") as attempt:
        attempt(filling.catch_up)
        attempt(sending.send_due)


@shared_task
def forget_webhook_posts() -> None:
    sending.forget_old()
