"""Telling players what a race brought them.

Scoring a race costs the same however many leagues play; telling everybody does not. So it is not done when a score is
announced, but by beat, for every score that nobody was told of yet: some leagues at a time, so that nobody who wants to
write waits for long.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from drafts.models import Draft
from fantasy_f1.core.numbers import plain
from leagues.models import Constructor, League
from notifications import messages, service
from notifications.messages import Place
from notifications.models import ToldScore
from notifications.service import Letter
from races.models import Driver
from scoring import ranking
from scoring.leaderboards import drafted_in, scored_by, totals_of
from scoring.models import ScoreRun

LEAGUES = 100
"""At a time."""


def tell_scores(now: datetime) -> None:
    """Tell of every score that stands and was not told yet; safe to repeat, nobody is told twice."""
    untold = ScoreRun.objects.filter(is_current=True, told=None).select_related("race")
    for run in untold.order_by("created_at"):
        told = ScoreRun.objects.filter(race=run.race_id, told__isnull=False).order_by("-number").first()
        leagues = list(Draft.objects.filter(race=run.race_id).order_by("league").values_list("league", flat=True))
        for start in range(0, len(leagues), LEAGUES):
            service.create(_letters(run, leagues[start : start + LEAGUES], since=told), now=now)
        ToldScore.objects.get_or_create(run=run)


def _letters(run: ScoreRun, leagues: Sequence[int], *, since: ScoreRun | None) -> Iterator[Letter]:
    """The players of ``leagues`` that drafted the race; of a later scoring only those whose drivers it moved ``since``
    they were told.
    """
    names = dict(League.objects.filter(pk__in=leagues).values_list("pk", "name"))
    teams = Constructor.objects.filter(league__in=leagues, is_active=True).values_list("pk", "user", "team_name")
    owners = {pk: (user, name) for pk, user, name in teams}
    before = totals_of(scored_by(since), leagues) if since else {}
    changes = changes_of(run, leagues, since=since) if since else {}
    for league_id, totals in totals_of(scored_by(run), leagues).items():
        if since and league_id not in changes:
            continue
        places, were = _places(totals), _places(before.get(league_id, {}))
        for team_id in places.keys() & owners.keys():
            user_id, team_name = owners[team_id]
            message = messages.race_finished
            if since:
                message = partial(messages.results_amended, was=were[team_id], changes=changes[league_id])
            yield (
                user_id,
                message(
                    league_id=league_id,
                    league=names[league_id],
                    race=run.race,
                    team=team_name,
                    place=places[team_id],
                    number=run.number,
                ),
            )


def _places(totals: dict[int, Decimal]) -> dict[int, Place]:
    ranks = ranking.ranks(totals)
    held = Counter(ranks.values())
    return {pk: Place(totals[pk], rank, held[rank] > 1, len(ranks)) for pk, rank in ranks.items()}


def changes_of(run: ScoreRun, leagues: Sequence[int], *, since: ScoreRun | None = None) -> dict[int, list[str]]:
    """What moved from one scoring (that before the run, where none is given) to the run, of the drivers whom a league
    drafted and as they count there, by league: "Pierre Gasly 6 → 15".
    """
    since = since or ScoreRun.objects.get(race=run.race_id, rule_set=run.rule_set_id, number=run.number - 1)
    before, after = scored_by(since), scored_by(run)
    moved = {}
    for league_id, drafted in drafted_in(run.race_id, leagues).items():
        had, have = before.earned(drafted), after.earned(drafted)
        if changed := {pk: f"{plain(had[pk])} → {plain(have[pk])}" for pk in drafted if had[pk] != have[pk]}:
            moved[league_id] = changed
    drivers = list(Driver.objects.filter(pk__in={pk for changed in moved.values() for pk in changed}))
    return {
        league_id: [f"{driver} {changed[driver.pk]}" for driver in drivers if driver.pk in changed]
        for league_id, changed in moved.items()
    }
