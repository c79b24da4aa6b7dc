"""What the people of a league say to each other: the only writer of ``ChatMessage`` and of who is muted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet

from accounts.models import User
from accounts.verification import require_player
from fantasy_f1.core import live
from fantasy_f1.core.errors import Invalid, NotAllowed
from fantasy_f1.core.events import publish
from fantasy_f1.core.names import one_line
from fantasy_f1.core.ratelimit import limit_chat
from leagues.errors import ManagerNotMuted, Muted
from leagues.events import ChatMessageRemoved, ChatMuted
from leagues.membership import MAX_REASON
from leagues.models import ChatMessage, Constructor, League
from leagues.permissions import belongs, may_manage, require_manager

MAX_TEXT = 500
SAID_TWICE = timedelta(seconds=5)
"""The same words by the same person within this time are one message: a button was pressed twice."""

SHOWN = 50
"""So many messages stand on a page."""


def say(*, league_id: int, actor: User, text: str, now: datetime) -> ChatMessage:
    """Write to the chat, as a player or a manager → the message; said twice at once it is recorded once.

    The text is kept on one line and without invisible characters. Raises ``NotAllowed`` for others, ``Invalid``,
    ``Muted``, ``RateLimited``, ``AccountClosed``, ``EmailNotVerified``.
    """
    words = one_line(text)
    if not words:
        raise Invalid("Write something first.", field="text")
    if len(words) > MAX_TEXT:
        raise Invalid(f"A message has at most {MAX_TEXT} characters.", field="text")
    limit_chat(user_id=actor.pk)
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_reader(actor, league)
        require_player(actor)
        if not may_speak(actor, league):
            raise Muted("A manager muted you in the chat of this league.")
        standing = league.chat.filter(user=actor, text=words, created_at__gt=now - SAID_TWICE).last()
        if standing:
            return standing
        message = ChatMessage.objects.create(league=league, user=actor, text=words, created_at=now)
        _tell(league)
    return message


def remove_message(*, league_id: int, message_id: int, actor: User, now: datetime) -> None:
    """Take a message out, one's own or, as a manager, anybody's: that is logged. Safe to repeat.

    Raises ``NotAllowed``.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_reader(actor, league)
        message = league.chat.filter(pk=message_id).first()
        if message is None:
            return
        if message.user_id != actor.pk:
            require_manager(actor, league)
            publish(ChatMessageRemoved(league.pk, message.user_id), source=league, actor=actor, now=now)
        message.delete()
        _tell(league)


def mute(*, league_id: int, actor: User, user: User, on: bool, now: datetime, reason: str = "") -> None:
    """Let a player of the league say nothing in its chat from now on, or something again. Safe to repeat.

    Raises ``NotAllowed``, ``ManagerNotMuted``, ``Invalid`` for somebody who never played in it or too long a reason.
    """
    why = one_line(reason)
    if len(why) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", field="reason")
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_manager(actor, league)
        if not league.constructors.filter(user=user).exists():
            raise Invalid("That is nobody of this league.", field="user")
        if on and may_manage(user, league):
            raise ManagerNotMuted("A manager cannot be muted.")
        if league.muted.filter(pk=user.pk).exists() == on:
            return
        if on:
            league.muted.add(user)
        else:
            league.muted.remove(user)
        publish(ChatMuted(league.pk, user.pk, on, why), source=league, actor=actor, now=now)
        _tell(league)


def forget(*, user: User) -> None:
    """Take out all that somebody said anywhere, as when their account is deleted. Safe to repeat."""
    said = ChatMessage.objects.filter(user=user)
    leagues = list(League.objects.filter(pk__in=said.values("league")))
    said.delete()
    League.muted.through.objects.filter(user=user).delete()
    for league in leagues:
        _tell(league)


def require_reader(user: User, league: League) -> None:
    """Raise ``NotAllowed`` unless ``user`` is of the league, or the host."""
    if not belongs(user, league):
        raise NotAllowed("The chat is for members of the league.")


def may_speak(user: User, league: League) -> bool:
    """Whether nobody muted ``user``, who is of the league; managers always may."""
    return not league.muted.filter(pk=user.pk).exists() or may_manage(user, league)


def messages(league: League) -> QuerySet[ChatMessage, Any]:
    """The newest first, with ``team_name`` and ``color`` of the speaker's team, ``None`` for who has none."""
    team = Constructor.objects.filter(league=OuterRef("league"), user=OuterRef("user"))
    said = league.chat.select_related("user").order_by("-pk")
    return said.annotate(team_name=team.values("team_name")[:1], color=team.values("color")[:1])


@dataclass(frozen=True)
class Panel:
    """The chat as one of its readers sees it: the latest ``messages``, the newest first, and what they may do.

    ``mark`` is another one whenever anything of it has changed.
    """

    messages: list[Any]
    muted: list[User]
    manager_ids: set[int]
    manages: bool
    may_speak: bool

    @property
    def mark(self) -> str:
        ends = [message.pk for message in (self.messages[:1] + self.messages[-1:])]
        return "-".join(map(str, [*ends, len(self.messages), *(user.pk for user in self.muted)]))


def panel(league: League, *, reader: User) -> Panel:
    """For somebody of the league. Three queries."""
    muted, managers = list(league.muted.order_by("pk")), set(league.managers.values_list("pk", flat=True))
    manages = reader.is_superuser or reader.pk in managers
    return Panel(
        messages=list(messages(league)[:SHOWN]),
        muted=muted,
        manager_ids=managers,
        manages=manages,
        may_speak=manages or reader not in muted,
    )


def said_by(user: User) -> list[dict[str, Any]]:
    """All that somebody said, for themselves."""
    said = ChatMessage.objects.filter(user=user).order_by("pk")
    return [dict(row) for row in said.values("league_id", "text", "created_at", league_name=F("league__name"))]


def _tell(league: League) -> None:
    """Let those who have the chat open read it again."""
    live.nudge(league.topic, "chat", {})
