from dataclasses import replace
from datetime import timedelta

import pytest

from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.models import EventLog
from races.entries import (
    Line,
    Starter,
    after_news,
    after_race,
    after_session,
    capacity,
    confirm,
    refresh_expected_entries,
    set_entry,
)
from races.models import Driver, Race, RaceEntry, Season, Session, Team
from races.results import ResultsRefused, ingest_results
from races.rows import ResultRow
from tests.conftest import NOW
from tests.factories import DriverFactory, RaceEntryFactory, RaceFactory, SeasonFactory, TeamFactory, UserFactory

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


def test_a_pairing_in_the_list_stands_while_it_is_true() -> None:
    sunday = [*ALL[:2], Starter(98, BLUE, 40), Starter(99, BLUE, 50)]  # by number: 98 for 20, 99 for 21
    swapped = [replace(line, replaces_id={98: 21, 99: 20}.get(line.driver_id)) for line in after_race(EXPECTED, sunday)]

    lines = seen(after_race(swapped, sunday))
    assert (lines[98], lines[99]) == ((SUBSTITUTE, 21, True), (SUBSTITUTE, 20, True))

    one_was_there = seen(after_race(swapped, [*ALL[:3], Starter(98, BLUE, 40)]))
    assert (one_was_there[98], one_was_there[20]) == ((SUBSTITUTE, 21, True), (ENTERED, None, True))
    other_team = seen(after_race(swapped, [*ALL[:2], Starter(98, RED, 40), Starter(99, BLUE, 50)]))
    assert (other_team[98], other_team[99]) == ((ENTERED, None, True), (SUBSTITUTE, 20, True))


def test_two_substitutes_never_have_one_seat() -> None:
    sunday = [*ALL[:2], Starter(98, BLUE, 40), Starter(99, BLUE, 50)]
    twice = [replace(line, replaces_id=20 if line.driver_id > 90 else None) for line in after_race(EXPECTED, sunday)]

    lines = seen(after_race(twice, sunday))

    assert (lines[98], lines[99]) == ((SUBSTITUTE, 20, True), (SUBSTITUTE, 21, True))


NEWS = [*EXPECTED[:3], Line(99, BLUE, 99)]


def test_nobody_goes_from_a_list_that_was_drafted_from() -> None:
    lines = after_news(EXPECTED, NEWS)

    assert seen(lines) == {
        10: (ENTERED, None, False),
        11: (ENTERED, None, False),
        20: (ENTERED, None, False),
        21: (WITHDRAWN, None, False),
        99: (ENTERED, 21, False),
    }
    assert after_news(lines, NEWS) == lines
    sunday = seen(after_race(lines, [*ALL[:3], Starter(99, BLUE, 99)]))
    assert (sunday[21], sunday[99]) == ((WITHDRAWN, None, False), (SUBSTITUTE, 21, True))


def test_who_comes_back_has_the_seat_of_who_came_for_him() -> None:
    lines = after_news(after_news(EXPECTED, NEWS), EXPECTED)

    assert seen(lines)[21] == (ENTERED, 99, False)
    assert seen(lines)[99][0] == WITHDRAWN
    sunday = seen(after_race(lines, ALL))
    assert (sunday[21], sunday[99][0]) == ((SUBSTITUTE, 99, True), WITHDRAWN)


def test_who_was_expected_no_more_and_takes_part_is_entered_but_not_whom_a_host_withdrew() -> None:
    lines = after_news(EXPECTED, NEWS)
    by_hand = [replace(line, is_confirmed=True) for line in lines]

    assert seen(after_session(lines, ALL))[21] == (ENTERED, None, True)
    assert seen(after_session(by_hand, ALL))[21] == (WITHDRAWN, None, True)


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
    races.append(RaceFactory(starts_at=NOW + timedelta(weeks=4)))
    first = starters(4)
    then = [replace(starter, driver_id=DriverFactory().pk) for starter in first]
    ingest_results(races[0], Session.GRAND_PRIX, rows(first), source="jolpica", now=NOW)
    confirm(races[2], Session.QUALIFYING, first[:1], now=NOW)

    later = NOW + timedelta(weeks=1, hours=3)
    ingest_results(races[1], Session.GRAND_PRIX, rows(then), source="jolpica", now=later)

    assert entered(races[3]) == {starter.driver_id for starter in then}
    assert entered(races[2]) == {starter.driver_id for starter in first}


