from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fantasy_f1.core.models import EventLog
from races.models import Driver, Race, RaceEntry, RaceResult, ResultRevision, Season, Session
from races.results import Outcome, ResultsRefused, describe_changes, ingest_results
from races.rows import DriverRow, ResultRow, TeamRow
from tests.factories import DriverFactory, RaceFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

POINTS = [25, 18, 15]
SOON = timedelta(hours=3)
NEXT_DAY = timedelta(hours=24)


@pytest.fixture
def race() -> Race:
    team = TeamFactory(external_id="team")
    for name in ("Ana", "Bo", "Cy"):
        DriverFactory(external_id=name.lower(), given_name=name, family_name="Test")
    assert team
    return RaceFactory()


def sheet(*names: str, **changes: dict[str, object]) -> list[ResultRow]:
    rows = []
    for place, name in enumerate(names or ("ana", "bo", "cy"), start=1):
        row = ResultRow(name, "team", place, str(place), number=place, points=Decimal(POINTS[place - 1]))
        rows.append(replace(row, **changes.get(name, {})))  # type: ignore[arg-type]
    return rows


def ingest(race: Race, rows: list[ResultRow], *, after: timedelta = SOON, source: str = "jolpica") -> Outcome:
    return ingest_results(race, Session.GRAND_PRIX, rows, source=source, now=race.starts_at + after)


def logged() -> list[tuple[str, dict[str, object]]]:
    return [(row.name, row.data) for row in EventLog.objects.filter(name__startswith="Results")]


def test_a_first_result_is_stored_and_told(race: Race) -> None:
    outcome = ingest(race, sheet())

    race.refresh_from_db()
    rows = RaceResult.objects.current().order_by("position").values_list("driver__external_id", "points")
    assert outcome == Outcome("created", 3)
    assert list(rows) == [("ana", 25), ("bo", 18), ("cy", 15)]
    assert (race.status, race.results_status) == (Race.Status.FINISHED, Race.Results.PROVISIONAL)
    assert Season.objects.get().results_version >= 1
    assert logged() == [("ResultsPublished", {"race_id": race.pk, "session": "grand_prix"})]


def test_the_same_result_writes_nothing(race: Race) -> None:
    ingest(race, sheet())
    before = [list(model.objects.values()) for model in (Race, ResultRevision, Season, RaceEntry, Driver)]

    outcome = ingest(race, list(reversed(sheet(ana={"points": Decimal("25.00")}))))

    assert outcome == Outcome("unchanged", 3)
    assert before == [list(model.objects.values()) for model in (Race, ResultRevision, Season, RaceEntry, Driver)]


def test_a_different_result_is_a_new_version_beside_the_old_one(race: Race) -> None:
    ingest(race, sheet())
    version = Season.objects.get().results_version

    outcome = ingest(race, sheet("ana", "cy", "bo"))

    race.refresh_from_db()
    old, new = ResultRevision.objects.order_by("number")
    assert outcome == Outcome("amended", 3, ["Cy Test P3 → P2", "Bo Test P2 → P3"])
    assert (old.is_current, new.is_current, new.number, new.changes) == (False, True, 2, outcome.changes)
    assert (old.results.count(), new.results.count()) == (3, 3)
    assert race.results_status == Race.Results.REVISED
    assert Season.objects.get().results_version > version
    assert logged()[1:] == [
        ("ResultsAmended", {"race_id": race.pk, "session": "grand_prix", "changes": outcome.changes})
    ]


def test_a_disqualification_published_later_is_told_in_words(race: Race) -> None:
    ingest(race, sheet())
    out = {"position": 3, "position_text": "D", "points": Decimal(0), "status": "Disqualified"}

    outcome = ingest(race, sheet("bo", "cy", "ana", ana=out), after=timedelta(days=12))

    assert outcome.changes == ["Bo Test P2 → P1", "Cy Test P3 → P2", "Ana Test disqualified"]
    ana = RaceResult.objects.current().get(driver__external_id="ana")
    assert (ana.dnf, ana.dnf_reason, ana.is_classified) == (True, "Disqualified", False)


def test_what_counts_for_no_score_is_kept_but_not_told(race: Race) -> None:
    ingest(race, sheet())

    outcome = ingest(race, sheet(bo={"time": "+4.2", "laps": 50}), after=NEXT_DAY)

    race.refresh_from_db()
    assert outcome.changes == ["Bo Test laps none → 50, time none → +4.2"]
    assert len(logged()) == 1
    assert race.results_status == Race.Results.PROVISIONAL


