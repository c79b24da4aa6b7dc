"""Rows written together, in as few round trips as the database allows: others wait meanwhile for the lock.

On PostgreSQL that is one statement. What it does is what saving each row would do; the models have no signals.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model


def write(changed: Model, fields: Collection[str], new: Sequence[Model]) -> None:
    """Save ``fields`` of a row that the surrounding transaction has locked, and insert the ``new`` ones in order.

    The new rows get their keys. Raises ``IntegrityError`` as saving them would.
    """
    statements = [_update(changed, fields), *map(_insert, new)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            parts = ", ".join(f"r{number} AS ({sql} RETURNING id)" for number, (sql, _) in enumerate(statements))
            keys = ", ".join(f"r{number}.id" for number in range(len(statements)))
            tables = ", ".join(f"r{number}" for number in range(len(statements)))
            values = [value for _, values in statements for value in values]
            cursor.execute(f"WITH {parts} SELECT {keys} FROM {tables}", values)  # noqa: S608
            pks = cursor.fetchone()[1:]
        else:
            pks = []
            for sql, values in statements:
                cursor.execute(sql, values)
                pks.append(cursor.lastrowid)
            pks = pks[1:]
    for row, pk in zip(new, pks, strict=True):
        row.pk, row._state.adding, row._state.db = pk, False, connection.alias


def _update(row: Model, fields: Collection[str]) -> tuple[str, list[Any]]:
    columns = [field for field in row._meta.concrete_fields if field.name in fields]
    changes = ", ".join(f'"{field.column}" = %s' for field in columns)
    return f'UPDATE "{row._meta.db_table}" SET {changes} WHERE id = %s', [*_values(row, columns), row.pk]  # noqa: S608


def _insert(row: Model) -> tuple[str, list[Any]]:
    sql, columns = _insertion(type(row))
    return sql, _values(row, columns)


@cache
def _insertion(model: type[Model]) -> "tuple[str, list[Field[Any, Any]]]":
    """The statement that inserts a row of ``model``, and the fields whose values it takes."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})', fields  # noqa: S608


def _values(row: Model, fields: "Collection[Field[Any, Any]]") -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
