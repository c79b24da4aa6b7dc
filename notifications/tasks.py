"""What beat has done for notifications."""

from celery import shared_task

from fantasy_f1.core import clock
from notifications import delivery, reminders, routing, scores, telling


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
    reminders.remind(clock.now())


@shared_task
def deliver() -> None:
    delivery.deliver()
