"""The bell on open pages: each page of a user hears that there is news, and looks by itself what."""

from collections.abc import Collection

from fantasy_f1.core import live
from fantasy_f1.core.live import Audience, Channel, Message, Viewer
from fantasy_f1.core.models import EventLog

NEWS = "notifications"


def topic_of(user_id: int) -> str:
    return f"user:{user_id}"


def ring(users: Collection[int]) -> None:
    """Tell the open pages of these users, once the surrounding transaction commits."""
    live.nudge_all([topic_of(pk) for pk in users], NEWS)


def _render(row: EventLog) -> bytes:
    return b""


def _read(user_id: int, after: int) -> list[Message]:
    """Users have no log: what was missed is in the list."""
    return []


def _audience(user_id: int, viewers: Collection[Viewer]) -> Audience:
    return Audience(frozenset({user_id} & set(viewers)), frozenset())


def connect() -> None:
    live.register("user", Channel(render=_render, read=_read, audience=_audience, is_social=False))
