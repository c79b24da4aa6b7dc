"""SQLite for many writers: whoever begins a transaction stands in a queue, and nobody goes twice while others wait.

SQLite itself makes those who wait sleep longer and longer, so that under load some starve until they fail (with eight
writers, who write all the time, the 99th percentile of a wait was over two seconds).
"""

import fcntl
import os
import time
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

NEXT = 0
"""Of the two files that one connection at a time may lock, for being the next one and for its turn, the first."""

PAUSES = (0.001, 0.0002)
"""Seconds between two looks at each; a transaction takes a few milliseconds, and only one is next."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Readers outside transactions wait for nobody (WAL)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue: list[int] = []

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.is_in_memory_db():
            names = [f"{conn_params['database']}-{name}" for name in ("next", "turn")]
            self.queue = [os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for name in names]
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self) -> None:
        self._wait()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._go()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._go()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._go()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            for file in self.queue:
                os.close(file)
            self.queue = []

    def _wait(self) -> None:
        """Until it is this connection's turn. Raises ``OperationalError`` after the time that SQLite would wait.

        Who has just been has to become the next one again, and that somebody else is by then.
        """
        until = time.monotonic() + self.settings_dict["OPTIONS"].get("timeout", 5)
        for file, pause in zip(self.queue, PAUSES, strict=False):
            try:
                _lock(file, pause, until)
            except OperationalError:
                self._go()
                raise
        if self.queue:
            fcntl.flock(self.queue[NEXT], fcntl.LOCK_UN)

    def _go(self) -> None:
        for file in self.queue:
            fcntl.flock(file, fcntl.LOCK_UN)


def _lock(file: int, pause: float, until: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise OperationalError("database is locked") from error
            time.sleep(pause)
        else:
            return
