"""What managers do: create and change leagues, share and hand over the role. The only writer of ``League``."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q, QuerySet

from accounts.models import User
from accounts.verification import require_player
from fantasy_f1.core.errors import Invalid
from fantasy_f1.core.events import publish
from fantasy_f1.core.names import check_name
from leagues.errors import LastManager, LeagueInUse, SeasonOver
from leagues.events import CodeRenewed, LeagueChanged, LeagueCreated, LeagueDeleted, ManagersChanged
from leagues.models import LIVE, MIN_TEAMS, SLOW, League
from leagues.permissions import require_manager
from races.entries import capacity
from races.models import Season
from races.queries import is_over

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without 0, O, 1, I and L, which people mix up."""
CODE_LENGTH = 8

CHANGEABLE = {
    "name",
    "description",
    "draft_method",
    "max_teams",
    "is_private",
    "draft_opens_days",
    "draft_locks_at",
    "pick_seconds",
    "quiet_from",
    "quiet_until",
    "time_zone",
}


def create_league(*, creator: User, name: str, season: Season, now: datetime, **options: Any) -> League:
    """A new league with its creator as manager, who may use the admin from now on but does not join by this.

    ``options`` are the other fields of ``CHANGEABLE``; the time zone is the creator's by itself. Raises
    ``AccountClosed``, ``EmailNotVerified``, ``SeasonOver``, or ``Invalid`` with the field at fault.
    """
    with transaction.atomic():
        require_player(creator)
        if is_over(season, now=now):
            raise SeasonOver(f"The season {season} is over.", field="season")
        options = {"time_zone": creator.time_zone} | options
        league = League(name=name, creator=creator, season=season, created_at=now, **options)
        _check(league)
        _save_with_new_code(league)
        league.managers.add(creator)
        refresh_staff(creator)
        publish(LeagueCreated(league.pk), source=league, actor=creator, now=now)
    return league


def change_league(*, league_id: int, actor: User, now: datetime, **changed: Any) -> League:
    """Change settings; a new draft method or lock applies from the next draft on. Equal values change nothing.

    Raises ``NotAllowed`` unless ``actor`` manages the league, ``Invalid`` with the field at fault.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_manager(actor, league)
        unknown = set(changed) - CHANGEABLE
        if unknown:
            raise Invalid("This cannot be changed.", field=min(unknown))
        different = {field: value for field, value in changed.items() if getattr(league, field) != value}
        if not different:
            return league
        for field, value in different.items():
            setattr(league, field, value)
        _check(league, max_teams_changed="max_teams" in different)
        league.save(update_fields=[*different, "updated_at"])
        publish(
            LeagueChanged(league.pk, {field: _plain(getattr(league, field)) for field in different}),
            source=league,
            actor=actor,
            now=now,
        )
    return league


def _plain(value: Any) -> Any:
    """As the event log holds it."""
    return value.isoformat() if isinstance(value, time) else value


def delete_league(*, league_id: int, actor: User, now: datetime) -> None:
    """Delete a league that nobody else ever played in and that never drafted; others stay, as history.

    Raises ``NotAllowed``, ``LeagueInUse``.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_manager(actor, league)
        if league.constructors.exclude(user=actor).exists():
            raise LeagueInUse("Others play in this league, or did: it cannot be deleted any more.")
        publish(LeagueDeleted(league.pk, league.name), source=league, actor=actor, now=now)
        managers = list(league.managers.all())
        _lock_users(managers)
        try:
            league.delete()
        except ProtectedError as error:  # its own team has picks
            raise LeagueInUse("This league has drafted: it stays as history.") from error
        for manager in managers:
            refresh_staff(manager)


def renew_code(*, league_id: int, actor: User, now: datetime) -> League:
    """Another code, so that whoever has the old one or its link cannot join by it. Raises ``NotAllowed``."""
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_manager(actor, league)
        _save_with_new_code(league)
        publish(CodeRenewed(league.pk), source=league, actor=actor, now=now)
    return league


def people_of(league: League) -> QuerySet[User]:
    """Who plays in the league or manages it."""
    players, managers = league.constructors.playing().values("user"), league.managers.values("pk")
    return User.objects.filter(Q(pk__in=players) | Q(pk__in=managers))


