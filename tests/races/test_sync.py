import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from fantasy_f1.core import leases
from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.models import EventLog
from races.calendar import resolve_held_event
from races.health import warnings
from races.models import (
    Driver,
    HeldEvent,
    Race,
    RaceEntry,
    RaceResult,
    ResultQuestion,
    ResultRevision,
    Season,
    SeasonEntry,
    Session,
    SyncRun,
    Team,
)
from races.results import current_rows, ingest_results
from races.seasons import export_season, load_season
from races.sync import SyncBusy, sync_season
from tests.conftest import NOW
from tests.upstream import UpstreamDouble

pytestmark = pytest.mark.django_db

HUNGARY, MONACO, BAHRAIN = (f"2026_{name}_grand_prix" for name in ("hungarian", "monaco", "bahrain"))
MONDAY = datetime(2026, 7, 27, 9, tzinfo=UTC)
EVERYTHING = [Season, Team, Driver, Race, RaceEntry, SeasonEntry, ResultRevision, RaceResult, HeldEvent, EventLog]


def sync(year: int = 2026, *, now: datetime = NOW, **only: object) -> SyncRun:
    return sync_season(year, now=now, **only)  # type: ignore[arg-type]


def database() -> list[list[dict[str, object]]]:
    return [list(model.objects.order_by("pk").values()) for model in EVERYTHING]


@pytest.mark.parametrize("year", [2024, 2025])
def test_a_whole_season_adds_up_to_its_standings(upstream: UpstreamDouble, year: int) -> None:
    now = datetime(2026, 1, 10, tzinfo=UTC)
    upstream.set_now(now)

    run = sync(year, now=now)

    points: Counter[str] = Counter()
    for result in RaceResult.objects.current().exclude(session=Session.QUALIFYING).select_related("driver"):
        points[result.driver.external_id] += result.points  # type: ignore[assignment]
    standings = json.loads((Path(__file__).parents[1] / "data" / f"standings_{year}.json").read_text())
    assert dict(points) == {driver: Decimal(total) for driver, total in standings.items()}
    assert (run.status, run.error) == ("ok", "")
    assert run.requests == len(upstream.asked) <= 17


def test_what_was_synced_is_what_is_bundled(upstream: UpstreamDouble) -> None:
    upstream.set_now(now := datetime(2026, 1, 10, tzinfo=UTC))

    sync(2025, now=now)

    load = load_season(2025, until=now, now=now)
    assert (load.created, load.updated) == (0, 0)
    assert len(json.loads(export_season(2025))["grand_prix"]["races"]) == 24


def test_a_second_sync_writes_nothing_but_its_run(upstream: UpstreamDouble) -> None:
    first = sync()
    before = database()

    second = sync()

    assert database() == before
    assert first.created > 500
    assert (second.status, second.created, second.updated) == ("ok", 0, 0)
    assert second.unchanged > 500


def test_results_that_came_since_are_added(upstream: UpstreamDouble) -> None:
    sync()
    upstream.set_now(MONDAY)

    run = sync(now=MONDAY, round_number=11)

    hungary = Race.objects.get(external_id=HUNGARY)
    assert (run.created, run.requests, run.race) == (44, 2, hungary)
    assert (hungary.status, hungary.results_status) == ("finished", "provisional")
    assert hungary.entries.filter(is_confirmed=True).count() == 22


def test_only_what_was_asked_for_is_fetched(upstream: UpstreamDouble) -> None:
    sync(what="calendar")
    sync(what="drivers")

    paths = [asked.partition("?")[0].rpartition("2026/")[2] for asked in upstream.asked]
    assert paths == ["races/", "drivers/", "constructors/"]


def test_a_race_that_a_calendar_adds_expects_drivers_at_once(upstream: UpstreamDouble) -> None:
    upstream.change_event(2026, BAHRAIN, is_cancelled=True)
    sync()
    upstream.change_event(2026, BAHRAIN, is_cancelled=False)
    sync(what="calendar")

    resolve_held_event(HeldEvent.objects.get(), race=None, actor=None, now=NOW)
    sync(what="calendar")

    assert Race.objects.get(external_id=BAHRAIN).entries.draftable().count() == 22


def test_results_need_a_calendar(upstream: UpstreamDouble) -> None:
    run = sync(what="results")

    assert (run.status, run.requests) == ("failed", 0)
    assert run.error == "There is no calendar of 2026 yet: sync that first."


def test_a_season_that_is_not_planned_yet_is_no_error(upstream: UpstreamDouble) -> None:
    assert sync(2031, what="calendar").status == "ok"


def test_unknown_things_are_refused(upstream: UpstreamDouble) -> None:
    with pytest.raises(Invalid, match="no weather to sync"):
        sync(what="weather")
    with pytest.raises(Invalid, match="no round 99"):
        sync(round_number=99)
    assert not SyncRun.objects.exists()


