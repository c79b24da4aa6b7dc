"""Telling by beat, every minute: finds the scores that nobody was told of yet."""

from datetime import timedelta

from fantasy_f1.core import clock
from fantasy_f1.core.jobs import periodic
from notifications import scores


@periodic(every=timedelta(minutes=1))
def tell_scores() -> None:
    """Tells players what a race brought them."""
    scores.tell_scores(clock.now())
