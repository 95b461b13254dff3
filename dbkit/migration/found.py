"""Tables and columns that SQL made: read from the database, so that operations work on them too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import peewee as pw

from dbkit import fields
from dbkit.schema.dialect import dialect_for
from dbkit.schema.models import Model
from dbkit.schema.statements import quoted
from dbkit.schema.values import Check, Column, Index, PrimaryKey, Table, Unique

from .editing import put_field, remove_field, rename_in_model
from .reshaping import qualified

# the fields that convert values, by the server's names of their types
KINDS: dict[str, type[pw.Field]] = {
    "smallint": pw.SmallIntegerField, "integer": pw.IntegerField, "bigint": pw.BigIntegerField,
    "real": pw.FloatField, "double precision": pw.DoubleField, "text": pw.TextField,
    "boolean": pw.BooleanField, "bytea": pw.BlobField, "blob": pw.BlobField, "date": pw.DateField,
    "time": pw.TimeField, "time without time zone": pw.TimeField, "datetime": pw.DateTimeField,
    "timestamp without time zone": pw.DateTimeField, "uuid": pw.UUIDField, "json": pw.JSONField,
    "timestamp with time zone": fields.DateTimeTZField,
}  # fmt: skip
AUTOMATIC: dict[str, type[pw.Field]] = {"integer": pw.AutoField, "bigint": pw.BigAutoField}


class Unseen(pw.BareField):
    """A column of which nothing is known but its name, in a migration that is followed."""


def placeholder(model: Model | str) -> Model:
    """A model of a table that SQL made, for a migration that is followed."""
    schema, name = _place(model)
    return _made(name, schema, {}, {})


def forget_unseen(model: Model) -> None:
    """Remove the columns of which nothing is known."""
    for field in list(model._meta.sorted_fields):
        if isinstance(field, Unseen):
            remove_field(model, field.name)


def read_model(database: pw.Database, model: Model | str) -> Model | None:
    """A table that is in the database as a model, with the names of fields that `model` has; None
    if there is none. It says what an operation can name; the rest of the table is not lost, since
    an operation changes only what differs before and after it."""
    schema, name = _place(model)
    with dialect_for(database).reading(database, {schema} if schema else ()) as reading:
        tables = reading.live().tables
    wanted = qualified(_made(name, schema, {}, {}))
    table = next((one for one in tables if one.name == wanted and one.kind == "table"), None)
    if table is None:
        return None
    names = {} if isinstance(model, str) else {
        one.column_name: one.name for one in model._meta.sorted_fields}  # fmt: skip
    return _model(database, table, name, schema, names)


def take_field(model: Model, live: Model, name: str) -> None:
    """The field of a column that the live table has, if there is one for this name of a field."""
    columns = live._meta.columns
    field = columns.get(name) or columns.get(f"{name}_id")
    if field is None or (live is not model and field.column_name in model._meta.columns):
        return
    rename_in_model(live, field, name, field.column_name)
    if live is not model:
        put_field(model, name, field.clone())


def _place(model: Model | str) -> tuple[str | None, str]:
    if not isinstance(model, str):
        return model._meta.schema, model._meta.table_name
    schema, _, name = model.rpartition(".")
    return schema or None, name


def _made(name: str, schema: str | None, attributes: dict[str, Any], meta: dict[str, Any]) -> Model:
    options = {"table_name": name, "schema": schema, **meta}
    body = {**attributes, "Meta": type("Meta", (), options), "__module__": __name__}
    return type(pw.Model)(name, (pw.Model,), body)


def _model(
    database: pw.Database, table: Table, name: str, schema: str | None, names: dict[str, str]
) -> Model:
    key = next((one.columns for one in table.parts if isinstance(one, PrimaryKey)), ())
    attributes: dict[str, Any] = {
        names.get(one.name, one.name): _field(one, key == (one.name,))
        for one in table.parts if isinstance(one, Column)
    }  # fmt: skip
    meta: dict[str, Any] = {"database": database, "constraints": list(_constraints(table))}
    if len(key) != 1:
        by_column = {one.column_name: one_name for one_name, one in attributes.items()}
        meta["primary_key"] = pw.CompositeKey(*(by_column[one] for one in key)) if key else False
    model = _made(name, schema, attributes, meta)
    model._meta.indexes = [_index(model, one) for one in table.parts if isinstance(one, Index)]
    return model


def _field(column: Column, is_key: bool) -> Any:
    options: dict[str, Any] = {"column_name": column.name, "null": column.nullable}
    if column.default is not None:
        options["constraints"] = [fields.ServerDefault(f"DEFAULT {column.default}")]
    if is_key:
        options |= {"primary_key": True, "null": False}
        if column.type in AUTOMATIC and column.default is None:
            return AUTOMATIC[column.type](column_name=column.name)
    kind = KINDS.get(column.type)
    return kind(**options) if kind else fields.ColumnField(column.type, **options)


def _constraints(table: Table) -> Iterator[Any]:
    for part in table.parts:
        match part:
            case Check(expression, name=name):
                yield pw.Check(expression, name)
            case Unique(columns, name=name):
                clause = pw.SQL(f"UNIQUE ({', '.join(map(quoted, columns))})")
                named = (pw.SQL("CONSTRAINT"), pw.Entity(name), clause)
                yield pw.NodeList(named) if name else clause


def _index(model: Model, index: Index) -> Any:
    keys = [model._meta.columns.get(one) or pw.SQL(one) for one in index.keys]
    where = pw.SQL(index.where) if index.where else None
    return pw.ModelIndex(model, keys, unique=index.unique, where=where, name=index.name,
                         using=None if index.method == "btree" else index.method)  # fmt: skip
