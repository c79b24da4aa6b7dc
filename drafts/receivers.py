"""What drafts do when leagues or the calendar change. Lost announcements are mended by ``lifecycle.run_due``."""

from datetime import datetime
from typing import Any

from drafts.lifecycle import follow_race
from drafts.models import Draft
from drafts.picks import set_autopilot, withdraw_constructor
from fantasy_f1.core.events import published
from leagues.events import ConstructorLeft, ConstructorTakenOver
from leagues.models import Constructor
from races.events import RaceCancelled, RaceReinstated, RaceRescheduled


def release_picks(*, event: ConstructorLeft, now: datetime, **kwargs: Any) -> None:
    for draft in Draft.objects.filter(league=event.league_id, status__in=Draft.UNLOCKED):
        withdraw_constructor(draft_id=draft.pk, constructor_id=event.constructor_id, now=now)


def hand_over_team(*, event: ConstructorTakenOver, now: datetime, **kwargs: Any) -> None:
    """Whether the ranking picks for the team is for the new owner to say."""
    team = Constructor.objects.select_related("user").get(pk=event.constructor_id)
    set_autopilot(constructor=team, on=False, actor=team.user, now=now)


def follow(*, event: RaceCancelled | RaceReinstated | RaceRescheduled, now: datetime, **kwargs: Any) -> None:
    for draft in Draft.objects.filter(race=event.race_id):
        follow_race(draft_id=draft.pk, now=now)


def connect() -> None:
    published.connect(release_picks, sender=ConstructorLeft)
    published.connect(hand_over_team, sender=ConstructorTakenOver)
    for calendar_event in (RaceCancelled, RaceReinstated, RaceRescheduled):
        published.connect(follow, sender=calendar_event)
