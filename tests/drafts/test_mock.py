"""Practice against bots: who picks when, what the time does, and that nothing comes of it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from accounts import closing
from accounts.models import User
from drafts import mock, order
from drafts.errors import CannotDraft, DraftNotOpen, DriverNotEntered, DriverTaken, NoMockDraft, NotOnTheClock
from drafts.mock_board import BOTS, mock_of, recap, teams_of
from drafts.models import MockDraft
from drafts.tasks import forget_mock_drafts
from fantasy_f1.core.errors import Invalid
from leagues.models import MAX_TEAMS
from races.models import Driver, Race, RaceEntry
from tests.contention import outcomes
from tests.factories import PASSWORD, DriverFactory, UserFactory

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def user(drivers: list[Driver]) -> User:
    """Somebody, before a race with 22 drivers."""
    return UserFactory()


def begin(user: User, now: datetime, **options: Any) -> MockDraft:
    return mock.start(user=user, now=now, **{"teams": 4, "seat": 2, "pick_seconds": 10, **options})


def progress(row: MockDraft, now: datetime) -> mock.Progress:
    return mock.progress(row, mock.field(row), now=now)


def turn(row: MockDraft, now: datetime) -> datetime:
    """The first moment from ``now`` on at which it is the user's turn."""
    while True:
        done = progress(row, now)
        assert done.pick_number
        assert done.due_at
        if mock.seat_of(row, done.pick_number) == row.seat:
            return now
        now = done.due_at


# Beginning ----------------------------------------------------------------------------------------


def test_it_begins_for_the_coming_race(user: User, race: Race, now: datetime) -> None:
    row = begin(user, now, method="sequential")

    assert (row.race, row.teams, row.seat, row.method, row.pick_seconds) == (race, 4, 2, "sequential", 10)
    assert (row.turn_began_at, row.created_at, row.driver_ids, row.expired) == (now, now, [], [])


def test_it_tells_whose_it_is(user: User, race: Race, now: datetime) -> None:
    assert str(begin(user, now)) == f"Mock draft of {user}"


def test_without_a_place_it_is_drawn(user: User, now: datetime) -> None:
    seats = {begin(user, now + number * 4 * SECOND, seat=None).seat for number in range(40)}

    assert seats == {1, 2, 3, 4}


def test_another_one_takes_its_place(user: User, now: datetime) -> None:
    first = begin(user, now)
    other = begin(UserFactory(), now)
    second = begin(user, now + 4 * SECOND)

    assert second.pk == first.pk
    assert second.seed != first.seed
    assert MockDraft.objects.count() == 2
    assert MockDraft.objects.get(pk=other.pk).seed == other.seed


