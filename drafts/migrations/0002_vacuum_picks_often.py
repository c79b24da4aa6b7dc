"""Leaderboards read picks from the covering index alone only where the visibility map is set, and picks are hardly ever
updated: PostgreSQL is to vacuum the table after 2 % of new rows, not after 20 %. SQLite has nothing of the kind.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def vacuum_often(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE drafts_pick SET (autovacuum_vacuum_insert_scale_factor = 0.02)")


def vacuum_as_usual(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE drafts_pick RESET (autovacuum_vacuum_insert_scale_factor)")


class Migration(migrations.Migration):
    dependencies = [("drafts", "0001_initial")]

    operations = [migrations.RunPython(vacuum_often, vacuum_as_usual)]
