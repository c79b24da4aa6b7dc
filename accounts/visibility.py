"""Whose accounts one may look at.

Accounts know no leagues: what makes people acquainted is registered by the apps above when they start.
"""

from collections.abc import Callable

from django.db.models import Q, QuerySet

from accounts.models import User

Acquaintances = Callable[[User], "QuerySet[User]"]
_sources: list[Acquaintances] = []


def register(source: Acquaintances) -> None:
    _sources.append(source)


def visible_to(viewer: User) -> "QuerySet[User]":
    """Oneself and acquaintances; the host sees all. Ids of strangers tell nothing, not even that they are taken."""
    if viewer.is_superuser:
        return User.objects.all()
    known = Q(pk=viewer.pk)
    for source in _sources:
        known |= Q(pk__in=source(viewer).values("pk"))
    return User.objects.filter(known)
