"""The operations on constraints and indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee as pw

from dbkit import fields
from dbkit import peewee_internals as internals
from dbkit.model_source import is_statement
from dbkit.schema.peewee_models import Model, table_name
from dbkit.schema.sql import quoted
from dbkit.schema.values import Constraint, Index

from .edit_models import (
    field_of,
    is_called,
    is_default,
    is_index,
    is_name,
    rename_index,
    was_indexed,
)
from .operation_queue import OperationQueue, name_sql, table_sql
from .reshape import live_drop, live_rename


class ConstraintOperations(OperationQueue):
    """The operations on NOT NULL, defaults, constraints and indexes."""

    def add_not_null(self, model: Model | str, *names: str) -> Model:
        """Forbid NULL in these columns. Every row must have a value: call `fill` first."""
        return self._with_null(model, names, False)

    def drop_not_null(self, model: Model | str, *names: str) -> Model:
        """Allow NULL in these columns."""
        return self._with_null(model, names, True)

    def _with_null(self, model: Model | str, names: Sequence[str], null: bool) -> Model:
        with self._edited(model := self._with_fields(model, *names)):
            for name in names:
                field = field_of(model, name)
                field.null = null
                self._mean(model, field, "nullable")
        return model

    def set_default(self, model: Model | str, name: str, sql: str) -> Model:
        """Set the default of a column on the server to an SQL expression. Existing rows do not
        change.
        """
        return self._with_default(model, name, [fields.ServerDefault(f"DEFAULT {sql}")])

    def drop_default(self, model: Model | str, name: str) -> Model:
        """Drop the default of a column on the server."""
        return self._with_default(model, name, [])

    def _with_default(self, model: Model | str, name: str, default: list[Any]) -> Model:
        with self._edited(model := self._with_fields(model, name)):
            field = field_of(model, name)
            kept = [one for one in field.constraints or () if not is_default(one)]
            field.constraints = default + kept
            self._mean(model, field, "default")
        return model

    def add_check(self, model: Model | str, sql: str, name: str | None = None) -> Model:
        """Add a CHECK, with a name or without::

            migrator.add_check("orders", "total >= 0", "orders_total_positive")

        Every row must satisfy it.
        """
        return self._with_constraint(model, pw.Check(sql, name))

    def add_constraint(self, model: Model | str, name: str | None, constraint: Any) -> Model:
        """Add any other constraint, with a name or without (None)::

            migrator.add_constraint("users", "users_key", "UNIQUE (tenant, email)")

        The constraint is SQL, or an SQL expression of Peewee. Every row must satisfy it.
        """
        clause = constraint if isinstance(constraint, pw.Node) else pw.SQL(constraint)
        if name:
            clause = pw.NodeList((pw.SQL("CONSTRAINT"), pw.Entity(name), clause))
        return self._with_constraint(model, clause)

    def _with_constraint(self, model: Model | str, clause: Any) -> Model:
        with self._edited(model := self.get_model(model)):
            model._meta.constraints = [*(model._meta.constraints or ()), clause]
        return model

    def drop_check(self, model: Model | str, name_or_sql: str) -> Model:
        """Drop the CHECK with this name, or the unnamed CHECK with this SQL."""
        return self.drop_constraints(model, name_or_sql)

    def drop_constraints(self, model: Model | str, *names: str) -> Model:
        """Drop constraints by name, or unnamed constraints by their SQL."""
        model = self.get_model(model)
        for name in names:
            kept = [one for one in model._meta.constraints or () if not is_called(one, name)]
            if len(kept) < len(model._meta.constraints or ()):
                with self._edited(model):
                    model._meta.constraints = kept
            else:
                self._drop_unknown(model, name)
        return model

    def _drop_unknown(self, model: Model, name: str) -> None:
        """Drop a constraint that the model lacks, because SQL created it."""
        if self._dialect.alters_tables:
            sql = f"ALTER TABLE {table_sql(model)} DROP CONSTRAINT {quoted(name)}"
            self._sql("drop_constraints", sql)
            return
        with self._edited(model) as reshape:
            reshape.sought.append(live_drop(table_name(model), Constraint, name))

    def create_foreign_key(self, model: Model | str, name: str) -> Model:
        """Create the foreign key of a `DeferredForeignKey`, which `create_model` leaves out. Does
        nothing on SQLite, which cannot add a foreign key.
        """
        model = self._with_fields(model, name)
        self._native(
            f"create_foreign_key {table_name(model)}.{name}",
            lambda: internals.schema_manager(model).create_foreign_key(field_of(model, name)),
        )
        return model

    def add_index(
        self,
        model: Model | str,
        *columns: Any,
        unique: bool = False,
        name: str | None = None,
        where: Any = None,
        using: str | None = None,
        nulls_distinct: bool | None = None,
        concurrently: bool = False,
    ) -> Model:
        """Create an index on fields, or on expressions as `pw.SQL`::

            migrator.add_index("users", pw.SQL("lower(email)"), unique=True, name="users_email")

        A single `pw.SQL` may also be a whole CREATE INDEX statement.

        Args:
            model: The model or the name of its table.
            columns: The names of fields, and expressions.
            unique: Whether two rows may not have the same values.
            name: The name of the index, by default Peewee's.
            where: The predicate of a partial index, in SQL.
            using: The method on PostgreSQL: "gin", "gist", ...
            nulls_distinct: False lets a unique index on PostgreSQL treat NULLs as equal.
            concurrently: PostgreSQL builds the index without blocking writers. The file needs
                `ATOMIC = False`.
        """
        with self._edited(model := self._with_fields(model, *filter(is_name, columns))) as reshape:
            if concurrently:
                self._concurrently(reshape)
            meta = model._meta
            keys = [field_of(model, one) if is_name(one) else one for one in columns]
            plain = name is None and where is None and using is None and nulls_distinct is None
            if len(keys) == 1 and isinstance(keys[0], pw.SQL) and is_statement(keys[0].sql):
                meta.indexes.append(keys[0])
            elif plain and len(keys) == 1 and isinstance(keys[0], pw.Field):
                keys[0].unique, keys[0].index = unique, True
            else:
                where = pw.SQL(where) if isinstance(where, str) else where
                meta.indexes.append(pw.ModelIndex(
                    model, keys, unique=unique, name=name, where=where, using=using,
                    nulls_distinct=nulls_distinct))  # fmt: skip
        return model

    def drop_index(
        self,
        model: Model | str,
        *columns: Any,
        name: str | None = None,
        concurrently: bool = False,
    ) -> Model:
        """Drop an index by its columns or its name. `concurrently` is as in `add_index`."""
        with self._edited(model := self._with_fields(model, *filter(is_name, columns))) as reshape:
            if concurrently:
                self._concurrently(reshape)
            meta = model._meta
            columns = tuple(field_of(model, one).name if is_name(one) else one for one in columns)
            found = [index for index in meta.indexes if is_index(model, index, columns, name)]
            single = len(columns) == 1 and is_name(columns[0])
            field = meta.fields[columns[0]] if single else None
            if found:
                meta.indexes = [index for index in meta.indexes if index is not found[0]]
            elif field is not None and (field.index or field.unique):
                field.index = field.unique = False
                field.index_type = type(field).default_index_type
            elif field is not None and was_indexed(reshape.before[table_name(model)], field):
                pass  # files of peewee-migrate drop an index that change_fields has dropped
            else:
                keys = [field_of(model, one).column_name for one in columns if is_name(one)]
                reshape.sought.append(live_drop(table_name(model), Index, name, keys))
        return model

    def rename_index(self, model: Model | str, old_name: str, new_name: str) -> Model:
        """Rename an index."""
        model = self.get_model(model)
        if self._dialect.alters_tables:
            old = name_sql(model._meta.schema, old_name)
            self._sql("rename_index", f"ALTER INDEX {old} RENAME TO {quoted(new_name)}")
            rename_index(model, old_name, new_name)
            return model
        self.run_queue()
        rename_index(model, old_name, new_name)
        with self._edited(model) as reshape:
            reshape.sought.append(live_rename(table_name(model), Index, old_name, new_name))
        self.run_queue()  # the operations below know the new name only
        return model
