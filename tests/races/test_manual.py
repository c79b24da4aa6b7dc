from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from fantasy_f1.core.errors import Invalid, NotAllowed
from races.manual import Fate, FeedHasResult, Line, enter_result, standing_lines
from races.models import Race, RaceEntry, RaceResult, ResultRevision
from races.results import Outcome, current_rows, ingest_results
from races.rows import ResultRow
from tests.factories import DriverFactory, RaceEntryFactory, RaceFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def race() -> Race:
    return RaceFactory(entries=4)


@pytest.fixture
def host() -> User:
    return UserFactory(is_superuser=True)


def drivers(race: Race) -> list[int]:
    return list(race.entries.order_by("pk").values_list("driver", flat=True))


def lines(race: Race, *fates: Fate | int | None, fastest: int = 0) -> list[Line]:
    """By entry: a place, or what became of the driver."""
    return [
        Line(pk, Fate.CLASSIFIED, fate, grid=number, has_fastest_lap=number == fastest)
        if isinstance(fate, int) or fate is None
        else Line(pk, fate)
        for number, (pk, fate) in enumerate(zip(drivers(race), fates, strict=True), start=1)
    ]


def enter(
    race: Race,
    given: list[Line],
    host: User,
    *,
    session: str = "grand_prix",
    replaces_feed: bool = False,
    now: datetime | None = None,
) -> Outcome:
    now = now or race.starts_at + timedelta(hours=2, minutes=5)
    return enter_result(race_id=race.pk, session=session, lines=given, replaces_feed=replaces_feed, actor=host, now=now)


def sheet() -> list[tuple[int, str, str, int, int | None]]:
    results = RaceResult.objects.current().order_by("position")
    return [(r.driver_id, r.position_text, r.status, int(r.points), r.fastest_lap_rank) for r in results]


def feed_rows(race: Race) -> list[ResultRow]:
    entries = race.entries.order_by("pk").select_related("driver", "team")
    return [
        ResultRow(
            entry.driver.external_id,
            entry.team.external_id,
            place,
            str(place),
            number=entry.number,
            grid=place,
            points=25 if place == 1 else 18,
            status="Lapped" if place > 2 else "Finished",
            laps=57,
            time=f"+{place}",
        )
        for place, entry in enumerate(entries, start=1)
    ]


def tell(race: Race, rows: list[ResultRow]) -> Outcome:
    return ingest_results(race, "grand_prix", rows, source="jolpica", now=race.starts_at + timedelta(hours=4))


def test_a_result_by_hand_is_the_first_provisional_version(race: Race, host: User) -> None:
    a, b, c, d = drivers(race)

    outcome = enter(race, lines(race, Fate.DNF, 2, 1, Fate.DSQ, fastest=2), host)

    race.refresh_from_db()
    revision = ResultRevision.objects.get()
    assert outcome == Outcome("created", 4)
    assert (revision.source, revision.created_by, revision.number) == ("manual", host, 1)
    assert (race.status, race.results_status) == ("finished", "provisional")
    assert sheet() == [
        (c, "1", "Finished", 25, None),
        (b, "2", "Finished", 18, 1),
        (a, "R", "Retired", 0, None),
        (d, "D", "Disqualified", 0, None),
    ]
    assert RaceResult.objects.get(driver=b).grid == 2


def test_entering_the_same_again_writes_nothing(race: Race, host: User) -> None:
    enter(race, lines(race, 1, 2, 3, Fate.DNS), host)

    outcome = enter(race, list(standing_lines(race, "grand_prix").values()), host)

    assert (outcome.kind, ResultRevision.objects.count()) == ("unchanged", 1)


def test_a_host_mends_a_result_by_hand(race: Race, host: User) -> None:
    enter(race, lines(race, 1, 2, 3, 4), host)

    outcome = enter(race, lines(race, 2, 1, 3, Fate.ABSENT), host)

    assert [change.partition(" ")[2].split(" ", 2)[-1] for change in outcome.changes] == [
        *["P2 → P1", "P1 → P2", "no longer listed"]
    ]
    assert len(sheet()) == 3


def test_what_the_feed_says_is_replaced_only_on_purpose(race: Race, host: User) -> None:
    tell(race, feed_rows(race))
    swapped = lines(race, 2, 1, 3, 4)

    with pytest.raises(FeedHasResult):
        enter(race, swapped, host)
    outcome = enter(race, swapped, host, replaces_feed=True)

    race.refresh_from_db()
    assert outcome.kind == "amended"
    assert race.results_status == "provisional"
    first = RaceResult.objects.current().get(position=1)
    assert (first.driver_id, first.laps, first.points) == (drivers(race)[1], 57, 25)  # what it does not change is kept
    assert tell(race, feed_rows(race)).kind == "unchanged"
    assert ResultRevision.objects.get(is_current=True).source == "manual"


def test_who_enters_what_the_feed_told_takes_their_own_back(race: Race, host: User) -> None:
    rows = [replace(row, points=row.points / 2) for row in feed_rows(race)]
    tell(race, rows)
    enter(race, lines(race, 2, 1, 3, Fate.ABSENT), host, replaces_feed=True)

    outcome = enter(race, lines(race, 1, 2, 3, 4), host, now=race.starts_at + timedelta(days=2))

    race.refresh_from_db()
    current = ResultRevision.objects.get(is_current=True)
    assert outcome.kind == "amended"
    assert (current.number, current.source, current.created_by) == (3, "jolpica", host)
    assert (race.results_status, current_rows(current)) == ("official", current_rows(race.revisions.get(number=1)))
    assert tell(race, rows).kind == "unchanged"


