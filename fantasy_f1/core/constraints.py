"""Constraints that Django lacks."""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class CoveringUniqueConstraint(models.UniqueConstraint):
    """Unique on ``fields``, and covering ``include`` too where the database can (PostgreSQL).

    Django's own constraint is silently not created where it cannot cover (SQLite), and with it the rule is lost.
    """

    include: tuple[str, ...]  # set by Django, unknown to its types

    def _for(self, schema_editor: BaseDatabaseSchemaEditor) -> models.UniqueConstraint:
        include = self.include if schema_editor.connection.features.supports_covering_indexes else None
        return models.UniqueConstraint(fields=self.fields, include=include, name=self.name)

    def constraint_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        return self._for(schema_editor).constraint_sql(model, schema_editor)  # type: ignore[arg-type]

    def create_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        return self._for(schema_editor).create_sql(model, schema_editor)  # type: ignore[arg-type]

    def remove_sql(self, model: type[models.Model] | None, schema_editor: BaseDatabaseSchemaEditor | None) -> Any:
        return self._for(schema_editor).remove_sql(model, schema_editor)  # type: ignore[arg-type]
