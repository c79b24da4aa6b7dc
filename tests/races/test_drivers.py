from datetime import UTC, datetime
from decimal import Decimal

import pytest

from races.drivers import ingest_drivers, is_newest, newest_season, refresh_prices
from races.models import Driver, Season, Team
from races.rows import Counts, DriverRow, TeamRow
from races.seasons import load_season
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

ANA = DriverRow("ana", "Ana", "Test", "ANA", 7, "Dutch")
BO = DriverRow("bo", "Bo", "Reserve")
TEAMS = [TeamRow("ferrari", "Ferrari", "Italian"), TeamRow("newcomer", "Newcomer")]


def ingest(*drivers: DriverRow, year: int = 2026) -> Counts:
    return ingest_drivers(year, drivers, TEAMS, now=NOW)


def statuses() -> dict[str, str]:
    return dict(Driver.objects.values_list("external_id", "status"))


def test_drivers_and_teams_are_stored_once() -> None:
    assert ingest(ANA, BO) == Counts(created=4)
    assert ingest(ANA, BO) == Counts(unchanged=4)

    ana = Driver.objects.get(external_id="ana")
    assert (ana.name, ana.code, ana.number, ana.country) == ("Ana Test", "ANA", 7, "Dutch")


def test_teams_have_our_colours_and_a_grey_one_where_we_have_none() -> None:
    ingest()

    assert dict(Team.objects.values_list("external_id", "color")) == {"ferrari": "#e8002d", "newcomer": "#8a8f98"}


def test_before_the_first_race_a_number_makes_a_driver_active() -> None:
    ingest(ANA, BO)

    assert statuses() == {"ana": "active", "bo": "reserve"}


def test_with_results_only_those_who_raced_are_active() -> None:
    load_season(2026, until=NOW, now=NOW)

    assert Driver.objects.filter(status="active").count() == 22
    assert Driver.objects.get(external_id="tsunoda").status == "reserve"


def test_who_is_listed_no_more_is_inactive() -> None:
    ingest(ANA, BO)

    assert ingest(ANA).updated == 1
    assert statuses() == {"ana": "active", "bo": "inactive"}


def test_a_short_list_makes_nobody_inactive() -> None:
    others = [DriverRow(f"d{number}", "D", str(number), number=number) for number in range(4)]
    ingest(ANA, BO, *others)

    counts = ingest(ANA, BO)

    assert counts.problems == ["The list of 2026 has 1 drivers with a number, 5 are active: none became inactive."]
    assert set(statuses().values()) == {"active", "reserve"}


def test_a_season_of_which_nothing_is_told_is_not_created() -> None:
    assert ingest_drivers(2062, [], [], now=NOW) == Counts()
    assert not Season.objects.exists()


def test_a_season_without_races_is_not_the_newest() -> None:
    load_season(2025, until=NOW, now=NOW)

    ingest(ANA, year=2027)

    assert is_newest(Season.objects.get(year=2025))
    assert newest_season() == Season.objects.get(year=2025)
    assert refresh_prices(Season.objects.get(year=2027), now=NOW) == 0


def test_an_old_season_leaves_known_drivers_alone_and_adds_the_forgotten() -> None:
    ingest(ANA)
    earlier = DriverRow("ana", "Ana", "Test", "ANA", 99, "Dutch")

    assert ingest(earlier, BO, year=2025) == Counts(created=1, unchanged=3)
    assert Driver.objects.get(external_id="ana").number == 7
    assert statuses() == {"ana": "active", "bo": "inactive"}


def test_prices_follow_the_newest_season_only() -> None:
    load_season(2025, until=NOW, now=NOW)
    finish = Driver.objects.get(external_id="norris").price
    load_season(2026, until=datetime(2026, 3, 1, tzinfo=UTC), now=datetime(2026, 3, 1, tzinfo=UTC))
    early = Driver.objects.get(external_id="norris").price

    assert (finish, early) == (Decimal("21.0"), Decimal("20.6"))  # form 18.2, average 17.625
    assert refresh_prices(Season.objects.get(year=2025), now=NOW) == 0
    assert refresh_prices(Season.objects.get(year=2026), now=NOW) == 0
