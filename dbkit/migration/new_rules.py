"""The rules of a migration that rows of existing tables may break."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dbkit.schema.changes import Add, Alter, Change, Item, items
from dbkit.schema.names import Name
from dbkit.schema.sql import mentions
from dbkit.schema.values import Check, Column, ForeignKey, Index, PrimaryKey, Table, Unique

from .hazards import Direction, Filled, is_about, is_stricter

NEW_COLUMN = "it is about a column that the table does not have yet"
NEW_TABLE = "it points to a table that the database does not have yet"
PERIODS = "it compares periods, which dbkit does not count"


@dataclass(frozen=True)
class NewRule:
    """A rule that rows of a table may break, and the columns of the table that it is about. If it
    `is_filled`, the migration gives the rows a value first. `refused` is the condition, in SQL, of
    the values that the new type of a column refuses. `uncountable` says why the rows cannot be
    counted, if so."""

    table: Name
    item: Item
    columns: tuple[str, ...]
    is_filled: bool = False
    refused: str = ""
    uncountable: str = ""


def new_rules(
    direction: Direction, refused: Mapping[tuple[Name, str], str] | None = None
) -> Iterator[NewRule]:
    """Yield each NOT NULL, CHECK, UNIQUE and foreign key that rows of existing tables may break;
    and each new type, if `refused` has the condition of the values that it refuses."""
    tables = {table.name: table for table in direction.current.tables}
    added = {(change.table, str(change.item.name)) for change in direction.changes
             if isinstance(change, Add) and isinstance(change.item, Column)}  # fmt: skip
    created = {table.name for table in items(direction.changes, Add, Table)}
    for change in direction.changes:
        if rule := not_null_of(change, direction.filled):
            yield rule
        match change:
            case Alter(Name() as table, Column(), Column() as column) if condition := (
                refused or {}
            ).get((table, column.name)):
                yield NewRule(table, column, (column.name,), refused=condition)
            case Add(Name() as table, item) | Alter(Name() as table, _, item) if (
                isinstance(item, Check | Unique | PrimaryKey | Index | ForeignKey)
                and table in tables
                and is_stricter(tables[table], item)
            ):
                names = [part.name for part in tables[table].parts if isinstance(part, Column)]
                columns = tuple(name for name in names if _reads(item, name))
                reason = _reason(item, [name for there, name in added if there == table], created)
                yield NewRule(table, item, columns, uncountable=reason)


def _reason(item: Item, added: Iterable[str], created: Container[Name]) -> str:
    """The reason why the rows that break a rule cannot be counted; usually empty. `added` are new
    columns of its table, and `created` new tables."""
    if any(_reads(item, name) for name in added):
        return NEW_COLUMN
    if isinstance(item, ForeignKey) and item.target in created:
        return NEW_TABLE
    return PERIODS if getattr(item, "period", False) else ""


def not_null_of(change: Change, filled: Filled = frozenset()) -> NewRule | None:
    """Return the NOT NULL that an existing column gets by a change, as a rule."""
    match change:
        case Alter(Name() as table, Column(nullable=True), Column(nullable=False) as column):
            return NewRule(table, column, (column.name,), (table, column.name) in filled)
    return None


def _reads(item: Item, column: str) -> bool:
    """Whether a rule concerns the column, or is only for rows with some value of it."""
    return is_about(item, column) or (
        isinstance(item, Index) and mentions(item.where or "", column)
    )
