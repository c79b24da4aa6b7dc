"""Whom a team wants, in order: what its autopick takes first (docs/rules.md, 2.13).

The queue is for one draft, the season list for all of them, with those whom the autopick is never to take. The only
writer of ``Queue`` and ``SeasonList``.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from drafts.errors import DraftNotOpen, WrongQueue, WrongSeasonList
from drafts.models import Draft, Queue, SeasonList
from drafts.picks import is_back, require_unlocked
from fantasy_f1.core.errors import NotAllowed
from leagues.models import Constructor
from races.models import Driver
from races.queries import drivers_of

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


def season_list_of(*, constructor: Constructor, actor: User) -> tuple[list[int], list[int]]:
    """(Drivers wanted, the most wanted first; those never wanted), as ids; for the team's owner alone.

    Raises ``NotAllowed``.
    """
    _require_owner(constructor, actor)
    return _season_list(constructor)


def set_season_list(
    *, constructor: Constructor, driver_ids: list[int], never_ids: list[int], actor: User, now: datetime
) -> tuple[list[int], list[int]]:
    """Replace the season list of a team, by its owner's word alone → the list.

    The autopick asks it after the queue of the draft, and takes a driver of ``never_ids`` only where nobody else is
    left. Safe to repeat. Raises ``NotAllowed``, also for a team that plays no more, and ``WrongSeasonList``.
    """
    _require_owner(constructor, actor)
    with transaction.atomic():
        running = Draft.objects.filter(league=constructor.league_id, status__in=Draft.RUNNING)
        drafts = list(running.select_for_update(no_key=True).order_by("pk"))
        teams = Constructor.objects.playing().select_for_update(no_key=True)
        team = teams.filter(pk=constructor.pk, user=actor).first()
        if team is None:
            raise NotAllowed("Only a team that plays has a season list, by its owner's word.")
        known = _season_list(team)
        if (driver_ids, never_ids) != known:
            _check_season(team, driver_ids, never_ids, known)
            lists = {"driver_ids": driver_ids, "never_ids": never_ids}
            SeasonList.objects.update_or_create(constructor=team, defaults=lists)
        for draft in drafts:
            is_back(draft, team)
    return driver_ids, never_ids


def drop_wishes(*, constructor: Constructor) -> None:
    """Forget whom the team wanted, as when it has another owner, for whose eyes that was not. Safe to repeat."""
    with transaction.atomic():
        drafts = Draft.objects.filter(league=constructor.league_id, status__in=Draft.UNLOCKED)
        list(drafts.select_for_update(no_key=True).order_by("pk"))  # the owner before may be writing one just now
        Queue.objects.filter(constructor=constructor).delete()
        list(Constructor.objects.select_for_update(no_key=True).filter(pk=constructor.pk))
        SeasonList.objects.filter(constructor=constructor).delete()


def _require_owner(constructor: Constructor, actor: User) -> None:
    if constructor.user_id != actor.pk:
        raise NotAllowed("Whom a team wants is for its owner alone.")


def _known(draft: Draft, constructor: Constructor) -> list[int]:
    queue = Queue.objects.filter(draft=draft, constructor=constructor).first()
    return list(queue.driver_ids) if queue else []


def _season_list(constructor: Constructor) -> tuple[list[int], list[int]]:
    found = SeasonList.objects.filter(constructor=constructor).first()
    return (list(found.driver_ids), list(found.never_ids)) if found else ([], [])


def _check(draft: Draft, driver_ids: list[int], known: list[int]) -> None:
    """Whoever is in the queue already may stay there, though they are not entered any more."""
    if len(driver_ids) > MAX_QUEUE:
        raise WrongQueue(f"A queue has at most {MAX_QUEUE} drivers.", field="driver_ids")
    if len(set(driver_ids)) != len(driver_ids):
        raise WrongQueue("A driver stands twice in the queue.", field="driver_ids")
    entered = draft.race.entries.draftable().filter(driver__in=driver_ids).values_list("driver", flat=True)
    if missing := set(driver_ids) - set(entered) - set(known):
        raise WrongQueue(f"Not entered for this race: {_names(missing)}.", field="driver_ids")


def _check_season(
    constructor: Constructor, driver_ids: list[int], never_ids: list[int], known: tuple[list[int], list[int]]
) -> None:
    """Whoever is in one of the lists already may stay in them, whatever became of their season."""
    for field, ids in (("driver_ids", driver_ids), ("never", never_ids)):
        if len(ids) > MAX_QUEUE:
            raise WrongSeasonList(f"A list has at most {MAX_QUEUE} drivers.", field=field)
    both = [*driver_ids, *never_ids]
    if len(set(both)) != len(both):
        raise WrongSeasonList("A driver stands twice in the lists.", field="driver_ids")
    drive = drivers_of(constructor.league.season).filter(pk__in=both).values_list("pk", flat=True)
    if missing := set(both) - set(drive) - set(known[0]) - set(known[1]):
        field = "driver_ids" if missing & set(driver_ids) else "never"
        raise WrongSeasonList(f"Not of this season: {_names(missing)}.", field=field)


def _names(ids: set[int]) -> str:
    names = [driver.name for driver in Driver.objects.filter(pk__in=ids).order_by("pk")]
    return ", ".join(names) or "a driver who does not exist"
