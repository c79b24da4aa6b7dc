"""A last word to who has no driver shortly before a draft locks."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from drafts.models import Autopilot, Draft
from leagues.models import Constructor
from notifications import messages, service

BEFORE_LOCK = timedelta(hours=2)


def remind(now: datetime) -> None:
    """Remind every player without a pick whose draft locks within two hours; once for each time of locking.

    Whoever left it to the autopick knows what comes.
    """
    going = (Draft.Status.OPEN, Draft.Status.PAUSED)
    soon = Draft.objects.filter(status__in=going, locks_at__gt=now, locks_at__lte=now + BEFORE_LOCK)
    for draft in soon.select_related("league", "race"):
        left = without_a_pick(draft).exclude(pk__in=Autopilot.objects.of(draft).values("constructor"))
        service.create(
            ((team.user_id, messages.reminder(draft, team=team)) for team in left.select_related("user")), now=now
        )


def without_a_pick(draft: Draft) -> QuerySet[Constructor]:
    """Those that draft and have no driver yet."""
    teams = Constructor.objects.filter(pk__in=set(draft.order_data) - set(draft.withdrawn), is_active=True)
    return teams.exclude(pk__in=draft.picks.values("constructor"))
