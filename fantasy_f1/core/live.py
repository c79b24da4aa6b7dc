"""Open streams, as the apps see them: what a stream tells, who may hear it, and that there is news.

A stream tells the events of one topic of the log, each by its version, so that whoever lost the connection goes on
where it was. The log is the truth; a note that there is news may be lost, and costs a moment then (``hub``).

Beside the events of the log there are nudges: named messages without a version, for what nobody needs to catch up with.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from fantasy_f1.core import wires
from fantasy_f1.core.models import EventLog
from fantasy_f1.core.wires import Note

Message = tuple[int, bytes]
"""An event's version, and the event as a stream tells it."""
Viewer = int | None
"""The id of a user; ``None`` stands for whoever is not signed in."""
Credential = tuple[str, int]
"""What lets somebody in: its kind and id."""


@dataclass(frozen=True)
class Audience:
    """Which of the viewers asked for may listen; which of those users ``belong``, and are told to be here."""

    may_listen: frozenset[Viewer]
    belong: frozenset[int]


@dataclass(frozen=True)
class Channel:
    """How streams of one kind of topic are filled. Topics come as the id behind their kind.

    ``read`` gives the events after a version, oldest first, as many as fit into one go; ``audience`` takes at most two
    queries, however many viewers it is asked for. Where it ``is_social``, listeners are told who is there.
    """

    render: Callable[[EventLog], bytes]
    read: Callable[[int, int], list[Message]]
    audience: Callable[[int, Collection[Viewer]], Audience]
    is_social: bool = True


@dataclass(frozen=True)
class Stream:
    """An answer that stays open: events of ``topic`` after version ``after``, and nudges to it and to ``also``.

    ``credential`` is what lets the viewer in (see ``let_in_by``), ``None`` for visitors. Who ``belongs`` is told to be
    here.
    """

    topic: str
    after: int
    also: tuple[str, ...] = ()
    viewer: Viewer = None
    credential: Credential | None = None
    belongs: bool = False


class Receiver(Protocol):
    """Holds the streams of a process. Its functions may be called from any thread."""

    def wants(self, topic: str) -> bool:
        """Whether anybody listens to the events of ``topic``."""

    def hear(self, note: Note) -> None:
        """Pass it on to whom it concerns."""


@dataclass
class Handover:
    """The server's offer to keep an answer open, in the request's scope."""

    stream: Stream | None = None


receiver: Receiver | None = None
"""This process' own, where it holds streams."""

_channels: dict[str, Channel] = {}
_still_open: Callable[[Collection[Credential]], Collection[Credential]] = set


def register(kind: str, channel: Channel) -> None:
    """Topics called ``<kind>:<id>`` can be listened to."""
    _channels[kind] = channel


def channel_of(topic: str) -> tuple[Channel, int] | None:
    """The channel of a topic, and the id of what it is about."""
    kind, _, pk = topic.partition(":")
    channel = _channels.get(kind)
    return (channel, int(pk)) if channel else None


def let_in_by(still_open: Callable[[Collection[Credential]], Collection[Credential]]) -> None:
    """``still_open`` says which of some credentials still let somebody in, in at most two queries."""
    global _still_open
    _still_open = still_open


def still_open(credentials: Collection[Credential]) -> Collection[Credential]:
    return _still_open(credentials)


def hold_open(request: HttpRequest, stream: Stream) -> bool:
    """Ask for the answer to ``request`` to stay open as ``stream``, once all of it is sent → whether it will.

    It does not under WSGI, for HEAD, and where the server has enough streams: then the client comes back.
    """
    handover: Handover | None = getattr(request, "scope", {}).get("live")
    if handover is None or request.method != "GET":
        return False
    handover.stream = stream
    return True


def announce(row: EventLog) -> None:
    """Tell whoever listens of an event that was committed."""
    found = channel_of(row.topic)
    if found and _is_wanted(row.topic):
        _send(Note("event", row.topic, row.version, body=found[0].render(row)))


def nudge(topic: str, name: str, data: Any) -> None:
    """Send the message ``name`` to all who listen to ``topic`` now, once the surrounding transaction commits."""
    body = f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
    transaction.on_commit(lambda: _send(Note("nudge", topic, name=name, body=body)), robust=True)


def nudge_all(topics: Collection[str], name: str) -> None:
    """Send the message ``name``, which says nothing but that, to all who listen to any of ``topics``."""
    body = f"event: {name}\ndata: {{}}\n\n".encode()
    notes = [Note("nudge", topic, name=name, body=body) for topic in topics]
    transaction.on_commit(lambda: _send(*notes), robust=True)


def recheck(topic: str) -> None:
    """Ask again, once the surrounding transaction commits, whether all who listen to ``topic`` still may."""
    transaction.on_commit(lambda: _send(Note("check", topic)), robust=True)


def _is_wanted(topic: str) -> bool:
    return bool(settings.REDIS_URL) or (receiver is not None and receiver.wants(topic))


def _send(*notes: Note) -> None:
    if settings.REDIS_URL:
        wires.send(*notes)
    elif receiver is not None:
        for note in notes:
            receiver.hear(note)
