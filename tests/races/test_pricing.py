from decimal import Decimal

import pytest

from races.pricing import price


def points(*values: int) -> list[Decimal]:
    return [Decimal(value) for value in values]


@pytest.mark.parametrize(
    ("this_season", "last_season", "races_held", "expected"),
    [
        (points(), points(), 0, "3.0"),
        (points(10, 10, 10), points(), 3, "13.0"),
        (points(0, 25, 25, 25, 25, 25), points(), 6, "26.3"),  # 3 + 0.6 × 25 + 0.4 × 125 / 6
        (points(25, 25), points(10, 20), 2, "18.0"),
        (points(25, 25, 25), points(10, 20), 3, "28.0"),
        (points(4, 4), points(), 2, "7.0"),
        (points(0, 0, 0), points(20), 3, "3.0"),
    ],
)
def test_price_follows_form_and_average(
    this_season: list[Decimal], last_season: list[Decimal], races_held: int, expected: str
) -> None:
    assert price(this_season, last_season, races_held=races_held) == Decimal(expected)
