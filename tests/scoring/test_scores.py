from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from drafts.models import Pick
from fantasy_f1.core.events import publish
from races.entries import set_entry
from races.events import ResultsAmended, ResultsPublished
from races.models import Driver, Race, RaceEntry, Season
from scoring.models import DriverScore, RuleSet, ScoreRun
from scoring.rules import CLASSIC
from scoring.scores import rule_set, score_pending, score_race
from scoring.tasks import score_pending_races
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, give_result
from tests.scoring.conftest import draft_race

pytestmark = pytest.mark.django_db


def points_of(race: Race) -> dict[int, Decimal]:
    return dict(DriverScore.objects.current().filter(run__race=race).values_list("driver_id", "points"))


def test_rule_set_is_stored_once() -> None:
    assert rule_set() == rule_set()

    stored = RuleSet.objects.get()
    assert (stored.name, stored.digest, stored.rules) == ("Classic", CLASSIC.digest, CLASSIC.as_json())


def test_score_race_writes_points_with_their_reasons(race: Race, drivers: list[Driver], now: datetime) -> None:
    give_result(race, drivers, fastest=drivers[1], out=(drivers[21],))

    run = score_race(race_id=race.pk, now=now)

    assert run is not None
    assert (run.number, run.is_current, run.changes) == (1, True, [])
    assert run.scores.count() == 22
    second = run.scores.get(driver=drivers[1])
    assert second.points == 19
    assert second.lines == [
        {"rule": "grand_prix", "amount": "18", "because": "P2 in the Grand Prix"},
        {"rule": "fastest_lap", "amount": "1", "because": "Fastest lap"},
    ]
    assert run.scores.get(driver=drivers[21]).lines == [
        {"rule": "grand_prix", "amount": "0", "because": "Not classified (Retired)"}
    ]


def test_score_race_without_results_writes_nothing(race: Race, now: datetime) -> None:
    assert score_race(race_id=race.pk, now=now) is None
    assert points_of(race) == {}


def test_score_race_again_writes_nothing(race: Race, drivers: list[Driver], now: datetime) -> None:
    give_result(race, drivers)
    run = score_race(race_id=race.pk, now=now)
    version = Season.objects.get().results_version

    with CaptureQueriesContext(connection) as queries:
        again = score_race(race_id=race.pk, now=now + timedelta(days=1))

    assert again == run
    assert Season.objects.get().results_version == version
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_an_amended_result_is_scored_anew_and_the_old_score_is_kept(
    race: Race, drivers: list[Driver], now: datetime
) -> None:
    give_result(race, drivers)
    first = score_race(race_id=race.pk, now=now)
    give_result(race, [drivers[0], drivers[2], drivers[1], *drivers[3:]])

    second = score_race(race_id=race.pk, now=now)

    assert first is not None
    assert second is not None
    assert (second.number, ScoreRun.objects.get(is_current=True)) == (2, second)
    assert sorted(second.changes) == sorted([f"{drivers[1]} 18 → 15", f"{drivers[2]} 15 → 18"])
    assert first.scores.get(driver=drivers[1]).points == 18
    assert points_of(race)[drivers[1].pk] == 15


def test_a_driver_struck_from_the_result_loses_the_points(race: Race, drivers: list[Driver], now: datetime) -> None:
    give_result(race, drivers)
    score_race(race_id=race.pk, now=now)
    give_result(race, drivers[1:])

    run = score_race(race_id=race.pk, now=now)

    assert run is not None
    assert f"{drivers[0]} 25 → 0" in run.changes


def test_the_seat_of_an_absent_driver_scores_for_whoever_drafted_them(
    race: Race, drivers: list[Driver], now: datetime
) -> None:
    absent, substitute = drivers[0], drivers[21]
    race.entries.filter(driver=substitute).update(status=RaceEntry.Status.SUBSTITUTE, replaces=absent)
    give_result(race, [substitute, *drivers[1:21]])

    score_race(race_id=race.pk, now=now)

    score = DriverScore.objects.get(driver=absent)
    assert (score.points, score.substitute) == (25, substitute)
    assert score.lines[0]["because"] == f"P1 in the Grand Prix ({substitute} in the seat)"


def test_a_correction_of_the_entry_list_is_scored_anew(race: Race, drivers: list[Driver], now: datetime) -> None:
    give_result(race, drivers[1:])
    score_race(race_id=race.pk, now=now)
    race.entries.filter(driver=drivers[1]).update(status=RaceEntry.Status.SUBSTITUTE, replaces=drivers[0])

    run = score_race(race_id=race.pk, now=now)

    assert run is not None
    assert (run.number, run.changes) == (2, [f"{drivers[0]} 0 → 25"])
    assert points_of(race)[drivers[0].pk] == 25


