"""Whom the autopick takes: pure choice among the free drivers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from drafts.models import Pick
from races.models import Driver


@dataclass(frozen=True)
class Choice:
    driver: Driver
    source: Pick.Source
    reason: str


def choose(free: Collection[Driver], *, queue: Sequence[int] = (), went: Mapping[int, int]) -> Choice | None:
    """The first free driver of ``queue`` (driver ids), else the dearest; ``None`` where nobody is free.

    ``went`` maps the drivers who were drafted to their pick numbers.
    """
    by_id = {driver.pk: driver for driver in free}
    item = next((place for place, pk in enumerate(queue) if pk in by_id), None)
    if item is not None:
        return Choice(by_id[queue[item]], Pick.Source.QUEUE, _queue_reason(queue[:item], went))
    driver = best(free)
    if driver is None:
        return None
    return Choice(driver, Pick.Source.AUTO, f"Best free driver by price ({driver.price} M)")


def best(free: Collection[Driver]) -> Driver | None:
    """The dearest free driver; equals by the lower car number, then by name. No chance is involved.

    The price is expected points in other words (``races.pricing``), so the dearest is the best by the ranking.
    """
    return min(free, key=lambda driver: (-driver.price, driver.number or 1000, driver.name), default=None)


def _queue_reason(before: Sequence[int], went: Mapping[int, int]) -> str:
    """Why the item after those ``before`` was taken, in less than 200 characters for whole entry lists."""
    parts = [f"Queue item {len(before) + 1}"]
    places = {pk: place for place, pk in enumerate(before, start=1)}
    if drafted := [pk for pk in before if pk in went]:
        at = f"pick{_s(drafted)} {', '.join(str(went[pk]) for pk in drafted)}"
        parts.append(f"item{_s(drafted)} {', '.join(str(places[pk]) for pk in drafted)} went at {at}")
    if missing := [pk for pk in before if pk not in went]:
        parts.append(f"item{_s(missing)} {', '.join(str(places[pk]) for pk in missing)} not entered")
    return "; ".join(parts)


def _s(several: Sequence[int]) -> str:
    return "s" if len(several) > 1 else ""
