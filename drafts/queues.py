"""Whom a team wants, in order: what its autopick takes first (docs/rules.md, 2.13). The only writer of ``Queue``."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from drafts.errors import DraftNotOpen, WrongQueue
from drafts.models import Draft, Queue
from drafts.picks import is_back, require_unlocked
from fantasy_f1.core.errors import NotAllowed
from leagues.models import Constructor
from races.models import Driver

MAX_QUEUE = 22
"""The drivers of a whole entry list."""


def queue_of(*, draft: Draft, constructor: Constructor, actor: User) -> list[int]:
    """Driver ids, the most wanted first; for the team's owner alone. Raises ``NotAllowed``."""
    _require_owner(constructor, actor)
    return _known(draft, constructor)


def set_queue(
    *, draft_id: int, constructor: Constructor, driver_ids: list[int], actor: User, now: datetime
) -> list[int]:
    """Replace the queue of a team, by its owner's word alone, until the lock → the queue.

    Safe to repeat. It is no event of the draft's log, which others read. Raises ``NotAllowed``, also for a team that
    plays no more, ``DraftNotOpen`` for a void draft, ``RaceLocked``, ``WrongQueue``.
    """
    _require_owner(constructor, actor)
    with transaction.atomic():
        draft = Draft.objects.lock(draft_id)
        if not draft.league.constructors.playing().filter(pk=constructor.pk, user=actor).exists():
            raise NotAllowed("Only a team that plays has a queue, by its owner's word.")
        if draft.status == Draft.Status.VOID:
            raise DraftNotOpen("This draft is void.")
        require_unlocked(draft, now)
        is_back(draft, constructor)
        known = _known(draft, constructor)
        if driver_ids != known:
            _check(draft, driver_ids, known)
            Queue.objects.update_or_create(draft=draft, constructor=constructor, defaults={"driver_ids": driver_ids})
    return driver_ids


def drop_queues(*, constructor: Constructor) -> None:
    """Forget whom the team wanted, as when it has another owner, for whose eyes that was not. Safe to repeat."""
    with transaction.atomic():
        drafts = Draft.objects.filter(league=constructor.league_id, status__in=Draft.UNLOCKED)
        list(drafts.select_for_update(no_key=True).order_by("pk"))  # the owner before may be writing one just now
        Queue.objects.filter(constructor=constructor).delete()


def _require_owner(constructor: Constructor, actor: User) -> None:
    if constructor.user_id != actor.pk:
        raise NotAllowed("A queue is for the owner of the team alone.")


def _known(draft: Draft, constructor: Constructor) -> list[int]:
    queue = Queue.objects.filter(draft=draft, constructor=constructor).first()
    return list(queue.driver_ids) if queue else []


def _check(draft: Draft, driver_ids: list[int], known: list[int]) -> None:
    """Whoever is in the queue already may stay there, though they are not entered any more."""
    if len(driver_ids) > MAX_QUEUE:
        raise WrongQueue(f"A queue has at most {MAX_QUEUE} drivers.", field="driver_ids")
    if len(set(driver_ids)) != len(driver_ids):
        raise WrongQueue("A driver stands twice in the queue.", field="driver_ids")
    entered = draft.race.entries.draftable().filter(driver__in=driver_ids).values_list("driver", flat=True)
    if missing := set(driver_ids) - set(entered) - set(known):
        names = [driver.name for driver in Driver.objects.filter(pk__in=missing).order_by("pk")]
        raise WrongQueue(
            f"Not entered for this race: {', '.join(names) or 'a driver who does not exist'}.", field="driver_ids"
        )
