"""Peewee models for tables of a live database."""

from __future__ import annotations

from collections.abc import Iterable

import peewee as pw

from .schema.names import Name
from .schema.peewee_models import Model, table_name
from .schema.values import Column, ForeignKey, Schema, Table


def reflected(live: Schema, dialect_name: str, names: Iterable[Name]) -> dict[Name, Model]:
    """Return models of these tables and of the tables to which they point, by the table's name.

    A table is left out if it does not exist, or if no model can describe it.
    """
    from .adoption.render_models import written

    scope: dict[str, object] = {"__name__": __name__}
    exec(written(_part(live, names), dialect_name).source, scope)
    models = [thing for thing in scope.values() if isinstance(thing, pw.ModelBase)]
    return {table_name(model): model for model in models if model.__name__ != "BaseModel"}


def columns(live: Schema, names: Iterable[Name]) -> dict[Name, set[str]]:
    """Return the names of the columns of these tables; tables that do not exist are left out."""
    return {
        name: {part.name for part in table.parts if isinstance(part, Column)}
        for name, table in _named(live, names).items()
    }


def _named(live: Schema, names: Iterable[Name]) -> dict[Name, Table]:
    tables = {table.name: table for table in live.tables}
    return {name: tables[name] for name in names if name in tables}


def _part(schema: Schema, names: Iterable[Name]) -> Schema:
    """The part of a schema with these tables and all tables to which they point."""
    tables = {table.name: table for table in schema.tables}
    waiting = list(_named(schema, names))
    found: dict[Name, Table] = {}
    while waiting:
        table = tables[waiting.pop()]
        found[table.name] = table
        waiting += [part.target for part in table.parts if isinstance(part, ForeignKey)
                  and part.target in tables.keys() - found.keys()]  # fmt: skip
    return Schema(schema.namespaces, tuple(found.values()), schema.enums, schema.domains)
