"""What is measured: scoring a race and reading a league's board."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db import connection, transaction

from accounts.models import User
from benchmarks.__main__ import Figure, compare, median_ms, timed
from drafts.models import Draft, Pick
from leagues.models import League
from races.models import Driver, Race
from scoring.leaderboards import overall_board
from scoring.models import ScoreRun
from scoring.scores import rule_set, score_race
from tests.factories import ConstructorFactory, LeagueFactory, RaceFactory, UserFactory, give_result

START = datetime(2026, 7, 26, 13, tzinfo=UTC)
TEAMS = 10


def run(*, leagues: int, rounds: int) -> list[Figure]:
    race = RaceFactory(starts_at=START, entries=22)
    drivers = [entry.driver for entry in race.entries.select_related("driver")]
    users = UserFactory.create_batch(TEAMS)
    alone = [_league(race, drivers, users)]
    law_small = _score_ms(race, drivers, rounds)
    everybody = alone + [_league(race, drivers, users) for _ in range(leagues - 1)]
    law_large = _score_ms(race, drivers, rounds)
    return [
        _score(race, drivers, rounds),
        Figure("score-race: many leagues against one", law_small, law_large, round(law_large / law_small, 2), 1.5),
        _board(everybody, rounds),
    ]


def _league(race: Race, drivers: list[Driver], users: list[User]) -> League:
    """A league of ten that has drafted the race, one driver after the other."""
    league = LeagueFactory(season=race.season, creator=users[0])
    teams = [ConstructorFactory(league=league, user=user) for user in users]
    draft = Draft.objects.create(
        league=league,
        race=race,
        method="sequential",
        status=Draft.Status.LOCKED,
        order_source="manual",
        order_data=[team.pk for team in teams],
        opens_at=START,
        locks_at=START,
        created_at=START,
    )
    Pick.objects.bulk_create(
        Pick(
            draft=draft,
            league=league,
            race=race,
            constructor=teams[n % TEAMS],
            driver=drivers[n],
            pick_number=n + 1,
            round=n // TEAMS + 1,
            made_at=START,
        )
        for n in range(2 * TEAMS)
    )
    return league


def _swap(race: Race, drivers: list[Driver]) -> None:
    """Publish a result that differs from the one before, so that there is something to score."""
    drivers[0], drivers[1] = drivers[1], drivers[0]
    give_result(race, drivers)


def _score_ms(race: Race, drivers: list[Driver], rounds: int) -> float:
    times = []
    for _ in range(rounds + 1):
        _swap(race, drivers)
        times.append(timed(lambda: score_race(race_id=race.pk, now=START + timedelta(hours=3))))
    return round(median_ms(times[1:]), 3)


def _score(race: Race, drivers: list[Driver], rounds: int) -> Figure:
    """Floor: the same rows inserted by hand in one transaction."""
    _swap(race, drivers)
    current = ScoreRun.objects.get(race=race, is_current=True)
    lines = json.dumps([{"rule": "grand_prix", "amount": "25", "because": "P1 in the Grand Prix"}])
    number = 10_000

    def floor() -> None:
        nonlocal number
        number += 1
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO scoring_scorerun (race_id, rule_set_id, number, is_current, revision_id, substitutes,"
                " changes, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
                [race.pk, current.rule_set_id, number, False, current.revision_id, "[]", "[]", START],
            )
            run_id = cursor.fetchone()[0]
            cursor.executemany(
                "INSERT INTO scoring_driverscore (run_id, driver_id, points, lines) VALUES (%s, %s, %s, %s)",
                [(run_id, driver.pk, "25", lines) for driver in drivers],
            )
            cursor.execute("UPDATE races_season SET results_version = results_version + 1")

    def ours() -> None:
        score_race(race_id=race.pk, now=START + timedelta(hours=3))

    def ours_after_a_change() -> float:
        _swap(race, drivers)
        return timed(ours)

    floors, times = [], []
    for _ in range(rounds + 1):
        floors.append(timed(floor))
        times.append(ours_after_a_change())
    ScoreRun.objects.filter(number__gt=9_999).delete()
    floor_ms, ours_ms = median_ms(floors[1:]), median_ms(times[1:])
    return Figure("score-race: 22 drivers", round(floor_ms, 3), round(ours_ms, 3), round(ours_ms / floor_ms, 2), 20)


def _board(leagues: list[League], rounds: int) -> Figure:
    """Floor: one SQL statement for the same totals."""
    leagues = [League.objects.select_related("season").get(pk=league.pk) for league in leagues]
    turn = iter(leagues * (rounds + 2))
    rules = rule_set()
    sql = (
        "SELECT p.constructor_id, SUM(s.points) FROM drafts_pick p"
        " JOIN scoring_scorerun r ON r.race_id = p.race_id AND r.rule_set_id = %s AND r.is_current"
        " JOIN scoring_driverscore s ON s.run_id = r.id AND s.driver_id = p.driver_id"
        " WHERE p.league_id = %s GROUP BY p.constructor_id"
    )

    def totals(league: League) -> dict[int, Decimal]:
        with connection.cursor() as cursor:
            cursor.execute(sql, [rules.pk, league.pk])
            return {pk: Decimal(str(points)) for pk, points in cursor.fetchall()}

    for league in leagues[:5]:
        assert {row.constructor_id: row.points for row in overall_board(league, until=None).rows} == totals(league)
    cache.clear()
    return compare(
        "board: one league, cold, against one statement",
        floor=lambda: totals(next(turn)),
        ours=lambda: overall_board(next(turn), until=None),
        goal=20,
        rounds=rounds,
    )
