"""The floor of a pick: the statements that ours runs, by a client of the database that does nothing else.

That is pgbench with prepared statements on PostgreSQL, and Python's own sqlite3 on SQLite.
"""

import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection

Statement = tuple[str, Any]
PLACES = re.compile(r'INSERT INTO "\w+" \(([^)]*)\)|(?:"(\w+)"|\b(id)) = %s|%s')


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Yields the list of the statements of a change until it is committed; what is announced after that is left out."""
    statements: list[Statement] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep), mock.patch("fantasy_f1.core.events._announce"):
        yield statements


def pgbench(statements: Sequence[Statement], *, ids: Mapping[str, int], drafts: int, clients: int, picks: int) -> float:
    """Picks per second of so many clients, which make ``picks`` in all.

    ``statements`` are those of a pick of ours. ``ids`` are the first of consecutive ones: of ``drafts`` drafts, their
    leagues, constructors and drivers, of which there are as many as picks. Each client has its share of the drafts,
    where there is but one all have the same. The pick after a draft's last one is made, whoever that is for.
    """
    (lock, _), (facts, asked), (write, values) = statements
    draft, league = ids["draft"], f":draft + {ids['league'] - ids['draft']}"
    here = {"draft": ":draft", "league": league, "constructor": ":team", "driver": ":driver"}
    columns = {
        **{"id": ":draft", "draft_id": ":draft", "league_id": league, "topic": "'draft:' || :draft"},
        **{"constructor_id": ":team", "driver_id": ":driver", "pick_number": ":current_pick", "round": ":round"},
        **{"current_pick": ":current_pick + 1", "version": ":version + 1"},
    }
    script = [
        f"\\set draft {draft}"
        if drafts == 1
        else f"\\set draft {draft} + :client_id + {clients} * random(0, {drafts // clients - 1})",
        "BEGIN;",
        _named(lock, [draft, 21], {"id": ":draft"}),
        "\\gset",
        f"\\set driver {ids['driver']} + :current_pick - 1",
        f"\\set team {ids['constructor']} + (:current_pick - 1) / 2",
        "\\set round 1 + (:current_pick - 1) % 2",
        (facts % {name: here.get(name, value) for name, value in asked.items()}).strip() + ";",
        _named(write, values, columns) + ";",
        "COMMIT;",
    ]
    told = connection.settings_dict
    where = {"-h": told["HOST"], "-p": str(told["PORT"]), "-U": told["USER"]}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pick.sql"
        file.write_text("\n".join(script))
        done = subprocess.run(  # noqa: S603
            [
                *("pgbench", "-n", "-M", "prepared", "-f", str(file), "-c", str(clients), "-j", "2"),
                *("-t", str(picks // clients)),
                *(part for option, value in where.items() if value for part in (option, value)),
                told["NAME"],
            ],
            env=os.environ | {"PGPASSWORD": told["PASSWORD"]},
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    return float(found[1])


def _named(sql: str, params: Sequence[Any], names: Mapping[str, str]) -> str:
    """The statement with ``names``, by column, in the place of values, and the other values as they were."""
    columns: list[str] = []
    rest = iter(params)

    def fill(match: re.Match[str]) -> str:
        if match[1] is not None:
            columns.extend(re.findall(r'"(\w+)"', match[1]))
            return match[0]
        column = match[2] or match[3] or (columns.pop(0) if columns else "")
        value = next(rest)
        text = names.get(column) or connection.ops.compose_sql("%s", [value])  # type: ignore[attr-defined]
        return match[0].replace("%s", text)

    return PLACES.sub(fill, sql)


class Raw:
    """Runs recorded statements once more, with an sqlite3 connection as the app's own is set up."""

    def __init__(self) -> None:
        options = settings.DATABASES["default"]["OPTIONS"]
        self.database = sqlite3.connect(
            connection.settings_dict["NAME"], timeout=options["timeout"], isolation_level=None
        )
        self.database.executescript(options["init_command"])

    def run(self, statements: Sequence[Statement]) -> None:
        for sql, params in statements:
            if isinstance(params, Mapping):
                self.database.execute(sql % {name: f":{name}" for name in params}, params)
            else:
                self.database.execute(sql.replace("%s", "?"), params or ())
        self.database.execute("COMMIT")