def test_the_order_of_cars_that_are_not_classified_is_told_and_counts_for_nothing(race: Race) -> None:
    out = {"position_text": "R", "points": Decimal(0)}
    bo, cy = out | {"number": 2}, out | {"number": 3}
    ingest(race, sheet(bo=bo, cy=cy))

    outcome = ingest(race, sheet("ana", "cy", "bo", bo=bo, cy=cy))

    race.refresh_from_db()
    assert outcome.changes == ["Cy Test 3 (R) → 2 (R) in the sheet", "Bo Test 2 (R) → 3 (R) in the sheet"]
    assert race.results_status == Race.Results.PROVISIONAL
    assert len(logged()) == 1


def test_changes_name_points_teams_and_drivers() -> None:
    before = sheet("ana", "bo")
    after = [
        replace(before[0], points=Decimal("12.5")),
        replace(before[1], driver_id="cy", position_text="R"),
    ]
    moved = [replace(before[0], team_id="other"), replace(before[1], position_text="W")]
    names = {"ana": "Ana", "bo": "Bo", "cy": "Cy"}

    assert describe_changes(before, after, names) == ["Ana 25 → 12.5 points", "Cy added, DNF", "Bo no longer listed"]
    assert describe_changes(before, moved, names) == ["Ana now for another team", "Bo did not start"]
    assert describe_changes(moved, before, names)[1:] == ["Bo did not start → P2"]
    assert describe_changes(before, [before[0], replace(before[1], position_text="X")], names) == ["Bo not classified"]


def test_results_become_official_when_told_again_a_day_later(race: Race) -> None:
    ingest(race, sheet())
    ingest(race, sheet(), after=NEXT_DAY - timedelta(minutes=1))
    race.refresh_from_db()
    assert race.results_status == Race.Results.PROVISIONAL

    ingest(race, sheet(), after=NEXT_DAY)

    race.refresh_from_db()
    assert race.results_status == Race.Results.OFFICIAL
    assert Season.objects.get().results_version == 2  # boards show the mark, so what is cached of them must go


@pytest.mark.parametrize(("source", "after"), [("bundle", SOON), ("jolpica", NEXT_DAY)])
def test_results_are_official_at_once_from_a_bundle_or_a_day_later(race: Race, source: str, after: timedelta) -> None:
    ingest(race, sheet(), source=source, after=after)

    race.refresh_from_db()
    assert race.results_status == Race.Results.OFFICIAL


def test_a_result_by_hand_is_provisional_until_the_feed_has_it(race: Race) -> None:
    host = UserFactory()
    now = race.starts_at + NEXT_DAY

    ingest_results(race, Session.GRAND_PRIX, sheet(), source="manual", actor=host, now=now)
    race.refresh_from_db()
    assert (race.results_status, ResultRevision.objects.get().created_by) == (Race.Results.PROVISIONAL, host)

    ingest_results(race, Session.GRAND_PRIX, sheet("ana", "cy"), source="jolpica", now=now)
    race.refresh_from_db()
    assert race.results_status == Race.Results.OFFICIAL
    assert logged()[-1][1]["changes"] == ["Cy Test P3 → P2", "Bo Test no longer listed"]


def test_substitutes_are_created_from_the_row_that_names_them(race: Race) -> None:
    rows = sheet()
    rows[2] = replace(
        rows[2], driver_id="dee", team_id="new", driver=DriverRow("dee", "Dee", "Late"), team=TeamRow("new", "New")
    )

    ingest(race, rows)

    assert Driver.objects.get(external_id="dee").status == Driver.Status.ACTIVE
    assert RaceResult.objects.get(driver__external_id="dee").team.name == "New"


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "has no rows"),
        (sheet("ana", "ana"), "names a driver twice"),
        (sheet(bo={"position": 0}), "without a position"),
        (sheet(bo={"position_text": ""}), "without a position"),
        (sheet(bo={"position": 1}), "gives a position twice"),
        (sheet("ana", "nobody"), "nobody knows nobody"),
        (sheet(bo={"team_id": "nowhere"}), "nobody knows nowhere"),
    ],
)
def test_nonsense_is_refused(race: Race, rows: list[ResultRow], sentence: str) -> None:
    with pytest.raises(ResultsRefused, match=sentence):
        ingest(race, rows)
    assert not ResultRevision.objects.exists()
    assert not EventLog.objects.exists()


def test_a_shrunken_result_is_refused(race: Race) -> None:
    ingest(race, sheet())

    with pytest.raises(ResultsRefused, match="2 grand_prix rows after 3"):
        ingest(race, sheet("ana", "bo"))
    assert RaceResult.objects.current().count() == 3


