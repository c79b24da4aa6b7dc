import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from races import jolpica
from races.jolpica import Jolpica, UpstreamError, UpstreamUnreachable
from races.rows import DriverRow
from tests.upstream import UpstreamDouble, _Handler


@pytest.fixture
def client(upstream: UpstreamDouble) -> Jolpica:
    return Jolpica(budget=100)


def test_drivers_are_typed_and_tolerate_what_is_unknown(client: Jolpica) -> None:
    drivers = {row.external_id: row for row in client.drivers(2026)}

    assert drivers["antonelli"] == DriverRow("antonelli", "Andrea Kimi", "Antonelli", "ANT", 12, "Italian")
    assert drivers["colton_herta"] == DriverRow("colton_herta", "Colton", "Herta")


def test_teams_are_typed(client: Jolpica) -> None:
    assert [team.external_id for team in client.teams(2026)][:3] == ["alpine", "aston_martin", "audi"]


def test_calendar_gives_every_start_in_utc(client: Jolpica) -> None:
    china = client.calendar(2026)[1]

    assert (china.key, china.round_number, china.circuit_id) == ("2026_chinese_grand_prix", 2, "shanghai")
    assert china.starts_at == datetime(2026, 3, 15, 7, tzinfo=UTC)
    assert china.sprint_at == datetime(2026, 3, 14, 3, tzinfo=UTC)
    assert china.second_practice_at is None
    assert china.time_known


