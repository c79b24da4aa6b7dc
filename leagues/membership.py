"""Joining and leaving: the only writer of ``Constructor``."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.verification import require_player
from fantasy_f1.core.errors import Invalid, NotAllowed
from fantasy_f1.core.events import publish
from fantasy_f1.core.names import check_name
from leagues.errors import ColourTaken, HasTeam, LeagueFull, RemovedBefore, SeasonOver, TeamNameTaken, WrongCode
from leagues.events import (
    ConstructorInvited,
    ConstructorJoined,
    ConstructorLeft,
    ConstructorRecoloured,
    ConstructorRenamed,
    ConstructorTakenOver,
    OfferWithdrawn,
    TeamOffered,
)
from leagues.models import Constructor, League
from leagues.permissions import may_manage, require_manager
from races.entries import capacity
from races.queries import is_over

MAX_REASON = 200
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

    A private league takes its code, but for managers and whoever is offered a team. Whoever left comes back with the
    same team, whoever is offered one takes it over. Raises ``WrongCode``, ``RemovedBefore``, ``AccountClosed``,
    ``EmailNotVerified``, ``SeasonOver``, ``LeagueFull``, ``TeamNameTaken``, ``Invalid``.
    """
    with transaction.atomic():
        league = League.objects.lock(league_id)
        standing = league.constructors.filter(user=user).first()
        if standing and standing.is_active:
            return standing
        offered = league.constructors.filter(offered_to=user).select_related("user").first()
        if league.is_private and not (offered or is_code(league, code) or may_manage(user, league)):
            raise WrongCode("This is not the code of the league.", field="code")
        if standing and standing.was_removed:
            raise RemovedBefore("A manager removed you from this league; only a manager can invite you back.")
        if not offered and not standing and _was_replaced(league, user) and not may_manage(user, league):
            raise RemovedBefore("Somebody else has your team in this league; only a manager can offer you another one.")
        return _enter(league, standing or offered or Constructor(league=league, user=user), team_name, user, now)


def player_called(username: str) -> User:
    """Raises ``Invalid`` where there is none."""
    player = User.objects.filter(username__iexact=username.strip(), is_active=True).first()
    if player is None:
        raise Invalid("There is no player with this name.", field="username")
    return player


def offer_team(*, constructor_id: int, to: User, actor: User, reason: str, now: datetime) -> Constructor:
    """Replace a player: let ``to`` take the team over, with its points, by joining the league.

    Nobody is made to play (docs/rules.md, 1.5): until then all is as it was. Another offer of the team, or to the same
    person, ends by this. Safe to repeat.
    Raises ``NotAllowed``, ``HasTeam``, ``SeasonOver``, ``Invalid`` with the field at fault.
    """
    with transaction.atomic():
        league, constructor = _locked(constructor_id)
        require_manager(actor, league)
        why = _reason(reason, "Say why the team needs another player.")
        if not _lock(to).is_active:
            raise Invalid("There is no player with this name.", field="username")
        if league.constructors.filter(user=to).exists():
            raise HasTeam(f"{to.display_name} has a team in this league, or had one.", field="username")
        if is_over(league.season, now=now):
            raise SeasonOver("The season of this league is over.")
        if constructor.offered_to_id != to.pk:
            league.constructors.filter(offered_to=to).update(offered_to=None)
            constructor.offered_to = to
            constructor.save(update_fields=["offered_to"])
            publish(TeamOffered(league.pk, constructor.pk, to.pk, why), source=league, actor=actor, now=now)
    return constructor


def drop_offers(*, user: User, now: datetime) -> None:
    """End all offers to ``user``, whose account is closed: nothing is offered to them any more. Safe to repeat."""
    for pk in list(user.offered_teams.values_list("pk", flat=True)):
        with transaction.atomic():
            league, constructor = _locked(pk)
            if constructor.offered_to == user:
                _end_offer(league, constructor, actor=user, now=now)


def withdraw_offer(*, constructor_id: int, actor: User, now: datetime) -> Constructor:
    """Let the team be taken over by nobody. Safe to repeat. Raises ``NotAllowed``."""
    with transaction.atomic():
        league, constructor = _locked(constructor_id)
        require_manager(actor, league)
        if constructor.offered_to:
            _end_offer(league, constructor, actor=actor, now=now)
    return constructor


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
        why = _reason(reason, "Say why the team is removed.")
        if constructor.is_active:
            _leave(league, constructor, actor=actor, reason=why, now=now)


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


def change_team(*, constructor_id: int, actor: User, now: datetime, **changed: str) -> None:
    """``team_name``, ``color``, or both or none of it. Raises what ``rename_`` and ``recolour_constructor`` do."""
    with transaction.atomic():
        if "team_name" in changed:
            rename_constructor(constructor_id=constructor_id, team_name=changed["team_name"], actor=actor, now=now)
        if "color" in changed:
            recolour_constructor(constructor_id=constructor_id, color=changed["color"], actor=actor, now=now)


def free_colours(league: League) -> list[str]:
    """Those of ``COLOURS`` that no playing team of the league has."""
    taken = set(league.constructors.playing().values_list("color", flat=True))
    return [colour for colour in COLOURS if colour not in taken]


def is_code(league: League, code: str) -> bool:
    return code.strip().upper() == league.code


def _enter(league: League, constructor: Constructor, team_name: str, user: User, now: datetime) -> Constructor:
    """Let a team in that is new or comes back, or give one that is offered to ``user``."""
    require_player(user)
    if is_over(league.season, now=now):
        raise SeasonOver("The season of this league is over.")
    plays = constructor.pk is not None and constructor.is_active
    if not plays and league.constructors.playing().count() >= min(league.max_teams, capacity(league.season)):
        raise LeagueFull("This league is full.")
    constructor.team_name = _free_name(league, team_name or constructor.team_name, but=constructor.pk)
    if not plays:
        free = free_colours(league)
        if constructor.color not in free:
            constructor.color = free[0]
        constructor.is_active, constructor.joined_at, constructor.left_at = True, now, None
    former = constructor.user
    constructor.user, constructor.offered_to, constructor.was_removed = user, None, False
    _save_named(constructor)
    event = (
        ConstructorJoined(league.pk, constructor.pk)
        if former == user
        else ConstructorTakenOver(league.pk, constructor.pk, user.pk, former.pk)
    )
    publish(event, source=league, actor=user, now=now)
    return constructor


def _end_offer(league: League, constructor: Constructor, *, actor: User, now: datetime) -> None:
    assert constructor.offered_to is not None
    event = OfferWithdrawn(league.pk, constructor.pk, constructor.offered_to.pk)
    constructor.offered_to = None
    constructor.save(update_fields=["offered_to"])
    publish(event, source=league, actor=actor, now=now)


def _lock(user: User) -> User:
    """The user as they are now; their account is not closed until the surrounding transaction ends."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _was_replaced(league: League, user: User) -> bool:
    taken_over = league.events().filter(name=ConstructorTakenOver.__name__)
    return taken_over.filter(data__former_id=user.pk).exists()


def _reason(given: str, ask: str) -> str:
    """Without needless blanks; raises ``Invalid`` where there is none, or a novel."""
    reason = " ".join(given.split())
    if not reason:
        raise Invalid(ask, field="reason")
    if len(reason) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", field="reason")
    return reason


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
