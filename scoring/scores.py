"""Scoring a race: the only writer of ``ScoreRun`` and ``DriverScore``.

What is written is a few rows per race and rule set, however many leagues play. Picks are never touched.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from accounts.models import User
from fantasy_f1.core.events import publish
from fantasy_f1.core.models import EventLog
from fantasy_f1.core.numbers import plain
from fantasy_f1.core.sweeps import attempts
from races.events import EntryListChanged
from races.models import Driver, Race, RaceEntry, RaceResult, ResultRevision, Season, Session
from scoring.events import RaceScored
from scoring.models import DriverScore, RuleSet, ScoreRun
from scoring.rules import CLASSIC, Finish, Line, Rules, points, score

OF_LATE = timedelta(days=1)
"""How long beat looks again at an entry list that was changed, in case the announcement was lost."""


def rule_set(rules: Rules = CLASSIC) -> RuleSet:
    """The stored rule set with this content; made on first use, never changed."""
    return RuleSet.objects.get_or_create(digest=rules.digest, defaults={"name": rules.name, "rules": rules.as_json()})[
        0
    ]


def score_race(*, race_id: int, now: datetime, actor: User | None = None) -> ScoreRun | None:
    """Score the race by the current results under the league rules → the run that stands, ``None`` without results.

    ``actor`` asked for it, if anybody did.

    Idempotent: results that are scored already write nothing. Changed ones make another run and move the old one to
    the history.
    """
    with transaction.atomic():
        race = Race.objects.lock(race_id)
        revision = race.revisions.filter(session=Session.GRAND_PRIX, is_current=True).order_by().first()
        if revision is None:
            return None
        rules = rule_set()
        substitutes = _substitutes(race, revision)
        standing = ScoreRun.objects.filter(race=race, rule_set=rules, is_current=True).order_by().first()
        if standing and standing.revision_id == revision.pk and dict(standing.substitutes) == substitutes:
            return standing
        finishes = _finishes(revision)
        lines = score(finishes, Rules.from_json(rules.name, rules.rules), substitutes=substitutes)
        return _write(race, revision, rules, standing, lines, substitutes, actor, now)


def _substitutes(race: Race, revision: ResultRevision) -> dict[int, int]:
    """Absent driver → who drove the seat. Who took part scores for themselves."""
    entries = race.entries.filter(status=RaceEntry.Status.SUBSTITUTE, replaces__isnull=False).order_by("replaces_id")
    entries = entries.exclude(replaces__in=revision.results.values("driver"))
    return {entry.replaces_id: entry.driver_id for entry in entries if entry.replaces_id}


def _finishes(revision: ResultRevision) -> list[Finish]:
    results = RaceResult.objects.filter(revision=revision).select_related("driver").order_by("position")
    return [
        Finish(
            driver_id=result.driver_id,
            name=result.driver.name,
            position=result.position,
            is_classified=result.is_classified,
            has_fastest_lap=result.fastest_lap_rank == 1,
            status=result.status,
        )
        for result in results
    ]


def _write(
    race: Race,
    revision: ResultRevision,
    rules: RuleSet,
    standing: ScoreRun | None,
    lines: dict[int, list[Line]],
    substitutes: dict[int, int],
    actor: User | None,
    now: datetime,
) -> ScoreRun:
    totals = {driver: points(reasons) for driver, reasons in lines.items()}
    moved = _moved(standing, totals)
    if standing:
        ScoreRun.objects.filter(pk=standing.pk).update(is_current=False)
    run = ScoreRun.objects.create(
        race=race,
        rule_set=rules,
        number=standing.number + 1 if standing else 1,
        revision=revision,
        substitutes=list(substitutes.items()),
        changes=moved,
        created_at=now,
    )
    DriverScore.objects.bulk_create(
        DriverScore(
            run=run,
            driver_id=driver,
            substitute_id=substitutes.get(driver),
            points=totals[driver],
            lines=[{**asdict(line), "amount": plain(line.amount)} for line in reasons],
        )
        for driver, reasons in lines.items()
    )
    Season.objects.filter(pk=race.season_id).update(results_version=F("results_version") + 1)
    publish(RaceScored(race.pk, rules.pk, run.number, moved), source=race, actor=actor, now=now)
    return run


def _moved(standing: ScoreRun | None, totals: dict[int, Decimal]) -> list[str]:
    """ "Pierre Gasly 6 → 15" for every driver whose points differ from the run before."""
    if standing is None:
        return []
    before = dict(standing.scores.order_by().values_list("driver", "points"))
    nothing = Decimal(0)
    moved = [pk for pk in before | totals if before.get(pk, nothing) != totals.get(pk, nothing)]
    return [
        f"{driver} {plain(before.get(driver.pk, nothing))} → {plain(totals.get(driver.pk, nothing))}"
        for driver in Driver.objects.filter(pk__in=moved)
    ]


def score_pending(now: datetime) -> None:
    """Score every race whose current result is not the one that was scored, or whose entry list was changed of late."""
    scored = ScoreRun.objects.filter(revision=OuterRef("pk"), is_current=True)
    revisions = ResultRevision.objects.filter(session=Session.GRAND_PRIX, is_current=True).exclude(Exists(scored))
    corrections = EventLog.objects.filter(name=EntryListChanged.__name__, created_at__gt=now - OF_LATE)
    races = {*revisions.values_list("race", flat=True), *(event.data["race_id"] for event in corrections)}
    with attempts("Some races could not be scored.") as attempt:
        for pk in sorted(races):
            attempt(score_race, race_id=pk, now=now)
