"""Changes tables after the operations have edited their models.

The models before and after the edit are compared, and only these changes are made in the live
database. Anything else that the tables have there is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import peewee as pw
from playhouse import postgres_ext

from dbkit import peewee_internals as internals
from dbkit.errors import MigrationError
from dbkit.schema.changes import Add, Alter, Change, Drop, Hints
from dbkit.schema.dialect import Reading, dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.patch import naming_alike, patched
from dbkit.schema.peewee_models import BASES, Model, in_schema, table_name
from dbkit.schema.values import Column, EnumType, Namespace, Part, Schema, Sequence, Table

from .data_loss import Guard

TypeKey = tuple[str | None, str]  # the schema and name of an enum type, as a model names them
OPTIONS = ("table_name", "schema", "options", "table_settings", "strict_tables", "without_rowid",
           "temporary", "legacy_table_names", "database")  # fmt: skip


def snapshot(model: Model) -> Model:
    """Return a copy of the model that later edits do not change."""
    meta = model._meta
    fields = {one.name: cloned(one) for one in meta.sorted_fields}
    for one in fields.values():
        if isinstance(one, pw.ForeignKeyField):
            one.declared_backref = "+"
    options = {name: getattr(meta, name) for name in OPTIONS}
    options["constraints"] = list(meta.constraints or ())
    if not isinstance(meta.primary_key, pw.Field) or meta.composite_key:
        options["primary_key"] = deepcopy(meta.primary_key)
    base = next(one for one in BASES if issubclass(model, one))
    attributes = {**fields, "Meta": type("Meta", (), options), "__module__": model.__module__}
    copy = type(model)(model.__name__, (base,), attributes)
    copy._meta.indexes = [_index(copy, one) for one in meta.indexes]
    return copy


def cloned(field: Any) -> Any:
    """Return a copy of the field that later edits do not change. (A deep copy would also copy the
    database, to which a bound JSONField refers.)"""
    copy = field.clone()
    copy.constraints = list(field.constraints) if field.constraints else field.constraints
    if isinstance(field, pw.ForeignKeyField) and isinstance(field.rel_field, pw.Field):
        copy.rel_field = field.rel_field.clone()
    if isinstance(field, postgres_ext.ArrayField):
        internals.clone_element_field(copy)
    return copy


def _index(model: Model, index: Any) -> Any:
    if not isinstance(index, pw.ModelIndex):
        return index
    keys = [model._meta.fields.get(one.name, one) if isinstance(one, pw.Field) else one
            for one in internals.index_parts(index).keys]  # fmt: skip
    return internals.index_with(index, model, keys=keys)


class Reshape:
    """A change of several tables at once. `before` and `after` are snapshots by table name;
    None means that the table is removed. `history` are all models of the history. `enums` are enum
    types with their new labels. `fills` are constants for the rows of new columns, as SQL. `using`
    are the USING expressions of columns whose type changes, and `replaced` are the enum types to
    replace although labels are only added. `sought` find changes of parts that only the live schema
    has. `meant` are the attributes that operations set explicitly, even if a statement changed them
    before. `concurrently` changes indexes instead."""

    __name__ = "reshape"

    def __init__(self, database: pw.Database, history: Iterable[Model], guard: Guard) -> None:
        self.database, self.history, self.guard = database, history, guard
        self.before: dict[Name, Model] = {}
        self.after: dict[Name, Model | None] = {}
        self.enums: dict[TypeKey, tuple[str, ...]] = {}
        self.using: dict[tuple[Name, str], str] = {}
        self.fills: dict[tuple[Name, str], str] = {}
        self.sought: list[Callable[[Schema], Change]] = []
        self.meant: dict[tuple[Name, str], set[str]] = {}
        self.replaced: set[TypeKey] = set()
        self.concurrently: Callable[..., None] | None = None

    def __call__(self) -> None:
        self.__name__ = f"reshape {', '.join(map(str, self.before))}"
        dialect = dialect_for(self.database)
        after = [model for model in self.after.values() if model is not None]
        before = list(self.before.values())
        with dialect.reading(self.database, None) as reading:
            live = reading.touched(self._touched([*before, *after]), self.enums)
            compares_live = any("default" in names for names in self.meant.values())
            old = read_models(reading, before, live, [] if compares_live else after)
            new = read_models(reading, after, live, [] if compares_live else before)
        old = _with_live(old, live, self.meant)
        named = naming_alike(old, new), naming_alike(new, old)
        changes = [change for change in diff(*named) if _is_meant(change)]
        if self.concurrently is not None:
            self.concurrently(live, changes, self.sought)
            return
        sought = [find(live) for find in self.sought]
        desired = patched(live, [*self._enums(live), *changes, *sought])
        found = (find_enum(live.enums, *key) for key in self.replaced)
        replaced = frozenset(enum.name for enum in found if enum is not None)
        hints = Hints(self.using, replaced)
        self.guard.check_changes(self.database, live, desired, hints)
        for target in [self._filled(desired), desired] if self.fills else [desired]:
            dialect.run(self.database, live, target, hints)
            live = target

    def adds(self, table: Name, column: str) -> bool:
        """Whether this adds a column to a table that exists."""
        before, after = self.before.get(table), self.after.get(table)
        return before is not None and after is not None and (
            column in after._meta.columns.keys() - before._meta.columns.keys()
        )  # fmt: skip

    def _filled(self, desired: Schema) -> Schema:
        """The desired schema, in which new columns have the values of their rows as defaults:
        PostgreSQL adds a column with a constant default without writing a row."""
        return replace(desired, tables=tuple(
            replace(table, parts=tuple(
                replace(part, default=self.fills[table.name, part.name])
                if isinstance(part, Column) and (table.name, part.name) in self.fills else part
                for part in table.parts))
            for table in desired.tables))  # fmt: skip

    def _touched(self, models: list[Model]) -> list[Model]:
        """The edited models, and the history's models whose foreign keys refer to them."""
        names = set(map(table_name, models))
        return models + [
            model
            for model in self.history
            if any(isinstance(field, pw.ForeignKeyField) and table_name(field.rel_model) in names
                   for field in model._meta.sorted_fields)
        ]  # fmt: skip

    def _enums(self, live: Schema) -> list[Change]:
        changes: list[Change] = []
        for key, labels in self.enums.items():
            if (enum := find_enum(live.enums, *key)) is not None:
                changes.append(Alter(None, enum, EnumType(enum.name, labels)))
        return changes


