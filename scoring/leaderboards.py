"""Leaderboards: joined at read time from picks and driver points, never stored.

A board costs three short queries: the league's picks (one range of the covering index), the season's driver points
(the same for every league, so cached by the season's results version) and the teams' names. Finished boards are cached
under a key that holds the versions of all that they are made of: a change makes the old key unreachable, so a board is
never stale after a write.

``until`` is as in ``core.spoilers``: a board is as it was after the last race that the viewer has seen, and kept under
a key with that race.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from django.core.cache import cache
from django.db.models import Max, QuerySet, Subquery, Sum

from drafts.models import Draft, Pick
from fantasy_f1.core.spoilers import is_hidden
from leagues.models import Constructor, League
from races.models import Race, Season
from scoring import ranking
from scoring.models import DriverScore, ScoreRun
from scoring.scores import rule_set

RACE_BOARD_SECONDS = 5 * 60
OVERALL_BOARD_SECONDS = 10 * 60


@dataclass(frozen=True)
class Row:
    """A constructor's line. ``change``: places won since the last race; ``decided_by``: what broke a tie on points."""

    rank: int
    tied: bool
    constructor_id: int
    team_name: str
    color: str
    user_id: int
    username: str
    display_name: str
    is_active: bool
    points: Decimal
    races: int
    wins: int
    change: int | None
    decided_by: str
    gap: Decimal


@dataclass(frozen=True)
class Board:
    """``race_id`` is ``None`` for the season; ``status`` as in ``Race.Results`` of the (latest) race."""

    league_id: int
    race_id: int | None
    status: str
    updated_at: datetime | None
    rows: list[Row]


@dataclass(frozen=True)
class ScoredRace:
    race_id: int
    starts_at: datetime
    status: str
    scored_at: datetime
    points: dict[int, Decimal]
    """By driver id."""
    substitutes: dict[int, int]
    """Absent driver → who drove the seat."""

    def earned(self, drafted: Collection[int]) -> dict[int, Decimal]:
        """Points of the ``drafted`` drivers of one league, by driver id.

        One real starter feeds one slot: a substitute whom somebody drafted by name scores for that team, and the seat
        of the absent driver scores nothing (docs/rules.md, 3.4).
        """
        return {
            driver: Decimal(0) if self.substitutes.get(driver) in drafted else self.points.get(driver, Decimal(0))
            for driver in drafted
        }


def overall_board(league: League, *, until: datetime | None) -> Board:
    """The season's table so far."""
    if until is None:
        return _cached("overall", league, OVERALL_BOARD_SECONDS, lambda: _overall(league, _races_of(league, None)))
    # Chosen once, so that the board is made of the very races that its key names.
    races = _races_of(league, until)
    scope = f"overall:{races[-1].race_id if races else 0}"
    return _cached(scope, league, OVERALL_BOARD_SECONDS, lambda: _overall(league, races))


def race_board(league: League, race: Race, *, until: datetime | None) -> Board:
    """The table of one race; without rows until the race is scored, and while it is hidden."""
    if is_hidden(race.starts_at, until):
        return Board(league.pk, race.pk, Race.Results.NONE, None, [])
    return _cached(f"race:{race.pk}", league, RACE_BOARD_SECONDS, lambda: _race(league, race))


def points_of_race(race_id: int, drafted: Collection[int], until: datetime | None) -> dict[int, Decimal]:
    """What the ``drafted`` drivers of one league earned, by driver id; empty until the race is scored."""
    race = Race.objects.select_related("season").get(pk=race_id)
    scored = scored_races(race.season, until=until)
    return next((found.earned(drafted) for found in scored if found.race_id == race_id), {})


def race_totals(race: Race, leagues: Collection[int]) -> dict[int, dict[int, Decimal]]:
    """What every constructor that drafted the race earned, by league id; empty until it is scored.

    For many leagues at once: one query, however many they are.
    """
    races = scored_races(race.season, until=None)
    scored = next((found for found in races if found.race_id == race.pk), None)
    return totals_of(scored, leagues) if scored else {}


