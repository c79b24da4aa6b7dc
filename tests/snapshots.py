"""Rows that take long to make, made once for many tests that commit."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from fantasy_f1.core import clock

MADE_BY_FLUSH = ("auth", "contenttypes")


@dataclass(frozen=True)
class Snapshot:
    """All rows of the database, and the game's time that goes with them."""

    rows: dict[type[Model], list[Model]]
    game_time: datetime

    def put_back(self) -> None:
        """Fill an empty database with the rows under their old ids, and let the game's time be what it was."""
        with transaction.atomic():
            for model, rows in self.rows.items():
                model._base_manager.bulk_create(rows)
            with connection.cursor() as cursor:
                for statement in connection.ops.sequence_reset_sql(no_style(), list(self.rows)):
                    cursor.execute(statement)
        clock.set_to(self.game_time)


def take() -> Snapshot:
    """The database as it is, without what every empty one has."""
    every = apps.get_models(include_auto_created=True)
    tables = [model for model in every if not model._meta.proxy and model._meta.app_label not in MADE_BY_FLUSH]
    return Snapshot({model: rows for model in tables if (rows := list(model._base_manager.all()))}, clock.now())
