"""Tables of a live database as Peewee models."""

from __future__ import annotations

import peewee as pw

from .schema.dialect import dialect_for
from .schema.models import Model
from .schema.values import ForeignKey, Schema, Table


def reflected(database: pw.Database, name: str) -> list[Model]:
    """Models of a table and of those that its foreign keys need, that of the table first; none if
    there is no such table, or if no model can say what it is."""
    from .adoption.models_source import written  # adoption itself uses migrations

    dialect = dialect_for(database)
    with dialect.reading(database, None) as reading:
        live = reading.live()
    names = [one.name for one in live.tables if one.name in (name, f"main.{name}")]
    scope: dict[str, object] = {"__name__": __name__}
    exec(written(_part(live, names), dialect.name).source, scope)
    classes = [one for one in scope.values() if isinstance(one, pw.ModelBase)]
    models = [one for one in classes if one.__name__ != "BaseModel" and one is not pw.Model]
    return sorted(models, key=lambda one: full_name(one) != name)


def full_name(model: Model) -> str:
    """The table's name, with its schema in front if it has one."""
    schema, name = model._meta.schema, model._meta.table_name
    return f"{schema}.{name}" if schema and schema not in ("public", "main") else name


def _part(schema: Schema, names: list[str]) -> Schema:
    """The tables of these names, and all to which they point."""
    tables = {table.name: table for table in schema.tables}
    found: dict[str, Table] = {}
    while names:
        table = tables[names.pop()]
        found[table.name] = table
        names += [part.target for part in table.parts if isinstance(part, ForeignKey)
                  and part.target in tables.keys() - found.keys()]  # fmt: skip
    return Schema(schema.namespaces, tuple(found.values()), schema.enums, schema.domains)
