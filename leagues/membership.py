"""Joining and leaving: the only writer of ``Constructor``."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.verification import require_verified_email
from fantasy_f1.core.errors import Invalid, NotAllowed
from fantasy_f1.core.events import publish
from fantasy_f1.core.names import check_name
from leagues.errors import ColourTaken, LeagueFull, RemovedBefore, SeasonOver, TeamNameTaken, WrongCode
from leagues.events import (
    ConstructorInvited,
    ConstructorJoined,
    ConstructorLeft,
    ConstructorRecoloured,
    ConstructorRenamed,
)
from leagues.models import Constructor, League
from leagues.permissions import may_manage, require_manager
from races.entries import capacity
from races.queries import is_over

COLOURS = (
    "#e10600",
    "#2f7de1",
    "#12a150",
    "#f59f00",
    "#8a4fff",
    "#00a3a3",
    "#e0457b",
    "#7a8b00",
    "#c2561a",
    "#4b5bd6",
    "#8d6e63",
)
"""One for each of eleven teams; told apart on light and dark ground."""


def join_league(*, league_id: int, user: User, team_name: str, now: datetime, code: str = "") -> Constructor:
    """Enter a team → the user's constructor. Asked again, the standing one is returned.

    A private league takes its code. Whoever left comes back with the same team. Raises ``WrongCode``,
    ``RemovedBefore``, ``EmailNotVerified``, ``SeasonOver``, ``LeagueFull``, ``TeamNameTaken``, ``Invalid``.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        standing = league.constructors.filter(user=user).first()
        if standing and standing.is_active:
            return standing
        if league.is_private and not is_code(league, code) and not may_manage(user, league):
            raise WrongCode("This is not the code of the league.", field="code")
        if standing and standing.was_removed:
            raise RemovedBefore("A manager removed you from this league; only a manager can invite you back.")
        return _enter(league, standing or Constructor(league=league, user=user), team_name, user, now)


def invite_back(*, constructor_id: int, actor: User, now: datetime) -> Constructor:
    """Let a removed player join again, on a manager's word. Safe to repeat. Raises ``NotAllowed``."""
    with transaction.atomic():
        league, constructor = _locked(constructor_id)
        require_manager(actor, league)
        if constructor.was_removed:
            constructor.was_removed = False
            constructor.save(update_fields=["was_removed"])
            publish(ConstructorInvited(league.pk, constructor.pk), source=league, actor=actor, now=now)
    return constructor


def leave_league(*, league_id: int, user: User, now: datetime) -> None:
    """Stop playing; what was scored stays. Safe to repeat. A manager who leaves still manages."""
    with transaction.atomic():
        league = League.objects.lock(league_id)
        constructor = league.constructors.playing().filter(user=user).first()
        if constructor:
            _leave(league, constructor, actor=user, reason="", now=now)


def remove_constructor(*, constructor_id: int, actor: User, reason: str, now: datetime) -> None:
    """Remove a player, with a reason that is logged. Safe to repeat. Raises ``NotAllowed``, ``Invalid``."""
    with transaction.atomic():
        league, constructor = _locked(constructor_id)
        require_manager(actor, league)
        if not reason.strip():
            raise Invalid("Say why the team is removed.", field="reason")
        if constructor.is_active:
            _leave(league, constructor, actor=actor, reason=reason.strip(), now=now)


def rename_constructor(*, constructor_id: int, team_name: str, actor: User, now: datetime) -> Constructor:
    """Give one's team another name. Raises ``NotAllowed``, ``TeamNameTaken``, ``Invalid``."""
    with transaction.atomic():
        league, constructor = _locked(constructor_id)
        _require_owner(actor, constructor)
        name = _free_name(league, team_name, but=constructor.pk)
        if name != constructor.team_name:
            constructor.team_name = name
            _save_named(constructor)
            publish(ConstructorRenamed(league.pk, constructor.pk, name), source=league, actor=actor, now=now)
    return constructor


