"""Renders the schema of a live database as a module of Peewee models."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import peewee as pw

from dbkit import fields
from dbkit import peewee_internals as internals
from dbkit.model_source import imports
from dbkit.python_source import Class, Code, body, module
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import OWN_TABLES
from dbkit.schema.values import Check, Column, EnumType, Schema, Table

from . import left_out
from .field_types import Kind, TypesOfDialect
from .left_out import LeftOut, has_model
from .model_layout import class_names, columns_of, layout
from .postgres_types import Postgres
from .python_names import enum_class, model_name
from .render_table import BASES, Model
from .sqlite_enums import enums_of_sqlite
from .sqlite_types import Sqlite

# names that no class may have
IMPORTED = {*(name for name in fields.__all__ if name[0].isupper()), "StrEnum", *BASES}
RESERVED = internals.reserved_column_names()
DOC = "The models of a database, as it was found."


class Models(NamedTuple):
    """The source of a module, and the objects of the schema that it leaves out."""

    source: str
    left_out: tuple[LeftOut, ...]


def models_source(schema: Schema, dialect_name: str) -> str:
    """Return the source of a module of models for this schema.

    `verify` finds no differences except those that `written` lists. `dialect_name` is 'postgresql'
    or 'sqlite'.
    """
    return written(schema, dialect_name).source


def written(schema: Schema, dialect_name: str, targets: Collection[Table] = ()) -> Models:
    """Return the source of models for this schema, and the objects that they leave out. `targets`
    are tables of others to which foreign keys point: their models say that they are not managed."""
    tables = [table for table in schema.tables if has_model(table)
              and str(table.name) not in OWN_TABLES]  # fmt: skip
    tables += targets
    classes = class_names(tables, IMPORTED)
    taken = {name.lower() for name in (*IMPORTED, *classes.values())}
    types, enums, columns = _spoken(schema, tables, dialect_name, classes, taken)
    odd = [table for table in tables if not is_queryable(table, types)]
    tables = [table for table in tables if table not in odd]
    plan = layout(schema, tables, types, classes, IMPORTED | {one.name for one in enums})
    plan.enums, plan.base = columns, _base(schema)
    models = [Model(table, plan, types, table not in targets) for table in plan.tables.values()]
    statements = [one for model in models for one in model.source().statements()]
    base = Class(plan.base, "pw.Model", meta={"legacy_table_names": False})
    derived = {one.name: one for model in models for one in model.derived}
    every = [*enums, *(derived[name] for name in sorted(derived)), base, *statements]
    left = (*left_out.of_schema(schema), *map(left_out.unsayable, odd),
            *(one for model in models if model.managed for one in model.left_out))  # fmt: skip
    source = body(every)
    return Models(module(DOC, imports(source), source, map(str, left)), left)


def _base(schema: Schema) -> str:
    """The name of the base class. Peewee's own name for its table must not be that of a table: the
    base class would claim that table."""
    there = {table.name.bare.lower() for table in schema.tables}
    return next((one for one in BASES if pw.make_snake_case(one) not in there), BASES[0])


def is_queryable(table: Table, types: TypesOfDialect) -> bool:
    """Whether Peewee can query a table with these names."""
    names = {column.name for column in columns_of(table)}
    return all(map(types.is_sayable, _names(table))) and not names & RESERVED


def _names(table: Table) -> Iterator[str]:
    yield from table.name
    for column in columns_of(table):
        yield column.name


def _spoken(
    schema: Schema,
    tables: list[Table],
    dialect_name: str,
    models: dict[Name, str],
    taken: set[str],
) -> tuple[TypesOfDialect, list[Class], dict[tuple[Name, str], tuple[Kind, Check]]]:
    """(the dialect, the classes of enums, what their columns are if the type does not say it)."""
    if dialect_name == "sqlite":
        return Sqlite(), *enums_of_sqlite(tables, models, taken)
    needed = {part.type for table in tables for part in table.parts if isinstance(part, Column)}
    # Peewee does not escape a % in the name of a type, so such an enum has no EnumField
    enums = [one for one in schema.enums if one.name in needed and "%" not in str(one.name)]
    classes, arguments = _enums(enums, taken)
    return Postgres(schema, arguments), classes, {}


def _enums(
    enums: Iterable[EnumType], taken: set[str]
) -> tuple[list[Class], dict[Name, tuple[Any, ...]]]:
    """(the classes of enum types; the arguments of EnumField by type). A type without labels has no
    EnumField."""
    classes: list[Class] = []
    arguments: dict[Name, tuple[Any, ...]] = {}
    for enum in enums:
        if enum.labels:
            bare = enum.name.bare
            one = enum_class(model_name(bare, "Enum"), enum.labels, taken)
            classes.append(one)
            arguments[enum.name] = (Code(one.name), *([bare] if one.name.lower() != bare else []))
    return classes, arguments
