"""Domain events: a row of the log with the change, an announcement after it.

The log is the truth. The announcement is a nudge that may be lost, so whoever listens must also be able to find the
work that is left undone.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.db.models import Model
from django.dispatch import Signal

from fantasy_f1.core import live
from fantasy_f1.core.models import EventLog, Versioned
from fantasy_f1.core.rows import write

if TYPE_CHECKING:
    from accounts.models import User

published = Signal()
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Event:
    """Something that happened, named in the past tense; holds ids and plain values only."""


def publish(event: Event, *, source: Versioned, actor: "User | None", now: datetime, **state: Any) -> EventLog:
    """Log ``event`` as the next version of ``source``, which the caller has locked; announce it after the commit.

    ``state`` is logged beside it: how the source stands then. Receivers connect with
    ``published.connect(receiver, sender=EventClass)`` and get ``event`` and ``now``.
    """
    return publish_together([(event, actor)], source=source, now=now, **state)[0]


def publish_together(
    events: Sequence[tuple[Event, "User | None"]],
    *,
    source: Versioned,
    now: datetime,
    changed: Collection[str] = (),
    new: Sequence[Model] = (),
    **state: Any,
) -> list[EventLog]:
    """The same for events, each with who did it, that come of one change of ``source``, which is written with them.

    ``changed`` are the fields to be saved, ``new`` the rows to be inserted.
    """
    logged = []
    for event, actor in events:
        source.version += 1
        logged.append(
            EventLog(
                topic=source.topic,
                version=source.version,
                name=type(event).__name__,
                data=asdict(event) | state,
                actor=actor,
                created_at=now,
            )
        )
    write(source, ["version", *changed], [*new, *logged])
    for (event, _), row in zip(events, logged, strict=True):
        transaction.on_commit(lambda row=row: live.announce(row), robust=True)  # type: ignore[misc]
        transaction.on_commit(partial(_announce, event, now))
    return logged


def _announce(event: Event, now: datetime) -> None:
    replies: list[tuple[Any, Any]] = published.send_robust(sender=type(event), event=event, now=now)
    for receiver, reply in replies:
        if isinstance(reply, Exception):
            log.error(
                "receiver failed", receiver=receiver.__qualname__, event_name=type(event).__name__, exc_info=reply
            )
