"""Drawings of results, as numbers for a template. Pure: no Django, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LAST_PLACE = 22
HEIGHT = 100.0
MARGIN = 6.0


class Placed(Protocol):
    """A start as ``queries.Start`` tells it."""

    @property
    def position(self) -> int: ...


@dataclass(frozen=True)
class Dot:
    """A start in the drawing; ``x`` and ``y`` in its units."""

    x: float
    y: float
    start: Placed


@dataclass(frozen=True)
class FormLine:
    """Places over a season, the first place on top, in a box of 100 by 100."""

    dots: tuple[Dot, ...]
    guides: tuple[tuple[int, float], ...]

    @property
    def points(self) -> str:
        """For ``<polyline points>``."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def form_line(starts: Sequence[Placed]) -> FormLine:
    """The drawing of ``starts``, oldest first; cars that are not classified lie at their place in the sheet."""
    step = HEIGHT / max(len(starts), 1)
    dots = tuple(
        Dot(x=round(step * (index + 0.5), 2), y=_height(start.position), start=start)
        for index, start in enumerate(starts)
    )
    return FormLine(dots=dots, guides=tuple((place, _height(place)) for place in (1, 10, 20)))


def _height(place: int) -> float:
    share = (min(place, LAST_PLACE) - 1) / (LAST_PLACE - 1)
    return round(MARGIN + share * (HEIGHT - 2 * MARGIN), 2)
