from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drafts.lifecycle import follow_race
from drafts.models import Pick
from drafts.queries import draft_board
from leagues.models import Constructor, League
from races.models import Driver, Race, RaceEntry
from scoring.leaderboards import Board, overall_board, points_of_race, race_board, race_totals, season_totals
from scoring.queries import constructor_season, season_grid
from scoring.scores import score_race
from tests.factories import LeagueFactory, RaceFactory, give_result
from tests.scoring.conftest import draft_race

pytestmark = pytest.mark.django_db


def fresh(league: League) -> League:
    """As the next request would load it."""
    return League.objects.select_related("season").get(pk=league.pk)


def finish(race: Race, drivers: list[Driver], **more: object) -> None:
    give_result(race, drivers, **more)  # type: ignore[arg-type]
    score_race(race_id=race.pk, now=race.starts_at + timedelta(hours=3))


def lines(board: Board) -> list[tuple[int, bool, int, Decimal]]:
    return [(row.rank, row.tied, row.constructor_id, row.points) for row in board.rows]


def test_race_board_adds_up_each_teams_two_drivers(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    finish(race, drivers, fastest=drivers[5])

    board = race_board(fresh(league), race, until=None)

    assert lines(board) == [
        (1, False, teams[0].pk, Decimal(34)),
        (2, False, teams[1].pk, Decimal(28)),
        (3, False, teams[2].pk, Decimal(27)),
    ]
    assert (board.status, board.race_id) == ("provisional", race.pk)
    assert board.updated_at == race.starts_at + timedelta(hours=3)
    assert [(row.wins, row.gap, row.change) for row in board.rows] == [(1, 0, None), (0, 6, None), (0, 7, None)]


def test_race_board_shares_ranks(league: League, race: Race, teams: list[Constructor], drivers: list[Driver]) -> None:
    finish(race, [drivers[0], *drivers[6:], *drivers[1:6]])

    assert [(row.rank, row.tied, row.points) for row in race_board(fresh(league), race, until=None).rows] == [
        (1, False, Decimal(25)),
        (2, True, Decimal(0)),
        (2, True, Decimal(0)),
    ]


def test_boards_of_an_unscored_race_are_empty(league: League, race: Race, teams: list[Constructor]) -> None:
    board = race_board(league, race, until=None)

    assert (board.rows, board.status, board.updated_at) == ([], "none", None)
    assert [(row.rank, row.tied, row.points, row.races) for row in overall_board(league, until=None).rows] == [
        (1, True, 0, 0)
    ] * 3


def test_overall_board_follows_race_by_race(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    finish(race, drivers)
    second = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1), entries=0)
    for entry in race.entries.all():
        second.entries.create(driver=entry.driver, team=entry.team)
    order = draft_race(fresh(league), second, drivers[:6])
    assert order == [teams[1], teams[2], teams[0]]
    finish(second, drivers)

    board = overall_board(fresh(league), until=None)

    # Race 1: 33 (25+8), 28 (18+10), 27 (15+12) for teams 0, 1, 2; race 2 gives the same to teams 1, 2, 0.
    assert lines(board) == [
        (1, False, teams[1].pk, Decimal(61)),
        (2, False, teams[0].pk, Decimal(60)),
        (3, False, teams[2].pk, Decimal(55)),
    ]
    assert [(row.races, row.wins, row.change, row.gap) for row in board.rows] == [
        (2, 1, 1, 0),
        (2, 1, -1, 1),
        (2, 0, 0, 6),
    ]
    assert board.updated_at == second.starts_at + timedelta(hours=3)


@pytest.mark.parametrize(("substitute", "of_the_seat"), [(21, 25), (1, 0)])
def test_the_seat_of_an_absent_driver_scores_unless_the_substitute_was_drafted_by_name(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver], substitute: int, of_the_seat: int
) -> None:
    """Team 0 drafted drivers 0 and 5, team 1 drafted drivers 1 and 4; driver 0 is absent, somebody wins in the seat."""
    stand_in = drivers[substitute]
    race.entries.filter(driver=stand_in).update(status=RaceEntry.Status.SUBSTITUTE, replaces=drivers[0])
    rest = [driver for driver in drivers[1:] if driver != stand_in]

    finish(race, [stand_in, *rest[10:], *rest[:10]])

    points = {row.constructor_id: row.points for row in race_board(fresh(league), race, until=None).rows}
    assert points[teams[0].pk] == of_the_seat
    assert points[teams[1].pk] == (25 if substitute == 1 else 0)
    assert points_of_race(race.pk, [drivers[0].pk, drivers[1].pk], until=None)[drivers[0].pk] == of_the_seat