def test_a_qualifying_may_lose_the_disqualified(race: Race) -> None:
    now = race.starts_at - timedelta(hours=20)
    first = ingest_results(race, Session.QUALIFYING, sheet(), source="jolpica", now=now)

    again = ingest_results(race, Session.QUALIFYING, sheet("ana", "cy"), source="jolpica", now=now)

    race.refresh_from_db()
    row = RaceResult.objects.current().get(driver__external_id="cy")
    assert (first.kind, again.kind) == ("created", "amended")
    assert (row.points, row.position_text, row.dnf) == (0, "2", False)
    assert (race.status, race.results_status) == (Race.Status.SCHEDULED, Race.Results.NONE)


def by_hand(race: Race, rows: list[ResultRow], *, after: timedelta = SOON) -> Outcome:
    return ingest(race, rows, after=after, source="manual")


def status(race: Race) -> str:
    race.refresh_from_db()
    return race.results_status


def test_the_feed_tells_what_a_result_by_hand_got_wrong_and_nothing_else(race: Race) -> None:
    by_hand(race, sheet(ana={"status": "Finished", "fastest_lap_rank": 1}, bo={"status": "Finished"}))
    told = {"laps": 57, "time": "+1.0", "fastest_lap": "1:20.0"}

    outcome = ingest(
        race,
        sheet(
            "cy",
            "bo",
            "ana",
            ana=told | {"status": "Finished", "fastest_lap_rank": 2},
            bo=told | {"status": "Lapped", "grid": 4},
            cy=told | {"status": "Finished", "fastest_lap_rank": 1},
        ),
    )

    assert outcome.changes == ["Cy Test P3 → P1", "Ana Test P1 → P3"]
    assert status(race) == Race.Results.PROVISIONAL
    assert RaceResult.objects.current().get(driver__external_id="bo").status == "Lapped"


def test_a_feed_that_confirms_a_result_by_hand_tells_nobody(race: Race) -> None:
    by_hand(race, sheet(ana={"status": "Finished"}))

    outcome = ingest(race, sheet(ana={"status": "Finished", "laps": 57}), after=NEXT_DAY)

    assert (outcome.kind, outcome.changes) == ("amended", [])
    assert status(race) == Race.Results.OFFICIAL
    assert [name for name, _ in logged()] == ["ResultsPublished"]


def test_the_fastest_lap_that_nobody_was_given_by_hand_is_a_difference(race: Race) -> None:
    by_hand(race, sheet())

    outcome = ingest(race, sheet(bo={"fastest_lap_rank": 1}))

    assert outcome.changes == ["Bo Test fastest lap rank none → 1"]
    assert [name for name, _ in logged()] == ["ResultsPublished", "ResultsAmended"]


def test_what_a_host_replaced_stays_until_the_feed_tells_something_new(race: Race) -> None:
    ingest(race, sheet())
    assert by_hand(race, sheet("bo", "ana", "cy")).kind == "amended"
    assert status(race) == Race.Results.PROVISIONAL

    again = ingest(race, sheet(), after=NEXT_DAY)
    assert (again.kind, status(race)) == ("unchanged", Race.Results.PROVISIONAL)
    new = ingest(race, sheet("bo", "cy", "ana"), after=NEXT_DAY)

    assert (new.changes, status(race)) == (["Cy Test P3 → P2", "Ana Test P2 → P3"], Race.Results.REVISED)
    back = ingest(race, sheet(), after=timedelta(days=90))  # the feed's own change of mind
    assert (back.kind, RaceResult.objects.current().get(position=1).driver.given_name) == ("amended", "Ana")


def test_after_a_result_by_hand_the_mark_is_that_of_the_feed(race: Race) -> None:
    ingest(race, sheet())
    by_hand(race, sheet("bo", "ana", "cy"))

    ingest(race, sheet(cy={"laps": 50}), after=NEXT_DAY)  # for display only: the feed says what it said before

    assert status(race) == Race.Results.OFFICIAL


def test_a_result_that_shrank_is_settled_by_hand_and_goes_on_from_there(race: Race) -> None:
    ingest(race, sheet())
    with pytest.raises(ResultsRefused):
        ingest(race, sheet("ana", "bo"))

    by_hand(race, sheet("ana", "bo"))
    assert ingest(race, sheet("ana", "bo", bo={"laps": 57})).kind == "amended"

    assert RaceResult.objects.current().count() == 2
    with pytest.raises(ResultsRefused):
        ingest(race, sheet("ana"))


def test_a_sprint_by_hand_marks_no_race(race: Race) -> None:
    ingest(race, sheet())
    ingest_results(race, Session.SPRINT, sheet(), source="manual", now=race.starts_at + SOON)

    assert status(race) == Race.Results.PROVISIONAL
