from datetime import timedelta

import pytest

from races.entries import Line, Starter, after_race, after_session, capacity, confirm, refresh_expected_entries
from races.models import Driver, Race, RaceEntry, Season, Session, Team
from races.results import ingest_results
from races.rows import ResultRow
from tests.conftest import NOW
from tests.factories import DriverFactory, RaceFactory, SeasonFactory, TeamFactory

ENTERED, SUBSTITUTE, WITHDRAWN = RaceEntry.Status.ENTERED, RaceEntry.Status.SUBSTITUTE, RaceEntry.Status.WITHDRAWN
RED, BLUE = 1, 2
EXPECTED = [Line(10, RED, 10), Line(11, RED, 11), Line(20, BLUE, 20), Line(21, BLUE, 21)]
ALL = [Starter(10, RED, 10), Starter(11, RED, 11), Starter(20, BLUE, 20), Starter(21, BLUE, 21)]


def seen(lines: list[Line]) -> dict[int, tuple[str, int | None, bool]]:
    return {line.driver_id: (line.status, line.replaces_id, line.is_confirmed) for line in lines}


def test_a_race_confirms_its_starters() -> None:
    assert seen(after_race(EXPECTED, ALL)) == dict.fromkeys((10, 11, 20, 21), (ENTERED, None, True))


def test_a_race_without_expectations_enters_all_who_started() -> None:
    assert seen(after_race([], ALL)) == dict.fromkeys((10, 11, 20, 21), (ENTERED, None, True))


def test_a_substitute_takes_the_seat_of_the_missing_driver_of_his_team() -> None:
    lines = after_race(EXPECTED, [*ALL[:3], Starter(99, BLUE, 99)])

    assert seen(lines) == {
        10: (ENTERED, None, True),
        11: (ENTERED, None, True),
        20: (ENTERED, None, True),
        21: (WITHDRAWN, None, False),
        99: (SUBSTITUTE, 21, True),
    }
    assert seen(after_race(lines, [*ALL[:3], Starter(99, BLUE, 99)])) == seen(lines)


def test_two_substitutes_of_a_team_are_paired_by_number() -> None:
    lines = seen(after_race(EXPECTED, [*ALL[:2], Starter(98, BLUE, 50), Starter(99, BLUE, 40)]))

    assert (lines[99], lines[98]) == ((SUBSTITUTE, 20, True), (SUBSTITUTE, 21, True))


def test_teams_that_swap_drivers_have_no_substitute() -> None:
    swapped = [Starter(10, RED, 10), Starter(11, BLUE, 11), Starter(20, BLUE, 20), Starter(21, RED, 21)]

    lines = after_race(EXPECTED, swapped)

    assert {line.status for line in lines} == {ENTERED}
    assert {line.driver_id: line.team_id for line in lines} == {10: RED, 11: BLUE, 20: BLUE, 21: RED}


def test_a_starter_who_takes_nobodys_seat_is_entered() -> None:
    assert seen(after_race(EXPECTED, [*ALL, Starter(99, 3, 99)]))[99] == (ENTERED, None, True)


def test_a_newcomer_in_qualifying_can_be_drafted_and_the_absent_waits_for_the_race() -> None:
    saturday = [*ALL[:3], Starter(99, BLUE, 99)]

    lines = after_session(EXPECTED, saturday)

    assert seen(lines) == {
        10: (ENTERED, None, True),
        11: (ENTERED, None, True),
        20: (ENTERED, None, True),
        21: (ENTERED, None, False),
        99: (ENTERED, 21, True),
    }
    assert seen(after_session(lines, saturday)) == seen(lines)
    sunday = seen(after_race(lines, saturday))
    assert (sunday[21], sunday[99]) == ((WITHDRAWN, None, False), (SUBSTITUTE, 21, True))


def test_an_absent_driver_who_races_after_all_keeps_his_seat() -> None:
    lines = after_session(EXPECTED, [*ALL[:3], Starter(99, BLUE, 99)])

    sunday = seen(after_race(lines, ALL))

    assert (sunday[21], sunday[99][0]) == ((ENTERED, None, True), WITHDRAWN)


