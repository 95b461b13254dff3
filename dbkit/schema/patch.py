"""The schema after some changes; the changes may come from a comparison of two other schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from functools import partial
from typing import Any

from dbkit.errors import MigrationError

from .changes import Add, Alter, Change, Drop, kind, subject
from .diff import counterpart
from .names import Name
from .values import EnumType, Index, Nameable, Namespace, Part, Schema, Sequence, Table

FIELDS: dict[type, str] = {Table: "tables", EnumType: "enums", Sequence: "sequences",
                           Namespace: "namespaces"}  # fmt: skip


def patched(schema: Schema, changes: Iterable[Change]) -> Schema:
    """Return `schema` after the changes.

    If the schema has no part of the name that a change drops or alters, the corresponding part is
    used (see `counterpart`). Raises MigrationError if there is none.
    """
    for change in changes:
        match change:
            case Alter(None, Table(), Table() as new):
                table = _table(schema, new.name)
                schema = _with(schema, replace(table, kind=new.kind, options=new.options))
            case Drop(None, item):
                schema = _beside(schema, item)
            case Alter(None, _, item):
                schema = _beside(schema, item, item)
            case Add(None, item):
                same = [one for one in _like(schema, item) if one.name == item.name]
                schema = _beside(schema, item, *(same or [item]))
            case Add(Name() as name) | Drop(Name() as name) | Alter(Name() as name):
                schema = _with(schema, _changed(_table(schema, name), change, schema))
    return schema


def _beside(schema: Schema, item: Any, *new: Any) -> Schema:
    """The schema with the values `new` (or none) in place of the item with the same name."""
    kept = (one for one in _like(schema, item) if one.name != item.name)
    some: Any = {FIELDS[type(item)]: (*kept, *new)}
    return replace(schema, **some)


def _like(schema: Schema, item: Any) -> tuple[Any, ...]:
    """The items of the schema that have the same kind."""
    return getattr(schema, FIELDS[type(item)])  # type: ignore[no-any-return]


def _table(schema: Schema, name: Name) -> Table:
    for table in schema.tables:
        if table.name == name:
            return table
    raise MigrationError(f"There is no table {name}.")


def _with(schema: Schema, table: Table) -> Schema:
    tables = tuple(table if one.name == table.name else one for one in schema.tables)
    return replace(schema, tables=tables)


def _changed(table: Table, change: Change, schema: Schema) -> Table:
    match change:
        case Add(item=item):
            return replace(table, parts=(*table.parts, _nameable(item, schema)))  # type: ignore[arg-type]
        case Drop(item=item):
            gone = _there(table, item)  # type: ignore[arg-type]
            return replace(table, parts=tuple(one for one in table.parts if one is not gone))
        case Alter(old=old):
            there = _there(table, old)  # type: ignore[arg-type]
            altered = _altered(there, change, schema)
            return replace(table, parts=tuple(altered if one is there else one
                                              for one in table.parts))  # fmt: skip


def _altered(part: Part, change: Alter, schema: Schema) -> Part:
    """The part after the change. It is replaced if it is of another kind than the change says: a
    constraint that the model describes as an index."""
    if type(part) is not type(change.old):
        return _nameable(change.new, schema)  # type: ignore[arg-type]
    new = {name: after for name, (_, after) in change.differences.items()}
    aside = {f.name: getattr(change.new, f.name) for f in fields(part) if not f.compare}
    return replace(part, **aside, **new)


def _there(table: Table, part: Part) -> Part:
    other = counterpart(table, part)
    if other is None:
        raise MigrationError(f"Table {table.name} has no {kind(part)} {subject(part)}.")
    return other


def _nameable(part: Part, schema: Schema) -> Part:
    """The part, with a free name if its own name was not chosen: the server makes up the name of a
    constraint, and an index gets the next free name."""
    if not isinstance(part, Nameable) or part.named:
        return part
    if not isinstance(part, Index):
        return replace(part, name=None)
    taken = {one.name for table in schema.tables for one in table.parts if isinstance(one, Index)}
    name, number = part.name, 0
    while name in taken:
        number += 1
        name = f"{part.name}_{number}"
    return replace(part, name=name, named=True)


def filtered(table: Table, stays: Callable[[Part], bool]) -> Table:
    """Return the table with only those parts that stay. A replica identity goes with its index."""
    parts = tuple(filter(stays, table.parts))
    left = {part.name for part in parts}
    options = table.options
    if options.replica_index and options.replica_index not in left:
        options = replace(options, replica_identity="", replica_index="")
    return replace(table, parts=parts, options=options)


def counting_names(table: Table, counts: Callable[[Nameable], bool]) -> Table:
    """Return the table with each name marked: `counts` says whether the name was chosen."""
    parts = (replace(part, named=counts(part)) if isinstance(part, Nameable) else part
             for part in table.parts)  # fmt: skip
    return replace(table, parts=tuple(parts))


def with_names(schema: Schema, chosen: bool) -> Schema:
    """Return the schema with all names marked as chosen, or all as not chosen."""
    tables = (counting_names(table, lambda part: chosen) for table in schema.tables)
    return replace(schema, tables=tuple(tables))


def marked_as(table: Table, other: Table) -> Table:
    """Return the table with its names marked as in another table."""
    count = {(type(part), part.name) for part in other.parts if getattr(part, "named", True)}
    return counting_names(table, lambda part: (type(part), part.name) in count)


def naming_alike(schema: Schema, other: Schema) -> Schema:
    """Mark a name as chosen if the same part has a chosen name in the other schema, or is a part of
    another kind there. So a part that gets or loses its chosen name differs."""
    tables = {table.name: table for table in other.tables}

    def counts(table: Table, part: Nameable) -> bool:
        twin = counterpart(tables[table.name], part) if table.name in tables else None
        other_kind = type(twin) is not type(part)
        return part.named or (twin is not None and (getattr(twin, "named", True) or other_kind))

    marked = (counting_names(table, partial(counts, table)) for table in schema.tables)
    return replace(schema, tables=tuple(marked))
