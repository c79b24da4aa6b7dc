"""Telling players what a race brought them.

Scoring a race costs the same however many leagues play; telling everybody does not. So it is not done when a score is
announced, but by beat, for every score that nobody was told of yet: some leagues at a time, so that nobody who wants to
write waits for long.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from drafts.models import Draft, Pick
from leagues.models import Constructor, League
from notifications import messages, service
from notifications.messages import Place
from notifications.models import ToldScore
from notifications.service import Letter
from scoring import ranking
from scoring.leaderboards import race_totals
from scoring.models import ScoreRun

LEAGUES = 100
"""At a time."""


def tell_scores(now: datetime) -> None:
    """Tell of every score that stands and was not told yet; safe to repeat, nobody is told twice."""
    untold = ScoreRun.objects.filter(is_current=True, told=None).select_related("race__season")
    for run in untold.order_by("created_at"):
        is_first = not ToldScore.objects.filter(run__race=run.race_id).exists()
        leagues = list(Draft.objects.filter(race=run.race_id).order_by("league").values_list("league", flat=True))
        for start in range(0, len(leagues), LEAGUES):
            service.create(_letters(run, leagues[start : start + LEAGUES], is_first=is_first), now=now)
        ToldScore.objects.get_or_create(run=run)


def _letters(run: ScoreRun, leagues: Sequence[int], *, is_first: bool) -> Iterator[Letter]:
    """The players of ``leagues`` that drafted the race; of a later scoring only those whose drivers it moved."""
    changes = {} if is_first else changes_of(run, leagues)
    names = dict(League.objects.filter(pk__in=leagues).values_list("pk", "name"))
    teams = Constructor.objects.filter(league__in=leagues, is_active=True).values_list("pk", "user", "team_name")
    owners = {pk: (user, name) for pk, user, name in teams}
    for league_id, totals in race_totals(run.race, leagues).items():
        if not is_first and league_id not in changes:
            continue
        ranks = ranking.ranks(totals)
        held = Counter(ranks.values())
        for team_id in ranks.keys() & owners.keys():
            user_id, team_name = owners[team_id]
            rank = ranks[team_id]
            place = Place(team_name, totals[team_id], rank, held[rank] > 1, len(ranks))
            if is_first:
                yield user_id, messages.race_finished(league_id, names[league_id], run.race, place)
            else:
                yield (
                    user_id,
                    messages.results_amended(
                        league_id, names[league_id], run.race, place, number=run.number, changes=changes[league_id]
                    ),
                )


def changes_of(run: ScoreRun, leagues: Sequence[int]) -> dict[int, list[str]]:
    """Those of the run's changes ("Pierre Gasly 6 → 15") that are about drivers whom a league drafted, by league."""
    moved = {change.rsplit(" ", 3)[0]: change for change in run.changes}
    picks = Pick.objects.filter(league__in=leagues, race=run.race_id).select_related("driver")
    drafted = {(pick.league_id, str(pick.driver)) for pick in picks}
    found = {league: [change for name, change in moved.items() if (league, name) in drafted] for league in leagues}
    return {league: changes for league, changes in found.items() if changes}
