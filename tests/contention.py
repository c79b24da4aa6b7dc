"""Many at once, each in a thread with a connection of its own."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from fantasy_f1.core.errors import DomainError


def at_once(actions: Sequence[Callable[[], object]]) -> list[object]:
    """Run every action in a thread of its own, started together → results, and the errors of rules."""
    barrier = Barrier(len(actions), timeout=60)  # seconds

    def run(action: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return action()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def outcomes(actions: Sequence[Callable[[], object]]) -> Counter[str]:
    """The same, counted: how many won, and the codes of the refusals."""
    return Counter(result.code if isinstance(result, DomainError) else "won" for result in at_once(actions))
