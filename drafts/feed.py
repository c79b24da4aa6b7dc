"""A draft's event log for programs, as server-sent events that can be taken up again where they were left."""

import json
import random
import re
from collections.abc import Collection, Iterable

from rest_framework.utils.encoders import JSONEncoder

from drafts.models import Draft
from drafts.ticker import SENTENCES
from fantasy_f1.core import live
from fantasy_f1.core.live import Audience, Channel, Message, Viewer
from fantasy_f1.core.models import EventLog
from leagues.models import League
from leagues.permissions import audience_of

KINDS = {name: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in SENTENCES}
"""All that can happen, as the ticker tells it, too: ``PickMade`` → ``pick_made``."""

BATCH = 500
"""At most so many events in one go."""

RETRY_MS = 5000
"""How long a client waits before it comes back for an answer that ended."""

RECONNECT_MS = (1000, 3000)
"""The same where the answer should have stayed open: not all clients of a server that starts again come at once."""


def messages_after(draft_id: int, version: int) -> list[Message]:
    """What happened after ``version``, oldest first, and as much as fits into one go."""
    events = EventLog.objects.filter(topic=Draft(pk=draft_id).topic, version__gt=version)
    return [(event.version, message(event)) for event in events.select_related("actor").order_by("version")[:BATCH]]


def message(event: EventLog) -> bytes:
    actor = event.actor and {"id": event.actor.pk, "username": event.actor.username}
    data = json.dumps({"at": event.created_at, "by": actor, **event.data}, cls=JSONEncoder)
    return f"id: {event.version}\nevent: {KINDS[event.name]}\ndata: {data}\n\n".encode()


def body(messages: Iterable[Message], *, is_open: bool) -> bytes:
    """The beginning of a ``text/event-stream``, or all of it where it does not stay open."""
    retry = random.randint(*RECONNECT_MS) if is_open else RETRY_MS  # noqa: S311  # only spreads
    return b"".join([f"retry: {retry}\n\n".encode(), *(each for _, each in messages)])


def audience(draft_id: int, viewers: Collection[Viewer]) -> Audience:
    """Who of ``viewers`` may see the draft, and who of them belongs to its league. Two queries."""
    league = League.objects.filter(drafts=draft_id).first()
    return audience_of(league, viewers) if league else Audience(frozenset(), frozenset())


def connect() -> None:
    live.register("draft", Channel(render=message, read=messages_after, audience=audience))
