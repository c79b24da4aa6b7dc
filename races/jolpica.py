"""The upstream (an Ergast-compatible API such as Jolpica's) over HTTP: addresses in, typed rows out.

Keeps to a pace and to an hourly budget of real time, whatever the game's clock says; repeats what may pass by itself
(429, 5xx, no answer) a few times; refuses every answer that is not whole with one readable ``UpstreamError``.
"""

import random
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, TypeVar

import requests
from django.conf import settings
from django.utils.http import parse_http_date_safe
from requests.adapters import HTTPAdapter
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from fantasy_f1 import __version__
from fantasy_f1.core.errors import DomainError
from races.identity import event_key
from races.rows import DriverRow, EventRow, ResultRow, SessionRows, TeamRow

PAGE_SIZE = 100
RETRIES = 3
BACK_OFF = 1.0  # seconds; doubles with each try: the upstream's short limit is over after one second
LONGEST_WAIT = 60  # seconds; asked to wait longer, we give up and leave it to the next run
USER_AGENT = f"fantasy-f1/{__version__} (self-hosted fantasy leagues; python-requests)"
PASSING = (429, 500, 502, 503, 504, 520, 521, 522, 523, 524)
STOP = (*PASSING, HTTPStatus.FORBIDDEN)
"""Answers after which asking for something else makes no sense either."""

LONGEST_FRESH = 24 * 60 * 60  # seconds; an answer that claims to be fresh for longer would hide corrections
MAX_AGE = re.compile(r"max-age=(\d{1,9})")
LARGEST = 32767  # what the columns of whole numbers hold
MOST_POINTS = 100  # a race has never given more than 52
UNWRITABLE = re.compile(r"[\x00-\x1f\ud800-\udfff]")
UNCLASSIFIED = {"R", "D", "W", "F", "E", "N"}
SESSION_TABLES = {
    "grand_prix": ("results", "Results"),
    "sprint": ("sprint", "SprintResults"),
    "qualifying": ("qualifying", "QualifyingResults"),
}
EVENT_TIMES = {
    "first_practice_at": ("FirstPractice",),
    "second_practice_at": ("SecondPractice",),
    "third_practice_at": ("ThirdPractice",),
    "sprint_qualifying_at": ("SprintQualifying", "SprintShootout"),
    "sprint_at": ("Sprint",),
    "qualifying_at": ("Qualifying",),
}
Row = TypeVar("Row")


class UpstreamError(DomainError):
    """The upstream's answer cannot be used; what is stored stays as it is."""

    code = "upstream_failed"
    status = HTTPStatus.BAD_GATEWAY


class UpstreamUnreachable(UpstreamError):
    """No usable answer at all: asking for something else now makes no sense either."""

    code = "upstream_unreachable"


class _AskedToWait(UpstreamUnreachable):
    def __init__(self, wait: float, *, repetitions: int) -> None:
        super().__init__(f"The upstream asks to wait {wait:.0f} seconds; the next run tries again.")
        self.repetitions = repetitions


class _Backoff(Retry):
    """Waits before the first repetition too, and never longer than ``LONGEST_WAIT``."""

    def get_backoff_time(self) -> float:
        return BACK_OFF * 2.0 ** (len(self.history) - 1) * random.uniform(1, 1.5)  # noqa: S311 (jitter, no secret)

    def sleep_for_retry(self, response: BaseHTTPResponse) -> bool:
        wait = self.get_retry_after(response)
        if wait and wait > LONGEST_WAIT:
            raise _AskedToWait(wait, repetitions=len(self.history) - 1)
        return super().sleep_for_retry(response)