def test_the_feeds_rows_show_what_was_wrong_by_hand(race: Race, host: User) -> None:
    enter(race, lines(race, 1, 2, 4, 3), host)

    outcome = tell(race, feed_rows(race))

    assert [change.split(" ", 3)[-1] for change in outcome.changes] == ["P4 → P3", "P3 → P4"]


def test_nothing_that_stands_is_lost_by_opening_and_storing_it(race: Race, host: User) -> None:
    rows = feed_rows(race)
    rows[2] = replace(rows[2], position_text="3", status="Disqualified", points=0)
    rows[3] = replace(rows[3], position_text="R", status="Engine", points=0)
    tell(race, rows)

    again = enter(race, list(standing_lines(race, "grand_prix").values()), host, replaces_feed=True)

    assert (again.kind, ResultRevision.objects.count()) == ("unchanged", 1)
    fates = {line.fate for line in standing_lines(race, "grand_prix").values()}
    assert fates == {Fate.CLASSIFIED, Fate.DSQ, Fate.DNF}


def test_cars_that_are_not_classified_keep_their_order_behind_the_others(race: Race, host: User) -> None:
    a, b, c, d = drivers(race)
    rows = feed_rows(race)
    tell(race, [replace(row, position_text="R", status="Engine") if row.position > 2 else row for row in rows])

    enter(race, lines(race, 1, Fate.DNF, Fate.DNF, Fate.DNF), host, replaces_feed=True)

    assert [row[0] for row in sheet()] == [a, b, c, d]
    assert [row[2] for row in sheet()] == ["Finished", "Retired", "Engine", "Engine"]


def test_a_fastest_lap_moves(race: Race, host: User) -> None:
    tell(race, [replace(row, fastest_lap_rank=row.position) for row in feed_rows(race)])

    enter(race, [replace(line, grid=None) for line in lines(race, 1, 2, 3, 4, fastest=3)], host, replaces_feed=True)

    assert [row[4] for row in sheet()] == [None, 2, 1, 4]


def test_a_driver_of_the_feed_who_is_on_no_list_can_stay(race: Race, host: User) -> None:
    tell(race, feed_rows(race))
    RaceEntry.objects.filter(race=race, driver=drivers(race)[3]).delete()

    standing = standing_lines(race, "grand_prix")

    assert len(standing) == 4
    assert enter(race, list(standing.values()), host, replaces_feed=True).kind == "unchanged"


def test_a_qualifying_has_places_alone(race: Race, host: User) -> None:
    now = race.starts_at - timedelta(hours=20)
    given = [replace(line, grid=None) for line in lines(race, 2, 1, 3, Fate.ABSENT)]

    enter(race, given, host, session="qualifying", now=now)

    assert [(row[1], row[3]) for row in sheet()] == [("1", 0), ("2", 0), ("3", 0)]
    with pytest.raises(Invalid, match="a qualifying has places only"):
        enter(race, lines(race, 1, 2, 3, Fate.DNF), host, session="qualifying", now=now)


@pytest.mark.parametrize(
    ("fates", "fastest", "sentence"),
    [
        ([1, 1, 2, 3], 0, "Position 1 is given twice: Test Driver .* and Test Driver"),
        ([1, 2, None, 3], 0, "has no position"),
        ([1, 2, 4, 5], 0, "Nobody has position 3"),
        ([1, 2, 3, Fate.DNS], 4, "did not drive the fastest lap"),
    ],
)
def test_nonsense_is_told_in_words(
    race: Race, host: User, fates: list[Fate | int | None], fastest: int, sentence: str
) -> None:
    given = lines(race, *fates)
    given = [replace(line, has_fastest_lap=number == fastest) for number, line in enumerate(given, start=1)]

    with pytest.raises(Invalid, match=sentence):
        enter(race, given, host)
    assert not ResultRevision.objects.exists()


def test_more_nonsense_is_told_in_words(race: Race, host: User) -> None:
    good = lines(race, 1, 2, 3, 4)
    cases = {
        "is not on the entry list": [*good, Line(DriverFactory().pk, Fate.DNF)],
        "is named twice": [*good, good[0]],
        "is missing": good[:3],
        "has a position, but is not classified": [*good[:3], replace(good[3], fate=Fate.DNF)],
        "Grid place 1 is given twice": [*good[:3], replace(good[3], grid=1)],
        "One driver has the fastest lap": [replace(line, has_fastest_lap=True) for line in good],
    }
    for sentence, given in cases.items():
        with pytest.raises(Invalid, match=sentence):
            enter(race, given, host)


def test_two_may_start_from_the_pit_lane(race: Race, host: User) -> None:
    given = [replace(line, grid=0) for line in lines(race, 1, 2, 3, 4)]

    assert enter(race, given, host).kind == "created"


def test_only_hosts_enter_results_of_sessions_that_were_held(race: Race, host: User) -> None:
    given = lines(race, 1, 2, 3, 4)
    with pytest.raises(NotAllowed):
        enter(race, given, UserFactory(is_staff=True))
    with pytest.raises(Invalid, match="has no Sprint"):
        enter(race, given, host, session="sprint")
    with pytest.raises(Invalid, match="has not begun yet"):
        enter(race, given, host, now=race.starts_at - timedelta(minutes=1))
    Race.objects.update(status="cancelled")
    with pytest.raises(Invalid, match="is cancelled"):
        enter(race, given, host)


def test_a_withdrawn_driver_can_be_left_out(race: Race, host: User) -> None:
    late = RaceEntryFactory(race=race, status=RaceEntry.Status.WITHDRAWN)
    given = lines(race, 1, 2, 3, 4, Fate.ABSENT)

    assert (given[-1].driver_id, enter(race, given, host).rows) == (late.driver_id, 4)