def recolour_constructor(*, constructor_id: int, color: str, actor: User, now: datetime) -> Constructor:
    """Give one's team another of ``COLOURS``. Raises ``NotAllowed``, ``ColourTaken``, ``Invalid``."""
    with transaction.atomic():
        league, constructor = _locked(constructor_id)
        _require_owner(actor, constructor)
        if color == constructor.color:
            return constructor
        if color not in COLOURS:
            raise Invalid(f"A team has one of these colours: {', '.join(COLOURS)}.", field="color")
        if color not in free_colours(league):
            raise ColourTaken("Another team of the league has this colour.", field="color")
        constructor.color = color
        constructor.save(update_fields=["color"])
        publish(ConstructorRecoloured(league.pk, constructor.pk, color), source=league, actor=actor, now=now)
    return constructor


def free_colours(league: League) -> list[str]:
    """Those of ``COLOURS`` that no playing team of the league has."""
    taken = set(league.constructors.playing().values_list("color", flat=True))
    return [colour for colour in COLOURS if colour not in taken]


def is_code(league: League, code: str) -> bool:
    return code.strip().upper() == league.code


def _enter(league: League, constructor: Constructor, team_name: str, user: User, now: datetime) -> Constructor:
    require_verified_email(user)
    if is_over(league.season, now=now):
        raise SeasonOver("The season of this league is over.")
    if league.constructors.playing().count() >= min(league.max_teams, capacity(league.season)):
        raise LeagueFull("This league is full.")
    constructor.team_name = _free_name(league, team_name or constructor.team_name, but=constructor.pk)
    free = free_colours(league)
    if constructor.color not in free:
        constructor.color = free[0]
    constructor.is_active, constructor.joined_at, constructor.left_at = True, now, None
    _save_named(constructor)
    publish(ConstructorJoined(league.pk, constructor.pk), source=league, actor=user, now=now)
    return constructor


def _leave(league: League, constructor: Constructor, *, actor: User, reason: str, now: datetime) -> None:
    removed = constructor.user_id != actor.pk
    constructor.is_active, constructor.left_at, constructor.was_removed = False, now, removed
    constructor.save(update_fields=["is_active", "left_at", "was_removed"])
    publish(ConstructorLeft(league.pk, constructor.pk, removed, reason), source=league, actor=actor, now=now)


def _locked(constructor_id: int) -> tuple[League, Constructor]:
    """The constructor's league, locked, and the constructor as it is under that lock."""
    league = League.objects.lock(Constructor.objects.values_list("league", flat=True).get(pk=constructor_id))
    return league, league.constructors.get(pk=constructor_id)


def _require_owner(actor: User, constructor: Constructor) -> None:
    if constructor.user_id != actor.pk:
        raise NotAllowed("Only the owner of a team may change it.")


def _free_name(league: League, team_name: str, *, but: int | None) -> str:
    """The name without needless blanks, if no other team of the league has it, whatever its case."""
    name = " ".join(team_name.split())
    if not 1 <= len(name) <= 40:
        raise Invalid("A team name has 1 to 40 characters.", field="team_name")
    check_name(name, field="team_name")
    others = league.constructors.exclude(pk=but) if but else league.constructors.all()
    # Compared here, because SQLite knows the case of ASCII letters only.
    if name.casefold() in {other.casefold() for other in others.values_list("team_name", flat=True)}:
        raise _taken(name)
    return name


def _save_named(constructor: Constructor) -> None:
    """Save; the database has the last word on which names are equal, and to some the letters İ and i are."""
    try:
        with transaction.atomic():
            constructor.save()
    except IntegrityError as error:
        if "team_name_taken_once_in_league" not in str(error):
            raise
        raise _taken(constructor.team_name) from error


def _taken(name: str) -> TeamNameTaken:
    return TeamNameTaken(f"Another team of the league is called {name}.", field="team_name")
