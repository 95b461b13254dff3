"""Peewee models for tables of a live database."""

from __future__ import annotations

from collections.abc import Iterable

import peewee as pw

from .schema.peewee_models import Model, qualified
from .schema.values import Column, ForeignKey, Schema, Table


def reflected(live: Schema, dialect_name: str, names: Iterable[str]) -> dict[str, Model]:
    """Return models of these tables and of the tables to which they point, by the table's name.

    A table is left out if it does not exist, or if no model can describe it.
    """
    from .adoption.render_models import written

    scope: dict[str, object] = {"__name__": __name__}
    exec(written(_part(live, names), dialect_name).source, scope)
    models = [thing for thing in scope.values() if isinstance(thing, pw.ModelBase)]
    return {qualified(model): model for model in models if model.__name__ != "BaseModel"}


def columns(live: Schema, names: Iterable[str]) -> dict[str, set[str]]:
    """Return the names of the columns of these tables; tables that do not exist are left out."""
    return {
        name: {part.name for part in table.parts if isinstance(part, Column)}
        for name, table in _named(live, names).items()
    }


def _named(live: Schema, names: Iterable[str]) -> dict[str, Table]:
    tables = {table.name.removeprefix("main."): table for table in live.tables}
    return {name: tables[name] for name in names if name in tables}


def _part(schema: Schema, names: Iterable[str]) -> Schema:
    """The part of a schema with these tables and all tables to which they point."""
    tables = {table.name: table for table in schema.tables}
    waiting = [table.name for table in _named(schema, names).values()]
    found: dict[str, Table] = {}
    while waiting:
        table = tables[waiting.pop()]
        found[table.name] = table
        waiting += [part.target for part in table.parts if isinstance(part, ForeignKey)
                  and part.target in tables.keys() - found.keys()]  # fmt: skip
    return Schema(schema.namespaces, tuple(found.values()), schema.enums, schema.domains)
