"""What becomes of teams and leagues when somebody closes their account."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from fantasy_f1.core.events import publish
from leagues.errors import LastManager, LeagueInUse
from leagues.events import ManagersChanged
from leagues.managers import delete_league, refresh_staff
from leagues.membership import drop_offers, leave_league
from leagues.models import Constructor, League


def check_departure(*, user: User) -> list[League]:
    """The leagues in which ``user`` plays or which they manage, locked until the caller's transaction ends.

    Raises ``LastManager``, naming the league, while ``user`` is the only manager of one in which others play;
    managers whose account is closed do not count.
    """
    concerned = League.objects.of(user).values("pk")
    # All of them at once, always in the same order, and before any account: as in hand-overs.
    leagues = list(League.objects.select_for_update(no_key=True).filter(pk__in=concerned).order_by("pk"))
    others = Constructor.objects.playing().filter(league=OuterRef("pk")).exclude(user=user)
    for league in League.objects.filter(Exists(others), managers=user):
        if not league.managers.filter(is_active=True).exclude(pk=user.pk).exists():
            raise LastManager(f"You are the only manager of {league.name}, and others play in it: hand it over first.")
    return leagues


def depart(*, user: User, now: datetime) -> None:
    """Stop playing and managing everywhere, and wait for no team, within the caller's transaction.

    Leagues in which nobody else ever played, and which never drafted, go; the others stay as history, those without a
    manager for the host to look after. Raises like ``check_departure``.
    """
    for league in check_departure(user=user):
        if league.managers.filter(pk=user.pk).exists() and not _deleted(league, user, now):
            league.managers.remove(user)
            ids = sorted(league.managers.values_list("pk", flat=True))
            publish(ManagersChanged(league.pk, ids), source=league, actor=user, now=now)
    for constructor in user.constructors.playing():
        leave_league(league_id=constructor.league_id, user=user, now=now)
    refresh_staff(user)
    # Those who offer a team lock its league, then the user. Here the user is locked: their leagues have to wait.
    transaction.on_commit(partial(drop_offers, user=user, now=now))


def _deleted(league: League, user: User, now: datetime) -> bool:
    if league.managers.count() > 1:
        return False
    try:
        delete_league(league_id=league.pk, actor=user, now=now)
    except LeagueInUse:
        return False
    return True
