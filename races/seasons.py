"""Bundled seasons: a season's facts in one small file of our own format, read and written here.

The file is JSON with rows as arrays under a list of column names, one row a line. ``sync`` from the upstream fills a
database, ``export_season`` writes the file, ``load_season`` reads it through the same functions as the sync.
"""

import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.numbers import plain
from races import calendar, drivers, entries, results
from races.identity import match_calendar
from races.models import SESSION_STARTS, Driver, Race, RaceResult, ResultRevision, Season, Session, SyncRun, Team
from races.rows import Counts, DriverRow, EventRow, ResultRow, TeamRow

BUNDLE = Path(__file__).parent / "data" / "seasons"
FORMAT = 1
ATTRIBUTION = "Facts from F1DB (https://github.com/f1db/f1db), CC BY 4.0, in another form."
TEAM_COLUMNS = [column.name for column in fields(TeamRow)]
DRIVER_COLUMNS = [column.name for column in fields(DriverRow)]
RACE_COLUMNS = ["key", "round_number", *calendar.FACTS, *calendar.TIMES, "is_cancelled"]
SHEET = ["driver_id", "team_id", "number", "position"]
RUN = [*SHEET, "position_text", "points", "grid", "laps", "status", "time", "fastest_lap", "fastest_lap_rank"]
RESULT_COLUMNS = {
    Session.GRAND_PRIX: RUN,
    Session.SPRINT: RUN,
    Session.QUALIFYING: [*SHEET, "q1", "q2", "q3"],
}


def bundled_years() -> list[int]:
    return sorted(int(file.stem) for file in BUNDLE.glob("*.json"))


@functools.cache
def raced_events(year: int) -> frozenset[str]:
    """``external_id`` of the races whose Grand Prix result is bundled."""
    return frozenset(json.loads((BUNDLE / f"{year}.json").read_text())[Session.GRAND_PRIX.value]["races"])


def load_season(year: int, *, until: datetime, now: datetime, file: Path | None = None) -> SyncRun:
    """Store the bundled season ``year``, with the results of sessions that started before ``until``.

    Safe to repeat, and with a later ``until``: only what is missing or different is written. Once the season has been
    synced from the upstream, its results and calendar are left alone and only missing results are added. Raises
    ``Invalid`` when there is no such season.
    """
    file = file or BUNDLE / f"{year}.json"
    if not file.is_file():
        years = ", ".join(map(str, bundled_years()))
        raise Invalid(f"There is no bundled season {year} (there is {years}).", field="year")
    data = json.loads(file.read_text())
    started_at = timezone.now()
    with transaction.atomic():
        counts = Counts()
        synced = _was_synced(year)
        if not synced:
            driver_rows = [DriverRow(**row) for row in _rows(data["drivers"])]
            team_rows = [TeamRow(**row) for row in _rows(data["teams"])]
            counts.add(drivers.ingest_drivers(year, driver_rows, team_rows, now=now))
            counts.add(calendar.ingest_calendar(year, [_event(row) for row in _rows(data["races"])], now=now))
        season = Season.objects.get(year=year)
        counts.add(_load_results(season, data, only_missing=synced, until=until, now=now))
        if counts.changed:
            counts.updated += results.refresh_season(season, now=now, announced=_announced(data))
        return SyncRun.objects.create(
            season=year,
            what="everything",
            source=ResultRevision.Source.BUNDLE,
            status=SyncRun.Status.OK,
            game_time=now,
            started_at=started_at,
            finished_at=timezone.now(),
            created=counts.created,
            updated=counts.updated,
            unchanged=counts.unchanged,
            error="\n".join(counts.problems),
        )


def export_season(year: int) -> str:
    """The season in the database as the text of a bundle file.

    Loading it into an empty database and exporting again gives the same bytes. Raises ``Invalid`` for a season that
    is not stored.
    """
    season = Season.objects.filter(year=year).first()
    if season is None:
        raise Invalid(f"There is no season {year} in the database.", field="year")
    rows = RaceResult.objects.current().filter(race__season=season)
    took_part = set(rows.values_list("driver_id", flat=True))
    people = [
        driver
        for driver in Driver.objects.order_by("external_id")
        if driver.pk in took_part or (drivers.is_newest(season) and driver.status != Driver.Status.INACTIVE)
    ]
    teams = Team.objects.filter(pk__in=rows.values("team_id")) if took_part else Team.objects.all()
    races = list(season.races.order_by("starts_at", "external_id"))
    content = {
        "format": FORMAT,
        "season": year,
        "attribution": ATTRIBUTION,
        "teams": _table(TEAM_COLUMNS, ([getattr(team, name) for name in TEAM_COLUMNS] for team in _by_id(teams))),
        "drivers": _table(DRIVER_COLUMNS, ([getattr(driver, name) for name in DRIVER_COLUMNS] for driver in people)),
        "races": _table(RACE_COLUMNS, (_race_values(race) for race in races)),
    }
    sheets = _sheets(season)
    for session, columns in RESULT_COLUMNS.items():
        content[session.value] = {
            "columns": columns,
            "races": {
                race.external_id: [[_plain(getattr(row, name)) for name in columns] for row in sheets[race.pk, session]]
                for race in races
                if (race.pk, session) in sheets
            },
        }
    return _write(content)