def test_scoring_costs_the_same_however_many_leagues_play(race: Race, drivers: list[Driver], now: datetime) -> None:
    def cost() -> int:
        give_result(race, drivers[::-1] if ScoreRun.objects.count() % 2 else drivers)
        with CaptureQueriesContext(connection) as queries:
            score_race(race_id=race.pk, now=now)
        return len(queries)

    rule_set()
    cost()
    alone = cost()
    Race.objects.filter(pk=race.pk).update(status=Race.Status.SCHEDULED)
    for _ in range(3):
        league = LeagueFactory(season=race.season)
        ConstructorFactory.create_batch(3, league=league)
        draft_race(league, race, drivers[:6])

    picks = list(Pick.objects.values())
    assert cost() == alone
    assert list(Pick.objects.values()) == picks


@pytest.mark.parametrize("event", [ResultsPublished, ResultsAmended])
def test_results_are_scored_when_they_are_announced(
    race: Race,
    drivers: list[Driver],
    now: datetime,
    event: type[ResultsPublished | ResultsAmended],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    give_result(race, drivers)
    more = {"changes": ["moved"]} if event is ResultsAmended else {}

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        publish(event(race.pk, "grand_prix", **more), source=Race.objects.lock(race.pk), actor=None, now=now)

    assert points_of(race)[drivers[0].pk] == Decimal(25)
    scored = Race.objects.get(pk=race.pk).events().get(name="RaceScored")
    assert scored.data["number"] == 1


def test_an_entry_list_changed_by_a_host_is_scored_at_once(
    race: Race,
    drivers: list[Driver],
    now: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    absent, substitute = drivers[0], drivers[21]
    give_result(race, [substitute, *drivers[1:21]])
    score_race(race_id=race.pk, now=now)
    team = race.entries.get(driver=absent).team

    with django_capture_on_commit_callbacks(execute=True):
        set_entry(
            race_id=race.pk,
            driver=substitute,
            team=team,
            number=None,
            status=RaceEntry.Status.SUBSTITUTE,
            replaces=absent,
            actor=None,
            now=now,
        )

    assert points_of(race)[absent.pk] == 25


def test_beat_finds_results_whose_announcement_was_lost(race: Race, drivers: list[Driver], now: datetime) -> None:
    other = RaceFactory(season=race.season, starts_at=race.starts_at - timedelta(weeks=1))
    give_result(race, drivers)
    give_result(other, drivers)
    score_race(race_id=other.pk, now=race.starts_at)

    score_pending(race.starts_at + timedelta(days=1))
    score_pending_races()

    assert ScoreRun.objects.count() == 2
    assert points_of(race)[drivers[0].pk] == Decimal(25)


def test_beat_finds_an_entry_list_whose_change_was_not_announced(
    race: Race, drivers: list[Driver], now: datetime
) -> None:
    absent, substitute = drivers[0], drivers[21]
    give_result(race, [substitute, *drivers[1:21]])
    score_race(race_id=race.pk, now=now)
    entry = race.entries.get(driver=absent)
    RaceEntry.objects.filter(race=race, driver=substitute).update(team=entry.team)
    set_entry(
        race_id=race.pk, driver=substitute, team=entry.team, number=None, status="substitute", replaces=absent,
        actor=None, now=now,
    )  # fmt: skip

    score_pending(now + timedelta(days=2))
    assert absent.pk not in points_of(race)

    score_pending(now + timedelta(minutes=5))
    assert points_of(race)[absent.pk] == Decimal(25)


def test_a_race_that_cannot_be_scored_stops_no_other(
    race: Race, drivers: list[Driver], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = RaceFactory(season=race.season, starts_at=race.starts_at - timedelta(weeks=1))
    give_result(race, drivers)
    give_result(other, drivers)

    def score(*, race_id: int, now: datetime) -> None:
        if race_id == other.pk:
            raise RuntimeError("out of order")
        score_race(race_id=race_id, now=now)

    monkeypatch.setattr("scoring.scores.score_race", score)

    with pytest.raises(ExceptionGroup, match="Some races could not be scored"):
        score_pending(race.starts_at)
    assert ScoreRun.objects.get().race == race


def test_beat_finds_them_whatever_the_clock_said_before(race: Race, drivers: list[Driver]) -> None:
    """The result goes from A to B and back to A while the game's clock is set back; each is scored."""
    give_result(race, drivers)
    score_pending(race.starts_at + timedelta(weeks=5))
    give_result(race, drivers[::-1])
    score_pending(race.starts_at)
    give_result(race, drivers)
    score_pending(race.starts_at - timedelta(weeks=5))
    score_pending(race.starts_at)

    assert points_of(race)[drivers[0].pk] == Decimal(25)
    assert ScoreRun.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_race_scored_by_eight_at_once_is_scored_once(now: datetime) -> None:
    race = RaceFactory(starts_at=now, entries=22)
    give_result(race, [entry.driver for entry in race.entries.select_related("driver")])

    def score(_: int) -> ScoreRun | None:
        try:
            return score_race(race_id=race.pk, now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        runs = set(pool.map(score, range(8)))

    assert runs == set(ScoreRun.objects.all())
    assert len(runs) == 1