def totals_of(scored: ScoredRace, leagues: Collection[int]) -> dict[int, dict[int, Decimal]]:
    """The same by a given scoring of the race, be it one that stands or one of before."""
    return {league_id: _totals(scored, owners) for league_id, owners in drafted_in(scored.race_id, leagues).items()}


def drafted_in(race_id: int, leagues: Collection[int]) -> dict[int, dict[int, int]]:
    """For each of the leagues that drafted the race, who has whom: constructors by the ids of their drivers."""
    drafted: dict[int, dict[int, int]] = defaultdict(dict)
    picks = Pick.objects.that_count().filter(race=race_id, league__in=leagues).order_by()
    for league_id, constructor_id, driver_id in picks.values_list("league_id", "constructor_id", "driver_id"):
        drafted[league_id][driver_id] = constructor_id
    return dict(drafted)


def _totals(scored: ScoredRace, owners: dict[int, int]) -> dict[int, Decimal]:
    totals = dict.fromkeys(owners.values(), Decimal(0))
    for driver_id, amount in scored.earned(owners).items():
        totals[owners[driver_id]] += amount
    return totals


def scored_by(run: ScoreRun) -> ScoredRace:
    """The race as that scoring had it."""
    return _read(ScoreRun.objects.filter(pk=run.pk))[0]


def scored_races(season: Season, *, until: datetime | None) -> list[ScoredRace]:
    """The season's scored races in calendar order."""
    key = f"scores:{season.pk}:{season.results_version}:{rule_set().pk}"
    races = cache.get_or_set(key, lambda: _scored_races(season.pk), OVERALL_BOARD_SECONDS) or []
    return [race for race in races if not is_hidden(race.starts_at, until)]


def league_points(league: League, *, until: datetime | None) -> list[tuple[ScoredRace, dict[int, Decimal]]]:
    """Points by constructor id for every scored race that the league drafted, in calendar order."""
    return _points_of(league, _races_of(league, until))


def _races_of(league: League, until: datetime | None) -> list[ScoredRace]:
    return scored_races(league.season, until=until)


def _points_of(league: League, races: list[ScoredRace]) -> list[tuple[ScoredRace, dict[int, Decimal]]]:
    drafted: dict[int, dict[int, int]] = defaultdict(dict)
    picks = (
        Pick.objects.that_count().filter(league=league).order_by().values_list("race_id", "constructor_id", "driver_id")
    )
    for race_id, constructor_id, driver_id in picks:
        drafted[race_id][driver_id] = constructor_id
    table = []
    for race in races:
        if owners := drafted.get(race.race_id):
            table.append((race, _totals(race, owners)))
    return table


def season_totals(constructors: Collection[Constructor], until: datetime | None) -> dict[int, Decimal]:
    """The season's points by constructor id, of any leagues, also of constructors that left. One query when warm."""
    totals = {team.pk: Decimal(0) for team in constructors}
    drafted: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    picks = Pick.objects.that_count().filter(league__in={team.league_id for team in constructors}).order_by()
    for league_id, race_id, owner, driver_id in picks.values_list(
        "league_id", "race_id", "constructor_id", "driver_id"
    ):
        drafted[league_id, race_id][driver_id] = owner
    seasons = {team.league.season for team in constructors}
    scored = {race.race_id: race for season in seasons for race in scored_races(season, until=until)}
    for (_, race_id), owners in drafted.items():
        if race_id in scored:
            for driver_id, amount in scored[race_id].earned(owners).items():
                if owners[driver_id] in totals:
                    totals[owners[driver_id]] += amount
    return totals


def _scored_races(year: int) -> list[ScoredRace]:
    runs = ScoreRun.objects.filter(race__season=year, rule_set=rule_set(), is_current=True)
    return _read(runs.order_by("race__starts_at"))


