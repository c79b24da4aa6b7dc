"""What drafted drivers earned, as told by the app that scores.

Drafts know no points: the scoring app, which stands above them, registers itself here when it starts.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal

PointsOfRace = Callable[[int, Collection[int], datetime | None], Mapping[int, Decimal]]
_source: PointsOfRace = lambda race_id, drafted, until: {}  # noqa: E731


def register(source: PointsOfRace) -> None:
    global _source
    _source = source


def of_race(race_id: int, drafted: Collection[int], *, until: datetime | None) -> Mapping[int, Decimal]:
    """Points of the ``drafted`` drivers (all ids of one league) by driver id; empty until the race is scored.

    ``until`` is as in ``core.spoilers``.
    """
    return _source(race_id, drafted, until)
