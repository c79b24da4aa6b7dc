"""What drafts do when leagues or the calendar change. Lost announcements are mended by ``lifecycle.run_due``."""

from datetime import datetime
from typing import Any

from drafts.lifecycle import follow_race
from drafts.models import Draft
from drafts.picks import withdraw_constructor
from fantasy_f1.core.events import published
from leagues.events import ConstructorLeft
from races.events import RaceCancelled, RaceReinstated, RaceRescheduled


def release_picks(*, event: ConstructorLeft, now: datetime, **kwargs: Any) -> None:
    for draft in Draft.objects.filter(league=event.league_id, status__in=Draft.UNLOCKED):
        withdraw_constructor(draft_id=draft.pk, constructor_id=event.constructor_id, now=now)


def follow(*, event: RaceCancelled | RaceReinstated | RaceRescheduled, now: datetime, **kwargs: Any) -> None:
    for draft in Draft.objects.filter(race=event.race_id):
        follow_race(draft_id=draft.pk, now=now)


def connect() -> None:
    published.connect(release_picks, sender=ConstructorLeft)
    for calendar_event in (RaceCancelled, RaceReinstated, RaceRescheduled):
        published.connect(follow, sender=calendar_event)
