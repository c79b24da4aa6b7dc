"""What is said, and to which page it leads. Pure: rows come loaded, nothing is read or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.text import Truncator

from accounts.models import User
from drafts.events import ClockChanged, DraftPaused, DraftResumed, DraftVoided, PicksUndone
from drafts.models import Draft, Pick
from fantasy_f1.core.numbers import plain
from leagues.models import Constructor, League, time_in_words
from notifications.models import Notification
from races.models import Race
from scoring.leaderboards import Row

MAX_TEXT = 500
"""As much as a notification holds."""


@dataclass(frozen=True)
class Message:
    """``key`` names the event that it tells of: nobody is told twice. ``league_id`` is whose managers may see it."""

    type: Notification.Type
    title: str
    text: str
    link: str
    key: str
    league_id: int | None = None


def draft_open(draft: Draft, *, opening: int, first: Constructor) -> Message:
    """``opening`` tells turns of one number apart: a race that moves far is drafted anew, and picks can be undone."""
    return Message(
        Notification.Type.DRAFT_OPEN,
        f"{draft.race.name}: the draft is open",
        f"{draft.league} drafts two drivers per team. {first} picks first.",
        _room(draft),
        f"draft:{draft.pk}:{opening}:open",
        draft.league_id,
    )


def pick_turn(draft: Draft, *, opening: int, team: Constructor) -> Message:
    """With the end of the turn, where it has one, as the clocks of its player show it."""
    until = ""
    if draft.deadline_at:
        local = draft.deadline_at.astimezone(ZoneInfo(team.user.time_zone))
        until = f" until {date_format(local, 'D j M, H:i')}"
    return Message(
        Notification.Type.PICK_TURN,
        f"Your turn in {draft.league}",
        f"Pick {draft.current_pick} for the {draft.race.name} is yours{until}: choose a driver for {team}.",
        _room(draft),
        f"draft:{draft.pk}:{opening}:turn:{draft.current_pick}",
        draft.league_id,
    )


def picked_for_you(pick: Pick, *, opening: int) -> Message:
    by = pick.reason
    if pick.source == Pick.Source.MANAGER:
        by = f"A manager of the league picked for you{': ' if by else ''}{by}"
    text = f"Pick {pick.pick_number} for the {pick.draft.race.name} in {pick.draft.league}. {by.rstrip('.')}."
    return Message(
        Notification.Type.DRAFT_UPDATE,
        f"{pick.constructor} got {pick.driver}",
        Truncator(text).chars(MAX_TEXT),
        _room(pick.draft),
        f"draft:{pick.draft_id}:{opening}:pick:{pick.pick_number}",
        pick.league_id,
    )


def draft_changed(
    draft: Draft,
    event: DraftPaused | DraftResumed | PicksUndone | ClockChanged | DraftVoided,
    *,
    actor: User | None,
    version: int,
) -> Message:
    """What was done to the draft as a whole; ``version`` is that of the event."""
    by = f"{actor.display_name}, who manages {draft.league}," if actor else ""
    match event:
        case DraftPaused(reason=reason):
            title, text = "the draft is paused", f"{by} paused it: nobody picks until it goes on.{_why(reason)}"
        case DraftResumed(reason=reason):
            title = "the draft goes on"
            text = f"{by} resumed it.{_why(reason)}" if by else f"{draft.league} drafts again."
        case PicksUndone(to_pick_number=number, reason=reason):
            title, text = "picks were undone", f"{by} took the draft back to pick {number}.{_why(reason)}"
        case ClockChanged(pick_seconds=seconds, reason=reason):
            title = "another clock"
            done = f"gives {time_in_words(seconds)} for a pick from now on" if seconds else "took the clock off"
            text = f"{by} {done}.{_why(reason)}"
        case DraftVoided(reason=reason):
            title, text = "the draft is void", f"{by} made it void: {reason}" if by else f"{reason.removesuffix('.')}."
    return Message(
        Notification.Type.DRAFT_UPDATE,
        f"{draft.race.name}: {title}",
        text,
        _room(draft),
        f"draft:{draft.pk}:event:{version}",
        draft.league_id,
    )


def _why(reason: str) -> str:
    return f" Reason: {reason.removesuffix('.')}." if reason else ""


def race_finished(league: League, race: Race, *, row: Row, teams: int) -> Message:
    return Message(
        Notification.Type.RACE_FINISHED,
        f"{race.name}: {_points(row)}",
        f"{row.team_name} is {_place(row, teams)} in {league}.",
        _board(league, race),
        f"race:{race.pk}:league:{league.pk}:scored",
        league.pk,
    )


def results_amended(
    league: League, race: Race, *, row: Row, teams: int, number: int, changes: Sequence[str]
) -> Message:
    """``changes`` as in ``RaceScored``, of the league's drivers; ``number`` counts the scorings."""
    return Message(
        Notification.Type.RESULTS_AMENDED,
        f"{race.name}: the results changed",
        f"{row.team_name} now has {_points(row)} and is {_place(row, teams)} in {league}. {', '.join(changes)}.",
        _board(league, race),
        f"race:{race.pk}:league:{league.pk}:scored:{number}",
        league.pk,
    )


