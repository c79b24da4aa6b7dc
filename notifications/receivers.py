"""Who is told of what happens in leagues and drafts, as it is announced; scores have their own way (``scores``)."""

from datetime import datetime
from typing import Any

from accounts import export
from accounts.models import User
from accounts.signals import account_closing
from drafts.events import (
    ClockChanged,
    ConstructorWithdrawn,
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
from fantasy_f1.core.events import published
from leagues.events import ConstructorJoined, ConstructorLeft, ConstructorTakenOver, TeamOffered
from leagues.models import Constructor
from notifications import messages
from notifications.fanout import notify


def tell_opening(*, event: DraftOpened, now: datetime, **kwargs: Any) -> None:
    """Everybody who drafts, unless it is over by now."""
    draft = _draft(event.draft_id)
    if draft.status == Draft.Status.OPEN:
        teams = Constructor.objects.in_bulk(draft.order_data)
        message = messages.draft_open(draft, opening=_opening(draft), first=teams[draft.order_data[0]])
        notify(((team.user_id, message) for team in teams.values()), now=now)


def tell_turn(
    *,
    event: DraftOpened | PickMade | OrderChanged | ConstructorWithdrawn | DraftResumed,
    now: datetime,
    **kwargs: Any,
) -> None:
    """Whoever is on the clock now, unless the ranking picks for them."""
    draft = _draft(event.draft_id)
    turn_of = on_the_clock(draft)
    if turn_of is not None:
        on_autopick = Autopilot.objects.of(draft).values("constructor")
        for team in Constructor.objects.filter(pk=turn_of).select_related("user").exclude(pk__in=on_autopick):
            notify([(team.user_id, messages.pick_turn(draft, opening=_opening(draft), team=team))], now=now)


def tell_pick(*, event: PickMade, now: datetime, **kwargs: Any) -> None:
    """The owner of a team for which somebody else picked, if the pick still stands."""
    if event.source == Pick.Source.PLAYER:
        return
    picks = Pick.objects.select_related("constructor", "driver", "draft__league", "draft__race")
    for pick in picks.filter(draft=event.draft_id, pick_number=event.pick_number):
        notify([(pick.constructor.user_id, messages.picked_for_you(pick, opening=_opening(pick.draft)))], now=now)


def tell_change(
    *, event: DraftPaused | DraftResumed | PicksUndone | ClockChanged | DraftVoided, now: datetime, **kwargs: Any
) -> None:
    """Everybody who plays in the league, but for who did it."""
    draft = _draft(event.draft_id)
    log = draft.events().filter(name=type(event).__name__).select_related("actor").order_by("-version")[0]
    message = messages.draft_changed(draft, event, actor=log.actor, version=log.version)
    told = draft.league.constructors.playing().exclude(user=log.actor_id or 0).values_list("user", flat=True)
    notify(((user, message) for user in told), now=now)


def tell_joined(*, event: ConstructorJoined, now: datetime, **kwargs: Any) -> None:
    team = _team(event.constructor_id)
    message = messages.joined(team, event=now.isoformat())
    notify(((manager, message) for manager in _managers_but(team)), now=now)


def tell_left(*, event: ConstructorLeft, now: datetime, **kwargs: Any) -> None:
    """The managers, and who was removed."""
    team = _team(event.constructor_id)
    at = now.isoformat()
    message = messages.left(team, reason=event.reason, removed=event.removed, event=at)
    letters = [(manager, message) for manager in _managers_but(team)]
    if event.removed:
        letters.append((team.user_id, messages.removed(team, reason=event.reason, event=at)))
    notify(letters, now=now)


def forget(*, user: User, for_good: bool, **kwargs: Any) -> None:
    if for_good:
        user.notifications.all().delete()


def notifications_of(user: User) -> list[dict[str, Any]]:
    fields = ["type", "title", "message", "link", "is_read", "created_at"]
    return list(user.notifications.order_by("pk").values(*fields))


def tell_offer(*, event: TeamOffered, now: datetime, **kwargs: Any) -> None:
    """Who may take the team over, and who has it."""
    team, to = _team(event.constructor_id), User.objects.get(pk=event.user_id)
    at = now.isoformat()
    notify(
        [
            (to.pk, messages.offered(team, reason=event.reason, event=at)),
            (team.user_id, messages.to_be_replaced(team, by=to, reason=event.reason, event=at)),
        ],
        now=now,
    )


def tell_taken_over(*, event: ConstructorTakenOver, now: datetime, **kwargs: Any) -> None:
    """Who had the team, and the managers."""
    team, former = _team(event.constructor_id), User.objects.get(pk=event.former_id)
    at = now.isoformat()
    message = messages.taken_over(team, former=former, event=at)
    letters = [(manager, message) for manager in _managers_but(team) if manager != former.pk]
    notify([*letters, (former.pk, messages.replaced(team, event=at))], now=now)


def connect() -> None:
    published.connect(tell_opening, sender=DraftOpened)
    published.connect(tell_pick, sender=PickMade)
    for turn_event in (DraftOpened, PickMade, OrderChanged, ConstructorWithdrawn, DraftResumed):
        published.connect(tell_turn, sender=turn_event)
    for change in (DraftPaused, DraftResumed, PicksUndone, ClockChanged, DraftVoided):
        published.connect(tell_change, sender=change)
    published.connect(tell_joined, sender=ConstructorJoined)
    published.connect(tell_left, sender=ConstructorLeft)
    account_closing.connect(forget)
    export.register("notifications", notifications_of)
    published.connect(tell_offer, sender=TeamOffered)
    published.connect(tell_taken_over, sender=ConstructorTakenOver)


def _draft(pk: int) -> Draft:
    return Draft.objects.select_related("league", "race").get(pk=pk)


def _opening(draft: Draft) -> int:
    """How often the draft was opened, or taken back to an earlier turn: the same turn may come again."""
    return draft.events().filter(name__in=[DraftOpened.__name__, PicksUndone.__name__]).count()


def _team(pk: int) -> Constructor:
    return Constructor.objects.select_related("league", "user").get(pk=pk)


def _managers_but(team: Constructor) -> list[int]:
    return list(team.league.managers.exclude(pk=team.user_id).values_list("pk", flat=True))