def add_manager(*, league_id: int, actor: User, user: User, now: datetime) -> None:
    """Make a player of the league a manager beside the others. Safe to repeat. Raises ``NotAllowed``, ``Invalid``."""
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_manager(actor, league)
        if league.managers.filter(pk=user.pk, is_active=True).exists():
            return
        if not league.constructors.playing().filter(user=user, user__is_active=True).exists() and user != actor:
            raise Invalid("Only players of the league can manage it.", field="user")
        league.managers.add(user)
        _managers_changed(league, actor, now, user)


def remove_manager(*, league_id: int, actor: User, user: User, now: datetime) -> None:
    """Take the role from a manager, or give it back oneself; one who can act stays. Safe to repeat.

    Raises ``NotAllowed``, ``LastManager``.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        require_manager(actor, league)
        if not league.managers.filter(pk=user.pk).exists():
            return
        if not league.managers.filter(is_active=True).exclude(pk=user.pk).exists():
            raise LastManager("A league always has a manager: hand it over first.")
        league.managers.remove(user)
        _managers_changed(league, actor, now, user)


def hand_over(*, league_id: int, actor: User, to: User, now: datetime) -> None:
    """Give one's own management to a player of the league or another manager. Raises ``NotAllowed``, ``Invalid``."""
    with transaction.atomic():
        League.objects.lock(league_id)
        _lock_users([actor, to])
        add_manager(league_id=league_id, actor=actor, user=to, now=now)
        if to != actor:
            remove_manager(league_id=league_id, actor=actor, user=actor, now=now)


def refresh_staff(user: User) -> None:
    """Whoever manages a league may use the admin; so may the host."""
    _lock_users([user])  # two leagues may decide about it at once
    user.is_staff = user.is_superuser or user.managed_leagues.exists()
    user.save(update_fields=["is_staff", "updated_at"])


def _lock_users(users: Iterable[User]) -> None:
    """Always in the same order, so that no two hand-overs wait for each other."""
    pks = [user.pk for user in users]
    list(User.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))


def _managers_changed(league: League, actor: User, now: datetime, user: User) -> None:
    refresh_staff(user)
    ids = sorted(league.managers.values_list("pk", flat=True))
    publish(ManagersChanged(league.pk, ids), source=league, actor=actor, now=now)


def check_pick_seconds(seconds: int | None) -> None:
    """Raise ``Invalid`` for a time that no clock gives for a pick; ``None`` is none."""
    if seconds is not None and not any(least <= seconds <= most for least, most in (LIVE, SLOW)):
        raise Invalid("A pick takes 15 to 300 seconds, or 1 to 24 hours.", field="pick_seconds")


def _check(league: League, *, max_teams_changed: bool = True) -> None:
    """Raise ``Invalid`` where a value is out of its limits (a team drafts two of the drivers entered)."""
    league.name = league.name.strip()
    try:
        league.clean_fields(exclude=["code", "creator", "season", "max_teams"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=field) from error
    check_name(league.name, field="name")
    check_pick_seconds(league.pick_seconds)
    _check_quiet(league.quiet_from, league.quiet_until)
    if not max_teams_changed:
        return
    most = capacity(league.season)
    if not MIN_TEAMS <= league.max_teams <= most:
        raise Invalid(
            f"A league has {MIN_TEAMS} to {most} teams: two drivers each of those entered.", field="max_teams"
        )
    playing = league.constructors.playing().count() if league.pk else 0
    if league.max_teams < playing:
        raise Invalid(f"{playing} teams play in this league already.", field="max_teams")


def _check_quiet(begins: time | None, ends: time | None) -> None:
    """Quiet hours have a beginning and an end, and leave the clock at least an hour of the day to run in."""
    if (begins is None) != (ends is None):
        raise Invalid(
            "Say when the quiet hours begin and when they end, or neither.",
            field="quiet_from" if begins is None else "quiet_until",
        )
    if begins is None or ends is None:
        return
    if any(at.second or at.microsecond for at in (begins, ends)):
        raise Invalid("Quiet hours begin and end with a whole minute.", field="quiet_from")
    runs = (datetime.combine(date.min, begins) - datetime.combine(date.min, ends)) % timedelta(days=1)
    if runs < timedelta(hours=1):
        raise Invalid("The quiet hours leave the clock at least an hour of the day.", field="quiet_until")


def _save_with_new_code(league: League) -> None:
    while True:
        league.code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        try:
            with transaction.atomic():
                league.save()
        except IntegrityError:
            if not League.objects.filter(code=league.code).exists():
                raise
        else:
            return
