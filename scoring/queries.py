"""Reads of scores that pages share, each at a fixed number of SQL queries; ``until`` is as in ``core.spoilers``."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any

from drafts.models import Pick
from leagues.models import Constructor, League
from races.models import Race, RaceResult, Session
from scoring import ranking
from scoring.leaderboards import Board, Row, league_points, overall_board, race_board, scored_races
from scoring.models import DriverScore
from scoring.scores import rule_set

HEAT_STEPS = 4


@dataclass(frozen=True)
class PickScore:
    """A pick with its driver's result (``label``: a place, DNF, …) and points with their reasons.

    ``points`` are ``None`` and ``label`` is empty until the race is scored.
    """

    pick: Pick
    label: str
    points: Decimal | None
    lines: list[dict[str, Any]]


@dataclass(frozen=True)
class TeamRace:
    """A constructor's race: its line on the board and its picks."""

    row: Row
    picks: list[PickScore]


@dataclass(frozen=True)
class ConstructorRace:
    """A race of a constructor's season; ``points`` and ``rank`` are ``None`` until it is scored."""

    race: Race
    points: Decimal | None
    rank: int | None
    picks: list[PickScore]


@dataclass(frozen=True)
class GridCell:
    """A race of a constructor; ``heat`` from 0 (nothing, or not there) to 4 (as much as the best of the season)."""

    points: Decimal | None
    rank: int | None
    heat: int


@dataclass(frozen=True)
class Grid:
    """Constructors × scored races, in the order of the overall board."""

    races: list[Race]
    rows: list[tuple[Row, list[GridCell]]]


def race_breakdown(league: League, race: Race, *, until: datetime | None) -> tuple[Board, list[TeamRace]]:
    """The race's board, each line with its picks and why they earned what they did."""
    board = race_board(league, race, until=until)
    picks = Pick.objects.filter(league=league, race=race).select_related("driver").order_by("pick_number")
    by_team: dict[int, list[PickScore]] = defaultdict(list)
    for scored in _score(league, picks, until):
        by_team[scored.pick.constructor_id].append(scored)
    return board, [TeamRace(row, by_team[row.constructor_id]) for row in board.rows]


def constructor_season(constructor: Constructor, *, until: datetime | None) -> list[ConstructorRace]:
    """The races that a constructor drafted, the latest first."""
    league = constructor.league
    picks = constructor.picks.select_related("driver", "race").order_by("-race__starts_at", "pick_number")
    table = {scored.race_id: totals for scored, totals in league_points(league, until=until)}
    races: dict[int, list[PickScore]] = defaultdict(list)
    for score in _score(league, picks, until):
        races[score.pick.race_id].append(score)
    return [
        ConstructorRace(
            race=scores[0].pick.race,
            points=table.get(race_id, {}).get(constructor.pk),
            rank=ranking.ranks(table[race_id]).get(constructor.pk) if race_id in table else None,
            picks=scores,
        )
        for race_id, scores in races.items()
    ]


def season_grid(league: League, *, until: datetime | None) -> Grid:
    """Points of every constructor in every scored race."""
    table = league_points(league, until=until)
    names = Race.objects.in_bulk([scored.race_id for scored, _ in table])
    ranks = [ranking.ranks(totals) for _, totals in table]
    most = max((amount for _, totals in table for amount in totals.values()), default=Decimal(0))

    def cell(place: int, constructor: int) -> GridCell:
        points = table[place][1].get(constructor)
        heat = ceil(points * HEAT_STEPS / most) if points else 0
        return GridCell(points, ranks[place].get(constructor), heat)

    return Grid(
        races=[names[scored.race_id] for scored, _ in table],
        rows=[
            (row, [cell(place, row.constructor_id) for place in range(len(table))])
            for row in overall_board(league, until=until).rows
        ],
    )


def _score(league: League, picks: Iterable[Pick], until: datetime | None) -> list[PickScore]:
    """The picks of ``league`` with their results and points, in the order given."""
    picks = list(picks)
    races = {pick.race_id for pick in picks}
    drafted: dict[int, set[int]] = defaultdict(set)
    for race_id, driver_id in (
        Pick.objects.that_count().filter(league=league, race__in=races).order_by().values_list("race", "driver")
    ):
        drafted[race_id].add(driver_id)
    season = {race.race_id: race for race in scored_races(league.season, until=until)}
    earned = {race_id: season[race_id].earned(drafted[race_id]) for race_id in drafted.keys() & season.keys()}
    lines = {
        (score.run.race_id, score.driver_id): score.lines
        for score in DriverScore.objects.current()
        .filter(run__race__in=earned, run__rule_set=rule_set())
        .select_related("run")
    }
    labels = {
        (result.race_id, result.driver_id): result.label
        for result in RaceResult.objects.current().filter(race__in=earned, session=Session.GRAND_PRIX)
    }
    scores = []
    for pick in picks:
        key = (pick.race_id, pick.driver_id)
        points = earned[pick.race_id][pick.driver_id] if pick.race_id in earned else None
        scores.append(
            PickScore(pick, labels.get(key, "DNS") if points is not None else "", points, _why(points, lines.get(key)))
        )
    return scores


def _why(points: Decimal | None, lines: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    if points is None:
        return []
    if lines is None:
        return [{"rule": "grand_prix", "amount": "0", "because": "Did not take part"}]
    if sum((Decimal(line["amount"]) for line in lines), Decimal(0)) != points:
        return [{"rule": "seat", "amount": "0", "because": "The substitute in the seat was drafted by name"}]
    return lines
