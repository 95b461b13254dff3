"""What the setting `ignore` leaves out of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..schema.changes import Add, Alter, Change
from ..schema.names import Name
from ..schema.patterns import matches
from ..schema.values import Namespace, Schema, Table
from .report import place

KINDS = ("tables", "enums", "extensions", "comments")  # of the items that a pattern may name


def without(schema: Schema, patterns: Sequence[str]) -> Schema:
    """Return the schema without the items that match a pattern."""

    def kept(table: Table) -> Table:
        parts = (part for part in table.parts
                 if not matches(place(Add(table.name, part)), patterns))  # fmt: skip
        return replace(table, parts=tuple(parts))

    schema = replace(schema, tables=tuple(map(kept, schema.tables)))
    left: Any = {kind: tuple(one for one in getattr(schema, kind)
                             if not matches(one.name, patterns)) for kind in KINDS}  # fmt: skip
    return replace(schema, **left)


def as_it_is(current: Schema, desired: Schema, patterns: Sequence[str]) -> Schema:
    """Return the desired schema, with all that the patterns match as it is now: a statement must
    not drop it with a rebuilt table, or switch row-level security off. `desired` contains nothing
    that they match."""
    now = {table.name: table for table in current.tables}

    def kept(table: Table) -> Table:
        old = now.get(table.name, table)
        parts = (part for part in old.parts if matches(place(Add(table.name, part)), patterns))
        is_kept = matches(place(Alter(None, old, table)), patterns)
        options = old.options if is_kept else table.options
        return replace(table, parts=(*table.parts, *parts), options=options)

    def with_ignored(kind: str) -> Any:
        ignored = (one for one in getattr(current, kind) if matches(one.name, patterns))
        return (*getattr(desired, kind), *ignored)

    desired = replace(desired, tables=tuple(map(kept, desired.tables)))
    all_of: Any = {kind: with_ignored(kind) for kind in KINDS}
    return replace(desired, **all_of)


def is_ignored(change: Change, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the item of a change, its table, or all tables of a changed
    schema."""
    names: list[Name | str] = [place(change)]
    if change.table is not None:
        names.append(change.table)
    elif isinstance(change.item, Namespace):
        names.append(f"{change.item.name}.*")
    else:
        names.append(str(change.item.name))
    return any(matches(name, patterns) for name in names)


def place_ignored(change: Change, patterns: Sequence[str]) -> str:
    """Return the name of an ignored change for the report: its table, if a pattern matches that."""
    table = change.table
    return str(table) if table is not None and matches(table, patterns) else place(change)
