"""Why a league refuses. The codes are stable; the docstrings are the examples in the API's description."""

from fantasy_f1.core.errors import DomainError, Invalid, NotAllowed


class LeagueFull(DomainError):
    """This league is full."""

    code = "league_full"


class WrongCode(Invalid):
    """This is not the code of the league."""

    code = "wrong_code"


class TeamNameTaken(DomainError):
    """Another team of the league is called Apex Hunters."""

    code = "team_name_taken"


class ColourTaken(DomainError):
    """Another team of the league has this colour."""

    code = "colour_taken"


class SeasonOver(DomainError):
    """The season of this league is over."""

    code = "season_over"


class RemovedBefore(DomainError):
    """A manager removed you from this league; only a manager can invite you back."""

    code = "removed"


class HasTeam(DomainError):
    """Somebody who has a team in the league, or had, cannot take another one over."""

    code = "has_team"


class Muted(NotAllowed):
    """A manager muted you in the chat of this league."""

    code = "muted"


class ManagerNotMuted(DomainError):
    """A manager cannot be muted."""

    code = "manager_not_muted"


class LastManager(DomainError):
    """A league always has a manager: hand it over first."""

    code = "last_manager"


class LeagueInUse(DomainError):
    """Others play in this league, or did: it cannot be deleted any more."""

    code = "league_in_use"
