import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fantasy_f1.core.errors import Invalid
from races.models import Driver, Race, RaceResult, ResultRevision, Season, SyncRun
from races.results import current_rows, ingest_results
from races.seasons import BUNDLE, bundled_years, export_season, load_season, raced_events
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_bundle_loads_and_exports_to_the_same_bytes(year: int) -> None:
    load_season(year, until=LATER, now=LATER)

    assert export_season(year) == (BUNDLE / f"{year}.json").read_text()


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_bundle_is_small_and_names_its_source(year: int) -> None:
    file = BUNDLE / f"{year}.json"

    assert file.stat().st_size < 200_000
    assert "CC BY 4.0" in json.loads(file.read_text())["attribution"]


def test_both_bundles_load_in_either_order() -> None:
    for year in (2026, 2025, 2026):
        load_season(year, until=LATER, now=LATER)

    assert bundled_years() == [2025, 2026]
    assert Driver.objects.get(external_id="max_verstappen").status == "active"
    assert Driver.objects.get(external_id="doohan").status == "inactive"
    took_part = {row[0] for row in json.loads(export_season(2025))["drivers"]["rows"]}
    assert "paul_aron" not in took_part
    assert "doohan" in took_part


def test_loading_stops_at_until_and_goes_on_from_there() -> None:
    first = load_season(2026, until=NOW, now=NOW)
    hungary = Race.objects.get(external_id="2026_hungarian_grand_prix")
    assert (Race.objects.filter(status="finished").count(), hungary.entries.draftable().count()) == (10, 22)
    assert not hungary.entries.filter(is_confirmed=True).exists()

    second = load_season(2026, until=LATER, now=LATER)

    hungary.refresh_from_db()
    assert (first.source, first.status) == ("bundle", "ok")
    assert (second.created, second.updated) == (44, 16)  # prices
    assert (hungary.status, hungary.results_status) == ("finished", "official")
    assert hungary.entries.filter(is_confirmed=True).count() == 22


def test_loading_again_writes_nothing_but_the_run() -> None:
    load_season(2026, until=NOW, now=NOW)
    before = [list(model.objects.values()) for model in (Season, Race, Driver, ResultRevision)]

    run = load_season(2026, until=NOW, now=NOW)

    assert (run.created, run.updated) == (0, 0)
    assert before == [list(model.objects.values()) for model in (Season, Race, Driver, ResultRevision)]


def test_loading_leaves_what_others_told_alone() -> None:
    load_season(2026, until=NOW, now=NOW)
    race = Race.objects.get(external_id="2026_monaco_grand_prix")
    revision = race.revisions.get(session="grand_prix")
    SyncRun.objects.create(season=2026, what="calendar", game_time=NOW, started_at=NOW, created=1)
    Race.objects.filter(pk=race.pk).update(name="Changed by the upstream")
    ResultRevision.objects.filter(pk=revision.pk).update(source="jolpica", digest="another")

    load_season(2026, until=LATER, now=LATER)

    race.refresh_from_db()
    assert race.name == "Changed by the upstream"
    assert race.revisions.get(session="grand_prix") == revision
    assert Race.objects.get(external_id="2026_hungarian_grand_prix").status == "finished"


def test_loading_leaves_a_season_alone_that_was_found_as_it_is() -> None:
    load_season(2026, until=NOW, now=NOW)
    SyncRun.objects.create(season=2026, what="everything", game_time=NOW, started_at=NOW, unchanged=633)
    Race.objects.filter(external_id="2026_dutch_grand_prix").update(name="Changed by the upstream")
    revision = ResultRevision.objects.filter(race__external_id="2026_monaco_grand_prix", session="grand_prix")
    revision.update(digest="another")

    load_season(2026, until=NOW, now=NOW)

    assert Race.objects.filter(name="Changed by the upstream").exists()
    assert revision.get().is_current


def test_loading_makes_the_calendar_where_only_drivers_were_synced() -> None:
    SyncRun.objects.create(season=2026, what="drivers", game_time=NOW, started_at=NOW, created=40)

    load_season(2026, until=NOW, now=NOW)

    assert Race.objects.filter(status="finished").count() == 10


def test_a_result_by_hand_is_exported_like_any_other() -> None:
    load_season(2026, until=NOW, now=NOW)
    race = Race.objects.get(external_id="2026_dutch_grand_prix")
    rows = current_rows(Race.objects.get(round_number=1).revisions.get(session="grand_prix"))
    ingest_results(race, "grand_prix", rows, source="manual", now=LATER)

    assert race.external_id in json.loads(export_season(2026))["grand_prix"]["races"]


def test_unknown_seasons_are_refused() -> None:
    with pytest.raises(Invalid, match=r"no bundled season 1999 \(there is 2025, 2026\)"):
        load_season(1999, until=NOW, now=NOW)
    with pytest.raises(Invalid, match="no season 1999 in the database"):
        export_season(1999)


def test_load_season_command_says_what_it_did() -> None:
    out = StringIO()

    call_command("load_season", "2026", "--until", "2026-03-10", stdout=out)
    call_command("load_season", "2026", "--until", "2026-03-10T00:00:00Z", stdout=out)

    assert RaceResult.objects.filter(session="grand_prix").count() == 22
    assert out.getvalue().splitlines()[1:] == ["0 rows created, 0 updated, 108 unchanged.", "Nothing changed."]
    with pytest.raises(CommandError, match="not a time such as"):
        call_command("load_season", "2026", "--until", "tomorrow")
    with pytest.raises(CommandError, match="no bundled season"):
        call_command("load_season", "1999")


def test_export_season_command_writes_a_file_or_prints(tmp_path: Path) -> None:
    load_season(2025, until=LATER, now=LATER)
    out, file = StringIO(), tmp_path / "2025.json"

    call_command("export_season", "2025", stdout=out)
    call_command("export_season", "2025", "--output", str(file))

    assert out.getvalue() == file.read_text() == export_season(2025)
    with pytest.raises(CommandError, match="no season"):
        call_command("export_season", "1999")


def test_before_its_first_race_a_bundled_season_expects_those_who_start_it() -> None:
    preseason = datetime(2026, 2, 20, tzinfo=UTC)
    load_season(2025, until=preseason, now=preseason)

    load_season(2026, until=preseason, now=preseason)
    again = load_season(2026, until=preseason, now=preseason)

    opener = Race.objects.get(external_id="2026_australian_grand_prix")
    rookie = opener.entries.select_related("team").get(driver__external_id="arvid_lindblad")
    assert (opener.entries.draftable().count(), rookie.team.external_id, rookie.is_confirmed) == (22, "rb", False)
    assert (again.created, again.updated) == (0, 0)


def test_a_bundle_without_results_announces_nobody(tmp_path: Path) -> None:
    data = json.loads((BUNDLE / "2026.json").read_text())
    data["grand_prix"]["races"] = {}
    file = tmp_path / "2026.json"
    file.write_text(json.dumps(data))

    preseason = datetime(2026, 2, 20, tzinfo=UTC)

    load_season(2026, until=preseason, now=preseason, file=file)

    assert not Race.objects.filter(entries__isnull=False).exists()


def test_raced_events_are_those_with_a_grand_prix_result() -> None:
    events = raced_events(2026)

    assert len(events) == 11
    assert "2026_hungarian_grand_prix" in events
