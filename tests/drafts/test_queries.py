import subprocess
import sys
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from drafts import lifecycle
from drafts.models import Draft, Pick
from drafts.picks import make_pick, withdraw_constructor
from drafts.queries import Countdown, board_at, countdown, draft_board, find_draft
from drafts.replay import states
from leagues.models import Constructor, League
from races.models import Driver, Race, RaceEntry, RaceResult
from scoring.scores import score_race
from tests.factories import RaceEntryFactory, RaceFactory, UserFactory, give_result

pytestmark = pytest.mark.django_db


def take(draft: Draft, team: Constructor, driver: Driver, now: datetime, actor: User | None = None) -> Pick:
    return make_pick(draft_id=draft.pk, constructor=team, driver=driver, actor=actor or team.user, now=now)


def fresh(draft: Draft) -> Draft:
    return find_draft(draft.league.creator, draft.league_id, draft.race_id)


def test_board_of_a_snake_draft(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    take(draft, teams[0], drivers[0], now)
    take(draft, teams[1], drivers[1], now, actor=manager)

    board = draft_board(fresh(draft), until=None)

    assert board.columns == teams
    assert [(row.number, row.is_reversed, [cell.pick_number for cell in row.cells]) for row in board.rounds] == [
        (1, False, [1, 2, 3]),
        (2, True, [6, 5, 4]),
    ]
    first = board.rounds[0].cells
    assert [cell.pick.driver if cell.pick else None for cell in first] == [drivers[0], drivers[1], None]
    assert [cell.mark for cell in first] == ["", "M", ""]
    assert [cell.is_current for cell in first] == [False, False, True]
    assert [(cell.pick_number, cell.constructor) for cell in board.upcoming] == [
        (3, teams[2]),
        (4, teams[2]),
        (5, teams[1]),
        (6, teams[0]),
    ]
    assert (board.on_the_clock, board.round_number, board.pick_total) == (teams[2], 1, 6)
    assert [board.picks_until(team) for team in [*teams, None]] == [3, 2, 0, None]
    assert [cell.pick_number for cell in board.turns_of(teams[1])] == [2, 5]
    assert (board.has_picks, board.marks, board.is_scored) == (True, {"M"}, False)


def test_board_of_a_sequential_draft_runs_one_way(league: League, race: Race, manager: User, now: datetime) -> None:
    League.objects.update(draft_method="sequential")
    draft, _ = lifecycle.initialize_draft(league_id=league.pk, race_id=race.pk, actor=manager, now=now)

    board = draft_board(fresh(draft), until=None)

    assert [(row.is_reversed, [cell.pick_number for cell in row.cells]) for row in board.rounds] == [
        (False, [1, 2, 3]),
        (False, [4, 5, 6]),
    ]


def test_board_passes_over_a_team_that_left(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    take(draft, teams[0], drivers[0], now)
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)

    board = draft_board(fresh(draft), until=None)

    assert [cell.pick_number for cell in board.upcoming] == [3, 4, 6]
    assert [cell.is_passed_over for cell in board.rounds[1].cells] == [False, True, False]


def test_board_without_a_draft_shows_what_is_known(league: League, race: Race, manager: User) -> None:
    draft = find_draft(manager, league.pk, race.pk)

    board = draft_board(draft, until=None)

    assert (draft.pk, draft.status, draft.locks_at) == (None, "scheduled", race.qualifying_at)
    assert (board.columns, board.rounds, board.upcoming, board.on_the_clock) == ([], [], [], None)
    assert (board.round_number, board.pick_total, board.has_picks) == (None, 0, False)
    assert len(board.drivers) == 22


def test_board_lists_the_drivers_by_price_with_who_took_them(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    take(draft, teams[0], drivers[1], now)
    RaceEntry.objects.filter(driver__in=drivers[1:3]).update(status="withdrawn")
    RaceEntryFactory(race=draft.race, status="substitute", replaces=drivers[2])

    board = draft_board(fresh(draft), until=None)

    assert [row.driver for row in board.drivers] == [*drivers[:2], *drivers[3:]]
    assert [row.taken_by for row in board.drivers[:3]] == [None, teams[0], None]
    assert board.driver(drivers[1].pk) == board.drivers[1]
    assert board.driver(drivers[2].pk) is None


def test_board_shows_points_once_the_race_is_scored(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], now: datetime
) -> None:
    for team, driver in zip([*teams, *reversed(teams)], drivers, strict=False):
        take(draft, team, driver, now)
    give_result(draft.race, drivers[:5])
    unscored = draft_board(fresh(draft), until=None)
    score_race(race_id=draft.race_id, now=now)

    board = draft_board(fresh(draft), until=None)

    assert not unscored.is_scored
    assert [cell.points for cell in board.rounds[0].cells] == [Decimal(25), Decimal(18), Decimal(15)]
    assert [cell.points for cell in board.rounds[1].cells] == [Decimal(0), Decimal(10), Decimal(12)]


def test_board_at_any_event_of_the_log(
    draft: Draft, teams: list[Constructor], drivers: list[Driver], manager: User, now: datetime
) -> None:
    take(draft, teams[0], drivers[0], now)
    take(draft, teams[1], drivers[1], now, actor=manager)
    withdraw_constructor(draft_id=draft.pk, constructor_id=teams[1].pk, now=now)
    board = draft_board(fresh(draft), until=None)

    seen = []
    for state in states(draft.events().order_by("version"), method=draft.method):
        then = board_at(board, state)
        cells = then.rounds[0].cells if then.rounds else []
        marks = [(cell.pick.driver.pk, cell.mark) if cell.pick else None for cell in cells]
        seen.append((marks, [cell.is_passed_over for cell in cells], then.on_the_clock))

    none, first = [False] * 3, (drivers[0].pk, "")
    assert seen[-4:] == [
        ([None] * 3, none, teams[0]),
        ([first, None, None], none, teams[1]),
        ([first, (drivers[1].pk, "M"), None], none, teams[2]),
        ([first, None, None], [False, True, False], teams[2]),
    ]


def test_a_row_draws_the_last_places_and_knows_the_standing(draft: Draft, drivers: list[Driver], now: datetime) -> None:
    for days, result in ((28, drivers[:3]), (21, [drivers[1], drivers[0], drivers[2]])):
        give_result(RaceFactory(season=draft.race.season, starts_at=now - timedelta(days=days)), result)
    RaceResult.objects.filter(driver__in=drivers[:2]).update(points=20)

    rows = draft_board(fresh(draft), until=None).drivers

    assert [row.sparkline for row in rows[:4]] == ["25,6 75,10.19", "25,10.19 75,6", "25,14.38 75,14.38", ""]
    assert [row.standing for row in rows[:4]] == [1, 1, None, None]


def test_the_clock_of_the_page(draft: Draft, now: datetime) -> None:
    draft.pick_seconds, draft.deadline_at = 28_800, now + timedelta(hours=8)
    draft.quiet_from, draft.quiet_until, draft.time_zone = time(8), time(12), "UTC"

    slow = countdown(draft, now)
    draft.pick_seconds, draft.deadline_at = 60, now + timedelta(seconds=60)
    live = countdown(draft, now)

    noon = now.replace(hour=12)
    end = int(now.timestamp() * 1000)
    assert slow == Countdown(end + 28_800_000, 28_800_000, is_long=True, rests_until=noon)
    assert live == Countdown(end + 60_000, 60_000, is_long=False, rests_until=None)
    for name, value in (("deadline_at", None), ("pick_seconds", None), ("status", Draft.Status.PAUSED)):
        before = getattr(draft, name)
        setattr(draft, name, value)
        assert countdown(draft, now) is None
        setattr(draft, name, before)


def test_board_costs_seven_queries(draft: Draft, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    found = fresh(draft)

    with django_assert_num_queries(7):
        draft_board(found, until=None)


def test_find_draft_hides_private_leagues_and_other_seasons(league: League, race: Race, draft: Draft) -> None:
    League.objects.update(is_private=True)
    other = RaceFactory(season__year=2025)

    assert find_draft(league.creator, league.pk, race.pk) == draft
    for user, pk in ((UserFactory(), race.pk), (league.creator, other.pk)):
        with pytest.raises(Http404):
            find_draft(user, league.pk, pk)


def test_the_command_of_the_proof_prints_the_commitment_and_the_order(client: Client, draft: Draft) -> None:
    html = client.get(reverse("drafts:proof", args=[draft.league_id, draft.race_id])).content.decode()
    line = html.split('<pre class="proof__command" tabindex="0"><code>')[1].split("</code>")[0]
    command = line.replace("&quot;", '"').replace("&#x27;", "'").replace("python3", sys.executable, 1)

    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == f"{draft.order_commitment} {draft.order_data}"