class _Pace:
    """At most so many requests a second, whoever in this process makes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free_at = 0.0

    def wait(self, per_second: int) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._free_at)
            self._free_at = start + 1 / per_second
        time.sleep(start - now)


_pace = _Pace()


class Jolpica:
    """A client for one run. ``requests`` counts what was sent, repetitions included."""

    def __init__(
        self,
        *,
        budget: int,
        on_request: Callable[[int], None] | None = None,
        on_answer: Callable[[str, float | None], None] | None = None,
    ) -> None:
        """``budget`` is the number of requests that this run may make; ``on_request`` hears of each, as it is sent.

        ``on_answer`` hears of each good answer: its address, as ``address`` writes it, and for how many seconds it is
        fresh (None: it does not say).
        """
        self.budget = budget
        self.requests = 0
        self._on_request = on_request
        self._on_answer = on_answer
        retry = _Backoff(
            total=RETRIES,
            status_forcelist=PASSING,
            allowed_methods={"GET"},
            raise_on_status=False,
        )
        self._http = requests.Session()
        self._http.headers["User-Agent"] = USER_AGENT
        self._http.headers["Accept"] = "application/json"
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, HTTPAdapter(max_retries=retry))

    def drivers(self, season: int) -> list[DriverRow]:
        """Everyone attached to a team in ``season``, also those who never race."""
        found = self._all(season_path(season, "drivers"), "DriverTable", "Drivers")
        return _once([_driver(driver) for driver in found], lambda row: row.external_id, "driver")

    def teams(self, season: int) -> list[TeamRow]:
        found = self._all(season_path(season, "constructors"), "ConstructorTable", "Constructors")
        return _once([_team(team) for team in found], lambda row: row.external_id, "team")

    def calendar(self, season: int) -> list[EventRow]:
        found = self._all(season_path(season, "races"), "RaceTable", "Races")
        return _once([_event(season, race) for race in found], lambda row: row.key, "event")

    def results(self, season: int, session: str, *, round_number: int | None = None) -> list[SessionRows]:
        """Results of one kind of session, of a whole season or of one round; events without any are left out.

        A sheet with an unusable row is told as its ``problem``.
        """
        path, key = results_path(season, session, round_number=round_number), SESSION_TABLES[session][1]
        sheets: dict[str, tuple[EventRow, list[dict[str, Any]]]] = {}
        for race in self._all(path, "RaceTable", "Races", nested=key):
            event = _event(season, race)
            sheets.setdefault(event.key, (event, []))[1].extend(_list(race, key))
        return [_sheet(season, session, event, rows) for event, rows in sheets.values()]

    def _all(self, path: str, table: str, name: str, *, nested: str | None = None) -> list[dict[str, Any]]:
        """Every page of ``path``; a total counts the ``nested`` rows where given, and a page may end inside a race."""
        found: list[dict[str, Any]] = []
        seen, total = 0, None
        while total is None or seen < total:
            page, page_total = self._page(path, seen)
            if total is not None and page_total != total:
                raise UpstreamError(f"{path} changed while it was read ({total} rows, then {page_total}).")
            total = page_total
            items = _list(_dict(page, table), name)
            rows = sum(len(_list(item, nested)) for item in items) if nested else len(items)
            if rows != min(PAGE_SIZE, total - seen):
                raise UpstreamError(f"{path} announces {total} rows, but its page from {seen} has {rows}.")
            seen += rows
            found += items
        return found

    def _page(self, path: str, offset: int) -> tuple[dict[str, Any], int]:
        answer = self._get(path, offset)
        if answer.status_code != HTTPStatus.OK:
            kind = UpstreamUnreachable if answer.status_code in STOP else UpstreamError
            raise kind(f"{path} was answered with {answer.status_code} {answer.reason}.")
        if "json" not in answer.headers.get("Content-Type", ""):
            raise UpstreamError(f"{path} was not answered with JSON.")
        if self._on_answer:
            self._on_answer(address(path, offset), _fresh_for(answer))
        try:
            data = _dict(answer.json(), "MRData")
        except (requests.JSONDecodeError, RecursionError):
            raise UpstreamError(f"{path} was answered with broken JSON.") from None
        total = _whole(data, "total")
        if total is None:
            raise UpstreamError(f"{path} does not say how many rows there are.")
        return data, total

    def _get(self, path: str, offset: int) -> requests.Response:
        if self.requests >= self.budget:
            raise UpstreamUnreachable("The hourly budget of requests is used up; the next run goes on.")
        _pace.wait(settings.F1_API_PER_SECOND)
        self._count(1)
        try:
            answer = self._http.get(
                f"{settings.F1_API_URL}/{path}",
                params={"limit": PAGE_SIZE, "offset": offset},
                timeout=settings.F1_API_TIMEOUT,
            )
        except _AskedToWait as error:
            self._count(error.repetitions)
            raise
        except requests.exceptions.ChunkedEncodingError:
            raise UpstreamError(f"The answer to {path} ended too early.") from None
        except requests.RequestException:
            self._count(RETRIES)
            raise UpstreamUnreachable(f"The upstream does not answer ({path}).") from None
        repeated = answer.raw.retries
        self._count(len(answer.history) + (len(repeated.history) if repeated else 0))
        return answer

    def _count(self, sent: int) -> None:
        self.requests += sent
        if sent and self._on_request:
            self._on_request(self.requests)


def season_path(season: int, resource: str) -> str:
    return f"{season}/{resource}/"


def results_path(season: int, session: str, *, round_number: int | None) -> str:
    """Where results of one kind of session stand: those of one round, or of a whole season."""
    place = f"{season}/{round_number}" if round_number else f"{season}"
    return f"{place}/{SESSION_TABLES[session][0]}/"


def address(path: str, offset: int = 0) -> str:
    """A page of ``path``, as its answer is remembered by."""
    return f"{path}?offset={offset}"


def _fresh_for(answer: requests.Response) -> float | None:
    """Seconds for which the upstream goes on giving this very answer; None where its headers do not say."""
    control = answer.headers.get("Cache-Control", "").lower()
    if "no-store" in control or "no-cache" in control:
        return 0
    if match := MAX_AGE.search(control):
        age = answer.headers.get("Age", "")
        return _within_a_day(int(match[1]) - (int(age) if age.isascii() and age.isdigit() else 0))
    expires, sent = (parse_http_date_safe(answer.headers.get(name, "")) for name in ("Expires", "Date"))
    if expires is None or sent is None:
        return None
    return _within_a_day(expires - sent)


def _within_a_day(seconds: int) -> int:
    return min(max(seconds, 0), LONGEST_FRESH)


def _once(rows: list[Row], key: Callable[[Row], str], kind: str) -> list[Row]:
    if len({key(row) for row in rows}) != len(rows):
        raise UpstreamError(f"The upstream lists the same {kind} twice.")
    return rows


def _dict(holder: Any, key: str) -> dict[str, Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(value, dict):
        raise UpstreamError(f"The upstream's answer has no {key}.")
    return value


def _list(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = holder.get(key)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UpstreamError(f"The upstream's answer has no list of {key}.")
    return value


def _part(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """What may be left out, or null, but is nothing else than a dictionary."""
    return {} if holder.get(key) is None else _dict(holder, key)


def _text(holder: dict[str, Any], key: str, *, longest: int = 100) -> str:
    """An optional text; the upstream leaves a key out, or says null, when it does not know."""
    value = holder.get(key)
    if value is None:
        return ""
    if not isinstance(value, str | int | float) or UNWRITABLE.search(text := str(value)):
        raise UpstreamError(f"The upstream gives a {key} that is no text.")
    return text.strip()[:longest]


def _needed(holder: dict[str, Any], key: str, *, longest: int = 100) -> str:
    value = _text(holder, key, longest=longest)
    if not value:
        raise UpstreamError(f"A row of the upstream has no {key}.")
    return value


def _whole(holder: dict[str, Any], key: str) -> int | None:
    value = _text(holder, key)
    number = int(value) if value.isascii() and value.isdigit() else None
    if number is not None and number > LARGEST:
        raise UpstreamError(f"The upstream gives a {key} that makes no sense: {value}.")
    return number


def _moment(holder: dict[str, Any]) -> datetime | None:
    """The start of a session: without a time, noon of its day."""
    if not holder.get("date"):
        return None
    text = f"{holder['date']}T{holder.get('time') or '12:00:00Z'}"
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UpstreamError(f"The upstream gives a date that is none: {text}.") from None


def _driver(data: dict[str, Any]) -> DriverRow:
    return DriverRow(
        external_id=_needed(data, "driverId", longest=64),
        given_name=_needed(data, "givenName", longest=64),
        family_name=_needed(data, "familyName", longest=64),
        code=_text(data, "code", longest=3),
        number=_whole(data, "permanentNumber"),
        country=_text(data, "nationality", longest=64),
    )


def _team(data: dict[str, Any]) -> TeamRow:
    return TeamRow(
        external_id=_needed(data, "constructorId", longest=64),
        name=_needed(data, "name"),
        country=_text(data, "nationality", longest=64),
    )


def _event(season: int, data: dict[str, Any]) -> EventRow:
    circuit = _dict(data, "Circuit")
    location = _part(circuit, "Location")
    starts_at = _moment(data)
    if starts_at is None:
        raise UpstreamError("An event of the upstream has no date.")
    parts = {name: next((part for key in keys if (part := _part(data, key))), {}) for name, keys in EVENT_TIMES.items()}
    sessions: dict[str, Any] = {name: _moment(part) for name, part in parts.items()}
    return EventRow(
        key=event_key(season=season, name=_needed(data, "raceName"), url=_text(data, "url", longest=500))[:100],
        name=_needed(data, "raceName"),
        circuit_id=_needed(circuit, "circuitId", longest=64),
        circuit_name=_needed(circuit, "circuitName"),
        starts_at=starts_at,
        round_number=_whole(data, "round"),
        locality=_text(location, "locality", longest=64),
        country=_text(location, "country", longest=64),
        time_known=bool(data.get("time")),
        days_only=tuple(name for name, part in parts.items() if sessions[name] and not part.get("time")),
        **sessions,
    )


def _sheet(season: int, session: str, event: EventRow, rows: list[dict[str, Any]]) -> SessionRows:
    try:
        return SessionRows(
            event, session, tuple(_result(session, row, place=place) for place, row in enumerate(rows, start=1))
        )
    except UpstreamError as error:
        return SessionRows(event, session, (), problem=f"{season} {event.name}, {session}: {error.message}")


def _result(session: str, data: dict[str, Any], *, place: int) -> ResultRow:
    driver, team = _driver(_dict(data, "Driver")), _team(_dict(data, "Constructor"))
    position, text = _whole(data, "position"), _text(data, "positionText", longest=3)
    status = _text(data, "status", longest=32)
    if position is None and (text in UNCLASSIFIED or status == "Disqualified"):
        position = place  # a car that does not count may have no number: then its place in the sheet
    if not position:
        raise UpstreamError(f"{driver.given_name} {driver.family_name} has no position.")
    fastest = _part(data, "FastestLap")
    return ResultRow(
        driver_id=driver.external_id,
        team_id=team.external_id,
        position=position,
        position_text=text or str(position),
        number=_whole(data, "number"),
        points=_points(data) if session != "qualifying" else Decimal(0),
        grid=_whole(data, "grid"),
        laps=_whole(data, "laps"),
        status=status,
        time=_text(_part(data, "Time"), "time", longest=16),
        fastest_lap=_text(_part(fastest, "Time"), "time", longest=16),
        fastest_lap_rank=_whole(fastest, "rank"),
        q1=_text(data, "Q1", longest=16),
        q2=_text(data, "Q2", longest=16),
        q3=_text(data, "Q3", longest=16),
        driver=driver,
        team=team,
    )


def _points(data: dict[str, Any]) -> Decimal:
    try:
        points = Decimal(_needed(data, "points"))
    except InvalidOperation:
        raise UpstreamError(f"The upstream gives points that are no number: {data['points']}.") from None
    if not points.is_finite() or not 0 <= points <= MOST_POINTS:
        raise UpstreamError(f"The upstream gives points that make no sense: {points}.")
    return points