def test_close_to_a_race_who_is_expected_no_more_is_withdrawn(races: list[Race]) -> None:
    first = starters(4)
    ingest_results(races[0], Session.GRAND_PRIX, rows(first), source="jolpica", now=NOW)
    then = [*first[:3], replace(first[3], driver_id=DriverFactory().pk)]

    later = NOW + timedelta(weeks=1, hours=3)
    ingest_results(races[1], Session.GRAND_PRIX, rows(then), source="jolpica", now=later)

    gone, new = (races[2].entries.get(driver_id=row.driver_id) for row in (first[3], then[3]))
    assert (gone.status, new.status, new.replaces_id) == (WITHDRAWN, ENTERED, gone.driver_id)
    assert entered(races[2]) == {starter.driver_id for starter in then}
    assert refresh_expected_entries(races[2].season, now=later) == 0

    ingest_results(races[2], Session.GRAND_PRIX, rows(then), source="jolpica", now=later + timedelta(weeks=1))
    new.refresh_from_db()
    assert (new.status, new.replaces_id) == (SUBSTITUTE, gone.driver_id)


def test_who_withdrew_is_expected_again_where_nobody_took_the_seat(races: list[Race]) -> None:
    first = starters(4)
    for race in races[1:]:
        race.entries.all().delete()
    ingest_results(races[0], Session.GRAND_PRIX, rows(first), source="jolpica", now=NOW)
    later = NOW + timedelta(weeks=1, hours=3)

    ingest_results(races[1], Session.GRAND_PRIX, rows(first[:3]), source="jolpica", now=later)
    assert entered(races[2]) == {starter.driver_id for starter in first}

    promoted = [replace(first[0], team_id=first[3].team_id), *first[1:3]]  # the team of the absent has two cars again
    ingest_results(races[1], Session.GRAND_PRIX, rows(promoted), source="jolpica", now=later)
    assert entered(races[2]) == {starter.driver_id for starter in first[:3]}


def test_who_only_qualified_is_expected_again_though_no_list_knew_of_him(races: list[Race]) -> None:
    first = starters(4)
    ingest_results(races[0], Session.GRAND_PRIX, rows(first[:3]), source="jolpica", now=NOW)

    ingest_results(races[0], Session.QUALIFYING, rows(first), source="jolpica", now=NOW)

    assert entered(races[1]) == {starter.driver_id for starter in first}


def test_a_first_sheet_with_few_of_the_entered_drivers_is_refused(races: list[Race]) -> None:
    first = starters(6)
    ingest_results(races[0], Session.GRAND_PRIX, rows(first), source="jolpica", now=NOW)

    with pytest.raises(ResultsRefused, match="2 grand_prix rows for 6 entered drivers"):
        ingest_results(races[1], Session.GRAND_PRIX, rows(first[:2]), source="jolpica", now=NOW)
    assert entered(races[1]) == {starter.driver_id for starter in first}


@pytest.fixture
def line(db: None) -> RaceEntry:
    """Of a driver who can be replaced."""
    return RaceEntryFactory()


def put(entry: RaceEntry, driver: Driver, **values: object) -> RaceEntry:
    wanted = {"team": entry.team, "number": 40, "status": ENTERED, "replaces": None, "actor": None} | values
    return set_entry(race_id=entry.race_id, driver=driver, now=NOW, **wanted)  # type: ignore[arg-type]


def test_a_host_enters_a_driver_and_it_is_told_once(line: RaceEntry) -> None:
    driver, host = DriverFactory(), UserFactory()

    entry = put(line, driver, status=SUBSTITUTE, replaces=line.driver, actor=host)
    again = put(line, driver, status=SUBSTITUTE, replaces=line.driver, actor=host)

    assert (entry, entry.status, entry.replaces, entry.is_confirmed) == (again, SUBSTITUTE, line.driver, True)
    log = EventLog.objects.get()
    assert (log.name, log.data, log.actor) == ("EntryListChanged", {"race_id": line.race_id}, host)
    assert line.race.entries.count() == 2


def test_a_host_withdraws_a_driver(line: RaceEntry) -> None:
    put(line, line.driver, status=WITHDRAWN)

    line.refresh_from_db()
    assert (line.status, line.number, line.is_confirmed) == (WITHDRAWN, 40, True)


def test_a_substitute_replaces_another_driver_of_the_team_in_the_list(line: RaceEntry) -> None:
    stranger, other_team = DriverFactory(), RaceEntryFactory(race=line.race).driver

    with pytest.raises(Invalid, match="say whom"):
        put(line, stranger, status=SUBSTITUTE)
    for wrong in (DriverFactory(), other_team, stranger):
        with pytest.raises(Invalid, match="is not another driver of"):
            put(line, stranger, replaces=wrong)
    assert line.race.entries.count() == 2
    assert not EventLog.objects.exists()


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
