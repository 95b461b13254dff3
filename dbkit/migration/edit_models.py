"""Edits models: operations add, remove and rename their fields, indexes and constraints."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.errors import MigrationError
from dbkit.schema.peewee_models import Model, is_made_up, table_name
from dbkit.schema.sql import folded, mentions, quoted

STRING = re.compile(r"'(?:[^']|'')*'")
# a string constant, a type, or a name that is not a function, a type or a qualifier of another name
WORD = re.compile(
    r"""'(?:[^']|'')*' | (?:\bAS\s+|::\s*)(?:"(?:[^"]|"")*"|\w+)
    | "(?:[^"]|"")*"(?=\s*\.) | "(?P<quoted>(?:[^"]|"")*)"
    | (?<![\w$])(?P<plain>[^\W\d][\w$]*)(?![\w$]|\s*[(.'])""",
    re.VERBOSE | re.IGNORECASE,
)
SIMPLE = re.compile(r'"([a-z_][a-z0-9_]*)"')


def is_default(clause: Any) -> bool:
    """Whether a clause of a column is a DEFAULT."""
    return isinstance(clause, pw.SQL) and clause.sql[:8].upper() == "DEFAULT "


def is_filled(field: Any) -> bool:
    """Whether the field's default in Python must fill the existing rows."""
    known = field.default is not None and not isinstance(field, pw.DeferredForeignKey)
    return known and not field.null and not any(map(is_default, field.constraints or ()))


def is_name(key: Any) -> bool:
    """Whether the key of an index is the name of a field, and not SQL."""
    return isinstance(key, str)


def unquoted(sql: str) -> str:
    """Return the SQL without quotes around simple names, for comparisons."""
    return SIMPLE.sub(r"\1", sql)


def rewritten(clause: Any, change: Callable[[str], str]) -> Any:
    """Return the clause with `change` applied to all its SQL."""
    if isinstance(clause, pw.SQL):
        return type(clause)(change(clause.sql), clause.params)
    if isinstance(clause, pw.NodeList):
        nodes = tuple(rewritten(node, change) for node in clause.nodes)
        return pw.NodeList(nodes, clause.glue, clause.parens)
    if isinstance(clause, pw.ModelIndex):
        parts = internals.index_parts(clause)
        keys = [rewritten(key, change) for key in parts.keys]
        return internals.index_with(clause, keys=keys, where=rewritten(parts.where, change))
    return clause


def renamed_in(sql: str, old: str, new: str) -> str:
    """Return the SQL with a column renamed."""

    def word(match: re.Match[str]) -> str:
        plain = match["plain"] or ""
        found = match["quoted"] == old.replace('"', '""') or old in (plain, folded(plain))
        return quoted(new) if found else match[0]

    return WORD.sub(word, sql)


def is_called(clause: Any, name: str) -> bool:
    """Whether a clause is a constraint with this name, or with this SQL."""
    if isinstance(clause, pw.NodeList) and len(clause.nodes) == 3:
        entity = clause.nodes[1]
        return isinstance(entity, pw.Entity) and internals.entity_name(entity) == name
    wanted = (unquoted(name), f"CHECK ({unquoted(name)})")
    return isinstance(clause, pw.SQL) and unquoted(clause.sql) in wanted


def is_index(model: Model, index: Any, columns: Sequence[Any], name: str | None) -> bool:
    """Whether an index of Meta.indexes has this name, or these fields."""
    if isinstance(index, (tuple, list)):
        same = list(index[0]) == list(columns)
        made = pw.ModelIndex(model, [model._meta.combined.get(one, one) for one in index[0]])
        return same if name is None else internals.index_name(made) == name
    if isinstance(index, pw.ModelIndex):
        parts = internals.index_parts(index)
        keys = [one.name if isinstance(one, pw.Field) else one for one in parts.keys]
        return keys == list(columns) and is_made_up(index) if name is None else parts.name == name
    if not isinstance(index, pw.SQL):
        return False
    if name is not None:
        return f'"{name}"' in index.sql or f" {name} " in index.sql
    return len(columns) == 1 and isinstance(columns[0], pw.SQL) and columns[0].sql == index.sql


def rename_index(model: Model, old: str, new: str) -> None:
    """Rename an index of Meta.indexes."""
    model._meta.indexes = [
        internals.index_with(index, name=new)
        if isinstance(index, pw.ModelIndex) and internals.index_name(index) == old
        else index
        for index in model._meta.indexes
    ]


def put_field(model: Model, name: str, field: Any) -> None:
    """Add a field to the model, or replace the field of that name."""
    meta = model._meta
    old = meta.fields.get(name)
    if old is not None:
        _detach(model, old)
    if field.primary_key:
        if isinstance(meta.primary_key, pw.Field) and meta.primary_key is not old:
            meta.primary_key.primary_key = False
        meta.set_primary_key(name, field)
    else:
        if old is not None and meta.primary_key is old:
            meta.primary_key = False
        meta.add_field(name, field)


def _detach(model: Model, field: Any) -> None:
    """Remove a field and the attributes that Peewee made for it."""
    model._meta.remove_field(field.name)
    names = {field.name}
    if isinstance(field, pw.ForeignKeyField):
        names.add(field.object_id_name)
        field.declared_backref = field.backref  # Peewee forgets it when it binds a field
        way_back = vars(field.rel_model).get(field.backref)
        if isinstance(way_back, pw.BackrefAccessor) and way_back.field is field:
            delattr(field.rel_model, field.backref)
    for name in names & vars(model).keys():
        delattr(model, name)


def remove_field(model: Model, name: str) -> None:
    """Remove a field from the model, with its indexes and constraints."""
    meta = model._meta
    field = field_of(model, name)
    meta.indexes = [index for index in meta.indexes if not _names_field(index, field)]
    meta.constraints = [one for one in meta.constraints or () if not _names_column(one, field)]
    if meta.primary_key is field:
        meta.primary_key = False
    _detach(model, field)


def _names_field(index: Any, field: Any) -> bool:
    if isinstance(index, (tuple, list)):
        return field.name in index[0] or field.column_name in index[0]
    if not isinstance(index, pw.ModelIndex):
        return False
    # `in` would not work: peewee's == returns an expression, which is always true
    return any(
        one.column_name == field.column_name if isinstance(one, pw.Field)
        else mentions(getattr(one, "sql", str(one)), field.column_name)
        for one in internals.index_parts(index).keys
    )  # fmt: skip


def _names_column(clause: Any, field: Any) -> bool:
    """Whether a constraint of the table names the column, outside its string constants."""
    if isinstance(clause, pw.NodeList):
        return any(_names_column(node, field) for node in clause.nodes)
    sql = STRING.sub("", clause.sql) if isinstance(clause, pw.SQL) else ""
    return mentions(sql, field.column_name)


def rename_in_model(model: Model, field: Any, name: str, column: str) -> None:
    """Rename a field and its column wherever the model names them."""
    meta, old, old_column = model._meta, field.name, field.column_name
    key = meta.primary_key is field
    if column != old_column:
        _rename_in_sql(model, lambda sql: renamed_in(sql, old_column, column))
    _detach(model, field)
    for place, index in enumerate(meta.indexes):
        if isinstance(index, (tuple, list)):
            keys = [name if one in (old, field.column_name) else one for one in index[0]]
            meta.indexes[place] = (tuple(keys), index[1])
    if meta.composite_key:
        meta.primary_key.field_names = tuple(
            name if one == old else one for one in meta.primary_key.field_names
        )
    field.column_name = column
    if isinstance(field, pw.ForeignKeyField):
        field.object_id_name = None
    if key:
        meta.set_primary_key(name, field)
    else:
        meta.add_field(name, field)


def _rename_in_sql(model: Model, change: Callable[[str], str]) -> None:
    """Change the SQL of the model's constraints and indexes."""
    meta = model._meta
    for owner in (meta, *meta.sorted_fields):
        if owner.constraints:
            owner.constraints = [rewritten(clause, change) for clause in owner.constraints]
    meta.indexes = [rewritten(index, change) for index in meta.indexes]


def default_of(field: Any) -> Any:
    """Return the value of a field's default in Python."""
    return field.default() if callable(field.default) else field.default


def was_indexed(before: Model, field: Any) -> bool:
    """Whether the field had an index of its own."""
    old = before._meta.fields.get(field.name)
    return old is not None and bool(old.index or old.unique)


def find_field(model: Model, name: str) -> Any:
    """Return the field with this name or this column name; None if there is none."""
    fields, columns = model._meta.fields, model._meta.columns
    return fields.get(name) or columns.get(name) or columns.get(f"{name}_id")


def field_of(model: Model, name: str) -> Any:
    """Return the field with this name. Raises MigrationError if there is none."""
    field = find_field(model, name)
    if field is None:
        raise MigrationError(
            f"Table {table_name(model)} has no field {name} in the earlier migrations.",
            f"Fields: {', '.join(model._meta.fields)}.",
        )
    return field
