"""The way in which writers of an SQLite database wait for each other."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db.utils import OperationalError

from fantasy_f1.core.sqlite.base import DatabaseWrapper

pytestmark = pytest.mark.django_db
SETTINGS: dict[str, Any] = {
    "ENGINE": "fantasy_f1.core.sqlite",
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "CONN_HEALTH_CHECKS": False,
    "CONN_MAX_AGE": 0,
    "TIME_ZONE": None,
    "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
}


def connect(name: Path | str, *, timeout: float = 0.2) -> DatabaseWrapper:
    """``timeout`` is in seconds."""
    options = SETTINGS["OPTIONS"] | {"timeout": timeout}
    connection = DatabaseWrapper(SETTINGS | {"NAME": name, "OPTIONS": options}, alias="other")
    connection.inc_thread_sharing()
    return connection


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[DatabaseWrapper]]:
    both = [connect(tmp_path / "db.sqlite3") for _ in range(2)]
    both[0].cursor().execute("CREATE TABLE number (value integer)")
    yield both
    for connection in both:
        connection.close()


def add(connection: DatabaseWrapper) -> None:
    connection.cursor().execute("INSERT INTO number SELECT coalesce(max(value), 0) + 1 FROM number")


def numbers(connection: DatabaseWrapper) -> list[int]:
    return [value for (value,) in connection.cursor().execute("SELECT value FROM number ORDER BY value")]


def test_a_second_writer_waits_for_the_first_and_gives_up_in_the_end(two: list[DatabaseWrapper]) -> None:
    two[0].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)

    with pytest.raises(OperationalError, match="locked"):
        two[1].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_a_writer_goes_on_when_the_other_has_ended(two: list[DatabaseWrapper], end: str) -> None:
    two[0].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    add(two[0])
    getattr(two[0], end)()

    two[1].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    add(two[1])
    two[1].commit()

    assert numbers(two[1]) == ([1, 2] if end == "commit" else [1])


def test_readers_wait_for_nobody(two: list[DatabaseWrapper]) -> None:
    two[0].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    add(two[0])

    assert numbers(two[1]) == []


def test_a_writer_that_cannot_begin_leaves_the_queue(two: list[DatabaseWrapper], tmp_path: Path) -> None:
    """As when another program writes, which knows nothing of the queue."""
    with two[0].cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            two[1].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        cursor.execute("ROLLBACK")

    two[0].set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    two[0].commit()


def test_nobody_is_lost_among_many_writers(tmp_path: Path, two: list[DatabaseWrapper]) -> None:
    def write() -> None:
        connection = connect(tmp_path / "db.sqlite3", timeout=20)
        for _ in range(20):
            connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
            add(connection)
            connection.commit()
            connection.set_autocommit(True)
        connection.close()

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert numbers(two[0]) == list(range(1, 81))


def test_a_database_in_memory_has_one_connection_and_no_queue() -> None:
    connection = connect(":memory:")
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.cursor().execute("CREATE TABLE number (value integer)")
    connection.commit()

    assert numbers(connection) == []
    connection.close()
