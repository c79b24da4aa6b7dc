"""Whom the autopick takes: pure choice among the free drivers."""

from collections.abc import Iterable

from races.models import Driver


def best(free: Iterable[Driver]) -> Driver | None:
    """The dearest free driver; equals by the lower car number, then by name. No chance is involved.

    The price is expected points in other words (``races.pricing``), so the dearest is the best by the ranking.
    """
    return min(free, key=lambda driver: (-driver.price, driver.number or 1000, driver.name), default=None)


def reason(driver: Driver) -> str:
    return f"Best free driver by price ({driver.price} M)"
