from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from scoring.ranking import changes, overall, ranks

amounts = st.integers(min_value=0, max_value=8).map(lambda n: Decimal(n) / 2)
races_of = st.lists(st.dictionaries(st.integers(min_value=1, max_value=6), amounts), max_size=6)


def race(**points: float) -> dict[int, Decimal]:
    """``race(a=5, b=3)``: constructor 1 has 5 points, constructor 2 has 3."""
    return {"abcdef".index(name) + 1: Decimal(str(amount)) for name, amount in points.items()}


def table(*races: dict[int, Decimal], of: str = "ab") -> list[tuple[str, int, bool]]:
    standings = overall(["abcdef".index(name) + 1 for name in of], list(races))
    return [("abcdef"[row.constructor_id - 1], row.rank, row.tied) for row in standings]


def why(*races: dict[int, Decimal], of: str = "ab") -> list[str]:
    return [row.decided_by for row in overall(["abcdef".index(name) + 1 for name in of], list(races))]


def test_ranks_leave_a_gap_after_a_tie() -> None:
    assert ranks({10: 30, 11: 20, 12: 20, 13: 5}) == {10: 1, 11: 2, 12: 2, 13: 4}


def test_overall_adds_up_points_races_and_wins() -> None:
    leader, second = overall([1, 2], [race(a=25, b=18), race(a=12.5), race(a=1, b=20)])

    assert (leader.points, leader.races, leader.wins, leader.rank) == (Decimal("38.5"), 3, 2, 1)
    assert (second.points, second.races, second.wins, second.rank) == (Decimal(38), 2, 1, 2)
    assert (leader.decided_by, second.decided_by) == ("", "")


def test_a_tie_goes_to_whoever_won_more_races() -> None:
    races = [race(a=10, b=5, c=6), race(a=0, b=5, c=6)]

    assert table(*races) == [("a", 1, False), ("b", 2, False)]
    assert why(*races) == ["decided by countback of race places"] * 2


def test_a_tie_on_wins_goes_to_the_second_places() -> None:
    races = [race(c=9, a=5, b=4, d=1), race(c=9, d=8, b=3, a=2)]

    assert table(*races) == [("a", 1, False), ("b", 2, False)]
    assert why(*races) == ["decided by countback of race places"] * 2


def test_a_tie_on_all_places_goes_to_the_best_single_race() -> None:
    races = [race(a=9, b=8), race(a=3, b=4)]

    assert table(*races) == [("a", 1, False), ("b", 2, False)]
    assert why(*races) == ["decided by best single race"] * 2


def test_a_tie_on_the_best_race_goes_to_the_more_recent_better_one() -> None:
    races = [race(a=9, b=5), race(a=5, b=9)]

    assert table(*races) == [("b", 1, False), ("a", 2, False)]
    assert why(*races) == ["decided by the most recent better race"] * 2


def test_what_decided_is_what_separates_a_team_from_the_next_better_one() -> None:
    """The third has other places than the first two, which differ in their best race alone."""
    races = [race(a=25, b=5, c=0), race(a=1, b=21, c=0), race(a=0, b=0, c=26, d=27)]

    assert table(*races, of="abc") == [("a", 1, False), ("b", 2, False), ("c", 3, False)]
    assert why(*races, of="abc") == [
        "decided by best single race",
        "decided by best single race",
        "decided by countback of race places",
    ]


def test_equal_in_every_respect_is_shared() -> None:
    races = [race(a=5, b=5, c=1), race(a=7, b=7, c=1)]

    assert table(*races, of="abc") == [("a", 1, True), ("b", 1, True), ("c", 3, False)]
    assert why(*races, of="abc") == ["shared: equal in every respect"] * 2 + [""]


def test_who_has_no_race_yet_is_ranked_with_nothing() -> None:
    assert table(race(a=0), of="ab") == [("a", 1, False), ("b", 2, False)]
    assert table(of="ab") == [("a", 1, True), ("b", 1, True)]


def test_who_left_keeps_the_places_they_took_from_others() -> None:
    leader = overall([2], [race(a=9, b=5)])[0]

    assert (leader.rank, leader.wins) == (1, 0)


def test_changes_count_places_won_since_before() -> None:
    before = overall([1, 2], [race(a=9, b=5)])
    after = overall([1, 2, 3], [race(a=9, b=5), race(b=9, c=1)])

    assert changes(before, after) == {2: 1, 1: -1, 3: None}
    assert changes(overall([1, 2, 3], [race(a=9, b=5)]), after) == {2: 1, 1: -1, 3: None}


@given(races_of)
def test_the_table_is_sorted_by_points_and_ranks_count_those_ahead(races: list[dict[int, Decimal]]) -> None:
    standings = overall(list(range(1, 7)), races)

    totals = [row.points for row in standings]
    assert totals == sorted(totals, reverse=True)
    assert [row.rank for row in standings] == [1 + sum(o.rank < row.rank for o in standings) for row in standings]
    assert all(row.tied == (sum(o.rank == row.rank for o in standings) > 1) for row in standings)
    assert all(bool(row.decided_by) == (totals.count(row.points) > 1) for row in standings)


@given(races_of, st.permutations(range(1, 7)))
def test_the_table_does_not_depend_on_who_is_named_first(races: list[dict[int, Decimal]], order: list[int]) -> None:
    assert overall(order, races) == overall(list(range(1, 7)), races)
