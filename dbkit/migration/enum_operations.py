"""The operations on schemas and enum types."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import peewee as pw

from dbkit import fields
from dbkit.diagnosis import sqlstate
from dbkit.errors import MigrationError
from dbkit.pinned_queries import ask
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, in_schema, truncated
from dbkit.schema.sql import literal, quoted
from dbkit.schema.values import EnumType

from .edit_models import rewritten
from .operation_queue import name_sql
from .reshape import TypeKey, find_enum
from .row_operations import RowOperations

Enums = dict[TypeKey, tuple[str, ...]]


def enums(models: Iterable[Model]) -> Enums:
    """Return the labels of the enum types of the models' fields, by schema and name."""
    return {
        (model._meta.schema, field.type_name): field.labels
        for model in models
        for field in model._meta.sorted_fields
        if isinstance(field, fields.EnumField)
    }


def is_one_of(name: Name, keys: Iterable[TypeKey]) -> bool:
    """Whether a model names the type or sequence of this name by one of the keys."""
    return any(name in (Name(schema or "", bare), in_schema(schema, bare)) for schema, bare in keys)


# it prints on standard error unless the program configures it; peewee-migrate's logger does not
logger = logging.getLogger(__name__)
# the reasons why a schema is not dropped, by SQLSTATE (PostgreSQL manual, appendix A)
KEPT = {"2BP01": "it is not empty", "42501": "another role owns it"}


class EnumOperations(RowOperations):
    """The operations on schemas and enum types."""

    def create_schema(self, name: str) -> None:
        """Create a schema, unless it exists. Does nothing on SQLite, whose schemas are attached
        databases.
        """
        self._native(f"create_schema {name}", lambda: self._create_schema(name))

    def _create_schema(self, name: str) -> None:
        # IF NOT EXISTS would need the privilege to create schemas even if the schema exists
        if not self._has_schema(name):
            self._execute(f"CREATE SCHEMA {quoted(name)}")

    def drop_schema(self, name: str) -> None:
        """Drop a schema. It is kept, with a warning, if it is not empty or has another owner. A
        missing schema is not an error. Does nothing on SQLite.
        """
        self._native(f"drop_schema {name}", lambda: self._drop_schema(name))

    def _drop_schema(self, name: str) -> None:
        if not self._has_schema(name):
            return
        try:
            with self.database.savepoint():
                self._execute(f"DROP SCHEMA {quoted(name)}")
        except pw.PeeweeException as error:
            reason = KEPT.get(sqlstate(error) or "")
            if reason is None:
                raise
            logger.warning("warning: Schema %s is kept: %s.", name, reason)

    def _has_schema(self, name: str) -> bool:
        sql = "SELECT FROM pg_namespace WHERE nspname = %s::text"
        return bool(ask(self.database, sql, (truncated(name),)).fetchall())

    def create_enum(self, name: str, labels: Sequence[str], schema: str | None = None) -> None:
        """Create an enum type with these labels, before the first table that uses it.

        Does nothing on SQLite, where an enum is a CHECK of its column.
        """
        self._native(
            f"create_enum {name}",
            lambda: fields.create_enum(self.database, name, labels, schema),
        )

    def drop_enum(self, name: str, schema: str | None = None) -> None:
        """Drop an enum type, after the last table that uses it. Does nothing on SQLite."""
        self._native(f"drop_enum {name}", lambda: fields.drop_enum(self.database, name, schema))

    def add_enum_value(
        self,
        name: str,
        label: str,
        before: str | None = None,
        after: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Add a label to an enum type::

            migrator.add_enum_value("status", "paused", after="active")

        Without `before` and `after`, it becomes the last label. All columns of the type accept it.
        """
        labels = [one for one in self._labels(name, schema) if one != label]
        if self.following and not {before, after} <= {None, *labels}:
            before = after = None  # no column of the type is known
        place = labels.index(before) if before else labels.index(after) + 1 if after else None
        labels.insert(len(labels) if place is None else place, label)
        self.change_enum(name, labels, schema)

    def rename_enum_value(self, name: str, old: str, new: str, schema: str | None = None) -> None:
        """Rename a label, in every row, default and check that has it."""
        labels = self._labels(name, schema)
        if self._dialect.alters_tables:
            type_ = name_sql(schema, name)
            sql = f"ALTER TYPE {type_} RENAME VALUE {literal(old)} TO {literal(new)}"
            self._sql(f"rename_enum_value {name}", sql)
            self._relabel(name, schema, old, new, labels)
            return
        self.change_enum(name, [*labels, new], schema)
        for model, field in self._enum_fields(name, schema):
            self._update(model, {field: new}, field == old)
        with self._edited(*{model for model, _ in self._enum_fields(name, schema)}):
            self._relabel(name, schema, old, new, labels)

    def _relabel(
        self, name: str, schema: str | None, old: str, new: str, labels: Sequence[str]
    ) -> None:
        """Rename a label in the models, with the checks and defaults that name it."""
        for model, field in self._enum_fields(name, schema):
            field.labels = tuple(new if one == old else one for one in labels)
            field.enum_class = None
            for clauses in (field.constraints, model._meta.constraints):
                for place, clause in enumerate(clauses or ()):
                    clauses[place] = rewritten(
                        clause, lambda sql: sql.replace(literal(old), literal(new))
                    )

    def change_enum(self, name: str, labels: Sequence[str], schema: str | None = None) -> None:
        """Give an enum type these labels in this order. No row may have a label that is removed."""
        with self._edited(*{model for model, _ in self._enum_fields(name, schema)}) as reshape:
            reshape.enums[schema, name] = tuple(labels)
            for _, field in self._enum_fields(name, schema):
                field.labels, field.enum_class = tuple(labels), None

    def _enum_fields(self, name: str, schema: str | None) -> list[tuple[Model, Any]]:
        return [
            (model, field)
            for model in self.orm
            for field in model._meta.sorted_fields
            if isinstance(field, fields.EnumField)
            and (field.type_name, model._meta.schema) == (name, schema)
        ]

    def _labels(self, name: str, schema: str | None) -> Sequence[str]:
        """The labels of the type; on SQLite, which has no types, the labels of the models."""
        if (enum := find_enum(self._types(), schema, name)) is not None:
            return list(enum.labels)
        for _, field in self._enum_fields(name, schema):
            return list(field.labels)
        if self.following:
            return []
        raise MigrationError(
            f"No earlier migration has a column of enum type {name}.",
            "Use migrator.change_enum(name, labels) with all labels.",
        )

    def _types(self) -> tuple[EnumType, ...]:
        return () if self.following else self._live().enums