def test_two_syncs_at_once_are_one_too_many(upstream: UpstreamDouble) -> None:
    with leases.hold("sync", for_at_most=timedelta(minutes=1)), pytest.raises(SyncBusy):
        sync()


@pytest.mark.parametrize("fault", ["html", "truncated", "wrong_total", "no_table", "no_total", "no_driverId"])
def test_a_refused_unit_is_recorded_and_the_others_go_on(upstream: UpstreamDouble, fault: str) -> None:
    upstream.fault(fault)

    run = sync()

    assert run.status == "failed"
    assert len(run.error.splitlines()) == 1
    assert Race.objects.filter(status="finished").count() == 10


@pytest.mark.parametrize("fault", ["html", "truncated", "wrong_total", "no_table", "no_position", "no_driverId", "500"])
def test_faulty_results_leave_the_stored_ones_alone(upstream: UpstreamDouble, fault: str) -> None:
    sync()
    before = database()
    upstream.amend(2026, MONACO, "gasly", points="99")
    upstream.fault(*[fault] * 20)

    run = sync(what="results")

    assert run.status == "failed"
    assert database() == before


@pytest.mark.parametrize("values", [{"position": None}, {"points": "9999"}, {"Time": "x"}])
def test_a_sheet_with_an_unusable_row_does_not_stop_the_others(
    upstream: UpstreamDouble, values: dict[str, object]
) -> None:
    sync()
    upstream.set_now(MONDAY)
    upstream.garble(values)

    run = sync(what="results", now=MONDAY)

    assert run.error.startswith("2026 Australian Grand Prix, grand_prix: ")
    assert len(run.error.splitlines()) == 1
    assert Race.objects.get(external_id=HUNGARY).status == "finished"


def test_what_was_fetched_is_stored_though_the_upstream_is_gone_then(upstream: UpstreamDouble) -> None:
    sync()
    upstream.set_now(MONDAY)
    upstream.fault("", *["503"] * 4)

    run = sync(round_number=11, now=MONDAY)

    assert Race.objects.get(external_id=HUNGARY).status == "finished"
    assert (run.created, run.error) == (22, "2026/11/qualifying/ was answered with 503 Service Unavailable.")
    questions = {row.session: row for row in ResultQuestion.objects.filter(race__external_id=HUNGARY)}
    assert (questions["grand_prix"].answered_at, questions["grand_prix"].answer) == (MONDAY, "22 rows")
    assert (questions["qualifying"].failed_at, questions["qualifying"].answer) == (MONDAY, run.error)


def test_a_year_of_which_nothing_is_told_is_not_made(upstream: UpstreamDouble) -> None:
    sync()
    before = database()

    run = sync(2062)

    assert run.error == "There is no calendar of 2062 yet: sync that first."
    assert database() == before


def test_a_race_takes_no_result_of_another_one_at_its_circuit(upstream: UpstreamDouble) -> None:
    sync()
    hungary = upstream.season(2026).events[HUNGARY]
    week_before = {"starts_at": "2026-07-19T13:00:00Z", "qualifying_at": "2026-07-18T14:00:00Z"}
    practices = dict.fromkeys(["first_practice_at", "second_practice_at", "third_practice_at"])
    upstream.season(2026).events["2026_budapest"] = hungary | {"key": "2026_budapest"} | week_before | practices
    for session in ("grand_prix", "qualifying"):
        sheets = upstream.season(2026).sheets[session]
        sheets["2026_budapest"] = sheets[HUNGARY]

    unknown = sync(what="results")
    one_round = sync(round_number=11, now=MONDAY)
    held = sync(what="calendar")
    waiting = sync(what="results")

    assert not Race.objects.get(external_id=HUNGARY).revisions.exists()
    assert "(2026_budapest) match no race of 2026" in unknown.error
    assert "(2026_budapest) match no race of 2026" in one_round.error
    assert "held for a decision" in held.error
    assert waiting.status == "ok"


def test_a_run_says_what_follows_from_results_too(upstream: UpstreamDouble) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    upstream.set_now(now)
    sync(now=now)
    price = Driver.objects.get(external_id="max_verstappen").price

    older = sync(2025, now=now)
    before = database()
    again = sync(now=now)

    assert Driver.objects.get(external_id="max_verstappen").price > price
    assert RaceEntry.objects.filter(race__season=2026).exists()
    assert older.updated > 0
    assert (again.created, again.updated, database() == before) == (0, 0, True)


