"""What a driver costs, in millions. Pure: no Django, no database.

``price = 3.0 + 1.0 × (0.6 × form + 0.4 × average)``, in steps of 0.1 and never below 3.0, where

- form: mean of Formula 1's own points (Grand Prix and sprint) in the last five starts,
- average: the mean over the season's starts.

Until three races are held, last season's mean stands in for both, if the driver raced then.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

FLOOR = Decimal("3.0")
STEP = Decimal("0.1")
FORM_STARTS = 5
FORM_WEIGHT = Decimal("0.6")
EARLY_RACES = 3


def price(this_season: Sequence[Decimal], last_season: Sequence[Decimal], *, races_held: int) -> Decimal:
    """The price of a driver with these points by start, oldest first."""
    if races_held < EARLY_RACES and last_season:
        form = average = mean(last_season)
    else:
        form, average = mean(this_season[-FORM_STARTS:]), mean(this_season)
    expected = FORM_WEIGHT * form + (1 - FORM_WEIGHT) * average
    return max(FLOOR, FLOOR + expected).quantize(STEP, ROUND_HALF_UP)


def mean(points: Sequence[Decimal]) -> Decimal:
    return sum(points, Decimal(0)) / len(points) if points else Decimal(0)
