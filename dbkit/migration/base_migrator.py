"""peewee-migrate's Migrator, with public names for the private attributes that dbkit uses.

They are not in `dbkit.peewee_internals`, because most commands do not need peewee-migrate and its
import takes time. peewee-migrate offers no other access to them, and looks for its own operations
under these names.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import peewee as pw
import peewee_migrate

from dbkit.schema.peewee_models import Model


class BaseMigrator(peewee_migrate.Migrator):
    """The attributes of a Migrator that its operations use."""

    @property
    def database(self) -> pw.Database:
        """The database that the operations change."""
        return self.__database__

    @property
    def queue(self) -> list[Any]:
        """The operations that wait. A migration may have appended to `__ops__` itself."""
        return self.__ops__

    @queue.setter
    def queue(self, operations: list[Any]) -> None:
        self.__ops__ = operations

    def get_model(self, model: Model | str) -> Model:
        """The model that an operation edits."""
        raise NotImplementedError

    def __get_model__(self, model: Model | str) -> Model:
        return self.get_model(model)

    def statement(self, sql: str, params: tuple[Any, ...]) -> Callable[[], Any]:
        """A function that sends SQL as peewee-migrate sends it."""
        return self.__migrator__.sql(sql, params or None).run  # type: ignore[no-any-return]

    def migration_context(self) -> AbstractContextManager[Any]:
        """A transaction in which peewee-migrate would run its queue."""
        return self.__migrator__.migration_context()  # type: ignore[no-any-return]
