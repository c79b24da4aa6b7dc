"""Going over many things of which one may fail: the others get their turn, and nothing is hushed up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

Attempt = Callable[..., None]


@contextmanager
def attempts(what: str) -> Iterator[Attempt]:
    """Yield ``attempt(action, **arguments)``, which calls the action and goes on whatever it raises.

    Only a task's time limit ends it before the others had their turn. What was raised comes out together at the end,
    as an ``ExceptionGroup`` with ``what`` for a title.
    """
    failures: list[Exception] = []

    def attempt(action: Callable[..., object], **arguments: Any) -> None:
        try:
            action(**arguments)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            error.add_note(f"{action.__name__} of {arguments}")
            failures.append(error)

    try:
        yield attempt
    except SoftTimeLimitExceeded as error:
        failures.append(error)
    if failures:
        raise ExceptionGroup(what, failures)
