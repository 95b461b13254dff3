"""How an operation is done: its models are edited at once, their tables when it is its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import peewee as pw
import peewee_migrate

from dbkit.errors import MigrationError
from dbkit.schema.dialect import dialect_for
from dbkit.schema.models import Model
from dbkit.schema.statements import quoted

from .reshaping import Reshape, qualified, snapshot


class Orm:
    """The models that the history knows: `orm.User`, or `orm["users"]`, `orm["billing.plans"]`."""

    def __init__(self) -> None:
        self.tables: dict[str, Model] = {}

    def add(self, model: Model) -> None:
        self.tables[qualified(model)] = model

    def remove(self, model: Model) -> None:
        for name in [name for name, one in self.tables.items() if one is model]:
            del self.tables[name]

    def __getitem__(self, name: str) -> Model:
        return self.tables[name]

    def __contains__(self, name: str) -> bool:
        return name in self.tables

    def __getattr__(self, name: str) -> Model:
        for model in self.tables.values():
            if model.__name__ == name:
                return model
        raise AttributeError(f"the migrations before this one make no model {name}")

    def __iter__(self) -> Iterator[Model]:
        return iter(self.tables.values())


class Creation:
    def __init__(self, model: Model) -> None:
        self.model, self.__name__ = model, f"create {qualified(model)}"

    def __call__(self) -> None:
        self.model.create_table(safe=False)


class Stepping(peewee_migrate.Migrator):
    """What every operation does: find its model, edit it, and queue what that takes."""

    def __init__(self, database: pw.Database) -> None:
        super().__init__(database)
        self.orm = Orm()

    def __get_model__(self, model: Model | str) -> Model:
        if not isinstance(model, str):
            return model
        if model in self.orm:
            return self.orm[model]
        for one in self.orm:
            if one.__name__ == model:
                return one
        raise MigrationError(
            f"The migrations before this one make no table {model}.",
            "Name a table that a create_model before it made; for others there is migrator.sql.",
        )

    def _reshape(self) -> Reshape:
        """The step that neighbouring operations share."""
        if not self.__ops__ or not isinstance(self.__ops__[-1], Reshape):
            self.__ops__.append(Reshape(self.__database__))
        return self.__ops__[-1]  # type: ignore[no-any-return]

    def _edited(self, *models: Model) -> Edit:
        return Edit(self, models)

    def _settled(self, model: Model) -> None:
        """Keep what is still to be made of the model as it is now."""
        for operation in self.__ops__:
            if isinstance(operation, Creation) and operation.model is model:
                operation.model = self._copy(model)

    def _copy(self, model: Model) -> Model:
        copy = snapshot(model)
        copy._meta.database = self.__database__
        return copy

    def _native(self, name: str, operation: Callable[[], Any]) -> None:
        if isinstance(self.__database__, pw.PostgresqlDatabase):
            self.__ops__.append(named(name, operation))

    def _sql(self, name: str, sql: str) -> None:
        self.__ops__.append(named(name, lambda: self._execute(sql)))

    def _execute(self, sql: str) -> None:
        dialect_for(self.__database__).execute(self.__database__, sql)


class Edit:
    """Models before and after a block, for the reshaping of their tables."""

    def __init__(self, migrator: Stepping, models: Sequence[Model]) -> None:
        self.migrator, self.models = migrator, models

    def __enter__(self) -> Reshape:
        for model in self.models:
            self.migrator._settled(model)
        self.reshape = self.migrator._reshape()
        for model in self.models:
            if qualified(model) not in self.reshape.before:
                self.reshape.before[qualified(model)] = self.migrator._copy(model)
        return self.reshape

    def __exit__(self, failed: Any, *_: Any) -> None:
        if failed is None:
            for model in self.models:
                self.reshape.after[qualified(model)] = self.migrator._copy(model)


def named(name: str, operation: Callable[[], Any]) -> Callable[[], Any]:
    """The operation, called so in the log."""

    def run() -> None:
        operation()

    run.__name__ = name
    return run


def table_sql(model: Model) -> str:
    """The table's name as SQL."""
    return name_sql(model._meta.schema, model._meta.table_name)


def name_sql(schema: str | None, name: str) -> str:
    """A name as SQL, in its schema if it has one."""
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)
