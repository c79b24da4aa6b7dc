"""What constructors earned, as told by the app that scores.

Leagues know no points: the scoring app, which stands above them, registers itself here when it starts.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal

from leagues.models import Constructor

TotalPoints = Callable[[Collection[Constructor], datetime | None], Mapping[int, Decimal]]
_source: TotalPoints = lambda constructors, until: {}  # noqa: E731


def register(source: TotalPoints) -> None:
    global _source
    _source = source


def totals(constructors: Collection[Constructor], *, until: datetime | None) -> Mapping[int, Decimal]:
    """Points of the season so far by constructor id; who has not been scored yet is missing.

    The constructors come with their leagues loaded. ``until`` is as in ``core.spoilers``.
    """
    return _source(constructors, until)
