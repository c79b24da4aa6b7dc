"""A draft's event log for programs, as server-sent events that can be taken up again where they were left."""

import json
import re
from collections.abc import Iterable

from rest_framework.utils.encoders import JSONEncoder

from drafts.models import Draft
from drafts.ticker import SENTENCES
from fantasy_f1.core.models import EventLog

KINDS = {name: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in SENTENCES}
"""The public part of the log, that which the ticker tells, too: ``PickMade`` → ``pick_made``."""

BATCH = 500
"""At most so many events in one answer; a client comes back for the rest."""

RETRY_MS = 5000
"""How long a client waits before it comes back."""


def events_after(draft: Draft, version: int) -> Iterable[EventLog]:
    """What happened after ``version``, oldest first."""
    events = draft.events().filter(version__gt=version, name__in=KINDS)
    return events.select_related("actor").order_by("version")[:BATCH]


def stream(events: Iterable[EventLog]) -> str:
    """The events as the body of a ``text/event-stream``."""
    return "".join([f"retry: {RETRY_MS}\n\n", *map(_message, events)])


def _message(event: EventLog) -> str:
    actor = event.actor and {"id": event.actor.pk, "username": event.actor.username}
    data = json.dumps({"at": event.created_at, "by": actor, **event.data}, cls=JSONEncoder)
    return f"id: {event.version}\nevent: {KINDS[event.name]}\ndata: {data}\n\n"
