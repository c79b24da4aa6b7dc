"""Points as a pure function: (results of a race, rules) → for each driver the lines that add up. No database.

Positions count from 1; points are exact decimals.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Rules:
    """``grand_prix[0]`` is what a win is worth; places beyond the table earn nothing."""

    name: str
    grand_prix: tuple[Decimal, ...]
    fastest_lap: Decimal

    def as_json(self) -> dict[str, Any]:
        """The rules without their name, in a form that can be stored and compared."""
        return {"grand_prix": [str(amount) for amount in self.grand_prix], "fastest_lap": str(self.fastest_lap)}

    @classmethod
    def from_json(cls, name: str, rules: Mapping[str, Any]) -> "Rules":
        return cls(name, tuple(Decimal(amount) for amount in rules["grand_prix"]), Decimal(rules["fastest_lap"]))

    @property
    def digest(self) -> str:
        """SHA-256 of the rules' content: the same rules are the same rule set, whatever their name."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()


CLASSIC = Rules("Classic", tuple(Decimal(n) for n in (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)), Decimal(1))
"""Formula 1's table for a Grand Prix since 2010, and a point for the fastest lap as Formula 1 gave from 2019 to 2024.

Here the point goes to the holder of the fastest lap wherever they finished (docs/rules.md, 3.2).
"""


@dataclass(frozen=True)
class Finish:
    """A driver's line of the Grand Prix result. ``status`` says in a word why they are not classified."""

    driver_id: int
    name: str
    position: int
    is_classified: bool
    has_fastest_lap: bool = False
    status: str = ""


@dataclass(frozen=True)
class Line:
    """One reason for points: which ``rule``, how much, and why in a person's words."""

    rule: str
    amount: Decimal
    because: str


def points(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


def score(
    finishes: Iterable[Finish], rules: Rules, *, substitutes: Mapping[int, int] | None = None
) -> dict[int, list[Line]]:
    """The lines of every driver by id.

    ``substitutes`` maps a drafted driver who did not take part to the one who drove the seat: whoever drafted the
    absent one gets the seat's points (docs/rules.md, 3.4).
    """
    by_driver = {finish.driver_id: finish for finish in finishes}
    lines = {pk: _lines(finish, rules) for pk, finish in by_driver.items()}
    for absent, substitute in (substitutes or {}).items():
        if absent not in lines and substitute in lines:
            name = by_driver[substitute].name
            because = f"({name} in the seat)"
            lines[absent] = [Line(line.rule, line.amount, f"{line.because} {because}") for line in lines[substitute]]
    return lines


def _lines(finish: Finish, rules: Rules) -> list[Line]:
    if not finish.is_classified:
        lines = [Line("grand_prix", Decimal(0), f"Not classified ({finish.status or 'no classification'})")]
    else:
        table = rules.grand_prix
        amount = table[finish.position - 1] if finish.position <= len(table) else Decimal(0)
        lines = [Line("grand_prix", amount, f"P{finish.position} in the Grand Prix")]
    if finish.has_fastest_lap and rules.fastest_lap:
        lines.append(Line("fastest_lap", rules.fastest_lap, "Fastest lap"))
    return lines
