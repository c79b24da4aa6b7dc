import pytest

from drafts import autopick
from races.models import Driver

DRIVERS = [Driver(pk=pk, price=30 - pk, number=pk, family_name=f"Driver {pk}") for pk in range(1, 23)]


def reason(queue: list[int], went: dict[int, int], free: list[Driver] = DRIVERS) -> tuple[int, str, str]:
    choice = autopick.choose([d for d in free if d.pk not in went], queue=queue, went=went)
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
    assert reason(queue, went) == why


@pytest.mark.parametrize("withdrawn", range(22))
def test_the_longest_reason_fits_where_it_is_kept(withdrawn: int) -> None:
    queue = list(range(1, 23))

    pk, _, why = reason(queue, {pk: pk for pk in queue[withdrawn:21]}, free=DRIVERS[21:])

    assert pk == 22
    assert len(why) <= 200


def test_nobody_is_chosen_where_nobody_is_free() -> None:
    assert autopick.choose([], queue=[1], went={1: 1}) is None