def test_calendar_takes_noon_where_only_the_day_is_known(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.change_event(2026, "2026_qatar_grand_prix", starts_at="2026-11-29")

    qatar = next(event for event in client.calendar(2026) if event.circuit_id == "losail")

    assert (qatar.starts_at, qatar.time_known) == (datetime(2026, 11, 29, 12, tzinfo=UTC), False)


def test_calendar_refuses_a_date_that_is_none(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.change_event(2026, "2026_qatar_grand_prix", starts_at="2026-13-29T00:00:00Z")

    with pytest.raises(UpstreamError, match="a date that is none"):
        client.calendar(2026)


def test_results_stitch_races_that_a_page_cuts_in_two(client: Jolpica, upstream: UpstreamDouble) -> None:
    sheets = client.results(2026, "grand_prix")

    assert len(upstream.asked) == 3  # 10 races of 22
    assert [len(sheet.rows) for sheet in sheets] == [22] * 10
    assert [row.position for row in sheets[4].rows] == list(range(1, 23))


def test_results_of_one_round_fit_one_page(client: Jolpica, upstream: UpstreamDouble) -> None:
    sheets = client.results(2026, "sprint", round_number=2)

    assert [(sheet.event.key, len(sheet.rows)) for sheet in sheets] == [("2026_chinese_grand_prix", 22)]
    assert upstream.asked == ["/ergast/f1/2026/2/sprint/?limit=100&offset=0"]


def test_results_keep_fractions_and_survive_nulls(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.amend(2026, "2026_monaco_grand_prix", "gasly", points="7.5", laps=None)

    rows = client.results(2026, "grand_prix", round_number=6)[0].rows
    gasly = next(row for row in rows if row.driver_id == "gasly")

    assert (gasly.points, gasly.laps) == (Decimal("7.5"), None)


def test_results_place_a_car_without_position_that_does_not_count(client: Jolpica, upstream: UpstreamDouble) -> None:
    rows = client.results(2026, "grand_prix", round_number=1)[0].rows
    last = rows[-1]
    upstream.amend(2026, "2026_australian_grand_prix", last.driver_id, position=None)

    again = client.results(2026, "grand_prix", round_number=1)[0].rows

    assert last.position_text == "W"
    assert again == rows


@pytest.mark.parametrize("points", ["many", "-1", "NaN", "101", "1e400"])
def test_results_refuse_a_sheet_with_points_that_are_none(
    client: Jolpica, upstream: UpstreamDouble, points: str
) -> None:
    upstream.amend(2026, "2026_monaco_grand_prix", "gasly", points=points)

    sheets = {sheet.event.key: sheet for sheet in client.results(2026, "grand_prix")}

    monaco = sheets["2026_monaco_grand_prix"]
    assert monaco.rows == ()
    assert monaco.problem.startswith("2026 Monaco Grand Prix, grand_prix: The upstream gives points that ")
    assert [key for key, sheet in sheets.items() if sheet.problem] == [monaco.event.key]


@pytest.mark.parametrize(
    "values",
    [
        {"Time": "x"},
        {"FastestLap": "x"},
        {"FastestLap": {"Time": "1:20"}},
        {"Driver": None},
        {"Driver": {"driverId": {"a": 1}, "givenName": "A", "familyName": "B"}},
        {"Driver": {"driverId": "a", "givenName": "\ud800", "familyName": "B"}},
        {"Driver": {"driverId": "a", "givenName": "A\x00", "familyName": "B"}},
        {"laps": "9" * 20},
        {"position": "0"},
    ],
)
def test_results_refuse_a_sheet_with_a_row_that_is_none(
    client: Jolpica, upstream: UpstreamDouble, values: dict[str, object]
) -> None:
    upstream.garble(values)

    sheets = client.results(2026, "grand_prix")

    assert [sheet.event.name for sheet in sheets if sheet.problem] == ["Australian Grand Prix"]
    assert len(sheets) == 10


def test_results_place_a_disqualified_car_whatever_its_text(client: Jolpica, upstream: UpstreamDouble) -> None:
    key = "2026_monaco_grand_prix"
    upstream.amend(2026, key, "gasly", position=None, position_text="7", status="Disqualified")

    rows = client.results(2026, "grand_prix", round_number=6)[0].rows

    gasly = next(row for row in rows if row.driver_id == "gasly")
    assert (gasly.position, rows[gasly.position - 1]) == (gasly.position, gasly)


def test_names_are_cut_to_what_the_columns_hold(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.season(2026).drivers["gasly"] |= {"family_name": "y" * 150}
    upstream.change_event(2026, "2026_dutch_grand_prix", key="z" * 300, circuit_id="c" * 90)

    gasly = next(row for row in client.drivers(2026) if row.external_id == "gasly")
    dutch = next(event for event in client.calendar(2026) if event.name == "Dutch Grand Prix")

    assert (len(gasly.family_name), len(dutch.key), len(dutch.circuit_id)) == (64, 100, 64)


def test_calendar_says_which_sessions_have_a_day_alone(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.change_event(2026, "2026_qatar_grand_prix", qualifying_at="2026-11-28")

    qatar = next(event for event in client.calendar(2026) if event.circuit_id == "losail")

    assert (qatar.qualifying_at, qatar.days_only) == (datetime(2026, 11, 28, 12, tzinfo=UTC), ("qualifying_at",))


@pytest.mark.parametrize(
    "values", [{"Circuit": {"Location": "z"}}, {"Qualifying": "x"}, {"date": "0001-01-01", "time": "00:00+23:00"}]
)
def test_calendar_refuses_what_is_of_another_kind(
    client: Jolpica, upstream: UpstreamDouble, values: dict[str, object]
) -> None:
    upstream.garble(values)

    with pytest.raises(UpstreamError):
        client.calendar(2026)


def test_calendar_reads_a_time_without_a_zone_as_utc(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.garble({"date": "2026-03-08", "time": "04:00"})

    assert client.calendar(2026)[0].starts_at == datetime(2026, 3, 8, 4, tzinfo=UTC)


@pytest.mark.parametrize("fault", ["429", "429/1", "500", "503", "reset"])
def test_passing_faults_are_repeated(client: Jolpica, upstream: UpstreamDouble, fault: str) -> None:
    upstream.fault(fault, fault)

    assert len(client.calendar(2026)) == 23
    assert client.requests == len(upstream.asked) == 3


def test_retry_after_is_honoured(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.fault("429/1")
    started = time.monotonic()

    client.teams(2026)

    assert time.monotonic() - started >= 1


def test_retry_after_beyond_patience_gives_up_at_once(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.fault("429/3600")

    with pytest.raises(UpstreamUnreachable, match="3600 seconds"):
        client.teams(2026)
    assert client.requests == len(upstream.asked) == 1

    upstream.fault("503", "429/3600")
    with pytest.raises(UpstreamUnreachable):
        client.teams(2026)
    assert client.requests == len(upstream.asked) == 3


def test_a_refusal_of_us_ends_the_asking_at_once(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.fault("403")

    with pytest.raises(UpstreamUnreachable, match="answered with 403"):
        client.teams(2026)
    assert client.requests == len(upstream.asked) == 1


@pytest.mark.parametrize("fault", ["429", "500", "503", "520", "522", "523", "524"])
def test_lasting_refusals_become_one_sentence(client: Jolpica, upstream: UpstreamDouble, fault: str) -> None:
    upstream.fault(*[fault] * 4)

    with pytest.raises(UpstreamUnreachable, match=f"^2026/races/ was answered with {fault} "):
        client.calendar(2026)
    assert client.requests == 4


def test_silence_becomes_one_sentence(client: Jolpica, upstream: UpstreamDouble, settings: Settings) -> None:
    settings.F1_API_TIMEOUT = 0.05
    upstream.fault(*["timeout"] * 4)

    with pytest.raises(UpstreamUnreachable, match="does not answer"):
        client.calendar(2026)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("truncated", "ended too early"),
        ("broken", "was answered with broken JSON"),
        ("nested", "was answered with broken JSON"),
        ("html", "was not answered with JSON"),
        ("wrong_total", "announces 30 rows, but its page from 0 has 23"),
        ("no_total", "does not say how many rows"),
        ("no_table", "has no RaceTable"),
        ("no_raceName", "A row of the upstream has no raceName"),
        ("no_circuitId", "A row of the upstream has no circuitId"),
        ("no_date", "has no date"),
        ("404", "was answered with 404"),
    ],
)
def test_answers_that_are_not_whole_are_refused(
    client: Jolpica, upstream: UpstreamDouble, fault: str, sentence: str
) -> None:
    upstream.fault(fault)

    with pytest.raises(UpstreamError, match=sentence):
        client.calendar(2026)


@pytest.mark.parametrize(
    ("fault", "sentence"), [("no_position", "has no position"), ("no_driverId", "has no driverId")]
)
def test_results_without_the_needed_are_refused(
    client: Jolpica, upstream: UpstreamDouble, fault: str, sentence: str
) -> None:
    upstream.fault(fault)

    assert sentence in client.results(2026, "grand_prix", round_number=1)[0].problem


def test_a_total_that_changes_between_pages_is_refused(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.fault("", "wrong_total")

    with pytest.raises(UpstreamError, match=r"changed while it was read \(220 rows, then 227\)"):
        client.results(2026, "grand_prix")


def test_a_table_without_its_rows_is_refused(
    client: Jolpica, upstream: UpstreamDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {"total": "0", "RaceTable": {"Races": None}}
    monkeypatch.setattr(upstream, "_table", lambda *args: whole)

    with pytest.raises(UpstreamError, match="has no list of Races"):
        client.calendar(2026)


def test_a_row_told_twice_is_refused(client: Jolpica, upstream: UpstreamDouble) -> None:
    upstream.change_event(2026, "2026_qatar_grand_prix", key="2026_dutch_grand_prix")

    with pytest.raises(UpstreamError, match="lists the same event twice"):
        client.calendar(2026)


def test_budget_ends_the_asking(upstream: UpstreamDouble) -> None:
    client = Jolpica(budget=2)

    with pytest.raises(UpstreamUnreachable, match="hourly budget"):
        client.results(2026, "grand_prix")
    assert len(upstream.asked) == 2


def test_pace_is_kept(client: Jolpica, settings: Settings) -> None:
    settings.F1_API_PER_SECOND = 20
    started = time.monotonic()

    client.results(2026, "grand_prix")
    client.results(2026, "qualifying")

    assert time.monotonic() - started >= 5 / 20


def test_the_client_says_who_asks(client: Jolpica, upstream: UpstreamDouble) -> None:
    client.teams(2026)

    assert upstream.user_agents == {jolpica.USER_AGENT}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "public, max-age=3600"}, 3600),
        ({"Cache-Control": "max-age=3600", "Age": "1500"}, 2100),
        ({"Cache-Control": "max-age=3600", "Age": "4000"}, 0),
        ({"Cache-Control": "max-age=3600", "Age": "soon"}, 3600),
        ({"Cache-Control": "max-age=99999999"}, 24 * 3600),
        ({"Cache-Control": "no-store, max-age=60"}, 0),
        ({"Cache-Control": "public"}, None),
        ({"Expires": "Sun, 26 Jul 2026 16:00:00 GMT", "X-Sent": "Sun, 26 Jul 2026 15:20:00 GMT"}, 2400),
        ({"Expires": "0", "X-Sent": "Sun, 26 Jul 2026 15:20:00 GMT"}, None),
    ],
)
def test_an_answer_says_how_long_it_is_fresh(
    upstream: UpstreamDouble, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], seconds: float | None
) -> None:
    sent = headers.pop("X-Sent", "")
    monkeypatch.setattr(_Handler, "date_time_string", lambda self, timestamp=None: sent or "today")
    upstream.headers = headers
    heard: list[tuple[str, float | None]] = []

    Jolpica(budget=9, on_answer=lambda *answer: heard.append(answer)).results(2026, "grand_prix", round_number=5)

    assert heard == [("2026/5/results/?offset=0", seconds)]


def test_an_answer_that_is_none_is_not_fresh(upstream: UpstreamDouble) -> None:
    heard: list[str] = []
    upstream.fault("html")

    with pytest.raises(UpstreamError):
        Jolpica(budget=9, on_answer=lambda where, seconds: heard.append(where)).calendar(2026)

    assert heard == []
