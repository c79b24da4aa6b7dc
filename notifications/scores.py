"""Telling players what a race brought them.

Scoring a race costs the same however many leagues play; telling everybody does not. So it is not done when a score is
announced, but by beat, for every score that nobody was told of yet.
"""

from datetime import datetime

from django.db import transaction

from drafts.models import Pick
from leagues.models import League
from notifications import messages
from notifications.fanout import notify
from notifications.messages import Message
from notifications.models import ToldScore
from scoring.leaderboards import race_board
from scoring.models import ScoreRun


def tell_scores(now: datetime) -> None:
    """Tell of every score that stands and was not told yet; safe to repeat, nobody is told twice."""
    untold = ScoreRun.objects.filter(is_current=True, told=None).select_related("race")
    for run in untold.order_by("created_at"):
        with transaction.atomic():
            notify(_letters(run), now=now)
            ToldScore.objects.get_or_create(run=run)


def _letters(run: ScoreRun) -> list[tuple[int, Message]]:
    """The players of every league that drafted the race; of a later scoring only those whose drivers it moved."""
    is_first = not ToldScore.objects.filter(run__race=run.race_id).exists()
    letters = []
    for league in League.objects.filter(drafts__race=run.race_id).select_related("season"):
        changes = _changes_of(run, league) if run.changes else []
        board = race_board(league, run.race, until=None)
        for row in board.rows:
            if row.is_active and is_first:
                letters.append((row.user_id, messages.race_finished(league, run.race, row=row, teams=len(board.rows))))
            elif row.is_active and changes:
                message = messages.results_amended(
                    league, run.race, row=row, teams=len(board.rows), number=run.number, changes=changes
                )
                letters.append((row.user_id, message))
    return letters


def _changes_of(run: ScoreRun, league: League) -> list[str]:
    """Those of the run's changes ("Pierre Gasly 6 → 15") that are about drivers whom the league drafted."""
    picks = Pick.objects.filter(league=league, race=run.race_id).select_related("driver")
    names = {str(pick.driver) for pick in picks}
    return [change for change in run.changes if change.rsplit(" ", 3)[0] in names]
