"""Telling by beat, every minute: finds the scores that nobody was told of yet."""

from celery import shared_task

from fantasy_f1.core import clock
from notifications import scores


@shared_task
def tell_scores() -> None:
    scores.tell_scores(clock.now())
