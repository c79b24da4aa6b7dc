from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from drafts.ical import Entry, render
from tests.drafts import ics

NOW = datetime(2026, 7, 22, 9, 0, 0, 123456, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\x85"))


def entry(**values: object) -> Entry:
    return Entry(
        **{
            "uid": "race-1-starts",
            "summary": "Hungarian Grand Prix",
            "starts_at": NOW,
            "ends_at": NOW + timedelta(hours=2),
            "status": "CONFIRMED",
            "location": "Hungaroring, Budapest, Hungary",
            "path": "/races/1/",
            "sequence": 3,
            "changed_at": NOW,
            **values,
        }  # type: ignore[arg-type]
    )


def test_an_entry_is_an_event_that_says_all_there_is() -> None:
    calendar, events = ics.read(render("Friends; and foes", [entry()], base_url="https://f1.example.com"))

    assert calendar == {
        "PRODID": "-//Fantasy F1//Calendar feed//EN",
        "VERSION": "2.0",
        "CALSCALE": "GREGORIAN",
        "NAME": "Friends; and foes",
        "X-WR-CALNAME": "Friends; and foes",
        "REFRESH-INTERVAL": "PT1H",
        "X-PUBLISHED-TTL": "PT1H",
    }
    assert events == [
        {
            "UID": "race-1-starts@f1.example.com",
            "DTSTAMP": "20260722T090000Z",
            "LAST-MODIFIED": "20260722T090000Z",
            "SEQUENCE": "3",
            "DTSTART": "20260722T090000Z",
            "DTEND": "20260722T110000Z",
            "SUMMARY": "Hungarian Grand Prix",
            "STATUS": "CONFIRMED",
            "TRANSP": "TRANSPARENT",
            "LOCATION": "Hungaroring, Budapest, Hungary",
            "URL": "https://f1.example.com/races/1/",
        }
    ]


def test_a_place_that_is_not_known_is_left_out_and_so_are_all_events_of_an_empty_feed() -> None:
    _, events = ics.read(render("x", [entry(location="")], base_url="https://f1.example.com"))

    assert "LOCATION" not in events[0]
    assert ics.read(render("x", [], base_url="https://f1.example.com"))[1] == []


@given(TEXT, TEXT)
def test_any_text_comes_through_two_readers_as_it_went_in(name: str, summary: str) -> None:
    content = render(name, [entry(summary=summary)], base_url="https://f1.example.com")

    calendar, events = ics.read(content)
    other = Calendar.from_ical(content)
    assert (calendar["X-WR-CALNAME"], events[0]["SUMMARY"]) == (name, summary)
    (event,) = other.walk("VEVENT")
    assert (str(event["SUMMARY"]), event.errors, other.errors) == (summary, [], [])
