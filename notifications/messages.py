"""What is said, and to which page it leads. Pure: rows come loaded, nothing is read or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.dateformat import format as date_format

from accounts.models import User
from drafts.events import ClockChanged, DraftMoved, DraftPaused, DraftResumed, DraftVoided, PicksUndone
from drafts.models import Draft, Pick
from fantasy_f1.core.numbers import plain
from leagues.models import Constructor, League, time_in_words
from notifications.models import Notification
from races.models import Race, Session

MAX_TITLE, MAX_TEXT = 120, 500
"""As much as a notification holds, in letters."""


@dataclass(frozen=True)
class Message:
    """``key`` names the event that it tells of: nobody is told twice. ``league_id`` is whose managers may see it.

    ``race_id`` is set where it gives a result away. After ``useful_until`` nobody is helped by hearing of it any more.
    """

    type: Notification.Type
    title: str
    text: str
    link: str
    key: str
    league_id: int | None = None
    race_id: int | None = None
    useful_until: datetime | None = None
    is_of_slow_draft: bool = False


@dataclass(frozen=True)
class Place:
    """A team's place in a league's race."""

    points: Decimal
    rank: int
    tied: bool
    teams: int


def draft_open(draft: Draft, *, opening: int, first: Constructor) -> Message:
    """``opening`` tells turns of one number apart: a draft may begin anew, and picks can be undone."""
    return Message(
        Notification.Type.DRAFT_OPEN,
        f"{draft.race.name}: the draft is open",
        f"{draft.league} drafts two drivers per team. {first} picks first.",
        _room(draft),
        f"draft:{draft.pk}:{opening}:open",
        draft.league_id,
        useful_until=draft.locks_at,
        is_of_slow_draft=_is_slow(draft),
    )


def pick_turn(draft: Draft, *, opening: int, team: Constructor) -> Message:
    """With the end of the turn, where it has one, as the clocks of its player show it."""
    until = ""
    if draft.deadline_at:
        until = f" until {_at(draft.deadline_at, team.user)}"
    return Message(
        Notification.Type.PICK_TURN,
        f"Your turn in {draft.league}",
        f"Pick {draft.current_pick} for the {draft.race.name} is yours{until}: choose a driver for {team}.",
        _room(draft),
        turn_key(draft, opening=opening),
        draft.league_id,
        useful_until=draft.deadline_at or draft.locks_at,
    )


def turn_key(draft: Draft, *, opening: int) -> str:
    """Of the turn that is on the clock."""
    return f"draft:{draft.pk}:{opening}:turn:{draft.current_pick}"


def reminder(draft: Draft, *, team: Constructor) -> Message:
    """Soon the draft locks, and the team has no driver yet."""
    return Message(
        Notification.Type.REMINDER,
        f"{draft.race.name}: {draft.league} locks soon",
        f"{team} has no driver yet. The draft locks {_at(draft.locks_at, team.user)}; what is open then goes to the "
        "autopick. Queue the drivers that you want.",
        _room(draft),
        f"draft:{draft.pk}:locks:{draft.locks_at.isoformat()}",
        draft.league_id,
        useful_until=draft.locks_at,
    )


def picked_for_you(pick: Pick, *, opening: int) -> Message:
    by = pick.reason
    if pick.source == Pick.Source.MANAGER:
        by = f"A manager of the league picked for you{': ' if by else ''}{by}"
    return Message(
        Notification.Type.DRAFT_UPDATE,
        f"{pick.constructor} got {pick.driver}",
        f"Pick {pick.pick_number} for the {pick.draft.race.name} in {pick.draft.league}. {by.rstrip('.')}.",
        _room(pick.draft),
        f"draft:{pick.draft_id}:{opening}:pick:{pick.pick_number}",
        pick.league_id,
        is_of_slow_draft=_is_slow(pick.draft),
    )


def draft_changed(
    draft: Draft,
    event: DraftPaused | DraftResumed | PicksUndone | ClockChanged | DraftVoided | DraftMoved,
    *,
    actor: User | None,
    version: int,
    is_back: bool = False,
) -> Message:
    """What was done to the draft as a whole; ``version`` is that of the event. It ``is_back`` with its race."""
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
        case DraftMoved(reset=False) if is_back:
            title, text = "the race is back", f"The draft in {draft.league} is no longer void: look at its page."
        case DraftMoved(reset=reset):
            title = "the draft begins anew" if reset else "the race moved"
            text = "The race moved far: all drivers are free again, and the order stays." if reset else "Picks stand."
            if draft.status != Draft.Status.LOCKED:
                text = f"{text} The draft in {draft.league} locks at another time: look at its page."
    return Message(
        Notification.Type.DRAFT_UPDATE,
        f"{draft.race.name}: {title}",
        text,
        _room(draft),
        f"draft:{draft.pk}:event:{version}",
        draft.league_id,
        is_of_slow_draft=_is_slow(draft),
    )


def _why(reason: str) -> str:
    return f" Reason: {reason.removesuffix('.')}." if reason else ""


def race_finished(*, league_id: int, league: str, race: Race, team: str, place: Place, number: int) -> Message:
    """``number`` counts the scorings of the race."""
    return Message(
        Notification.Type.RACE_FINISHED,
        f"{race.name}: {_points(place)}",
        f"{team} is {_rank(place)} of {place.teams} in {league}.",
        _board(league_id, race.pk),
        f"race:{race.pk}:league:{league_id}:scored:{number}",
        league_id,
        race_id=race.pk,
    )


def results_amended(
    *, league_id: int, league: str, race: Race, team: str, place: Place, was: Place, changes: Sequence[str], number: int
) -> Message:
    """``changes`` are those of the league's drivers, in words."""
    points = f"still has {_points(place)}"
    if place.points != was.points:
        points = f"has {_points(place)} instead of {plain(was.points)}"
    rank = f"is still {_rank(place)} of {place.teams} in {league}"
    if _rank(place) != _rank(was):
        rank = f"is {_rank(place)} of {place.teams} in {league} instead of {_rank(was)}"
    return Message(
        Notification.Type.RESULTS_AMENDED,
        f"{race.name}: the results changed",
        f"{team} {points} and {rank}. {', '.join(changes)}.",
        _board(league_id, race.pk),
        f"race:{race.pk}:league:{league_id}:scored:{number}",
        league_id,
        race_id=race.pk,
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


def managers_changed(league: League, *, manages: bool, event: str) -> Message:
    """For who became a manager, or (``manages`` is false) is none any more."""
    return Message(
        Notification.Type.LEAGUE,
        f"You manage {league}" if manages else f"You do not manage {league} any more",
        "Its order, clock and players are yours to look after." if manages else "Others look after it now.",
        league.get_absolute_url(),
        f"league:{league.pk}:managers:{event}",
        league.pk,
    )


def results_late(race: Race, *, session: Session, event: str) -> Message:
    """For hosts."""
    return Message(
        Notification.Type.HOST,
        f"{race.name}: the {session.label} result is late",
        "The upstream has had nothing for six hours longer than usual. You can enter the result by hand; what comes "
        "later takes its place, and the difference is shown.",
        reverse("admin:races_race_change", args=[race.pk]),
        f"race:{race.pk}:late:{event}",
    )


def webhook_off(host: str, why: str, *, link: str, key: str, league_id: int | None) -> Message:
    return Message(
        Notification.Type.LEAGUE,
        f"The webhook to {host} is switched off",
        f"It did not take what was sent: {why} Once that is mended, switch it on again.",
        link,
        key,
        league_id,
    )


def _is_slow(draft: Draft) -> bool:
    """Whether people draft over the week, by a slow clock or none: nobody waits in the room."""
    return draft.is_slow or draft.pick_seconds is None


def _room(draft: Draft) -> str:
    return reverse("drafts:room", args=[draft.league_id, draft.race_id])


@lru_cache(maxsize=128)  # asked for by each player of a league in turn
def _board(league_id: int, race_id: int) -> str:
    return f"{reverse('scoring:leaderboard', args=[league_id])}?race={race_id}"


def _at(moment: datetime, user: User) -> str:
    """As the clocks of ``user`` show it."""
    return date_format(moment.astimezone(ZoneInfo(user.time_zone)), "D j M, H:i")


def _points(place: Place) -> str:
    return f"{plain(place.points)} point{'' if place.points == 1 else 's'}"


def _rank(place: Place) -> str:
    return f"P{place.rank}{' (shared)' if place.tied else ''}"
