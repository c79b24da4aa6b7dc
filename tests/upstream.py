"""The upstream's double: the Ergast-compatible API over real HTTP on loopback, told from the bundled seasons.

It pages, hides the results of sessions that are not over at its own ``now``, and misbehaves on request::

    with UpstreamDouble(now=datetime(2026, 7, 22, tzinfo=UTC)) as upstream:
        settings.F1_API_URL = upstream.url
        upstream.fault("429", "truncated")  # the next answers, one each
"""

import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from races.models import SESSION_STARTS
from races.seasons import BUNDLE

FILES = [BUNDLE, Path(__file__).parent / "data"]
PUBLISHED_AFTER = timedelta(hours=3)
MOST_ROWS, USUAL_ROWS = 100, 30
PATH = re.compile(r"/ergast/f1/(?P<year>\d{4})(?:/(?P<round>\d{1,2}))?/(?P<resource>[a-z]+)/")
RESULTS = {
    "results": ("grand_prix", "Results"),
    "sprint": ("sprint", "SprintResults"),
    "qualifying": ("qualifying", "QualifyingResults"),
}
EVENT_TIMES = {
    "first_practice_at": "FirstPractice",
    "second_practice_at": "SecondPractice",
    "third_practice_at": "ThirdPractice",
    "sprint_qualifying_at": "SprintQualifying",
    "sprint_at": "Sprint",
    "qualifying_at": "Qualifying",
}
Row = dict[str, Any]


class _Season:
    """One season's facts, which a test may change."""

    def __init__(self, year: int) -> None:
        file = next(folder / f"{year}.json" for folder in FILES if (folder / f"{year}.json").is_file())
        data = json.loads(file.read_text())
        self.teams = {row["external_id"]: row for row in _rows(data["teams"])}
        self.drivers = {row["external_id"]: row for row in _rows(data["drivers"])}
        self.events = {row["key"]: row for row in _rows(data["races"])}
        self.sheets = {
            session: {
                key: list(_rows({"columns": data[session]["columns"], "rows": rows}))
                for key, rows in data[session]["races"].items()
            }
            for session, _ in RESULTS.values()
        }

    def calendar(self) -> list[Row]:
        """The events that take place, in order: their rounds are their places."""
        held = [event for event in self.events.values() if not event["is_cancelled"]]
        return sorted(held, key=lambda event: event["starts_at"])


