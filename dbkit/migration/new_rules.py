"""The rules of a migration that rows of existing tables may break."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbkit.schema.changes import Add, Alter, Item
from dbkit.schema.names import Name
from dbkit.schema.sql import mentions
from dbkit.schema.values import Check, Column, Index, PrimaryKey, Unique

from .hazards import Direction, is_about, is_stricter


@dataclass(frozen=True)
class NewRule:
    """A rule that rows of a table may break, and the columns of the table that it is about. If it
    `is_filled`, the migration gives the rows a value first."""

    table: Name
    item: Item
    columns: tuple[str, ...]
    is_filled: bool = False
    needs_new_column: bool = False


def new_rules(direction: Direction) -> Iterator[NewRule]:
    """Yield each NOT NULL, CHECK and UNIQUE that rows of existing tables may break."""
    tables = {table.name: table for table in direction.current.tables}
    added = {(change.table, str(change.item.name)) for change in direction.changes
             if isinstance(change, Add) and isinstance(change.item, Column)}  # fmt: skip
    for change in direction.changes:
        match change:
            case Alter(Name() as table, Column(nullable=True), Column(nullable=False) as column):
                is_filled = (table, column.name) in direction.filled
                yield NewRule(table, column, (column.name,), is_filled)
            case Add(Name() as table, item) | Alter(Name() as table, _, item) if (
                isinstance(item, Check | Unique | PrimaryKey | Index)
                and table in tables
                and is_stricter(tables[table], item)
            ):
                names = [part.name for part in tables[table].parts if isinstance(part, Column)]
                needs_new = any(_reads(item, name) for there, name in added if there == table)
                columns = tuple(name for name in names if _reads(item, name))
                yield NewRule(table, item, columns, needs_new_column=needs_new)


def _reads(item: Item, column: str) -> bool:
    """Whether a rule concerns the column, or is only for rows with some value of it."""
    return is_about(item, column) or (
        isinstance(item, Index) and mentions(item.where or "", column)
    )