def test_a_killed_run_ends_as_failed_and_its_requests_count(upstream: UpstreamDouble, settings: Settings) -> None:
    killed = SyncRun.objects.create(
        season=2026, what="everything", game_time=NOW, started_at=timezone.now(), requests=9
    )
    settings.F1_API_PER_HOUR = 10

    run = sync(what="drivers")

    killed.refresh_from_db()
    assert (killed.status, killed.error, killed.finished_at is None) == ("failed", "Broken off.", False)
    assert (run.requests, run.status) == (1, "failed")


def test_requests_are_noted_as_they_are_sent(upstream: UpstreamDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = []

    def look(*args: object, **kwargs: object) -> list[object]:
        noted.append(SyncRun.objects.get().requests)
        return []

    monkeypatch.setattr("races.jolpica.Jolpica.teams", look)

    sync(what="drivers")

    assert noted == [1]


def test_an_upstream_that_is_gone_is_not_asked_on_and_on(upstream: UpstreamDouble, settings: Settings) -> None:
    settings.F1_API_TIMEOUT = 0.05
    upstream.fault(*["timeout"] * 20)

    run = sync()

    assert run.error == "The upstream does not answer (2026/drivers/)."
    assert len(upstream.asked) == run.requests == 4


def test_a_run_that_breaks_is_not_done(upstream: UpstreamDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("races.results.refresh_season", broken)

    with pytest.raises(RuntimeError):
        sync(what="calendar")

    run = SyncRun.objects.get()
    assert (run.status, run.error) == ("failed", "Broken off: RuntimeError('out of memory')")


def test_the_hourly_budget_counts_earlier_runs(upstream: UpstreamDouble, settings: Settings) -> None:
    settings.F1_API_PER_HOUR = 12
    assert sync().requests == 10
    assert sync().requests == 2
    run = sync()

    assert (run.requests, run.status) == (0, "failed")
    assert "hourly budget" in run.error


def test_an_amended_result_is_stored_beside_the_old_one(upstream: UpstreamDouble) -> None:
    sync()
    upstream.amend(2026, MONACO, "gasly", position=21, position_text="D", points="0", status="Disqualified")

    run = sync(what="results")

    revision = ResultRevision.objects.get(race__external_id=MONACO, session="grand_prix", is_current=True)
    assert (run.created, run.updated) == (0, 23)  # and a price
    assert (revision.number, revision.changes) == (2, ["Pierre Gasly disqualified"])
    assert Race.objects.get(external_id=MONACO).results_status == "revised"


def test_nonsense_in_one_result_does_not_stop_the_others(upstream: UpstreamDouble) -> None:
    sync()
    upstream.amend(2026, MONACO, "gasly", position=1, position_text="1")
    upstream.amend(2026, "2026_australian_grand_prix", "gasly", points="99")

    run = sync(what="results")

    assert run.error == "2026 Monaco Grand Prix: the grand_prix result gives a position twice."
    assert run.updated == 23  # and a price
    assert RaceResult.objects.current().filter(points=99).count() == 1


def test_a_shrunken_result_and_a_lost_one_stay_stored(upstream: UpstreamDouble) -> None:
    sync()
    upstream.drop_result(2026, MONACO, driver="gasly")
    upstream.drop_result(2026, "2026_australian_grand_prix")

    run = sync(what="results")

    assert run.error.splitlines() == [
        "2026 Monaco Grand Prix: 21 grand_prix rows after 22.",
        "The upstream no longer has the Grand Prix result of 2026 Australian Grand Prix: kept.",
    ]
    assert RaceResult.objects.current().filter(session="grand_prix").count() == 220


def test_a_lost_result_of_one_round_is_noticed_too(upstream: UpstreamDouble) -> None:
    sync()
    upstream.drop_result(2026, MONACO, session="qualifying", driver="gasly")
    upstream.drop_result(2026, MONACO)
    upstream.drop_result(2026, "2026_australian_grand_prix")

    run = sync(round_number=6)

    assert (run.updated, run.error) == (21, "")


def test_a_cancelled_round_moves_the_later_ones_and_comes_back_elsewhere(upstream: UpstreamDouble) -> None:
    upstream.change_event(
        2026, BAHRAIN, name="Bahrain Grand Prix", circuit_id="bahrain", starts_at="2026-08-09T15:00:00Z",
        first_practice_at=None, second_practice_at=None, third_practice_at=None, qualifying_at="2026-08-08T15:00:00Z",
    )  # fmt: skip
    sync()
    assert Race.objects.get(external_id=BAHRAIN).round_number == 12

    upstream.change_event(2026, BAHRAIN, is_cancelled=True)
    sync()
    bahrain = Race.objects.get(external_id=BAHRAIN)
    dutch = Race.objects.get(external_id="2026_dutch_grand_prix")
    assert (bahrain.status, bahrain.round_number, dutch.round_number) == ("cancelled", None, 12)
    assert not RaceEntry.objects.filter(race=dutch).exclude(status="entered").exists()

    upstream.change_event(
        2026, BAHRAIN, is_cancelled=False, name="Bahrain Grand Prix in Malaysia", circuit_id="sepang",
        starts_at="2026-10-04T07:00:00Z", qualifying_at="2026-10-03T07:00:00Z",
    )  # fmt: skip
    run = sync()
    bahrain.refresh_from_db()
    assert (bahrain.status, bahrain.round_number, bahrain.circuit_id) == ("scheduled", 16, "sepang")
    assert (run.status, HeldEvent.objects.count()) == ("ok", 0)
    names = EventLog.objects.filter(topic=bahrain.topic).values_list("name", flat=True)
    assert list(names) == ["RaceCancelled", "RaceReinstated"]


def test_a_wrong_race_date_is_reported_and_not_believed(upstream: UpstreamDouble) -> None:
    sync()
    upstream.change_event(2026, "2026_dutch_grand_prix", starts_at="2026-08-20T13:00:00Z")

    run = sync()

    assert Race.objects.get(external_id="2026_dutch_grand_prix").starts_at == datetime(2026, 8, 23, 13, tzinfo=UTC)
    assert run.error == "The Dutch Grand Prix would start 2026-08-20 13:00 UTC, which does not fit its other sessions."


def test_results_of_a_held_event_wait_with_it(upstream: UpstreamDouble) -> None:
    sync()
    upstream.set_now(MONDAY)
    upstream.season(2026).sheets["grand_prix"]["2026_other"] = upstream.season(2026).sheets["grand_prix"][HUNGARY]
    upstream.season(2026).events["2026_other"] = upstream.season(2026).events[HUNGARY] | {
        "key": "2026_other", "circuit_id": "elsewhere", "starts_at": "2026-07-25T13:00:00Z",
        "first_practice_at": None, "second_practice_at": None, "third_practice_at": None, "qualifying_at": None,
    }  # fmt: skip

    before_it_is_held = sync(what="results", now=MONDAY)
    held = sync(what="calendar", now=MONDAY)
    waiting = sync(what="results", now=MONDAY)

    sentence = "Hungarian Grand Prix (2026_other) matches no race of 2026: held for a decision."
    assert warnings(MONDAY) == [
        (f"The last sync of calendar had problems: {sentence}", f"/admin/races/syncrun/{held.pk}/change/"),
        ("The event 2026_other waits for a decision.", f"/admin/races/heldevent/{HeldEvent.objects.get().pk}/change/"),
    ]
    assert before_it_is_held.error == "Results of Hungarian Grand Prix (2026_other) match no race of 2026."
    assert held.error == sentence
    assert waiting.status == "ok"
    assert Race.objects.get(external_id=HUNGARY).results.current().filter(session="grand_prix").count() == 22


def test_a_result_of_a_session_that_has_not_begun_is_refused(upstream: UpstreamDouble) -> None:
    sync()
    upstream.set_now(MONDAY)

    run = sync(what="results")

    assert run.error.splitlines() == [
        "2026 Hungarian Grand Prix: a grand_prix result before the start.",
        "2026 Hungarian Grand Prix: a qualifying result before the start.",
    ]
    assert not ResultRevision.objects.filter(race__external_id=HUNGARY).exists()
    assert Race.objects.get(external_id=HUNGARY).status == "scheduled"


def test_a_result_by_hand_is_reconciled_by_the_feed(upstream: UpstreamDouble) -> None:
    sync()
    hungary = Race.objects.get(external_id=HUNGARY)
    by_hand = current_rows(ResultRevision.objects.get(race__round_number=10, session="grand_prix"))
    ingest_results(hungary, "grand_prix", by_hand, source="manual", now=MONDAY)
    upstream.set_now(MONDAY)

    sync(now=MONDAY)

    manual, feed = hungary.revisions.filter(session="grand_prix").order_by("number")
    assert (manual.source, feed.source, feed.is_current) == ("manual", "jolpica", True)
    assert feed.changes


def test_sync_command_says_what_it_did(upstream: UpstreamDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fantasy_f1.core.clock.now", lambda: NOW)
    out = StringIO()

    call_command("sync_f1", "--season", "2026", stdout=out)
    call_command("sync_f1", "--season", "2026", "--round", "10", stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0].startswith("10 requests: ")
    assert lines[1:] == ["2 requests: 0 rows created, 0 updated, 44 unchanged.", "Nothing changed."]
    upstream.fault("html")
    with pytest.raises(CommandError, match="not answered with JSON"):
        call_command("sync_f1", "--season", "2026", "--what", "calendar", stdout=out)
    with pytest.raises(CommandError, match="no round 99"):
        call_command("sync_f1", "--season", "2026", "--round", "99", stdout=out)
