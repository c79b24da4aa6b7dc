import pytest

from races.models import SeasonEntry
from races.seasons import load_season
from races.stints import Start, Stint, stints
from tests.conftest import NOW

RED, BLUE = 1, 2


def starts(driver: int, *teams: int | None) -> list[Start]:
    """One team for each race from the first on; None: did not start. Race ids are 100, 101, …"""
    return [Start(place, 100 + place, driver, team, 7) for place, team in enumerate(teams) if team]


@pytest.mark.parametrize(
    ("teams", "runs"),
    [
        ((RED, RED, RED), [(RED, 100, None)]),
        ((RED, RED, BLUE), [(RED, 100, 101), (BLUE, 102, None)]),
        ((RED, None, RED), [(RED, 100, 100), (RED, 102, None)]),
        ((None, RED, None), [(RED, 101, 101)]),
    ],
)
def test_a_stint_is_a_run_of_starts_for_one_team(
    teams: tuple[int | None, ...], runs: list[tuple[int, int, int | None]]
) -> None:
    everybody = starts(9, BLUE, BLUE, BLUE) + starts(5, *teams)

    assert [stint for stint in stints(everybody) if stint.driver_id == 5] == [
        Stint(5, team, 7, first, last) for team, first, last in runs
    ]


def test_no_starts_are_no_stints() -> None:
    assert stints([]) == []


@pytest.mark.django_db
def test_drivers_who_swapped_teams_in_2025_have_two_stints_each() -> None:
    load_season(2025, until=NOW, now=NOW)

    found = SeasonEntry.objects.filter(driver__external_id__in=["lawson", "tsunoda"]).order_by(
        "driver__external_id", "first_race__starts_at"
    )
    assert [
        (
            entry.driver.external_id,
            entry.team.external_id,
            entry.first_race.round_number,
            entry.last_race and entry.last_race.round_number,
        )
        for entry in found
    ] == [
        ("lawson", "red_bull", 1, 2),
        ("lawson", "rb", 3, None),
        ("tsunoda", "rb", 1, 2),
        ("tsunoda", "red_bull", 3, None),
    ]
