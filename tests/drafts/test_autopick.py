from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafts import autopick
from drafts.autopick import Cause, Wishes
from drafts.models import Pick
from races.models import Driver

DRIVERS = [Driver(pk=pk, price=30 - pk, number=pk, family_name=f"Driver {pk}") for pk in range(1, 23)]


def reason(wishes: Wishes, went: dict[int, int], free: list[Driver] = DRIVERS) -> tuple[int, str, str]:
    choice = autopick.choose([d for d in free if d.pk not in went], wishes=wishes, went=went)
    assert choice
    return choice.driver.pk, choice.source, choice.reason


@pytest.mark.parametrize(
    ("queue", "went", "why"),
    [
        ([], {}, (1, "auto", "Best free driver by price (29 M)")),
        ([9, 4], {}, (9, "queue", "Queue item 1")),
        ([9, 4], {9: 5}, (4, "queue", "Queue item 2; item 1 went at pick 5")),
        ([9, 8, 4], {9: 5, 8: 2}, (4, "queue", "Queue item 3; items 1, 2 went at picks 5, 2")),
        ([9, 99, 98, 4], {9: 5}, (4, "queue", "Queue item 4; item 1 went at pick 5; items 2, 3 not entered")),
        ([99, 4], {}, (4, "queue", "Queue item 2; item 1 not entered")),
        ([1], {1: 5}, (2, "auto", "Best free driver by price (28 M)")),
    ],
)
def test_the_queue_comes_before_the_price(queue: list[int], went: dict[int, int], why: tuple[int, str, str]) -> None:
    assert reason(Wishes(queue), went) == why


@pytest.mark.parametrize(
    ("wishes", "went", "why"),
    [
        (Wishes(season=[9, 4]), {}, (9, "auto", "Season list item 1")),
        (Wishes(season=[9, 8, 4]), {9: 1, 8: 4}, (4, "auto", "Season list item 3; items 1, 2 went at picks 1, 4")),
        (Wishes(season=[99, 4]), {}, (4, "auto", "Season list item 2; item 1 not entered")),
        (Wishes(queue=[7], season=[9]), {}, (7, "queue", "Queue item 1")),
        (Wishes(queue=[7], season=[9]), {7: 1}, (9, "auto", "Season list item 1")),
        (Wishes(season=[9]), {9: 1}, (1, "auto", "Best free driver by price (29 M)")),
    ],
)
def test_the_season_list_comes_after_the_queue_and_before_the_price(
    wishes: Wishes, went: dict[int, int], why: tuple[int, str, str]
) -> None:
    assert reason(wishes, went) == why


@pytest.mark.parametrize(
    ("never", "went", "why"),
    [
        ([5], {}, (1, "auto", "Best free driver by price (29 M)")),
        ([1], {}, (2, "auto", "Best free driver by price (28 M); 1 never-pick driver passed over")),
        ([1, 2, 9], {}, (3, "auto", "Best free driver by price (27 M); 2 never-pick drivers passed over")),
        ([1, 2], {1: 1, 3: 2}, (4, "auto", "Best free driver by price (26 M); 1 never-pick driver passed over")),
        (list(range(1, 23)), {}, (1, "auto", "Only never-pick drivers were left: the best by price (29 M)")),
    ],
)
def test_drivers_never_wanted_are_taken_only_where_nobody_else_is_left(
    never: list[int], went: dict[int, int], why: tuple[int, str, str]
) -> None:
    assert reason(Wishes(never=never), went) == why


def test_the_queue_of_the_draft_goes_before_what_is_said_for_the_season() -> None:
    assert reason(Wishes(queue=[4], season=[9], never=[4]), {}) == (4, "queue", "Queue item 1")


ids = st.lists(st.integers(1, 24), unique=True, max_size=22)


@given(
    free=st.lists(st.sampled_from(DRIVERS), unique_by=lambda driver: driver.pk),
    queue=ids,
    season=ids,
    never=ids,
    order=st.randoms(use_true_random=False),
)
def test_whoever_is_chosen_is_free_and_wanted_as_far_as_can_be_and_nothing_is_left_to_chance(
    free: list[Driver], queue: list[int], season: list[int], never: list[int], order: Random
) -> None:
    """Nobody is free but who is entered; 23 and 24 never are."""
    season = [pk for pk in season if pk not in never]
    wishes, left = Wishes(queue, season, never), {driver.pk for driver in free}
    went = {driver.pk: number for number, driver in enumerate(DRIVERS, start=1) if driver.pk not in left}

    choice = autopick.choose(free, wishes=wishes, went=went)

    order.shuffle(free)
    assert autopick.choose(free, wishes=wishes, went=went) == choice
    if choice is None:
        assert not free
        return
    wanted = [pk for pk in [*queue, *season] if pk in left]
    best = min(left - set(never) or left)  # the lower the id, the dearer
    assert choice.driver.pk == (wanted[0] if wanted else best)
    assert (choice.source == Pick.Source.QUEUE) == bool(left & set(queue))


@pytest.mark.parametrize("withdrawn", range(22))
def test_the_longest_reason_fits_where_it_is_kept(withdrawn: int) -> None:
    queue = list(range(1, 23))

    pk, _, why = reason(Wishes(season=queue), {pk: pk for pk in queue[withdrawn:21]}, free=DRIVERS[21:])

    assert pk == 22
    longest = max(len(f"{Cause.MANAGER} ({'x' * 200})"), *map(len, Cause))
    assert longest + len(f". {why}") <= (Pick._meta.get_field("reason").max_length or 0)


def test_nobody_is_chosen_where_nobody_is_free() -> None:
    assert autopick.choose([], wishes=Wishes([1]), went={1: 1}) is None
