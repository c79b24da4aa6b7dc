import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafts import order

seats = st.integers(min_value=1, max_value=11)
constructors = st.lists(st.integers(min_value=1, max_value=10_000), min_size=1, max_size=11, unique=True)
methods = st.sampled_from(sorted(order.STRATEGIES))


def test_sequential_repeats_the_order_each_round() -> None:
    assert order.turns([7, 8, 9], "sequential", 2) == [7, 8, 9, 7, 8, 9]


def test_snake_turns_round_at_each_end() -> None:
    assert order.turns([7, 8, 9], "snake", 3) == [7, 8, 9, 9, 8, 7, 7, 8, 9]


def test_snake_of_two_is_a_b_b_a() -> None:
    assert order.turns([1, 2], "snake", 2) == [1, 2, 2, 1]


@pytest.mark.parametrize(("pick_number", "round_number"), [(1, 1), (4, 1), (5, 2), (8, 2)])
def test_round_of_counts_from_one(pick_number: int, round_number: int) -> None:
    assert order.round_of(4, pick_number) == round_number


@given(constructors, methods, st.integers(min_value=1, max_value=4))
def test_every_constructor_has_one_turn_in_every_round(ids: list[int], method: str, rounds: int) -> None:
    turns = order.turns(ids, method, rounds)

    for start in range(0, len(turns), len(ids)):
        assert sorted(turns[start : start + len(ids)]) == sorted(ids)


@given(constructors)
def test_snake_evens_out_the_places_over_two_rounds(ids: list[int]) -> None:
    turns = order.turns(ids, "snake", 2)

    assert {turns.index(pk) + 1 + len(turns) - turns[::-1].index(pk) for pk in ids} == {2 * len(ids) + 1}


@given(constructors, methods)
def test_next_turn_walks_through_all_turns(ids: list[int], method: str) -> None:
    walked, number = [], order.next_turn(ids, method, 2, after=0)
    while number:
        walked.append(order.on_turn(ids, method, number))
        number = order.next_turn(ids, method, 2, after=number)

    assert walked == order.turns(ids, method, 2)


@given(constructors, methods, st.data())
def test_next_turn_passes_over_those_who_left(ids: list[int], method: str, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(ids)))
    after = data.draw(st.integers(min_value=0, max_value=2 * len(ids)))

    number = order.next_turn(ids, method, 2, after=after, passed_over=gone)

    rest = [n for n in range(after + 1, 2 * len(ids) + 1) if order.on_turn(ids, method, n) not in gone]
    assert number == (rest[0] if rest else None)


def test_commitment_is_the_sha256_of_the_seed() -> None:
    seed = order.new_seed()

    assert len(seed) == 64
    assert order.commitment(seed) == hashlib.sha256(seed.encode()).hexdigest()


@given(st.text("0123456789abcdef", min_size=64, max_size=64), constructors)
def test_random_order_depends_on_seed_and_members_alone(seed: str, ids: list[int]) -> None:
    drawn = order.random_order(seed, ids)

    assert sorted(drawn) == sorted(ids)
    assert order.random_order(seed, set(ids)) == drawn
    assert order.random_order(seed, sorted(ids, reverse=True)) == drawn


def test_random_order_gives_everybody_every_place_about_as_often() -> None:
    first = [order.random_order(f"seed {n}", [1, 2, 3, 4])[0] for n in range(2000)]

    assert all(400 < first.count(pk) < 600 for pk in (1, 2, 3, 4))


def test_rotate_sends_the_first_to_the_end() -> None:
    assert order.rotate([4, 2, 3], [2, 3, 4]) == [2, 3, 4]


def test_rotate_drops_who_left_and_appends_who_came() -> None:
    assert order.rotate([4, 2, 3], [3, 4, 9, 8]) == [3, 4, 8, 9]


def test_rotate_puts_those_without_a_full_team_first() -> None:
    assert order.rotate([1, 2, 3, 4], [1, 2, 3, 4], short=[4]) == [4, 2, 3, 1]


@given(constructors)
def test_rotate_gives_everybody_the_first_pick_once_in_a_cycle(ids: list[int]) -> None:
    firsts, current = [], list(ids)
    for _ in ids:
        firsts.append(current[0])
        current = order.rotate(current, ids)

    assert sorted(firsts) == sorted(ids)
    assert current == ids


@pytest.mark.parametrize(
    ("method", "drivers", "passed_over", "short"),
    [
        ("sequential", 6, [], set()),
        ("sequential", 5, [], {9}),
        ("snake", 5, [], {7}),
        ("sequential", 2, [], {7, 8, 9}),
        ("sequential", 4, [7], set()),
        ("sequential", 3, [7], {9}),
    ],
)
def test_where_drivers_are_few_the_last_turns_go_short(
    method: str, drivers: int, passed_over: list[int], short: set[int]
) -> None:
    assert order.short_teams([7, 8, 9], method, 2, drivers=drivers, passed_over=passed_over) == short
