"""Operations that a migration can use beside peewee-migrate's own; each knows its dialect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import peewee as pw
import peewee_migrate

from dbkit import fields


class Migrator(peewee_migrate.Migrator):
    """peewee-migrate's Migrator, with enum types."""

    def create_enum(self, name: str, labels: Sequence[str], schema: str | None = None) -> None:
        """CREATE TYPE name AS ENUM (labels, in this order); before the first table that uses it.

        On SQLite an enum is a CHECK of its column, and nothing is done.
        """
        self._native(
            f"create_enum {name}",
            lambda: fields.create_enum(self.__database__, name, labels, schema),
        )

    def drop_enum(self, name: str, schema: str | None = None) -> None:
        """DROP TYPE name; after the last table that uses it. Nothing on SQLite."""
        self._native(f"drop_enum {name}", lambda: fields.drop_enum(self.__database__, name, schema))

    def _native(self, name: str, operation: Callable[[], Any]) -> None:
        if isinstance(self.__database__, pw.PostgresqlDatabase):
            operation.__name__ = name  # peewee-migrate logs it
            self.__ops__.append(operation)
