"""Calendar feeds as text (RFC 5545): what is in a feed in, a file for any calendar out. No database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event, vDuration, vText

ASK_AGAIN = timedelta(hours=1)
"""How often calendars are asked to look for news; many look when they like."""


@dataclass(frozen=True)
class Entry:
    """A thing with a time. ``uid`` names it for ever, within this installation; ``status`` as in RFC 5545, 3.8.1.11.

    ``sequence`` counts how often what it says has changed, last at ``changed_at``.
    """

    uid: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    status: str
    location: str
    path: str
    sequence: int
    changed_at: datetime


def render(name: str, entries: Sequence[Entry], *, base_url: str) -> bytes:
    """The file; ``base_url`` is the installation's, without a slash at the end."""
    calendar = Calendar()
    calendar.add("prodid", "-//Fantasy F1//Calendar feed//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(ASK_AGAIN))
    host = base_url.partition("://")[2]
    for entry in entries:
        calendar.add_component(_event(entry, host=host, base_url=base_url))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: Entry, *, host: str, base_url: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.uid}@{host}")
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("summary", entry.summary)
    event.add("status", entry.status)
    event.add("transp", "TRANSPARENT")  # nobody is busy because a race is on
    if entry.location:
        event.add("location", entry.location)
    event.add("url", f"{base_url}{entry.path}")
    return event
