"""The history table, which records the applied migrations. It is that of peewee-migrate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import peewee as pw
from peewee_migrate.models import MigrateHistory

from dbkit.errors import MigrationError
from dbkit.schema.dialect import dialect_for


class Records:
    """The rows of the history table. Its name is always qualified, because a migration may change
    the search path."""

    def __init__(self, database: pw.Database, table: str, schema: str | None) -> None:
        self.database, self.table, self.schema = database, table, schema
        self.model = self._model(schema)

    def names(self) -> list[str]:
        """Return the names in the order in which they were applied. Creates nothing."""
        return self._names() if self._is_there(write=False) else []

    def opened(self) -> list[str]:
        """Return the names, and create the table if it is missing."""
        if self._is_there(write=True):
            return self._names()
        self.model.create_table(safe=False)
        return []

    def add(self, name: str) -> None:
        self.model.create(name=name)

    def remove(self, name: str) -> None:
        self.model.delete().where(self._is(name)).execute()

    def squash(self, squashed: Mapping[str, Sequence[str]]) -> None:
        """Replace names in the history: each of these files takes the place of the last file that
        it replaces."""
        for name, (*others, last) in squashed.items():
            self.model.update(name=name).where(self._is(last)).execute()
            for one in others:
                self.remove(one)

    def _is(self, name: str) -> pw.Expression:
        return pw.Expression(self.model.name, dialect_for(self.database).equal, name)

    def _names(self) -> list[str]:
        rows = self.model.select(self.model.name).order_by(self.model.id).tuples()
        try:
            names = [name for (name,) in rows]
        except UnicodeDecodeError:
            names = [None]
        if None in names:
            raise MigrationError(
                f"A row of the history table {self.table} has a name that is NULL or not text, "
                "so it does not identify a migration.",
                "Correct the name, or delete the row.",
            )
        return names

    def _is_there(self, write: bool) -> bool:
        dialect = dialect_for(self.database)
        schema, there = dialect.find_table(self.database, self.table, self.schema, write)
        if schema != self.model._meta.schema:
            self.model = self._model(schema)
        return there

    def _model(self, schema: str | None) -> Any:
        meta = {"database": self.database, "table_name": self.table, "schema": schema}
        return type("MigrateHistory", (MigrateHistory,), {"Meta": type("Meta", (), meta)})