def joined(team: Constructor, *, event: str) -> Message:
    """For managers. ``event`` tells one joining or leaving of a team from the next."""
    return Message(
        Notification.Type.LEAGUE,
        f"{team} joined {team.league}",
        f"{team.user.display_name} drafts with you from now on.",
        team.league.get_absolute_url(),
        f"constructor:{team.pk}:joined:{event}",
        team.league_id,
    )


def left(team: Constructor, *, reason: str, removed: bool, event: str) -> Message:
    """For managers."""
    return Message(
        Notification.Type.LEAGUE,
        f"{team} {'was removed from' if removed else 'left'} {team.league}",
        reason,
        team.league.get_absolute_url(),
        f"constructor:{team.pk}:left:{event}",
        team.league_id,
    )


def removed(team: Constructor, *, reason: str, event: str) -> Message:
    """For who was removed."""
    return Message(
        Notification.Type.LEAGUE,
        f"You were removed from {team.league}",
        f"A manager gave this reason: {reason}",
        reverse("leagues:list"),
        f"constructor:{team.pk}:removed:{event}",
        team.league_id,
    )


def offered(team: Constructor, *, reason: str, event: str) -> Message:
    """For who may take the team over."""
    return Message(
        Notification.Type.LEAGUE,
        f"{team} in {team.league} is offered to you",
        f"Join the league to take over the team of {team.user.display_name} with its points. "
        f"A manager gave this reason: {reason}",
        reverse("leagues:enter", args=[team.league_id]),
        f"constructor:{team.pk}:offered:{event}",
        team.league_id,
    )


def to_be_replaced(team: Constructor, *, by: User, reason: str, event: str) -> Message:
    """For who has the team until it is taken over."""
    return Message(
        Notification.Type.LEAGUE,
        f"{by.display_name} may take over {team}",
        f"A manager of {team.league} offers your team to another player. They gave this reason: {reason}",
        reverse("leagues:list"),
        f"constructor:{team.pk}:to_be_replaced:{event}",
        team.league_id,
    )


def replaced(team: Constructor, *, event: str) -> Message:
    """For who had the team."""
    return Message(
        Notification.Type.LEAGUE,
        f"{team.user.display_name} took over your team in {team.league}",
        "It goes on with all that it scored.",
        reverse("leagues:list"),
        f"constructor:{team.pk}:replaced:{event}",
        team.league_id,
    )


def taken_over(team: Constructor, *, former: User, event: str) -> Message:
    """For managers."""
    return Message(
        Notification.Type.LEAGUE,
        f"{team.user.display_name} took over {team} in {team.league}",
        f"The team was that of {former.display_name}.",
        team.league.get_absolute_url(),
        f"constructor:{team.pk}:taken_over:{event}",
        team.league_id,
    )


def _room(draft: Draft) -> str:
    return reverse("drafts:room", args=[draft.league_id, draft.race_id])


def _board(league: League, race: Race) -> str:
    return f"{reverse('scoring:leaderboard', args=[league.pk])}?race={race.pk}"


def _points(row: Row) -> str:
    return f"{plain(row.points)} point{'' if row.points == 1 else 's'}"


def _place(row: Row, teams: int) -> str:
    return f"P{row.rank}{' (shared)' if row.tied else ''} of {teams}"