def test_a_button_pressed_twice_begins_one(user: User, now: datetime) -> None:
    first = begin(user, now)

    assert begin(user, now + 2 * SECOND).seed == first.seed
    assert begin(user, now + 2 * SECOND, seat=None).seed == first.seed
    assert begin(user, now + 2 * SECOND, seat=3).seed != first.seed


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("teams", 1),
        ("teams", 12),
        ("seat", 0),
        ("seat", 5),
        ("method", "auction"),
        ("pick_seconds", 4),
        ("pick_seconds", 31),
    ],
)
def test_what_makes_no_sense_is_refused(user: User, now: datetime, option: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        begin(user, now, **{option: value})

    assert refused.value.field == option
    assert not MockDraft.objects.exists()


def test_there_are_never_more_teams_than_half_the_drivers(user: User, race: Race, now: datetime) -> None:
    race.entries.filter(pk__in=race.entries.order_by("-pk").values("pk")[:13]).delete()

    assert mock.most_teams(race) == 4
    assert begin(user, now, teams=4)
    with pytest.raises(Invalid, match="2 to 4 teams"):
        begin(user, now, teams=5)


@pytest.mark.parametrize("spoil", ["no race", "no entries"])
def test_there_is_a_race_to_practise_for(user: User, race: Race, now: datetime, spoil: str) -> None:
    if spoil == "no race":
        Race.objects.update(status=Race.Status.CANCELLED)
    else:
        race.entries.all().delete()

    with pytest.raises(CannotDraft):
        begin(user, now)


# What the time does -------------------------------------------------------------------------------


def test_bots_pick_after_one_to_three_seconds_each(user: User, now: datetime) -> None:
    row = begin(user, now, teams=11, seat=11, pick_seconds=5)

    moments = [now]
    while len(moments) < 11:
        moments.append(progress(row, moments[-1]).due_at)

    waits = [(late - early) / SECOND for early, late in pairwise(moments)]
    assert all(1 <= wait <= 3 for wait in waits)
    assert len(set(waits)) > 5


def test_the_past_does_not_change_with_the_time_of_looking(user: User, now: datetime) -> None:
    row = begin(user, now, teams=11)
    end = progress(row, now + timedelta(hours=1))

    for seconds in range(0, 90, 7):
        then = progress(row, now + seconds * SECOND)
        assert end.driver_ids[: len(then.driver_ids)] == then.driver_ids

    assert (len(end.driver_ids), end.due_at, end.pick_number) == (22, None, None)
    assert len(set(end.driver_ids)) == 22


def test_looking_writes_nothing(user: User, now: datetime, django_assert_num_queries) -> None:
    row = begin(user, now)

    with django_assert_num_queries(1):
        progress(row, now + timedelta(hours=1))

    assert MockDraft.objects.get().driver_ids == []


def test_who_lets_the_time_run_out_gets_the_dearest_free_driver(
    user: User, drivers: list[Driver], now: datetime
) -> None:
    row = begin(user, now, seat=1)

    assert progress(row, now + 9 * SECOND).driver_ids == []
    done = progress(row, now + 10 * SECOND)

    assert (done.driver_ids, done.expired, done.turn_began_at) == ([drivers[0].pk], [1], now + 10 * SECOND)


def test_whoever_is_absent_gets_a_whole_draft_by_price(user: User, drivers: list[Driver], now: datetime) -> None:
    row = begin(user, now)
    done = progress(row, now + timedelta(hours=1))

    mine = [done.driver_ids[number - 1] for number in done.expired]
    assert done.expired == [2, 7]
    assert mine == [driver.pk for driver in mock.by_price(row, done.driver_ids, drivers)]


@given(seed=st.text("0123456789abcdef", min_size=8, max_size=8), number=st.integers(1, 22), count=st.integers(1, 22))
def test_a_bot_takes_one_of_the_dearest(seed: str, number: int, count: int) -> None:
    field = [Driver(pk=place, price=Decimal(30 - place), number=place) for place in range(1, count + 1)]

    favourites = mock._favourites(field[::-1])

    assert favourites == field[: len(mock.LIKES)]
    assert mock._taste(seed, number, favourites) in favourites


def test_bots_like_the_dearest_most_and_others_too() -> None:
    field = [Driver(pk=place, price=Decimal(30 - place), number=place) for place in range(1, 11)]

    taken = Counter(mock._taste(f"seed {number}", 1, mock._favourites(field)).pk for number in range(1000))

    assert [pk for pk, _ in taken.most_common()] == [1, 2, 3, 4, 5]
    assert 450 < taken[1] < 550


@pytest.mark.parametrize("method", ["snake", "sequential"])
def test_turns_come_as_in_a_real_draft(user: User, now: datetime, method: str) -> None:
    row = begin(user, now, method=method)

    assert [mock.seat_of(row, number) for number in range(1, 9)] == order.turns([1, 2, 3, 4], method, 2)


def test_where_drivers_run_out_it_ends(user: User, race: Race, now: datetime) -> None:
    row = begin(user, now)
    RaceEntry.objects.filter(pk__in=race.entries.order_by("pk").values("pk")[3:]).update(status="withdrawn")

    done = progress(row, now + timedelta(hours=1))

    assert (len(done.driver_ids), done.due_at) == (3, None)


# Picking ------------------------------------------------------------------------------------------


def test_a_pick_stands_and_the_bots_go_on(user: User, drivers: list[Driver], now: datetime) -> None:
    row = begin(user, now)
    then = turn(row, now) + SECOND

    row = mock.pick(user=user, driver=drivers[9], now=then)

    assert (row.driver_ids[1], row.turn_began_at) == (drivers[9].pk, then)
    assert progress(row, then).driver_ids == row.driver_ids
    assert len(progress(row, then + 3 * SECOND).driver_ids) > 2


def test_a_pick_sent_twice_is_made_once(user: User, drivers: list[Driver], now: datetime) -> None:
    """Also where the next turn is one's own, too."""
    row = begin(user, now, teams=2, seat=2)
    then = turn(row, now)

    mock.pick(user=user, driver=drivers[9], now=then)
    row = mock.pick(user=user, driver=drivers[9], now=then)

    assert len(row.driver_ids) == 2
    assert progress(row, then).pick_number == 3


def test_what_ran_out_before_the_pick_is_kept(user: User, drivers: list[Driver], now: datetime) -> None:
    row = begin(user, now, teams=2, seat=2)
    then = turn(row, now) + 11 * SECOND

    row = mock.pick(user=user, driver=drivers[9], now=then)

    assert row.expired == [2]
    assert row.driver_ids[2] == drivers[9].pk


def test_a_pick_that_cannot_be_is_refused(user: User, drivers: list[Driver], race: Race, now: datetime) -> None:
    row = begin(user, now)
    with pytest.raises(NotOnTheClock):
        mock.pick(user=user, driver=drivers[9], now=now)

    then = turn(row, now)
    taken = Driver.objects.get(pk=progress(row, then).driver_ids[0])
    with pytest.raises(DriverTaken, match="with pick 1"):
        mock.pick(user=user, driver=taken, now=then)
    with pytest.raises(DriverNotEntered):
        mock.pick(user=user, driver=DriverFactory(), now=then)
    with pytest.raises(DraftNotOpen, match="complete"):
        mock.pick(user=user, driver=DriverFactory(), now=now + timedelta(hours=1))
    with pytest.raises(NoMockDraft):
        mock.pick(user=UserFactory(), driver=drivers[9], now=then)

    assert MockDraft.objects.get().driver_ids == []


@pytest.mark.django_db(transaction=True)
def test_of_many_picks_at_once_each_turn_takes_one(user: User, drivers: list[Driver], now: datetime) -> None:
    begin(user, now, seat=1)

    won = outcomes([lambda driver=driver: mock.pick(user=user, driver=driver, now=now) for driver in drivers[:6]])

    assert won == {"won": 1, "not_on_the_clock": 5}
    assert len(MockDraft.objects.get().driver_ids) == 1


@pytest.mark.django_db(transaction=True)
def test_many_starts_at_once_make_one(user: User, now: datetime) -> None:
    won = outcomes([lambda: begin(user, now)] * 6)

    assert won == {"won": 6}
    assert MockDraft.objects.count() == 1


# Nothing comes of it ------------------------------------------------------------------------------


def counted() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_a_whole_mock_draft_leaves_nothing_anywhere(user: User, drivers: list[Driver], now: datetime) -> None:
    before = counted()

    row = begin(user, now)
    then = turn(row, now)
    row = mock.pick(user=user, driver=drivers[9], now=then)
    shown = mock_of(row, now=then + timedelta(hours=1), until=None)
    recap(shown)

    assert counted() == before | {"drafts.MockDraft": 1}
    mock.end(user=user)
    mock.end(user=user)
    assert counted() == before


def test_those_of_yesterday_are_forgotten(user: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(user, now)
    young = begin(UserFactory(), now + SECOND)
    monkeypatch.setattr("fantasy_f1.core.clock.now", lambda: now + timedelta(days=1))

    forget_mock_drafts()

    assert MockDraft.objects.get() == young


@pytest.mark.parametrize(("close", "left"), [(closing.delete, 0), (closing.deactivate, 1)])
def test_a_deleted_account_leaves_none(user: User, now: datetime, close: Any, left: int) -> None:
    begin(user, now)

    close(user=user, password=PASSWORD, otp="", now=now, at=datetime(2026, 11, 1, tzinfo=UTC))

    assert MockDraft.objects.count() == left


def test_by_price_one_could_have_had_who_was_free_and_whom_one_passed_over(
    user: User, drivers: list[Driver], now: datetime
) -> None:
    row = begin(user, now, teams=2, seat=1)
    a, b, c, d, e, *_ = drivers

    def by_price(*picked: Driver) -> list[Driver]:
        return mock.by_price(row, [driver.pk for driver in picked], drivers)

    assert by_price(b, c, d, a) == [a, b]
    assert by_price(e, a, b, c) == [a, c]


# How it looks -------------------------------------------------------------------------------------


def test_the_board_shows_the_user_among_bots(user: User, drivers: list[Driver], now: datetime) -> None:
    row = begin(user, now, teams=11, seat=3)
    shown = mock_of(row, now=now, until=None)

    assert [team.team_name for team in shown.board.columns] == [*BOTS[:2], "Your team", *BOTS[2:]]
    assert len({team.color for team in shown.board.columns}) == MAX_TEAMS
    assert (shown.mine.team_name, shown.is_my_turn, shown.board.picks_until(shown.mine)) == ("Your team", False, 2)
    assert shown.board.on_the_clock == shown.board.columns[0]
    assert len(teams_of(row)) == 11


def test_the_board_marks_what_was_picked_for_want_of_time(user: User, drivers: list[Driver], now: datetime) -> None:
    row = begin(user, now, seat=1)
    shown = mock_of(row, now=now + 10 * SECOND, until=None)

    assert [(pick.driver, pick.source) for pick in shown.picks] == [(drivers[0], "auto")]
    assert shown.lapsed == shown.picks[0]
    assert shown.board.marks == {"A"}

    row = mock.pick(user=user, driver=drivers[9], now=turn(row, now + 10 * SECOND))
    shown = mock_of(row, now=row.turn_began_at, until=None)
    assert shown.lapsed is None
    assert shown.picks[7].driver == drivers[9]


def test_the_recap_compares_with_the_price(user: User, drivers: list[Driver], now: datetime) -> None:
    row = begin(user, now, seat=1)
    row = mock.pick(user=user, driver=drivers[5], now=now)

    told = recap(mock_of(row, now=now + timedelta(hours=1), until=None))

    assert [drivers[5]] == told.mine[:1]
    assert told.by_price[0] == drivers[0]
    assert told.by_price[1] not in told.by_price[:1]
    assert told.worth == sum(driver.price for driver in told.mine)
    assert told.worth_by_price >= told.worth


def test_a_board_takes_few_queries(user: User, now: datetime, django_assert_max_num_queries) -> None:
    begin(user, now)

    with django_assert_max_num_queries(8):
        mock_of(MockDraft.objects.select_related("race__season").get(), now=now + timedelta(hours=1), until=None)
