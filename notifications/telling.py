"""Who is told of what happens in leagues and drafts: read from the event log, each event once.

Scores have their own way (``scores``): one event stands for all players of all leagues there.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any, TypeVar

from accounts.models import User
from drafts.events import (
    ClockChanged,
    ConstructorWithdrawn,
    DraftMoved,
    DraftOpened,
    DraftPaused,
    DraftResumed,
    DraftVoided,
    OrderChanged,
    PickMade,
    PicksUndone,
)
from drafts.models import Autopilot, Draft, Pick
from drafts.picks import on_the_clock
from fantasy_f1.core import log_reader
from fantasy_f1.core.events import Event
from fantasy_f1.core.models import EventLog
from leagues.events import ConstructorJoined, ConstructorLeft, ConstructorTakenOver, ManagersChanged, TeamOffered
from leagues.models import Constructor, League
from notifications import messages, service
from notifications.service import Letter
from races.events import ResultsLate
from races.models import Race, Session

READER = "notifications"
E = TypeVar("E", bound=Event)
Change = DraftPaused | DraftResumed | PicksUndone | ClockChanged | DraftVoided | DraftMoved


def has_news() -> bool:
    return log_reader.has_news(READER)


def follow_log() -> int:
    """Tell people of what happened since the last time → how many events that were; 0 at the end of the log."""
    return log_reader.follow(READER, _tell)


def catch_up() -> None:
    """``follow_log`` to the end of the log."""
    while follow_log():
        pass


def _tell(row: EventLog) -> None:
    if tellers := TELLERS.get(row.name):
        letters = [letter for teller in tellers for letter in teller(row)]
        service.create(letters, now=row.created_at)


def _event(kind: type[E], row: EventLog) -> E:
    return kind(**{field.name: row.data[field.name] for field in fields(kind) if field.name in row.data})


# Drafts -----------------------------------------------------------------------------------------


def _of_opening(row: EventLog) -> Iterator[Letter]:
    """Everybody who drafts, unless it is over by now."""
    draft = _draft(row)
    if draft and draft.status == Draft.Status.OPEN:
        teams = Constructor.objects.in_bulk(draft.order_data)
        message = messages.draft_open(draft, opening=_opening(row), first=teams[draft.order_data[0]])
        yield from ((team.user_id, message) for team in teams.values())


def _of_turn(row: EventLog) -> Iterator[Letter]:
    if draft := _draft(row):
        yield from of_turn(draft)


def of_turn(draft: Draft) -> Iterator[Letter]:
    """Whoever is on the clock now, unless the autopick picks for them."""
    turn_of = on_the_clock(draft)
    if turn_of is not None:
        latest = draft.events().order_by("-version")[0]
        on_autopick = Autopilot.objects.of(draft).values("constructor")
        for team in Constructor.objects.filter(pk=turn_of).select_related("user").exclude(pk__in=on_autopick):
            yield team.user_id, messages.pick_turn(draft, opening=_opening(latest), team=team)


def _of_pick(row: EventLog) -> Iterator[Letter]:
    """The owner of a team for which somebody else picked, if the pick still stands."""
    event = _event(PickMade, row)
    if event.source == Pick.Source.PLAYER:
        return
    picks = Pick.objects.select_related("constructor", "driver", "draft__league", "draft__race")
    for pick in picks.filter(draft=event.draft_id, pick_number=event.pick_number, driver=event.driver_id):
        yield pick.constructor.user_id, messages.picked_for_you(pick, opening=_opening(row))


def _of_change(kind: type[Change]) -> Callable[[EventLog], Iterator[Letter]]:
    """Everybody who plays in the league, but for who did it, once there is something to be changed."""

    def tell(row: EventLog) -> Iterator[Letter]:
        draft = _draft(row)
        if draft and (draft.status != Draft.Status.SCHEDULED or row.data.get("reset")):
            actor = row.actor
            message = messages.draft_changed(draft, _event(kind, row), actor=actor, version=row.version)
            players = draft.league.constructors.playing().exclude(user=row.actor_id or 0)
            yield from ((user, message) for user in players.values_list("user", flat=True))

    return tell


def _of_move(row: EventLog) -> Iterable[Letter]:
    """The same, unless the race came back: then it is told that the draft goes on."""
    is_back = EventLog.objects.filter(topic=row.topic, version=row.version + 1, name=DraftResumed.__name__).exists()
    return () if is_back else _of_change(DraftMoved)(row)


def _draft(row: EventLog) -> Draft | None:
    return Draft.objects.select_related("league", "race").filter(pk=row.data["draft_id"]).first()


def _opening(row: EventLog) -> int:
    """How often the draft was opened, or taken back to an earlier turn: the same turn may come again."""
    begun = [DraftOpened.__name__, PicksUndone.__name__]
    return EventLog.objects.filter(topic=row.topic, version__lte=row.version, name__in=begun).count()


# Leagues ----------------------------------------------------------------------------------------


def _of_joining(row: EventLog) -> Iterator[Letter]:
    for team in _team(row):
        message = messages.joined(team, event=_key(row))
        yield from ((manager, message) for manager in _managers_but(team))


def _of_leaving(row: EventLog) -> Iterator[Letter]:
    """The managers, and who was removed."""
    event = _event(ConstructorLeft, row)
    for team in _team(row):
        message = messages.left(team, reason=event.reason, removed=event.removed, event=_key(row))
        yield from ((manager, message) for manager in _managers_but(team))
        if event.removed:
            yield team.user_id, messages.removed(team, reason=event.reason, event=_key(row))


def _of_offer(row: EventLog) -> Iterator[Letter]:
    """Who may take the team over, and who has it."""
    event = _event(TeamOffered, row)
    for team in _team(row):
        for to in User.objects.filter(pk=event.user_id):
            yield to.pk, messages.offered(team, reason=event.reason, event=_key(row))
            yield team.user_id, messages.to_be_replaced(team, by=to, reason=event.reason, event=_key(row))


def _of_take_over(row: EventLog) -> Iterator[Letter]:
    """Who had the team, and the managers."""
    event = _event(ConstructorTakenOver, row)
    for team in _team(row):
        for former in User.objects.filter(pk=event.former_id):
            message = messages.taken_over(team, former=former, event=_key(row))
            yield from ((manager, message) for manager in _managers_but(team) if manager != former.pk)
            yield former.pk, messages.replaced(team, event=_key(row))


def _of_managers(row: EventLog) -> Iterator[Letter]:
    """Who manages the league from now on, and who does not any more, but for who did it."""
    now = set(_event(ManagersChanged, row).user_ids)
    for league in League.objects.filter(pk=row.data["league_id"]):
        events = league.events().filter(name=ManagersChanged.__name__, version__lt=row.version)
        last = events.order_by("-version").first()
        before = set(last.data["user_ids"]) if last else {league.creator_id}
        for user_id in sorted((now ^ before) - {row.actor_id}):
            message = messages.managers_changed(league, manages=user_id in now, event=_key(row))
            yield user_id, message


# For hosts --------------------------------------------------------------------------------------


def _of_late_result(row: EventLog) -> Iterator[Letter]:
    """Every host."""
    event = _event(ResultsLate, row)
    for race in Race.objects.filter(pk=event.race_id):
        message = messages.results_late(race, session=Session(event.session), event=_key(row))
        hosts = User.objects.filter(is_superuser=True, is_active=True).values_list("pk", flat=True)
        yield from ((host, message) for host in hosts)


def _team(row: EventLog) -> Iterable[Constructor]:
    """The team, if it still exists."""
    return Constructor.objects.filter(pk=row.data["constructor_id"]).select_related("league", "user")


def _managers_but(team: Constructor) -> list[int]:
    return list(team.league.managers.exclude(pk=team.user_id).values_list("pk", flat=True))


def _key(row: EventLog) -> str:
    return str(row.version)


Teller = Callable[[EventLog], Iterable[Letter]]
_tellers: dict[type[Any], list[Teller]] = {
    DraftOpened: [_of_opening, _of_turn],
    PickMade: [_of_pick, _of_turn],
    OrderChanged: [_of_turn],
    ConstructorWithdrawn: [_of_turn],
    DraftResumed: [_of_change(DraftResumed), _of_turn],
    DraftPaused: [_of_change(DraftPaused)],
    PicksUndone: [_of_change(PicksUndone)],
    ClockChanged: [_of_change(ClockChanged)],
    DraftVoided: [_of_change(DraftVoided)],
    DraftMoved: [_of_move],
    ConstructorJoined: [_of_joining],
    ConstructorLeft: [_of_leaving],
    TeamOffered: [_of_offer],
    ConstructorTakenOver: [_of_take_over],
    ManagersChanged: [_of_managers],
    ResultsLate: [_of_late_result],
}
TELLERS = {kind.__name__: tellers for kind, tellers in _tellers.items()}
