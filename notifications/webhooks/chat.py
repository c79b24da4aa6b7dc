"""What a chat is told: short texts, and the shapes in which Discord and Slack take them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from drafts import ticker
from drafts.models import Draft
from drafts.queries import draft_board
from fantasy_f1.core.models import EventLog
from fantasy_f1.core.numbers import plain
from leagues.history import lines
from leagues.models import Constructor, League
from races.models import Race

MAX_TITLE, MAX_TEXT = 256, 4096
"""Of a Discord embed, in UTF-16 units as it counts them; all of one together 6,000."""
MAX_SECTION, MAX_FALLBACK = 3000, 4000
"""Of a Slack block, and of the text beside the blocks, which notices show."""
RED = 0xE10600
_MARKUP = re.compile(r"([\\*_~`|>#\[\]()<@:.\-+])")

Place = tuple[int, Constructor, Decimal]
"""Rank, team, points."""


@dataclass(frozen=True)
class Said:
    """Plain text; ``link`` is a path of this site, ``where`` the league."""

    title: str
    text: str
    link: str
    where: str


# What is said -----------------------------------------------------------------------------------


def in_draft(draft: Draft, row: EventLog) -> Said:
    """As the room's ticker has it, with who is on the clock then; at the end with what everybody has."""
    board = draft_board(draft, until=None)
    text = ticker.sentence(board, row)
    turn = row.data.get("current_pick")
    if row.name == "DraftCompleted":
        text = "\n".join([text, *(_drivers_of(draft, team) for team in board.columns)])
    elif turn and draft.status == Draft.Status.OPEN and turn["constructor"] in board.constructors:
        text = f"{text}\nOn the clock: {board.constructors[turn['constructor']]}, pick {turn['pick_number']}."
    return Said(f"{draft.race.name}: the draft", text, _room(draft), draft.league.name)


def locks_soon(draft: Draft, missing: Sequence[Constructor]) -> Said:
    names = ", ".join(str(team) for team in missing)
    text = f"Without a driver yet: {names}." if missing else "Every team has a driver."
    at = f"{draft.locks_at:%H:%M} UTC"
    return Said(f"{draft.race.name}: the draft locks at {at}", text, _room(draft), draft.league.name)


def scored(league: League, race: Race, board: Sequence[Place], changes: Sequence[str]) -> Said:
    title = f"{race.name}: the results changed" if changes else f"{race.name}: the points are in"
    table = [f"{rank}. {team} ({plain(points)})" for rank, team, points in board]
    text = "\n".join([*changes, *([""] if changes else []), *table])
    return Said(title, text, f"{reverse('scoring:leaderboard', args=[league.pk])}?race={race.pk}", league.name)


def in_league(league: League, row: EventLog) -> Said:
    """As the league's history has it."""
    line = lines(league, [row])[0]
    return Said("League news", f"{line.who} {line.what}.".strip(), league.get_absolute_url(), league.name)


def test(league: League | None) -> Said:
    link, where = (league.get_absolute_url(), league.name) if league else ("/", "Fantasy F1")
    return Said("It works", "This is a test: what happens in the league will be told here.", link, where)


def _drivers_of(draft: Draft, team: Constructor) -> str:
    picks = draft.picks.filter(constructor=team).select_related("driver").order_by("pick_number")
    return f"{team}: {', '.join(pick.driver.name for pick in picks)}"


def _room(draft: Draft) -> str:
    return reverse("drafts:room", args=[draft.league_id, draft.race_id])


# In which shape ---------------------------------------------------------------------------------


def discord(said: Said) -> dict[str, Any]:
    """One embed, which mentions nobody, whatever teams are called."""
    return {
        "embeds": [
            {
                "title": _cut(_discord_text(said.title), MAX_TITLE),
                "description": _cut(_discord_text(said.text), MAX_TEXT - MAX_TITLE),
                "url": f"{settings.BASE_URL}{said.link}",
                "color": RED,
                "footer": {"text": _cut(said.where, MAX_TITLE)},
            }
        ],
        "allowed_mentions": {"parse": []},
    }


def slack(said: Said) -> dict[str, Any]:
    """Blocks, and a text for where there is no room for them; nothing in them is made a link or a mention."""
    title, where = (_cut_escaped(_slack_text(part), MAX_TITLE) for part in (said.title, said.where))
    text = _slack_text(said.text)
    link = f"{_slack_text(settings.BASE_URL)}{_slack_text(said.link)}"
    blocks = [f"*{title}*\n{_cut_escaped(text, MAX_SECTION - 400)}", f"{where} · <{link}|Open>"]
    return {
        "text": _cut_escaped(f"{title}: {text}", MAX_FALLBACK),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": blocks[0], "verbatim": True}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": blocks[1], "verbatim": True}]},
        ],
    }


def _discord_text(text: str) -> str:
    """Without meaning to Discord: no bold, no link, no mention."""
    return _MARKUP.sub(r"\\\1", text)


def _slack_text(text: str) -> str:
    """No mention either where Slack's shape is taken by others, who look for ``@all`` in the text beside the blocks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\N{ZERO WIDTH SPACE}")


def _cut(text: str, most: int) -> str:
    """At most so many UTF-16 units, of which some signs take two; no backslash is left without what it stands for."""
    if len(text.encode("utf-16-le")) // 2 <= most:
        return text
    cut = text.encode("utf-16-le")[: (most - 1) * 2].decode("utf-16-le", errors="ignore")
    return f"{cut[:-1] if (len(cut) - len(cut.rstrip(chr(92)))) % 2 else cut}…"


def _cut_escaped(text: str, most: int) -> str:
    """At most so many letters, and no half of an ``&amp;``."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    begun = cut.rfind("&")
    return f"{cut[:begun] if begun >= 0 and ';' not in cut[begun:] else cut}…"
