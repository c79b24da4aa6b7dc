"""Why a draft refuses. The codes are stable; clients and pages tell refusals apart by them.

The docstrings are the examples in the API's description.
"""

from http import HTTPStatus

from fantasy_f1.core.errors import DomainError, Invalid


class DraftNotOpen(DomainError):
    """This draft is not open for picks."""

    code = "draft_not_open"


class DraftNotRunning(DomainError):
    """This draft is scheduled: it does not run."""

    code = "draft_not_running"


class DraftNotPaused(DomainError):
    """Pause the draft first: picks are undone while nobody picks."""

    code = "draft_not_paused"


class NothingToUndo(DomainError):
    """No pick has been made yet."""

    code = "nothing_to_undo"


class RaceLocked(DomainError):
    """The picks for this race are locked."""

    code = "race_locked"


class ConstructorNotInDraft(DomainError):
    """Apex Hunters does not take part in this draft."""

    code = "constructor_not_in_draft"


class NotOnTheClock(DomainError):
    """It is not Apex Hunters's turn."""

    code = "not_on_the_clock"


class DriverNotEntered(DomainError):
    """Lando Norris is not entered for this race."""

    code = "driver_not_entered"


class DriverTaken(DomainError):
    """Lando Norris was drafted by Apex Hunters with pick 3."""

    code = "driver_taken"


class PicksComplete(DomainError):
    """Apex Hunters has drafted two drivers already."""

    code = "picks_complete"


class TooEarlyToPickFor(DomainError):
    """Apex Hunters has time left: a manager picks for a team once half of it has gone."""

    code = "too_early_to_pick_for"


class QueueFirst(DomainError):
    """Apex Hunters has a queue: let the autopick take from it."""

    code = "queue_first"


class OrderFixed(DomainError):
    """The order stands: it can be set until the first pick."""

    code = "order_fixed"


class WrongOrder(Invalid):
    """The order must name every team of the league exactly once."""

    code = "wrong_order"


class WrongQueue(Invalid):
    """A driver stands twice in the queue."""

    code = "wrong_queue"


class WrongSeasonList(Invalid):
    """A driver stands twice in the lists."""

    code = "wrong_season_list"


class NoMockDraft(DomainError):
    """You have no mock draft."""

    code = "no_mock_draft"
    status = HTTPStatus.NOT_FOUND


class CannotDraft(DomainError):
    """The entry list of this race is not known yet."""

    code = "cannot_draft"
