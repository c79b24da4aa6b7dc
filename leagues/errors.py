"""Why a league refuses. The codes are stable."""

from fantasy_f1.core.errors import DomainError, Invalid


class LeagueFull(DomainError):
    code = "league_full"


class WrongCode(Invalid):
    code = "wrong_code"


class TeamNameTaken(DomainError):
    code = "team_name_taken"


class ColourTaken(DomainError):
    code = "colour_taken"


class SeasonOver(DomainError):
    code = "season_over"


class RemovedBefore(DomainError):
    """A manager removed this player; coming back takes a manager's invitation."""

    code = "removed"


class HasTeam(DomainError):
    """Somebody who has a team in the league, or had, cannot take another one over."""

    code = "has_team"


class LastManager(DomainError):
    code = "last_manager"


class LeagueInUse(DomainError):
    code = "league_in_use"
