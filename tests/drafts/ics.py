"""A strict reader of iCalendar files, of our own: what RFC 5545 asks of a feed, line by line."""

import re
from datetime import UTC, datetime

LINE = re.compile(
    r'(?P<name>[A-Z][A-Z0-9-]*)(?P<parameters>(?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(?P<value>.*)',
    re.DOTALL,
)
NEEDED = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "SEQUENCE", "LAST-MODIFIED"}
ONCE = NEEDED | {"LOCATION", "URL", "TRANSP"}
TEXTS = {"SUMMARY", "LOCATION", "NAME", "X-WR-CALNAME", "PRODID"}
MOMENTS = {"DTSTAMP", "DTSTART", "DTEND", "LAST-MODIFIED"}
TEXT = re.compile(r"(?:[^\\,;]|\\[nN,;\\])*")
ESCAPES = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}
Properties = dict[str, str]


def read(content: bytes) -> tuple[Properties, list[Properties]]:
    """The calendar's properties and those of its events, in order; an ``AssertionError`` where it is not valid."""
    assert content.endswith(b"\r\n")
    physical = content[:-2].split(b"\r\n")
    for line in physical:
        assert b"\n" not in line
        assert b"\r" not in line
        assert 0 < len(line) <= 75, line
        line.decode()  # no character is cut in two
    lines = b"\r\n".join(physical).replace(b"\r\n ", b"").decode().split("\r\n")
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    calendar: Properties = {}
    events: list[Properties] = []
    inside: Properties | None = None
    for line in lines[1:-1]:
        match = LINE.fullmatch(line)
        assert match, line
        name, value = match["name"], match["value"]
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value), line
        if name == "BEGIN":
            assert (value, inside) == ("VEVENT", None)
            inside = {}
        elif name == "END":
            assert value == "VEVENT"
            assert inside is not None
            events.append(_event(inside))
            inside = None
        else:
            into = calendar if inside is None else inside
            assert name not in into, f"{name} twice"
            into[name] = _value(name, value)
    assert inside is None
    assert calendar["VERSION"] == "2.0"
    assert "METHOD" not in calendar  # it would ask for an organizer in each event, and the same in the media type
    assert {"PRODID", "CALSCALE"} <= set(calendar)
    uids = [event["UID"] for event in events]
    assert len(uids) == len(set(uids))
    return calendar, events


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _event(event: Properties) -> Properties:
    assert NEEDED <= set(event) <= ONCE
    assert moment(event["DTSTART"]) < moment(event["DTEND"])
    assert event["STATUS"] in ("CONFIRMED", "TENTATIVE", "CANCELLED")
    assert event["SEQUENCE"].isdigit()
    assert len(event["UID"].encode()) <= 255
    return event


def _value(name: str, value: str) -> str:
    if name in MOMENTS:
        moment(value)
    if name in TEXTS:
        assert TEXT.fullmatch(value), value
        return re.sub(r"\\[nN,;\\]", lambda match: ESCAPES[match[0]], value)
    return value