def find_enum(enums: Iterable[EnumType], schema: str | None, bare: str) -> EnumType | None:
    """Return the live enum type that a model or an operation names; None if there is none."""
    by_name = {enum.name: enum for enum in enums}
    return by_name.get(Name(schema or "", bare)) or by_name.get(in_schema(schema, bare))


def read_models(reading: Reading, models: list[Model], live: Schema, beside: list[Model]) -> Schema:
    """Return the schema of the models; `beside` is as in `Reading.models`. Raises MigrationError
    for a table that the database cannot compare."""
    if not models:
        return Schema()
    schema = reading.models(models, live, beside)
    for name, reason in reading.unverified:
        raise MigrationError(f"Table {name} cannot be changed: {reason}")
    return schema


def live_drop(
    table: Name, kind: Any, name: str | None, columns: Iterable[str] = ()
) -> Callable[[Schema], Change]:
    """Return the function that finds the drop of a live table's index or constraint, by its name or
    by its columns."""
    return lambda live: Drop(*_live_part(live, table, kind, name, columns))


def live_rename(table: Name, kind: Any, old: str, new: str) -> Callable[[Schema], Change]:
    """Return the function that finds the rename of a live table's index."""

    def change(live: Schema) -> Change:
        name, part = _live_part(live, table, kind, old)
        return Alter(name, part, replace(part, name=new))

    return change


def _live_part(
    live: Schema, name: Name, kind: Any, part: str | None, columns: Iterable[str] = ()
) -> tuple[Name, Any]:
    """(the table's name, the part). Raises MigrationError if there is none."""
    for table in live.tables:
        for one in table.parts if table.name == name else ():
            keys = tuple(key.column for key in getattr(one, "keys", ()))
            if isinstance(one, kind) and (one.name == part if part else keys == tuple(columns)):
                return table.name, one
    raise MigrationError(f"Table {name} has no index or constraint {part or ', '.join(columns)}.")


def _with_live(old: Schema, live: Schema, meant: Mapping[tuple[Name, str], set[str]]) -> Schema:
    """The old schema with the live values of the attributes that operations set explicitly."""
    there = {(table.name, part.name): part for table in live.tables for part in table.parts
             if isinstance(part, Column) and not part.identity}  # fmt: skip

    def one(table: Table, part: Part) -> Part:
        column = there.get((table.name, part.name or ""))
        if not isinstance(part, Column) or part.identity or column is None:
            return part
        names = meant.get((table.name, part.name), set())
        return replace(part, **{name: getattr(column, name) for name in names})

    return replace(old, tables=tuple(
        replace(table, parts=tuple(one(table, part) for part in table.parts))
        for table in old.tables))  # fmt: skip


def _is_meant(change: Change) -> bool:
    """Whether a `Reshape` makes the change. Operations on tables only add enum types, schemas and
    sequences, and never alter or drop them."""
    return isinstance(change, Add) or not isinstance(change.item, EnumType | Namespace | Sequence)
