"""Where people want to be told of what: the only writer of ``Preference`` and ``Habits``."""

from collections.abc import Collection, Iterable
from datetime import time
from typing import Any

from django.db import transaction

from accounts.models import User
from fantasy_f1.core.errors import Invalid
from notifications.models import Channel, Habits, Notification, Preference

Type = Notification.Type
Way = tuple[str, str]
"""A type of notification and a channel."""

ON_BY_ITSELF: frozenset[Way] = frozenset(
    {
        *((kind, Channel.EMAIL) for kind in (Type.DRAFT_OPEN, Type.PICK_TURN, Type.REMINDER, Type.RACE_FINISHED)),
        (Type.HOST, Channel.EMAIL),
        *((kind, Channel.PUSH) for kind in Type if kind != Type.DRAFT_UPDATE),
    }
)
"""What a person gets who set nothing: by mail what cannot wait and the points, by push (once they asked for it) nearly
all. The bell tells everything."""


def wanted(users: Collection[int]) -> dict[int, set[Way]]:
    """The ways that each of these users wants; one query."""
    found = {pk: set(ON_BY_ITSELF) for pk in users}
    for preference in Preference.objects.filter(user__in=users):
        way = (preference.type, preference.channel)
        (found[preference.user_id].add if preference.is_on else found[preference.user_id].discard)(way)
    return found


def set_ways(*, user: User, ways: Iterable[Way], on: bool) -> None:
    """Switch these ways on or off; what is as it is by itself is not written down. Safe to repeat."""
    with transaction.atomic():
        for kind, channel in ways:
            if kind not in Type.values or channel not in Channel.values:
                raise Invalid(f"There is no {kind} by {channel}.", field="preferences")
            if ((kind, channel) in ON_BY_ITSELF) == on:
                Preference.objects.filter(user=user, type=kind, channel=channel).delete()
            else:
                Preference.objects.update_or_create(user=user, type=kind, channel=channel, defaults={"is_on": on})


def types_of(user: User) -> list[Notification.Type]:
    """What the user may hear of: not everybody is the host."""
    return [kind for kind in Type if kind != Type.HOST or user.is_superuser]


def table_of(user: User) -> list[tuple[Notification.Type, dict[str, bool]]]:
    """For each of the user's types whether it is on, by channel."""
    on = wanted([user.pk])[user.pk]
    return [(kind, {channel: (kind, channel) in on for channel in Channel.values}) for kind in types_of(user)]


def habits_of(user: User) -> Habits:
    """Those of the user, or those that hold by themselves."""
    return Habits.objects.filter(user=user).first() or Habits(user=user, digest_at=time(18))


def set_preferences(*, user: User, on: Iterable[Way] = (), off: Iterable[Way] = (), **habits: Any) -> None:
    """Switch ways on and off and change habits, all or nothing. Raises like ``set_ways`` and ``set_habits``."""
    with transaction.atomic():
        set_habits(user=user, **habits)
        set_ways(user=user, ways=on, on=True)
        set_ways(user=user, ways=off, on=False)


def set_habits(*, user: User, **changes: Any) -> Habits:
    """Change ``quiet_from``, ``quiet_until``, ``digest``, ``digest_at``. Raises ``Invalid``."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        habits = habits_of(user)
        for name, value in changes.items():
            setattr(habits, name, value)
        if (habits.quiet_from is None) != (habits.quiet_until is None):
            raise Invalid("Quiet hours have a beginning and an end, or neither.", field="quiet_until")
        if habits.quiet_from is not None and habits.quiet_from == habits.quiet_until:
            raise Invalid("Quiet hours end at another time than they begin.", field="quiet_until")
        habits.save()
    return habits
