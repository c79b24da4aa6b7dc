from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scoring.rules import CLASSIC, Finish, Line, Rules, points, score


def finish(position: int, **facts: object) -> Finish:
    known: dict[str, Any] = {"driver_id": position, "name": f"Driver {position}", "is_classified": True}
    return Finish(position=position, **(known | facts))


def test_classic_is_the_table_of_a_grand_prix() -> None:
    lines = score([finish(n) for n in range(1, 13)], CLASSIC)

    assert [points(lines[n]) for n in range(1, 13)] == [25, 18, 15, 12, 10, 8, 6, 4, 2, 1, 0, 0]


def test_every_point_has_its_reason() -> None:
    lines = score([finish(2, has_fastest_lap=True)], CLASSIC)

    assert lines == {
        2: [Line("grand_prix", Decimal(18), "P2 in the Grand Prix"), Line("fastest_lap", Decimal(1), "Fastest lap")]
    }


def test_who_is_not_classified_earns_nothing_and_is_told_why() -> None:
    lines = score([finish(4, is_classified=False, status="Retired"), finish(5, is_classified=False)], CLASSIC)

    assert lines == {
        4: [Line("grand_prix", Decimal(0), "Not classified (Retired)")],
        5: [Line("grand_prix", Decimal(0), "Not classified (no classification)")],
    }


def test_the_fastest_lap_counts_for_whoever_drove_it() -> None:
    lines = score([finish(19, is_classified=False, status="Retired", has_fastest_lap=True)], CLASSIC)

    assert points(lines[19]) == 1


def test_rules_without_a_fastest_lap_have_no_line_for_it() -> None:
    rules = Rules("Plain", (Decimal(25),), Decimal(0))

    assert [line.rule for line in score([finish(1, has_fastest_lap=True)], rules)[1]] == ["grand_prix"]


def test_whoever_drafted_an_absent_driver_gets_the_points_of_the_seat() -> None:
    lines = score([finish(1)], CLASSIC, substitutes={77: 1})

    assert lines[77] == [Line("grand_prix", Decimal(25), "P1 in the Grand Prix (Driver 1 in the seat)")]


def test_a_driver_who_took_part_keeps_their_own_points() -> None:
    lines = score([finish(1), finish(2)], CLASSIC, substitutes={2: 1})

    assert points(lines[2]) == 18


def test_a_substitute_who_did_not_take_part_either_brings_nothing() -> None:
    assert set(score([finish(1)], CLASSIC, substitutes={77: 78})) == {1}


def test_rules_survive_their_json() -> None:
    rules = Rules("Half", (Decimal("12.5"), Decimal(9)), Decimal("0.5"))

    assert Rules.from_json("Half", rules.as_json()) == rules


def test_the_digest_is_of_the_content_not_of_the_name() -> None:
    again = Rules("Other name", CLASSIC.grand_prix, CLASSIC.fastest_lap)

    assert again.digest == CLASSIC.digest
    assert Rules("Classic", CLASSIC.grand_prix, Decimal(0)).digest != CLASSIC.digest


@given(st.sets(st.integers(min_value=1, max_value=22)), st.integers(min_value=1, max_value=22))
def test_a_race_never_gives_more_than_its_table(classified: set[int], fastest: int) -> None:
    finishes = [finish(n, is_classified=n in classified, has_fastest_lap=n == fastest) for n in range(1, 23)]

    lines = score(finishes, CLASSIC)

    table = dict(enumerate(CLASSIC.grand_prix, start=1))
    expected = sum((table.get(n, Decimal(0)) for n in classified), Decimal(1))
    assert sum((points(of) for of in lines.values()), Decimal(0)) == expected
    assert all(line.because for of in lines.values() for line in of)
