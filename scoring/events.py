"""What scoring tells."""

from dataclasses import dataclass

from fantasy_f1.core.events import Event


@dataclass(frozen=True)
class RaceScored(Event):
    """``number`` counts the scorings of the race under the rule set; ``changes`` is empty at the first."""

    race_id: int
    rule_set_id: int
    number: int
    changes: list[str]
