"""Formula 1's own points by place, for results that are entered by hand. Pure: no Django, no database.

Prices follow these points, so a result by hand carries what the feed will most likely tell; where Formula 1 gave others
(half points for a race cut short), the feed corrects it.
"""

from decimal import Decimal

GRAND_PRIX = (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)  # since 2010
SPRINT = (8, 7, 6, 5, 4, 3, 2, 1)  # since 2022
FIRST_SPRINTS = (3, 2, 1)  # 2021
FASTEST_LAP_YEARS = range(2019, 2025)
"""A point more for the fastest lap of a Grand Prix, in the first ten."""


def formula1_points(*, year: int, session: str, place: int | None, has_fastest_lap: bool = False) -> Decimal:
    """Points for a classified ``place`` (None: not classified) of a ``session`` as in ``models.Session``."""
    tables = {"grand_prix": GRAND_PRIX, "sprint": SPRINT if year >= 2022 else FIRST_SPRINTS}
    table = tables.get(session, ())
    if place is None or place > len(table):
        return Decimal(0)
    bonus = session == "grand_prix" and has_fastest_lap and year in FASTEST_LAP_YEARS
    return Decimal(table[place - 1] + bonus)
