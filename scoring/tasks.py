"""Scoring by beat: finds the races whose results are not scored yet."""

from datetime import timedelta

from fantasy_f1.core import clock
from fantasy_f1.core.jobs import periodic
from scoring import scores


@periodic(every=timedelta(minutes=5), limit=timedelta(minutes=5))
def score_pending_races() -> None:
    """Scores races with new or changed results; leaderboards are of them at once, as they are added up when read."""
    scores.score_pending(clock.now())
