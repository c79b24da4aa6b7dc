"""What drafts do when leagues or the calendar change. Lost announcements are mended by ``lifecycle.run_due``."""

from datetime import datetime
from typing import Any

from accounts import export
from accounts.models import User
from accounts.signals import account_closing
from drafts import mock
from drafts.lifecycle import follow_race
from drafts.models import CalendarFeed, Draft, Pick, Queue, SeasonList
from drafts.picks import set_autopilot_everywhere, withdraw_constructor
from drafts.queues import drop_wishes
from fantasy_f1.core.events import published
from leagues.events import ConstructorLeft, ConstructorTakenOver
from leagues.models import Constructor
from races.events import RaceCancelled, RaceReinstated, RaceRescheduled
from races.models import Driver


def release_picks(*, event: ConstructorLeft, now: datetime, **kwargs: Any) -> None:
    for draft in Draft.objects.filter(league=event.league_id, status__in=Draft.UNLOCKED):
        withdraw_constructor(draft_id=draft.pk, constructor_id=event.constructor_id, now=now)


def hand_over_team(*, event: ConstructorTakenOver, now: datetime, **kwargs: Any) -> None:
    """Whom the team wants, and whether the autopick picks for it, is for the new owner to say."""
    team = Constructor.objects.select_related("user").get(pk=event.constructor_id)
    drop_wishes(constructor=team)
    set_autopilot_everywhere(constructor=team, on=False, actor=team.user, now=now)


def follow(*, event: RaceCancelled | RaceReinstated | RaceRescheduled, now: datetime, **kwargs: Any) -> None:
    for draft in Draft.objects.filter(race=event.race_id):
        follow_race(draft_id=draft.pk, now=now)


def stand_in(*, user: User, now: datetime, for_good: bool, **kwargs: Any) -> None:
    """Nobody waits for the teams of a deactivated account: the autopick picks for them, whatever it was told before.

    A deleted one leaves anyway; whom it wanted was its own business and is forgotten.
    """
    for constructor in user.constructors.all():
        if for_good:
            drop_wishes(constructor=constructor)
        elif constructor.is_active:
            set_autopilot_everywhere(constructor=constructor, on=True, actor=user, now=now)


def end_practice(*, user: User, for_good: bool, **kwargs: Any) -> None:
    if for_good:
        mock.end(user=user)


def end_calendars(*, user: User, for_good: bool, **kwargs: Any) -> None:
    """Those of a deactivated account show nothing, and are there again when it is opened again."""
    if for_good:
        CalendarFeed.objects.filter(user=user).delete()


def picks_of(user: User) -> list[dict[str, Any]]:
    picks = Pick.objects.filter(constructor__user=user).select_related("race", "driver").order_by("pk")
    return [
        {
            "league_id": pick.league_id,
            "race": pick.race.name,
            "season": pick.race.season_id,
            "constructor_id": pick.constructor_id,
            "driver": pick.driver.name,
            "round": pick.round,
            "pick_number": pick.pick_number,
            "source": pick.source,
            "reason": pick.reason,
            "made_at": pick.made_at,
        }
        for pick in picks
    ]


def queues_of(user: User) -> list[dict[str, Any]]:
    queues = Queue.objects.filter(constructor__user=user).select_related("draft__race").order_by("pk")
    names = {driver.pk: driver.name for driver in Driver.objects.all()} if queues else {}
    return [
        {
            "league_id": queue.draft.league_id,
            "race": queue.draft.race.name,
            "season": queue.draft.race.season_id,
            "constructor_id": queue.constructor_id,
            "drivers": [names[pk] for pk in queue.driver_ids if pk in names],
        }
        for queue in queues
    ]


def season_lists_of(user: User) -> list[dict[str, Any]]:
    lists = SeasonList.objects.filter(constructor__user=user).select_related("constructor__league").order_by("pk")
    names = {driver.pk: driver.name for driver in Driver.objects.all()} if lists else {}
    return [
        {
            "league_id": wanted.constructor.league_id,
            "season": wanted.constructor.league.season_id,
            "constructor_id": wanted.constructor_id,
            "drivers": [names[pk] for pk in wanted.driver_ids if pk in names],
            "never": [names[pk] for pk in wanted.never_ids if pk in names],
        }
        for wanted in lists
    ]


def calendars_of(user: User) -> list[dict[str, Any]]:
    """Without the addresses: who finds the file shall not read along."""
    feeds = CalendarFeed.objects.filter(user=user).order_by("pk")
    return [dict(row) for row in feeds.values("league_id", "created_at")]


def connect() -> None:
    published.connect(release_picks, sender=ConstructorLeft)
    published.connect(hand_over_team, sender=ConstructorTakenOver)
    for calendar_event in (RaceCancelled, RaceReinstated, RaceRescheduled):
        published.connect(follow, sender=calendar_event)
    account_closing.connect(stand_in)
    account_closing.connect(end_practice)
    account_closing.connect(end_calendars)
    export.register("picks", picks_of)
    export.register("queues", queues_of)
    export.register("season_lists", season_lists_of)
    export.register("calendars", calendars_of)
