from decimal import Decimal

import pytest

from fantasy_f1.core.numbers import plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("25", "25"),
        ("25.00", "25"),
        ("12.50", "12.5"),
        ("0.05", "0.05"),
        ("0", "0"),
        ("0.00", "0"),
        ("-3.10", "-3.1"),
        ("100", "100"),
        ("1E+2", "100"),
    ],
)
def test_plain_has_no_needless_zeros_and_no_exponent(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text
