"""The floor of a pick: the statements that ours runs, by the database's own client.

That is pgbench with prepared statements on PostgreSQL, and Python's sqlite3 on SQLite.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connection

Statement = tuple[str, Any]
PLACES = re.compile(r'INSERT INTO "\w+" \(([^)]*)\)|(?:"(\w+)"|\b(id)) = %s|%s')


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Yields the list to which each statement is added until the change is committed; announcements are left out."""
    statements: list[Statement] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep), mock.patch("fantasy_f1.core.events._announce"):
        yield statements


def named(sql: str, params: Sequence[Any], names: Mapping[str, str]) -> str:
    """The statement with ``names`` (by column) in the place of its values, and the others as they were."""
    columns: list[str] = []
    rest = iter(params)

    def fill(match: re.Match[str]) -> str:
        if match[1] is not None:
            columns.extend(re.findall(r'"(\w+)"', match[1]))
            return match[0]
        column = match[2] or match[3] or columns.pop(0)
        value = next(rest)
        text = names.get(column) or connection.ops.compose_sql("%s", [value])  # type: ignore[attr-defined]
        return match[0].replace("%s", text)

    return PLACES.sub(fill, sql)


class PgBench:
    """Makes picks in the open drafts with ids from ``drafts`` on, of drivers and constructors with ids from those on.

    Nobody looks here whose turn it is: the pick after the last one is made, whoever that is for.
    """

    def __init__(self, statements: Sequence[Statement], *, draft: int, league: int, driver: int, team: int) -> None:
        (lock, _), (facts, ids), (write, values) = statements
        self.first = {"draft": draft, "league": league, "driver": driver, "team": team}
        names = {
            **{"id": ":draft", "draft_id": ":draft", "league_id": ":draft + :leagues"},
            **{"driver_id": ":driver", "constructor_id": ":team", "round": ":round"},
            **{"current_pick": ":current_pick + 1", "pick_number": ":current_pick"},
            **{"version": ":version + 1", "topic": "'draft:' || :draft"},
        }
        asked = {**ids, "draft": ":draft", "league": ":draft + :leagues", "constructor": ":team", "driver": ":driver"}
        self.script = "\n".join(
            [
                f"\\set leagues {league - draft}",
                "BEGIN;",
                re.sub(r'("id"|\bid) = %s', r"\1 = :draft", lock).split(" LIMIT ")[0].replace("%s", "21")
                if "%s" in lock
                else lock,
                "\\gset",
                f"\\set driver {driver} + :current_pick - 1",
                f"\\set team {team} + (:current_pick - 1) / 2",
                "\\set round 1 + (:current_pick - 1) % 2",
                facts % asked + ";",
                named(write, values, names) + ";",
                "COMMIT;",
            ]
        )