def test_points_of_a_race_are_empty_until_it_is_scored(race: Race, drivers: list[Driver]) -> None:
    assert points_of_race(race.pk, [drivers[0].pk], until=None) == {}


def test_a_race_the_league_did_not_draft_is_not_on_its_board(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    other = RaceFactory(season=race.season, starts_at=race.starts_at + timedelta(weeks=1))
    finish(other, drivers)

    assert [row.races for row in overall_board(fresh(league), until=None).rows] == [0, 0, 0]


def test_the_picks_of_a_void_draft_score_nothing(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    Race.objects.filter(pk=race.pk).update(status=Race.Status.CANCELLED)
    draft = follow_race(draft_id=league.drafts.get().pk, now=race.starts_at - timedelta(hours=1))
    finish(race, drivers)

    assert (draft.status, draft.picks.count()) == ("void", 6)
    assert race_board(fresh(league), race, until=None).rows == []
    assert [(row.points, row.races) for row in overall_board(fresh(league), until=None).rows] == [(0, 0)] * 3
    assert season_totals(Constructor.objects.select_related("league__season"), until=None) == {
        team.pk: 0 for team in teams
    }
    assert [scored.points for scored in constructor_season(teams[0], until=None)[0].picks] == [None, None]
    assert {cell.points for turns in draft_board(draft, until=None).rounds for cell in turns.cells} == {None}


def test_a_board_is_never_stale_after_a_write(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    finish(race, drivers)
    assert overall_board(fresh(league), until=None).rows[0].points == 33

    finish(race, [drivers[5], *drivers[1:5], drivers[0], *drivers[6:-1]], fastest=drivers[5])

    assert overall_board(fresh(league), until=None).rows[0].points == 34
    assert race_board(fresh(league), race, until=None).status == "revised"


def test_a_board_knows_people_by_the_names_they_have_now(league: League, teams: list[Constructor]) -> None:
    overall_board(fresh(league), until=None)

    owner = teams[0].user
    owner.username = "renamed"
    owner.save()

    assert "renamed" in {row.username for row in overall_board(fresh(league), until=None).rows}


def test_who_left_is_not_ranked_but_stays_in_the_races_they_drove(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    finish(race, drivers)
    Constructor.objects.filter(pk=teams[0].pk).update(is_active=False)
    League.objects.filter(pk=league.pk).update(version=99)

    assert [row.constructor_id for row in overall_board(fresh(league), until=None).rows] == [teams[1].pk, teams[2].pk]
    assert [(row.constructor_id, row.is_active) for row in race_board(fresh(league), race, until=None).rows] == [
        (teams[0].pk, False),
        (teams[1].pk, True),
        (teams[2].pk, True),
    ]


def test_equals_are_listed_by_name(league: League) -> None:
    for name, team in zip(["beta", "Alpha", "gamma"], league.constructors.all(), strict=True):
        Constructor.objects.filter(pk=team.pk).update(team_name=name)

    assert [row.team_name for row in overall_board(league, until=None).rows] == ["Alpha", "beta", "gamma"]


def test_a_league_without_teams_has_an_empty_board() -> None:
    assert overall_board(LeagueFactory(), until=None).rows == []


def test_boards_cost_few_queries_and_fewer_when_warm(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    finish(race, drivers)
    league = fresh(league)
    race_board(league, race, until=None)

    with CaptureQueriesContext(connection) as cold:
        overall_board(league, until=None)
    with CaptureQueriesContext(connection) as warm:
        overall_board(league, until=None)

    assert len(cold) == 4  # versions, picks, teams, and which rule set; the season's scores are warm for all leagues
    assert len(warm) == 1


def test_the_picks_of_a_league_are_one_range_of_the_unique_index(league: League) -> None:
    picks = (
        Pick.objects.that_count().filter(league=league).order_by().values_list("race_id", "constructor_id", "driver_id")
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            wanted = "Index Only Scan using driver_drafted_once_in_league"
        else:
            wanted = "USING INDEX sqlite_autoindex_drafts_pick_1 (league_id=?)"

    assert wanted in picks.explain()


DAY = timedelta(days=1)


@pytest.fixture
def next_race(league: League, race: Race, teams: list[Constructor], drivers: list[Driver]) -> Race:
    """Drafted like the first, and run the other way round."""
    race_after = RaceFactory(season=race.season, starts_at=race.starts_at + 7 * DAY)
    for driver in drivers:
        race_after.entries.create(driver=driver, team=race.entries.first().team)
    draft_race(league, race_after, drivers[:6])
    finish(race, drivers)
    finish(race_after, [*drivers[6:], *drivers[:6]][::-1], fastest=drivers[5])
    return race_after


def test_two_viewers_read_boards_side_by_side_from_the_cache(league: League, race: Race, next_race: Race) -> None:
    """Whoever has seen both races, the first one, or none, reads their own board, whoever came before."""
    nothing, first, both = (race.starts_at + DAY * days for days in (-1, 1, 8))

    def boards() -> list[list[tuple[int, int | None]]]:
        asked = [overall_board(fresh(league), until=until) for until in (None, both, first, nothing, first, None)]
        return [[(int(row.points), row.change) for row in board.rows] for board in asked]

    cold, warm = boards(), boards()

    everything, with_both, only_first, empty, *again = cold
    assert warm == cold
    assert everything == with_both != only_first
    assert again == [only_first, everything]
    assert sum(points for points, _ in only_first) == 25 + 18 + 15 + 12 + 10 + 8
    assert sum(points for points, _ in everything) == 2 * (25 + 18 + 15 + 12 + 10 + 8) + 1
    assert [change for _, change in only_first] == [None] * 3
    assert empty == [(0, None)] * 3


def test_a_board_behind_the_shield_costs_the_same(league: League, race: Race, next_race: Race) -> None:
    until = race.starts_at + DAY
    league = fresh(league)
    overall_board(league, until=None)
    overall_board(league, until=until)
    with CaptureQueriesContext(connection) as open_to_all:
        overall_board(league, until=None)
    with CaptureQueriesContext(connection) as shielded:
        overall_board(league, until=until)

    assert len(shielded) == len(open_to_all) + 1  # the rule set, in the key of the season's points


def test_a_hidden_race_has_no_points_anywhere(
    league: League, race: Race, next_race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    until = race.starts_at + DAY
    league, team = fresh(league), Constructor.objects.select_related("league__season").get(pk=teams[0].pk)
    drafted = [driver.pk for driver in drivers[:6]]

    board = race_board(league, next_race, until=until)

    assert (board.status, board.updated_at, board.rows) == ("none", None, [])
    assert points_of_race(next_race.pk, drafted, until) == {}
    assert sum(points_of_race(race.pk, drafted, until).values()) == 88
    assert season_totals([team], until) == {team.pk: 33}
    latest, first = constructor_season(team, until=until)
    assert (latest.points, latest.rank, [(pick.label, pick.lines) for pick in latest.picks]) == (
        None,
        None,
        [("", [])] * 2,
    )
    assert (first.points, first.rank) == (33, 1)
    assert [each.pk for each in season_grid(league, until=until).races] == [race.pk]


def test_an_amendment_of_a_race_that_was_seen_is_shown(
    league: League, race: Race, next_race: Race, drivers: list[Driver]
) -> None:
    until = race.starts_at + DAY
    overall_board(fresh(league), until=until)

    finish(race, drivers, out=(drivers[0],))

    board = overall_board(fresh(league), until=until)
    assert (board.status, sum(row.points for row in board.rows)) == ("revised", 88 - 25)


def test_totals_of_many_leagues_are_those_of_their_boards_in_one_query(
    league: League, race: Race, teams: list[Constructor], drivers: list[Driver]
) -> None:
    leagues = [league.pk, LeagueFactory(season=race.season).pk]
    assert race_totals(race, leagues) == {}, "before the race is scored"
    finish(race, drivers, fastest=drivers[5])
    scored = Race.objects.select_related("season").get(pk=race.pk)
    board = race_board(fresh(league), scored, until=None)
    race_totals(scored, leagues)

    with CaptureQueriesContext(connection) as queries:
        totals = race_totals(scored, leagues)

    assert totals == {league.pk: {row.constructor_id: row.points for row in board.rows}}
    assert len([query for query in queries if "drafts_pick" in query["sql"]]) == 1
