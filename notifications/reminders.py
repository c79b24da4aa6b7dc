"""A last word to who has no driver shortly before a draft locks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet

from drafts.models import Autopilot, Draft
from leagues.models import Constructor
from notifications import messages, service
from notifications.service import Letter

BEFORE_LOCK = timedelta(hours=2)


def remind(now: datetime) -> None:
    """Remind every player without a pick whose draft locks within two hours; once for each time of locking."""
    soon = Draft.objects.filter(status__in=Draft.RUNNING, locks_at__gt=now, locks_at__lte=now + BEFORE_LOCK)
    for draft in soon.select_related("league", "race"):
        service.create(of_lock(draft), now=now)


def of_lock(draft: Draft) -> Iterator[Letter]:
    """Everybody without a pick; but whoever left it to the autopick knows what comes."""
    left = without_a_pick(draft).exclude(pk__in=Autopilot.objects.of(draft).values("constructor"))
    yield from ((team.user_id, messages.reminder(draft, team=team)) for team in left.select_related("user"))


def without_a_pick(draft: Draft) -> QuerySet[Constructor]:
    """Those that draft and have no driver yet."""
    teams = Constructor.objects.filter(pk__in=set(draft.order_data) - set(draft.withdrawn), is_active=True)
    return teams.exclude(pk__in=draft.picks.values("constructor"))
