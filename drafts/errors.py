"""Why a draft refuses. The codes are stable; clients and pages tell refusals apart by them."""

from fantasy_f1.core.errors import DomainError, Invalid


class DraftNotOpen(DomainError):
    code = "draft_not_open"


class DraftNotRunning(DomainError):
    """Only a draft that is open, paused or complete can be paused and resumed."""

    code = "draft_not_running"


class DraftNotPaused(DomainError):
    code = "draft_not_paused"


class NothingToUndo(DomainError):
    code = "nothing_to_undo"


class RaceLocked(DomainError):
    code = "race_locked"


class ConstructorNotInDraft(DomainError):
    code = "constructor_not_in_draft"


class NotOnTheClock(DomainError):
    code = "not_on_the_clock"


class DriverNotEntered(DomainError):
    code = "driver_not_entered"


class DriverTaken(DomainError):
    code = "driver_taken"


class PicksComplete(DomainError):
    code = "picks_complete"


class OrderFixed(DomainError):
    code = "order_fixed"


class WrongOrder(Invalid):
    code = "wrong_order"


class WrongQueue(Invalid):
    code = "wrong_queue"


class CannotDraft(DomainError):
    """The race cannot be drafted (now, or by this league)."""

    code = "cannot_draft"
