"""What webhooks tell: kinds of events, and what each of them holds. Nothing that a member of the league cannot see."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from drafts.models import Draft
from fantasy_f1.core.models import EventLog
from fantasy_f1.core.numbers import plain
from leagues.models import Constructor, League
from notifications.reminders import BEFORE_LOCK, without_a_pick
from notifications.scores import changes_of
from notifications.webhooks import chat
from notifications.webhooks.chat import Said
from races.models import Race
from scoring import ranking
from scoring.leaderboards import race_totals
from scoring.models import ScoreRun

TEST = "webhook.test"
LOCKS_SOON = "draft.locks_soon"
SCORED, AMENDED = "score.race_scored", "score.race_amended"
OF_DRAFTS = {
    "DraftScheduled": "draft.scheduled",
    "DraftOpened": "draft.opened",
    "OrderChanged": "draft.order_changed",
    "PickMade": "draft.pick_made",
    "PicksUndone": "draft.picks_undone",
    "ConstructorWithdrawn": "draft.constructor_withdrawn",
    "ClockChanged": "draft.clock_changed",
    "DraftPaused": "draft.paused",
    "DraftResumed": "draft.resumed",
    "DraftCompleted": "draft.completed",
    "DraftLocked": "draft.locked",
    "DraftVoided": "draft.voided",
    "DraftMoved": "draft.moved",
}
OF_LEAGUES = {
    "LeagueCreated": "league.created",
    "LeagueChanged": "league.changed",
    "ConstructorJoined": "league.constructor_joined",
    "ConstructorLeft": "league.constructor_left",
    "ConstructorRenamed": "league.constructor_renamed",
    "ConstructorRecoloured": "league.constructor_recoloured",
    "ConstructorTakenOver": "league.constructor_taken_over",
    "ManagersChanged": "league.managers_changed",
}
"""By the name in the event log."""
KINDS = (*OF_DRAFTS.values(), LOCKS_SOON, SCORED, AMENDED, *OF_LEAGUES.values())
AREAS = ("draft.*", "score.*", "league.*")
FOR_CHATS = (
    "draft.opened",
    "draft.paused",
    "draft.resumed",
    "draft.voided",
    "draft.completed",
    LOCKS_SOON,
    SCORED,
    AMENDED,
)
"""What a chat gets where nothing else is said: a message for each pick is more than most want."""


@dataclass(frozen=True)
class Happening:
    """Something in one league; ``key`` names it. ``said`` puts it in words, which takes some queries."""

    key: str
    kind: str
    league: League
    at: datetime
    data: dict[str, Any]
    said: Callable[[], Said]


def of_row(row: EventLog, heard_in: Collection[int]) -> Iterator[Happening]:
    """What webhooks tell of an event of the log, in each league that it concerns of those ``heard_in``."""
    if row.name in OF_DRAFTS:
        yield from _of_draft(row, heard_in)
    elif row.name in OF_LEAGUES:
        yield from _of_league(row, heard_in)
    elif row.name == "RaceScored":
        yield from _of_score(row, heard_in)


def of_locks(now: datetime, heard_in: Collection[int]) -> Iterator[Happening]:
    """The drafts that lock within two hours; the same each time it is asked."""
    soon = Draft.objects.filter(status__in=Draft.RUNNING, locks_at__gt=now, locks_at__lte=now + BEFORE_LOCK)
    for draft in soon.filter(league__in=heard_in).select_related("league", "race"):
        missing = list(without_a_pick(draft))
        data = {
            "draft_id": draft.pk,
            "race_id": draft.race_id,
            "locks_at": draft.locks_at,
            "missing": [team.pk for team in missing],
        }
        key = f"{draft.topic}:locks:{draft.locks_at.isoformat()}"
        yield Happening(key, LOCKS_SOON, draft.league, now, data, partial(chat.locks_soon, draft, missing))


def _of_draft(row: EventLog, heard_in: Collection[int]) -> Iterator[Happening]:
    draft = Draft.objects.select_related("league", "race").filter(pk=row.data["draft_id"]).first()
    if draft and draft.league_id in heard_in:
        data = {"by": _by(row), "race_id": draft.race_id, "version": row.version, **row.data}
        yield Happening(
            _key(row), OF_DRAFTS[row.name], draft.league, row.created_at, data, partial(chat.in_draft, draft, row)
        )


def _of_league(row: EventLog, heard_in: Collection[int]) -> Iterator[Happening]:
    if row.data["league_id"] in heard_in:
        league = League.objects.get(pk=row.data["league_id"])
        data = {"by": _by(row), "version": row.version, **row.data}
        yield Happening(
            _key(row), OF_LEAGUES[row.name], league, row.created_at, data, partial(chat.in_league, league, row)
        )


def _of_score(row: EventLog, heard_in: Collection[int]) -> Iterator[Happening]:
    """One for each league that drafted the race; of a later scoring only where it moved a driver whom they have.

    The board is the one of now: whoever reads late is not told what is not true any more.
    """
    race = Race.objects.select_related("season").get(pk=row.data["race_id"])
    number = row.data["number"]
    drafted = Draft.objects.filter(race=race, league__in=heard_in).values("league")
    leagues = League.objects.in_bulk(drafted.values_list("league", flat=True))
    changes = {}
    if number > 1:
        run = ScoreRun.objects.get(race=race, rule_set=row.data["rule_set_id"], number=number)
        changes = changes_of(run, list(leagues))
    teams = Constructor.objects.filter(league__in=leagues).in_bulk()
    for league_id, totals in race_totals(race, list(leagues)).items():
        if number > 1 and league_id not in changes:
            continue
        ranks = ranking.ranks(totals)
        board = [(ranks[pk], teams[pk], totals[pk]) for pk in sorted(totals, key=lambda pk: (ranks[pk], pk))]
        data = {
            "race_id": race.pk,
            "number": number,
            "status": race.results_status,
            "changes": changes.get(league_id, []),
            "results": [
                {"rank": rank, "constructor": {"id": team.pk, "team_name": team.team_name}, "points": plain(points)}
                for rank, team, points in board
            ],
        }
        yield Happening(
            f"{_key(row)}:league:{league_id}",
            SCORED if number == 1 else AMENDED,
            leagues[league_id],
            row.created_at,
            data,
            partial(chat.scored, leagues[league_id], race, board, changes.get(league_id, [])),
        )


def _key(row: EventLog) -> str:
    return f"{row.topic}#{row.version}"


def _by(row: EventLog) -> dict[str, Any] | None:
    return {"id": row.actor.pk, "username": row.actor.username} if row.actor else None
