"""The order of the coming races is foretold as it will be."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from drafts import control, lifecycle
from drafts.models import Draft
from leagues.membership import join_league, leave_league
from leagues.models import Constructor, League
from races.models import Driver, Race
from tests.factories import ConstructorFactory, RaceEntryFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db

WEEK = timedelta(weeks=1)


@pytest.fixture(autouse=True)
def _today(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def races(race: Race, drivers: list[Driver]) -> list[Race]:
    """The race of the draft and the four after it, a week apart, with the same drivers."""
    more = [RaceFactory(season=race.season, starts_at=race.starts_at + number * WEEK) for number in range(1, 5)]
    for each in more:
        for driver in drivers:
            RaceEntryFactory(race=each, driver=driver)
    return [race, *more]


def ahead(league: League, now: datetime) -> list[list[int]]:
    return [step.order for step in lifecycle.orders_ahead(league, now=now)]


def play(league: League, race: Race) -> list[int]:
    """Let the draft open, be taken by the ranking and lock, and the race be run → the order it had."""
    now = race.starts_at - timedelta(days=4)
    draft = lifecycle.schedule_draft(league_id=league.pk, race_id=race.pk, now=now)
    if race.status != Race.Status.CANCELLED:
        lifecycle.open_draft(draft_id=draft.pk, actor=None, now=now)
    lifecycle.follow_race(draft_id=draft.pk, now=now)
    draft = lifecycle.lock_draft(draft_id=draft.pk, now=draft.locks_at)
    if draft.status == Draft.Status.LOCKED:
        Race.objects.filter(pk=race.pk).update(status=Race.Status.FINISHED)
    return list(draft.order_data)


@pytest.mark.parametrize("method", ["sequential", "snake"])
@pytest.mark.parametrize("entered", [22, 5, 4, 2])
def test_a_season_is_drafted_in_the_order_foretold(draft: Draft, races: list[Race], method: str, entered: int) -> None:
    """… with enough drivers, and where teams go short in the second round, or in both."""
    league = draft.league
    League.objects.filter(pk=league.pk).update(draft_method=method)
    Draft.objects.update(method=method)
    for race in races:
        race.entries.filter(pk__in=race.entries.order_by("-pk").values("pk")[: 22 - entered]).delete()
    league.refresh_from_db()

    foretold = ahead(league, draft.opens_at)

    assert foretold == [play(league, race) for race in races]
    assert len({tuple(each) for each in foretold}) > 1


def test_at_any_time_the_rest_of_the_season_is_foretold(draft: Draft, races: list[Race]) -> None:
    league = draft.league
    foretold = ahead(league, draft.opens_at)

    for number, race in enumerate(races):
        assert ahead(league, race.starts_at - timedelta(minutes=1)) == foretold[number:]
        play(league, race)
        assert ahead(league, race.starts_at - timedelta(minutes=1)) == foretold[number + 1 :]
        assert ahead(league, race.starts_at) == foretold[number + 1 :]
    assert foretold[3] == foretold[0]


def test_where_nothing_is_drawn_yet_nothing_is_known(league: League, races: list[Race], now: datetime) -> None:
    assert ahead(league, now) == [[]] * 5

    lifecycle.schedule_draft(league_id=league.pk, race_id=races[0].pk, now=now)
    steps = lifecycle.orders_ahead(league, now=now)

    assert [step.order for step in steps] == [[]] * 5
    assert [(step.race, bool(step.draft), step.is_fixed, step.is_off) for step in steps[:2]] == [
        (races[0], True, False, False),
        (races[1], False, False, False),
    ]


def test_a_later_order_that_is_drawn_apart_is_not_foretold(
    draft: Draft, races: list[Race], manager: User, now: datetime
) -> None:
    """The third race was opened before any other one had an order."""
    lifecycle.void(draft, reason="", now=now)
    Draft.objects.update(order_data=[])
    third, _ = lifecycle.initialize_draft(league_id=draft.league_id, race_id=races[2].pk, actor=manager, now=now)

    orders = ahead(draft.league, now)

    a, b, c = third.order_data
    assert orders == [[], [], [a, b, c], [b, c, a], [c, a, b]]


def test_an_order_set_by_hand_is_rotated_on(draft: Draft, races: list[Race], manager: User, now: datetime) -> None:
    a, b, c = draft.order_data
    second = lifecycle.schedule_draft(league_id=draft.league_id, race_id=races[1].pk, now=now)
    lifecycle.set_order(draft_id=second.pk, constructor_ids=[b, a, c], actor=manager, now=now)

    steps = lifecycle.orders_ahead(draft.league, now=now)

    assert [step.order for step in steps] == [[a, b, c], [b, a, c], [a, c, b], [c, b, a], [b, a, c]]
    assert [step.is_fixed for step in steps] == [True, False, False, False, False]


def test_a_race_that_is_called_off_moves_nobody(draft: Draft, races: list[Race], manager: User, now: datetime) -> None:
    a, b, c = draft.order_data
    Race.objects.filter(pk=races[1].pk).update(status=Race.Status.CANCELLED)
    control.void_draft(draft_id=draft.pk, reason="Half of us travel", actor=manager, now=now)

    steps = lifecycle.orders_ahead(draft.league, now=now)

    assert [step.race for step in steps] == [races[0], *races[2:]]
    assert [step.is_off for step in steps] == [True, False, False, False]
    assert [step.order for step in steps] == [[a, b, c], [a, b, c], [b, c, a], [c, a, b]]


def test_the_order_of_a_draft_of_a_cancelled_race_is_handed_on(
    draft: Draft, races: list[Race], manager: User, now: datetime
) -> None:
    a, b, c = draft.order_data
    second, _ = lifecycle.initialize_draft(league_id=draft.league_id, race_id=races[1].pk, actor=manager, now=now)
    lifecycle.set_order(draft_id=second.pk, constructor_ids=[c, b, a], actor=manager, now=now)
    Race.objects.filter(pk=races[1].pk).update(status=Race.Status.CANCELLED)
    lifecycle.follow_race(draft_id=second.pk, now=now)

    assert ahead(draft.league, now) == [[a, b, c], [c, b, a], [b, a, c], [a, c, b]]


def test_who_joins_comes_last_and_who_leaves_drops_out(draft: Draft, races: list[Race], now: datetime) -> None:
    a, b, c = draft.order_data
    new = join_league(league_id=draft.league_id, user=UserFactory(), team_name="New", now=now).pk
    leaver = Constructor.objects.get(pk=b)
    leave_league(league_id=draft.league_id, user=leaver.user, now=now)

    assert ahead(draft.league, now)[:3] == [[a, b, c], [c, a, new], [a, new, c]]


def test_those_who_left_a_short_draft_are_not_among_those_who_went_short(
    draft: Draft, races: list[Race], now: datetime
) -> None:
    """Three teams in sequential order and four drivers: once one has left, the others get two each."""
    League.objects.update(draft_method="sequential")
    Draft.objects.update(method="sequential", withdrawn=[draft.order_data[0]])
    races[0].entries.filter(pk__in=races[0].entries.order_by("-pk").values("pk")[:18]).delete()
    draft.league.refresh_from_db()
    a, b, c = draft.order_data

    assert ahead(draft.league, now)[1] == [b, c, a]


def test_the_draft_of_a_single_team_is_no_order_to_be_rotated(
    league: League, races: list[Race], manager: User, now: datetime
) -> None:
    league.constructors.all().delete()
    first = ConstructorFactory(league=league)
    lifecycle.initialize_draft(league_id=league.pk, race_id=races[0].pk, actor=manager, now=now)
    second = ConstructorFactory(league=league)

    assert ahead(league, now) == [[first.pk], [], [], [], []]
    assert second.is_active


def test_it_takes_few_queries(draft: Draft, races: list[Race], django_assert_num_queries) -> None:
    league = League.objects.get(pk=draft.league_id)
    League.objects.update(draft_method="sequential")
    play(league, races[0])
    league.refresh_from_db()

    with django_assert_num_queries(5):
        lifecycle.orders_ahead(league, now=draft.opens_at)


def test_the_page_shows_the_order_of_the_coming_races(
    client: Client, draft: Draft, races: list[Race], teams: list[Constructor], now: datetime
) -> None:
    client.force_login(teams[1].user)

    html = client.get(reverse("drafts:proof", args=[draft.league_id, draft.race_id])).content.decode()

    rows = html.split('id="ahead"')[1].split("<tbody>")[1].split("<tr>")[1:]
    assert [re.search(r"<span>([^<]+)", row)[1] for row in rows[:3]] == [team.team_name for team in teams]
    assert html.split('id="ahead"')[1].count("is-mine") == 5


def test_the_page_is_there_before_anything_is_drawn(client: Client, league: League, races: list[Race]) -> None:
    html = client.get(reverse("drafts:proof", args=[league.pk, races[0].pk])).content.decode()

    assert "a secret seed of 256 random bits is made" in html
    assert html.count("Drawn at random when the draft opens") == 1
    assert html.count("The order before, its first team last") == 4


def test_the_page_explains_the_rotation_of_a_race_that_has_no_draft_yet(
    client: Client, draft: Draft, races: list[Race]
) -> None:
    html = client.get(reverse("drafts:proof", args=[draft.league_id, races[3].pk])).content.decode()

    assert "The order is that of the race before" in html


def test_a_void_draft_is_told_as_such(
    client: Client, draft: Draft, races: list[Race], manager: User, now: datetime
) -> None:
    control.void_draft(draft_id=draft.pk, reason="Half of us travel", actor=manager, now=now)

    html = client.get(reverse("drafts:proof", args=[draft.league_id, draft.race_id])).content.decode()

    assert "Void: the order is handed on as it is" in html


def test_programs_read_it_too(client: Client, draft: Draft, races: list[Race]) -> None:
    a, b, c = draft.order_data

    body = client.get(f"/api/v1/leagues/{draft.league_id}/drafts/order-ahead?page_size=2").json()

    assert (body["count"], body["results"]) == (
        5,
        [
            {"race": races[0].pk, "order": [a, b, c], "is_fixed": True, "is_void": False},
            {"race": races[1].pk, "order": [b, c, a], "is_fixed": False, "is_void": False},
        ],
    )