def _was_synced(year: int) -> bool:
    """Whether there is a calendar, and the upstream has told something of the season, if only that all is as it was."""
    told = Q(created__gt=0) | Q(updated__gt=0) | Q(unchanged__gt=0)
    runs = SyncRun.objects.filter(told, season=year, source=ResultRevision.Source.JOLPICA)
    return runs.exists() and Race.objects.filter(season=year).exists()


def _load_results(
    season: Season, data: dict[str, Any], *, only_missing: bool, until: datetime, now: datetime
) -> Counts:
    counts = Counts()
    by_pk = {race.pk: race for race in season.races.all()}
    events = {row["key"]: _event(row) for row in _rows(data["races"])}
    matches = match_calendar(list(events.values()), calendar.known_races(season, by_pk.values()))
    current = {
        (revision.race_id, revision.session): revision.source
        for revision in ResultRevision.objects.filter(race__season=season, is_current=True)
    }
    for key in events:
        match = matches[key]
        for session in RESULT_COLUMNS:  # the Grand Prix first: it decides the entry list
            sheet = data[session.value]["races"].get(key)
            if not sheet or match is None:
                continue
            race = by_pk[match.pk]
            started_at = getattr(race, SESSION_STARTS[session])
            source = current.get((race.pk, session))
            ours = source is None or (source == ResultRevision.Source.BUNDLE and not only_missing)
            if started_at is None or started_at >= until or not ours:
                continue
            rows = [_result(row) for row in _rows({"columns": data[session.value]["columns"], "rows": sheet})]
            outcome = results.store_results(race, session, rows, source=ResultRevision.Source.BUNDLE, now=now)
            counts.add(outcome.counts())
    return counts


def _announced(data: dict[str, Any]) -> list[entries.Line]:
    """The entries as announced before a season: those of its first race."""
    table = data[Session.GRAND_PRIX.value]
    for event in _rows(data["races"]):
        if sheet := table["races"].get(event["key"]):
            rows = [_result(row) for row in _rows({"columns": table["columns"], "rows": sheet})]
            drivers_by_key = Driver.objects.in_bulk([row.driver_id for row in rows], field_name="external_id")
            teams_by_key = Team.objects.in_bulk([row.team_id for row in rows], field_name="external_id")
            return [
                entries.Line(drivers_by_key[row.driver_id].pk, teams_by_key[row.team_id].pk, row.number) for row in rows
            ]
    return []


def _rows(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in table["rows"]:
        yield dict(zip(table["columns"], row, strict=True))


def _event(row: dict[str, Any]) -> EventRow:
    times = {name: datetime.fromisoformat(row[name]) for name in calendar.TIMES if row[name]}
    return EventRow(**(row | times))


def _result(row: dict[str, Any]) -> ResultRow:
    values = {"position_text": str(row["position"])} | row
    return ResultRow(**(values | {"points": Decimal(values.get("points", 0))}))


def _race_values(race: Race) -> list[Any]:
    cancelled = race.status == Race.Status.CANCELLED
    values = {"key": race.external_id, "is_cancelled": cancelled}
    return [_plain(values[name] if name in values else getattr(race, name)) for name in RACE_COLUMNS]


def _sheets(season: Season) -> dict[tuple[int, str], list[ResultRow]]:
    revisions = ResultRevision.objects.filter(race__season=season, is_current=True)
    return {(revision.race_id, revision.session): results.current_rows(revision) for revision in revisions}


def _by_id(teams: Iterable[Team]) -> list[Team]:
    return sorted(teams, key=lambda team: team.external_id)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return plain(value) if isinstance(value, Decimal) else value


def _table(columns: Sequence[str], rows: Iterable[list[Any]]) -> dict[str, Any]:
    return {"columns": list(columns), "rows": list(rows)}


def _write(value: Any, indent: str = "") -> str:
    """JSON with objects and lists of lists spread over lines, and every row on one."""
    inner = indent + " "
    if isinstance(value, dict) and value:
        parts = [f"{inner}{json.dumps(key)}: {_write(item, inner)}" for key, item in value.items()]
        text = "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    elif isinstance(value, list) and value and isinstance(value[0], list):
        text = "[\n" + ",\n".join(inner + _write(item, inner) for item in value) + f"\n{indent}]"
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if indent else text + "\n"
