"""Who is told of what happens in leagues and drafts: read from the event log, each event once.

Scores have their own way (``scores``): one event stands for all players of all leagues there.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any, TypeVar

from django.db.models import Q

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
from notifications.models import Notification
from notifications.service import Letter
from races.events import ResultsLate
from races.models import Race, Session

READER = "notifications"
Type = Notification.Type
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
    letters = [letter for teller in TELLERS.get(row.name, ()) for letter in teller(row)]
    service.create(letters, now=row.created_at)
    if row.topic.startswith("draft:"):
        _end_what_is_over(row)
    elif row.name == ConstructorTakenOver.__name__:
        _end_what_others_do_now(row)


def _event(kind: type[E], row: EventLog) -> E:
    return kind(**{field.name: row.data[field.name] for field in fields(kind) if field.name in row.data})


# Drafts -----------------------------------------------------------------------------------------


def _of_opening(row: EventLog) -> Iterator[Letter]:
    """Everybody who drafts, unless it is over by now."""
    draft = _draft(row)
    if draft and draft.status == Draft.Status.OPEN:
        teams = Constructor.objects.in_bulk(draft.order_data)
        opening = _opening(row.topic, row.version)
        message = messages.draft_open(draft, opening=opening, first=teams[draft.order_data[0]])
        yield from ((team.user_id, message) for team in teams.values() if team.is_active)


def _of_turn(row: EventLog) -> Iterable[Letter]:
    """Whoever is on the clock now, unless the autopick picks for them."""
    draft = _draft(row)
    return _turn(draft) if draft else ()


def _turn(draft: Draft) -> Iterator[Letter]:
    turn_of = on_the_clock(draft)
    if turn_of is not None:
        opening = _opening(draft.topic, draft.version)
        on_autopick = Autopilot.objects.of(draft).values("constructor")
        for team in Constructor.objects.filter(pk=turn_of).select_related("user").exclude(pk__in=on_autopick):
            yield team.user_id, messages.pick_turn(draft, opening=opening, team=team)


def _of_pick(row: EventLog) -> Iterator[Letter]:
    """The owner of a team for which somebody else picked, if the pick still stands."""
    event = _event(PickMade, row)
    if event.source == Pick.Source.PLAYER:
        return
    picks = Pick.objects.select_related("constructor", "driver", "draft__league", "draft__race")
    for pick in picks.filter(draft=event.draft_id, pick_number=event.pick_number, driver=event.driver_id):
        yield pick.constructor.user_id, messages.picked_for_you(pick, opening=_opening(row.topic, row.version))


def _of_change(kind: type[Change]) -> Callable[[EventLog], Iterator[Letter]]:
    """Everybody who plays in the league, but for who did it, once there is something to be changed."""

    def tell(row: EventLog) -> Iterator[Letter]:
        draft = _draft(row)
        is_back = kind is DraftMoved and _happened(row.topic, row.version - 1, DraftVoided)
        if draft and (draft.status != Draft.Status.SCHEDULED or row.data.get("reset") or is_back):
            message = messages.draft_changed(
                draft, _event(kind, row), actor=row.actor, version=row.version, is_back=is_back
            )
            players = draft.league.constructors.playing().exclude(user=row.actor_id or 0)
            yield from ((user, message) for user in players.values_list("user", flat=True))

    return tell


def _of_move(row: EventLog) -> Iterable[Letter]:
    """The same, unless the draft of a race that came back goes on: then that is told."""
    return () if _happened(row.topic, row.version + 1, DraftResumed) else _of_change(DraftMoved)(row)


def _happened(topic: str, version: int, kind: type[Event]) -> bool:
    return EventLog.objects.filter(topic=topic, version=version, name=kind.__name__).exists()


def _draft(row: EventLog) -> Draft | None:
    return Draft.objects.select_related("league", "race").filter(pk=row.data["draft_id"]).first()


BEGUN = [kind.__name__ for kind in (DraftOpened, OrderChanged, ClockChanged, PicksUndone, DraftResumed)]
"""After these a turn begins anew, or goes on until another time."""


def _opening(topic: str, version: int) -> int:
    """How often a draft had begun anew by that version: the same turn may come again."""
    return EventLog.objects.filter(topic=topic, version__lte=version, name__in=BEGUN).count()


def _end_what_is_over(row: EventLog) -> None:
    """What was told of the draft, and helps nobody any more: a turn that is taken, that no driver was picked, and that
    the draft is open.
    """
    draft = _draft(row)
    if draft is None:
        return
    over = Q(type=Type.PICK_TURN)
    if on_the_clock(draft):
        over &= ~Q(dedupe_key=messages.turn_key(draft, opening=_opening(draft.topic, draft.version)))
    over |= Q(type=Type.REMINDER, user__in=draft.picks.values("constructor__user"))
    if draft.status not in (Draft.Status.OPEN, Draft.Status.PAUSED):
        over |= Q(type__in=[Type.DRAFT_OPEN, Type.REMINDER])
    players = draft.league.constructors.values("user")
    of_draft = Notification.objects.filter(user__in=players, dedupe_key__startswith=f"{draft.topic}:")
    service.end(of_draft.filter(over), now=row.created_at)


def _end_what_others_do_now(row: EventLog) -> None:
    """What who had a team was asked to do in the drafts of its league."""
    event = _event(ConstructorTakenOver, row)
    asked = Q(type__in=[Type.DRAFT_OPEN, Type.PICK_TURN, Type.REMINDER])
    of_league = Notification.objects.filter(
        user=event.former_id, league=event.league_id, created_at__lte=row.created_at
    )
    service.end(of_league.filter(asked), now=row.created_at)


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
    """Who had the team, and the managers; and who has it, if it is on the clock."""
    event = _event(ConstructorTakenOver, row)
    for team in _team(row):
        for former in User.objects.filter(pk=event.former_id):
            message = messages.taken_over(team, former=former, event=_key(row))
            yield from ((manager, message) for manager in _managers_but(team) if manager != former.pk)
            yield former.pk, messages.replaced(team, event=_key(row))
        drafts = Draft.objects.filter(league=team.league_id, status=Draft.Status.OPEN)
        for draft in drafts.select_related("league", "race"):
            yield from _turn(draft)


def _of_managers(row: EventLog) -> Iterator[Letter]:
    """Who manages the league from now on, and who does not any more, but for who did it."""
    now = set(_event(ManagersChanged, row).user_ids)
    for league in League.objects.filter(pk=row.data["league_id"]):
        events = league.events().filter(name=ManagersChanged.__name__, version__lt=row.version)
        last = events.order_by("-version").first()
        before = set(last.data["user_ids"]) if last else {league.creator_id}
        for user in User.objects.filter(pk__in=(now ^ before) - {row.actor_id}):
            yield user.pk, messages.managers_changed(league, manages=user.pk in now, event=_key(row))


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
    ClockChanged: [_of_change(ClockChanged), _of_turn],
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