class UpstreamDouble:
    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.asked: list[str] = []
        """Every request, as path and query."""
        self.user_agents: set[str] = set()
        self.keeps_answers: timedelta | None = None
        """For how long each address goes on giving the same good answer, and says so; None: it does not."""
        self.headers: dict[str, str] = {}
        """Sent with every answer."""
        self._kept: dict[str, tuple[datetime, tuple[int, str, str] | None]] = {}
        self._faults: deque[str] = deque()
        self._garbled: Row = {}
        self._seasons: dict[int, _Season] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._server.daemon_threads = True

    def __enter__(self) -> "UpstreamDouble":
        threading.Thread(target=partial(self._server.serve_forever, poll_interval=0.02), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/ergast/f1"

    def set_now(self, now: datetime) -> None:
        self.now = now

    def fault(self, *kinds: str) -> None:
        """Let the next answers go wrong, one each: a status (429, 500, 503), timeout, reset, truncated, broken, nested,
        html, wrong_total, no_total, no_table, or no_<key>, which leaves that key out of every row. ``429/1`` also says
        Retry-After: 1.
        """
        self._faults.extend(kinds)

    def fault_no_more(self) -> None:
        self._faults.clear()

    def garble(self, values: Row) -> None:
        """Put ``values`` as they are into the first race of the next answer that has races, or into its first row."""
        self._garbled = values

    def amend(self, year: int, event: str, driver: str, *, session: str = "grand_prix", **values: Any) -> None:
        """Change columns of a driver's row from now on."""
        for row in self.season(year).sheets[session][event]:
            if row["driver_id"] == driver:
                row.update(values)

    def drop_result(self, year: int, event: str, *, session: str = "grand_prix", driver: str = "") -> None:
        """Take a result away, or one driver's row of it."""
        sheets = self.season(year).sheets[session]
        sheets[event] = [row for row in sheets[event] if driver and row["driver_id"] != driver]

    def change_event(self, year: int, event: str, **values: Any) -> None:
        """Change columns of an event; ``is_cancelled`` takes it out of the calendar, and the rounds move."""
        self.season(year).events[event].update(values)

    def season(self, year: int) -> _Season:
        if year not in self._seasons:
            self._seasons[year] = _Season(year)
        return self._seasons[year]

    def answer(self, path: str, query: dict[str, list[str]], fault: str) -> tuple[int, str, str]:
        """Status, content type and body."""
        if fault.isdigit():
            body = '{"detail":"Request was throttled."}' if fault == "429" else "<h1>Server Error</h1>"
            return int(fault), "application/json" if fault == "429" else "text/html", body
        match = PATH.fullmatch(path)
        if fault == "html" or match is None:
            return (200 if match else 404), "text/html; charset=utf-8", "<!doctype html><title>Maintenance</title>"
        limit = min(_number(query, "limit") or USUAL_ROWS, MOST_ROWS)
        offset = _number(query, "offset")
        data = self._table(int(match["year"]), match["round"], match["resource"], limit, offset)
        if data is None:
            return 400, "application/json", '{"detail":"Bad Request: Endpoint does not support final filter."}'
        if fault == "wrong_total":
            data["total"] = str(int(data["total"]) + 7)
        if fault == "no_total":
            del data["total"]
        if fault == "no_table":
            data = {key: value for key, value in data.items() if not key.endswith("Table")}
        if self._garbled and data.get("RaceTable", {}).get("Races"):
            race = data["RaceTable"]["Races"][0]
            rows = next((race[name] for _, name in RESULTS.values() if name in race), [race])
            rows[0].update(self._garbled)
            self._garbled = {}
        body = json.dumps({"MRData": data})
        if fault == "broken":
            body = body[:-9]
        if fault == "nested":
            body = "[" * 20_000
        if fault.startswith("no_"):
            body = re.sub(rf'"{fault[3:]}": ?"[^"]*",? ?', "", body)
        return 200, "application/json", body

    def answer_again(self, address: str, fault: str) -> tuple[int, str, str, dict[str, str]]:
        """``answer``, or what the same address was answered before and is kept, and its headers."""
        url = urlsplit(address)
        if fault or self.keeps_answers is None:
            return *self.answer(url.path, parse_qs(url.query), fault), self.headers
        kept_at, answer = self._kept.get(address, (self.now - self.keeps_answers, None))
        if answer is None or self.now - kept_at >= self.keeps_answers:
            kept_at, answer = self.now, self.answer(url.path, parse_qs(url.query), fault)
            self._kept[address] = kept_at, answer
        age = int((self.now - kept_at).total_seconds())
        control = f"max-age={int(self.keeps_answers.total_seconds())}"
        return *answer, {"Cache-Control": control, "Age": str(age)}

    def next_fault(self) -> str:
        with self._lock:
            return self._faults.popleft() if self._faults else ""

    def wait_until_closed(self) -> None:
        self._closing.wait(10)

    def _table(self, year: int, number: str | None, resource: str, limit: int, offset: int) -> Row | None:
        head = {"xmlns": "", "series": "f1", "limit": str(limit), "offset": str(offset)}
        try:
            season = self.season(year)
        except StopIteration:
            return head | {"total": "0", "RaceTable": {"Races": []}, "DriverTable": {"Drivers": []},
                           "ConstructorTable": {"Constructors": []}}  # fmt: skip
        numbered = [(str(place), event) for place, event in enumerate(season.calendar(), start=1)]
        chosen = [(place, event) for place, event in numbered if number in (None, place)]
        if resource in RESULTS:
            return head | self._results(season, year, resource, chosen, limit, offset)
        tables = {
            "drivers": ("DriverTable", "Drivers", [_driver(row) for row in season.drivers.values()]),
            "constructors": ("ConstructorTable", "Constructors", [_team(row) for row in season.teams.values()]),
            "races": ("RaceTable", "Races", [_event(year, place, event) | _times(event) for place, event in chosen]),
        }
        if resource not in tables:
            return None
        table, name, rows = tables[resource]
        return head | {
            "total": str(len(rows)),
            table: {"season": str(year), name: rows[offset : offset + limit]},
        }

    def _results(
        self, season: _Season, year: int, resource: str, chosen: list[tuple[str, Row]], limit: int, offset: int
    ) -> Row:
        session, name = RESULTS[resource]
        lines = [
            (place, event, row)
            for place, event in chosen
            if self._is_published(event, session)
            for row in season.sheets[session].get(event["key"], [])
        ]
        races: dict[str, Row] = {}
        for place, event, row in lines[offset : offset + limit]:
            race = races.setdefault(place, _event(year, place, event) | {name: []})
            race[name].append(_result(season, session, row))
        return {"total": str(len(lines)), "RaceTable": {"season": str(year), "Races": list(races.values())}}

    def _is_published(self, event: Row, session: str) -> bool:
        starts_at = event[SESSION_STARTS[session]]  # type: ignore[index]
        return bool(starts_at) and datetime.fromisoformat(starts_at) + PUBLISHED_AFTER <= self.now


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, upstream: UpstreamDouble, *args: Any) -> None:
        self.upstream = upstream
        super().__init__(*args)

    def log_message(self, *args: Any) -> None:
        """Silence: a test reads ``asked``."""

    def do_GET(self) -> None:
        self.upstream.asked.append(self.path)
        self.upstream.user_agents.add(self.headers.get("User-Agent", ""))
        fault = self.upstream.next_fault()
        if fault == "timeout":
            self.upstream.wait_until_closed()
            return
        if fault == "reset":
            return
        fault, _, retry_after = fault.partition("/")
        status, kind, text, headers = self.upstream.answer_again(self.path, fault)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        with suppress(BrokenPipeError):
            self.wfile.write(body[: len(body) // 2] if fault == "truncated" else body)


def _rows(table: Row) -> Iterator[Row]:
    for row in table["rows"]:
        yield dict(zip(table["columns"], row, strict=True))


def _number(query: dict[str, list[str]], name: str) -> int:
    text = query.get(name, [""])[0]
    return int(text) if text.isdigit() else 0


def _known(values: Row) -> Row:
    """The upstream leaves out what it does not know, and writes everything else as text."""
    return {
        key: value if isinstance(value, dict) else str(value) for key, value in values.items() if value or value == 0
    }


def _driver(row: Row) -> Row:
    return _known(
        {
            "driverId": row["external_id"],
            "permanentNumber": row["number"],
            "code": row["code"],
            "givenName": row["given_name"],
            "familyName": row["family_name"],
            "nationality": row["country"],
        }
    )


def _team(row: Row) -> Row:
    return _known({"constructorId": row["external_id"], "name": row["name"], "nationality": row["country"]})


def _event(year: int, place: str, row: Row) -> Row:
    return _known(
        {
            "season": year,
            "round": place,
            "url": f"https://en.wikipedia.org/wiki/{row['key']}",
            "raceName": row["name"],
            "Circuit": {
                "circuitId": row["circuit_id"],
                "circuitName": row["circuit_name"],
                "Location": {"locality": row["locality"], "country": row["country"]},
            },
        }
    ) | _moment(row["starts_at"])


def _times(row: Row) -> Row:
    return {name: _moment(row[column]) for column, name in EVENT_TIMES.items() if row[column]}


def _moment(text: str) -> Row:
    """``2026-07-26T13:00:00Z`` as date and time; a bare date has no time."""
    date, _, time = text.partition("T")
    return _known({"date": date, "time": time})


def _result(season: _Season, session: str, row: Row) -> Row:
    people = {"Driver": _driver(season.drivers[row["driver_id"]]), "Constructor": _team(season.teams[row["team_id"]])}
    if session == "qualifying":
        names = {"number": "number", "position": "position", "q1": "Q1", "q2": "Q2", "q3": "Q3"}
        return people | _known({name: row[column] for column, name in names.items()})
    names = {
        "number": "number",
        "position": "position",
        "position_text": "positionText",
        "points": "points",
        "grid": "grid",
        "laps": "laps",
        "status": "status",
    }
    values: Row = people | _known({name: row[column] for column, name in names.items()})
    if row["laps"] is None:
        values["laps"] = None
    if row["time"]:
        values["Time"] = {"time": row["time"]}
    if row["fastest_lap"]:
        values["FastestLap"] = _known({"rank": row["fastest_lap_rank"], "Time": {"time": row["fastest_lap"]}})
    return values
