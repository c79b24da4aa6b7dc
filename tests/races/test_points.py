from decimal import Decimal

import pytest

from races.models import RaceResult
from races.points import formula1_points
from races.seasons import load_season
from tests.conftest import NOW


@pytest.mark.parametrize(
    ("year", "session", "place", "fastest", "points"),
    [
        (2026, "grand_prix", 1, True, 25),
        (2026, "grand_prix", 10, False, 1),
        (2026, "grand_prix", 11, False, 0),
        (2026, "grand_prix", None, True, 0),
        (2024, "grand_prix", 2, True, 19),
        (2024, "grand_prix", 11, True, 0),
        (2026, "sprint", 8, False, 1),
        (2024, "sprint", 1, True, 8),
        (2021, "sprint", 3, False, 1),
        (2021, "sprint", 4, False, 0),
        (2026, "qualifying", 1, False, 0),
    ],
)
def test_points_follow_the_place(year: int, session: str, place: int | None, fastest: bool, points: int) -> None:
    assert formula1_points(year=year, session=session, place=place, has_fastest_lap=fastest) == Decimal(points)


@pytest.mark.django_db
def test_points_are_those_that_formula_1_gave() -> None:
    load_season(2026, until=NOW, now=NOW)

    for result in RaceResult.objects.current().exclude(session="qualifying").order_by("pk"):
        place = result.position if result.is_classified else None
        assert formula1_points(year=2026, session=result.session, place=place) == result.points
