"""Who may do what in a league."""

from collections.abc import Collection

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef

from accounts.models import User
from fantasy_f1.core.errors import NotAllowed
from fantasy_f1.core.live import Audience, Viewer
from leagues.models import Constructor, League


def may_manage(user: User | AnonymousUser, league: League) -> bool:
    """Managers of the league, and the host."""
    return user.is_authenticated and (user.is_superuser or league.managers.filter(pk=user.pk).exists())


def require_manager(user: User | AnonymousUser, league: League) -> None:
    """Raise ``NotAllowed`` unless ``user`` may manage the league."""
    if not may_manage(user, league):
        raise NotAllowed("Only a manager of the league may do this.")


def belongs(user: User | AnonymousUser, league: League) -> bool:
    """Plays in the league, manages it, or is the host."""
    return is_member(user, league) or may_manage(user, league)


def is_member(user: User | AnonymousUser, league: League) -> bool:
    """Plays in the league or manages it."""
    return League.objects.of(user).filter(pk=league.pk).exists()


def audience_of(league: League, viewers: Collection[Viewer]) -> Audience:
    """Who of ``viewers`` may see the league and who of them belongs to it, as ``visible_to`` and ``of`` have it.

    One query, however many are asked for.
    """
    playing = Constructor.objects.playing().filter(league=league, user=OuterRef("pk"))
    managing = League.managers.through.objects.filter(league=league, user=OuterRef("pk"))
    users = User.objects.filter(pk__in=[viewer for viewer in viewers if viewer is not None])
    belongs = Exists(playing) | Exists(managing)
    rows = users.annotate(belongs=belongs).values_list("pk", "belongs", "is_superuser").order_by()
    known = {pk: (is_of_it, is_host) for pk, is_of_it, is_host in rows}
    may_listen = {pk for pk, roles in known.items() if any(roles)} if league.is_private else {None, *known}
    return Audience(frozenset(may_listen), frozenset(pk for pk, (is_of_it, _) in known.items() if is_of_it))