def starters(count: int) -> list[Starter]:
    teams = [TeamFactory() for _ in range((count + 1) // 2)]
    return [Starter(DriverFactory().pk, teams[number // 2].pk, number + 1) for number in range(count)]


def rows(starting: list[Starter]) -> list[ResultRow]:
    drivers = Driver.objects.in_bulk()
    teams = Team.objects.in_bulk()
    return [
        ResultRow(
            drivers[starter.driver_id].external_id,
            teams[starter.team_id].external_id,
            place,
            str(place),
            number=starter.number,
        )
        for place, starter in enumerate(starting, start=1)
    ]


@pytest.fixture
def races(db: None) -> list[Race]:
    return [RaceFactory(starts_at=NOW + timedelta(weeks=week)) for week in (-1, 1, 2)]


def entered(race: Race) -> set[int]:
    return set(race.entries.draftable().values_list("driver_id", flat=True))


def test_coming_races_expect_the_starters_of_the_latest_race(races: list[Race]) -> None:
    starting = starters(6)
    ingest_results(races[0], Session.GRAND_PRIX, rows(starting), source="jolpica", now=NOW)

    wanted = {starter.driver_id for starter in starting}
    assert entered(races[1]) == entered(races[2]) == wanted
    assert not races[1].entries.filter(is_confirmed=True).exists()
    assert refresh_expected_entries(races[0].season, now=NOW) == 0


def test_an_expected_list_follows_a_later_race_but_not_where_it_is_confirmed(races: list[Race]) -> None:
    races.append(RaceFactory(starts_at=NOW + timedelta(weeks=3)))
    first, then = starters(4), starters(4)
    ingest_results(races[0], Session.GRAND_PRIX, rows(first), source="jolpica", now=NOW)
    confirm(races[2], Session.QUALIFYING, first[:1], now=NOW)

    later = NOW + timedelta(weeks=1, hours=3)
    ingest_results(races[1], Session.GRAND_PRIX, rows(then), source="jolpica", now=later)

    assert entered(races[3]) == {starter.driver_id for starter in then}
    assert entered(races[2]) == {starter.driver_id for starter in first}


def test_before_the_first_race_last_seasons_teams_are_expected(db: None) -> None:
    old = RaceFactory(season=SeasonFactory(year=2025), starts_at=NOW - timedelta(days=300))
    starting = starters(4)
    ingest_results(old, Session.GRAND_PRIX, rows(starting), source="jolpica", now=NOW - timedelta(days=299))
    race = RaceFactory(season=SeasonFactory(year=2026), starts_at=NOW + timedelta(days=9))
    Driver.objects.filter(pk=starting[0].driver_id).update(status=Driver.Status.INACTIVE)

    changed = refresh_expected_entries(race.season, now=NOW)

    assert changed == 3
    assert entered(race) == {starter.driver_id for starter in starting[1:]}


def test_a_session_before_the_race_confirms_and_one_after_it_says_nothing(races: list[Race]) -> None:
    starting = starters(2)
    race = races[1]

    confirm(race, Session.SPRINT, starting, now=race.starts_at - timedelta(days=1))
    assert entered(race) == {starter.driver_id for starter in starting}
    confirm(race, Session.QUALIFYING, starters(1), now=race.starts_at)
    assert entered(race) == {starter.driver_id for starter in starting}


@pytest.mark.parametrize(("entries", "teams"), [(22, 11), (21, 10), (20, 10), (30, 11)])
def test_capacity_is_half_of_the_entry_list(db: None, entries: int, teams: int) -> None:
    race = RaceFactory(entries=entries)

    assert capacity(race.season) == teams


def test_capacity_looks_at_coming_races_then_at_the_last_one(db: None) -> None:
    season = SeasonFactory()
    assert capacity(season) == 11
    RaceFactory(entries=8, status=Race.Status.FINISHED)
    RaceFactory(entries=6, status=Race.Status.FINISHED)
    assert capacity(season) == 3
    RaceFactory(entries=4)
    RaceFactory(entries=10, status=Race.Status.CANCELLED, round_number=None)
    assert capacity(Season.objects.get()) == 2
