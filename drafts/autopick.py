"""Whom the autopick takes: pure choice among the free drivers, and why (docs/rules.md, 2.7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from drafts.models import Pick
from races.models import Driver


class Cause(StrEnum):
    """Why the autopick takes a turn."""

    TIME = "Time ran out"
    PICK = "Autopick was on for this pick"
    DRAFT = "Autopick was on for this draft"
    ALWAYS = "Autopick was on"
    CLOSED = "The player's account is closed"
    LOCK = "The draft locked"
    MANAGER = "A manager let it pick"


@dataclass(frozen=True)
class Wishes:
    """What a team wants, as driver ids: for this draft, for every draft of the season, and whom never."""

    queue: Sequence[int] = ()
    season: Sequence[int] = ()
    never: Collection[int] = ()


@dataclass(frozen=True)
class Choice:
    driver: Driver
    source: Pick.Source
    reason: str


def choose(free: Collection[Driver], *, wishes: Wishes, went: Mapping[int, int]) -> Choice | None:
    """The first free driver of the queue, else of the season list, else the dearest; ``None`` where nobody is free.

    Drivers whom the team never wants are left to the others until nobody else is free; only the queue, which is made
    for the one draft, goes before that. ``went`` maps the drivers who were drafted to their pick numbers.
    """
    by_id = {driver.pk: driver for driver in free}
    for name, source, wanted in (
        ("Queue", Pick.Source.QUEUE, wishes.queue),
        ("Season list", Pick.Source.AUTO, wishes.season),
    ):
        item = next((place for place, pk in enumerate(wanted) if pk in by_id), None)
        if item is not None:
            return Choice(by_id[wanted[item]], source, _reason(name, wanted[:item], went))
    driver = best([driver for driver in free if driver.pk not in wishes.never])
    if driver is None:
        driver = best(free)
        if driver is None:
            return None
        return Choice(
            driver, Pick.Source.AUTO, f"Only never-pick drivers were left: the best by price ({driver.price} M)"
        )
    passed = len([other for other in free if _rank(other) < _rank(driver)])
    over = f"; {passed} never-pick driver{_s(passed)} passed over" if passed else ""
    return Choice(driver, Pick.Source.AUTO, f"Best free driver by price ({driver.price} M){over}")


def best(free: Collection[Driver]) -> Driver | None:
    """The dearest free driver; equals by the lower car number, then by name. No chance is involved.

    The price is expected points in other words (``races.pricing``), so the dearest is the best by the ranking.
    """
    return min(free, key=_rank, default=None)


def _rank(driver: Driver) -> tuple[Decimal, int, str, int]:
    return -driver.price, driver.number or 1000, driver.name, driver.pk


def _reason(name: str, before: Sequence[int], went: Mapping[int, int]) -> str:
    """Why the item of a list after those ``before`` was taken, in about 200 characters for whole entry lists."""
    parts = [f"{name} item {len(before) + 1}"]
    places = {pk: place for place, pk in enumerate(before, start=1)}
    if drafted := [pk for pk in before if pk in went]:
        at = f"pick{_s(len(drafted))} {', '.join(str(went[pk]) for pk in drafted)}"
        parts.append(f"item{_s(len(drafted))} {', '.join(str(places[pk]) for pk in drafted)} went at {at}")
    if missing := [pk for pk in before if pk not in went]:
        parts.append(f"item{_s(len(missing))} {', '.join(str(places[pk]) for pk in missing)} not entered")
    return "; ".join(parts)


def _s(count: int) -> str:
    return "s" if count > 1 else ""
