"""Who picks when: pure functions of an order (constructor ids, the first picks first). No database, no clock.

Pick numbers and rounds count from 1. Sources: the product's draft rules; the snake is the usual one (every second
round runs backwards).
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Sequence


def sequential(seats: int, pick_number: int) -> int:
    """Seat (0-based) that makes the pick: 1…N, 1…N."""
    return (pick_number - 1) % seats


def snake(seats: int, pick_number: int) -> int:
    """Seat (0-based) that makes the pick: 1…N, N…1."""
    completed_rounds, index = divmod(pick_number - 1, seats)
    return index if completed_rounds % 2 == 0 else seats - 1 - index


STRATEGIES: dict[str, Callable[[int, int], int]] = {"sequential": sequential, "snake": snake}


def round_of(seats: int, pick_number: int) -> int:
    return (pick_number - 1) // seats + 1


def on_turn(order: Sequence[int], method: str, pick_number: int) -> int:
    """The constructor whose turn ``pick_number`` is."""
    return order[STRATEGIES[method](len(order), pick_number)]


def turns(order: Sequence[int], method: str, rounds: int) -> list[int]:
    """The constructor of every turn, first to last."""
    return [on_turn(order, method, number) for number in range(1, len(order) * rounds + 1)]


def next_turn(
    order: Sequence[int], method: str, rounds: int, *, after: int, passed_over: Collection[int] = ()
) -> int | None:
    """The pick number after ``after`` that is not a turn of a ``passed_over`` constructor; ``None`` at the end."""
    all_turns = turns(order, method, rounds)
    later = range(after + 1, len(all_turns) + 1)
    return next((number for number in later if all_turns[number - 1] not in passed_over), None)


def short_teams(
    order: Sequence[int], method: str, rounds: int, *, drivers: int, passed_over: Collection[int] = ()
) -> set[int]:
    """Who goes without a driver in some round where there are only so many: those whose turns come last."""
    taken = [pk for pk in turns(order, method, rounds) if pk not in passed_over]
    return set(taken[drivers:])


# A random order that anybody can check ---------------------------------------------------------


def new_seed() -> str:
    """A secret of 256 random bits, in hexadecimal."""
    return secrets.token_hex(32)


def commitment(seed: str) -> str:
    """What is published before the seed is: its SHA-256, in hexadecimal."""
    return hashlib.sha256(seed.encode()).hexdigest()


def random_order(seed: str, constructors: Collection[int]) -> list[int]:
    """The constructors sorted by the SHA-256 of ``"<seed>:<id>"``: fixed by the seed, predictable by nobody before."""
    return sorted(constructors, key=lambda pk: hashlib.sha256(f"{seed}:{pk}".encode()).hexdigest())


def rotate(last: Sequence[int], constructors: Collection[int], *, short: Collection[int] = ()) -> list[int]:
    """The order after ``last``: its first goes last, those who left drop out, new ones come in at the end by id.

    ``short`` constructors got fewer drivers than the others in the last draft: they move to the front.
    """
    moved = [*last[1:], *last[:1]]
    stayed = [pk for pk in moved if pk in constructors]
    new = sorted(set(constructors) - set(last))
    order = stayed + new
    return sorted(order, key=lambda pk: pk not in short)
