"""Who may do what in a league."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from fantasy_f1.core.errors import NotAllowed
from leagues.models import League


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
