"""Scoring by beat: finds the races whose results are not scored yet."""

from celery import shared_task

from fantasy_f1.core import clock
from scoring import scores


@shared_task
def score_pending_races() -> None:
    scores.score_pending(clock.now())