def _read(runs: QuerySet[ScoreRun]) -> list[ScoredRace]:
    found = runs.values_list("pk", "race_id", "race__starts_at", "race__results_status", "created_at")
    races = {
        run_id: ScoredRace(race_id, starts_at, status, at, {}, {}) for run_id, race_id, starts_at, status, at in found
    }
    scores = DriverScore.objects.filter(run__in=list(races)).order_by()
    for run_id, driver_id, substitute_id, amount in scores.values_list("run", "driver", "substitute", "points"):
        races[run_id].points[driver_id] = amount
        if substitute_id:
            races[run_id].substitutes[driver_id] = substitute_id
    return list(races.values())


def _overall(league: League, scored: list[ScoredRace]) -> Board:
    table = _points_of(league, scored)
    teams = _teams(league)
    active = [pk for pk, team in teams.items() if team.is_active]
    races = [totals for _, totals in table]
    standings = ranking.overall(active, races)
    moves = ranking.changes(ranking.overall(active, races[:-1]) if len(races) > 1 else [], standings)
    leader = standings[0].points if standings else Decimal(0)
    rows = [
        _row(
            teams[standing.constructor_id],
            rank=standing.rank,
            tied=standing.tied,
            points=standing.points,
            races=standing.races,
            wins=standing.wins,
            change=moves[standing.constructor_id],
            decided_by=standing.decided_by,
            leader=leader,
        )
        for standing in standings
    ]
    last = table[-1][0] if table else None
    rows.sort(key=lambda row: (row.rank, row.team_name.lower()))
    return Board(league.pk, None, last.status if last else "none", last.scored_at if last else None, rows)


def _race(league: League, race: Race) -> Board:
    found = next((entry for entry in league_points(league, until=None) if entry[0].race_id == race.pk), None)
    if found is None:
        return Board(league.pk, race.pk, race.results_status, None, [])
    scored, totals = found
    teams = _teams(league)
    ranks = ranking.ranks(totals)
    rows = [
        _row(
            teams[pk],
            rank=rank,
            tied=list(ranks.values()).count(rank) > 1,
            points=totals[pk],
            races=1,
            wins=int(rank == 1),
            change=None,
            decided_by="",
            leader=max(totals.values()),
        )
        for pk, rank in ranks.items()
    ]
    rows.sort(key=lambda row: (row.rank, row.team_name.lower()))
    return Board(league.pk, race.pk, scored.status, scored.scored_at, rows)


def _teams(league: League) -> dict[int, Constructor]:
    return {team.pk: team for team in league.constructors.select_related("user")}


def _row(
    team: Constructor,
    *,
    rank: int,
    tied: bool,
    points: Decimal,
    races: int,
    wins: int,
    change: int | None,
    decided_by: str,
    leader: Decimal,
) -> Row:
    return Row(
        rank=rank,
        tied=tied,
        constructor_id=team.pk,
        team_name=team.team_name,
        color=team.color,
        user_id=team.user_id,
        username=team.user.username,
        display_name=team.user.display_name,
        is_active=team.is_active,
        points=points,
        races=races,
        wins=wins,
        change=change,
        decided_by=decided_by,
        gap=leader - points,
    )


def _cached(scope: str, league: League, seconds: int, make: Callable[[], Board]) -> Board:
    key = f"board:{league.pk}:{scope}:{_versions(league)}"
    return cast(Board, cache.get_or_set(key, make, seconds))


def _versions(league: League) -> str:
    """Changes whenever something does that a board is made of: teams, picks, results, the names of people."""
    own = League.objects.filter(pk=league.pk).values_list(
        "version",
        Subquery(Draft.objects.filter(league=league).order_by().values("league").values_list(Sum("version"))),
        Subquery(
            Constructor.objects.filter(league=league).order_by().values("league").values_list(Max("user__updated_at"))
        ),
    )
    teams, picks, people = own.get()
    return f"{teams}.{picks}.{league.season.results_version}.{people and people.timestamp()}"
