"""Tables of a live database as Peewee models."""

from __future__ import annotations

from collections.abc import Iterable

import peewee as pw

from .schema.peewee_models import Model, qualified
from .schema.values import Column, ForeignKey, Schema, Table


def reflected(live: Schema, dialect_name: str, names: Iterable[str]) -> dict[str, Model]:
    """Models of these tables, and of those that their foreign keys need, by the table's name. One
    is left out if it is not there, or if no model can say what it is."""
    from .adoption.render_models import written

    scope: dict[str, object] = {"__name__": __name__}
    exec(written(_part(live, names), dialect_name).source, scope)
    classes = [one for one in scope.values() if isinstance(one, pw.ModelBase)]
    return {qualified(one): one for one in classes if one.__name__ != "BaseModel"}


def columns(live: Schema, names: Iterable[str]) -> dict[str, set[str]]:
    """The columns of those of these tables that are there."""
    return {
        name: {part.name for part in table.parts if isinstance(part, Column)}
        for name, table in _named(live, names).items()
    }


def _named(live: Schema, names: Iterable[str]) -> dict[str, Table]:
    tables = {table.name.removeprefix("main."): table for table in live.tables}
    return {name: tables[name] for name in names if name in tables}


def _part(schema: Schema, names: Iterable[str]) -> Schema:
    """The tables of these names, and all to which they point."""
    tables = {table.name: table for table in schema.tables}
    waiting = [table.name for table in _named(schema, names).values()]
    found: dict[str, Table] = {}
    while waiting:
        table = tables[waiting.pop()]
        found[table.name] = table
        waiting += [part.target for part in table.parts if isinstance(part, ForeignKey)
                  and part.target in tables.keys() - found.keys()]  # fmt: skip
    return Schema(schema.namespaces, tuple(found.values()), schema.enums, schema.domains)
