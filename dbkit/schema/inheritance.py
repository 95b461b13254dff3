"""Tables whose rows belong to another table too: partitions, and tables that inherit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from .details import SequenceOptions
from .values import Check, Column, Comment, Part, Table


def is_partition(table: Table) -> bool:
    """Whether a table is a partition."""
    return bool(table.options.bound)


def descendants(tables: Iterable[Table], of: Callable[[Table], bool]) -> list[Table]:
    """Return the tables below those for which `of` is true, parents first."""
    waiting = list(tables)
    known = {table.name for table in waiting if of(table)}
    waiting, found = [table for table in waiting if table.name not in known], []
    while more := [table for table in waiting if not known.isdisjoint(table.parents)]:
        found += more
        known |= {table.name for table in more}
        waiting = [table for table in waiting if table.name not in known]
    return found


def parents_first(tables: Iterable[Table]) -> list[Table]:
    """Return the tables in an order in which each comes after its parents."""
    tables = list(tables)
    names = {table.name for table in tables}
    roots = [table for table in tables if names.isdisjoint(table.parents)]
    below = descendants(tables, lambda table: names.isdisjoint(table.parents))
    return [*roots, *below]


def as_inherited(partition: Table, parent: Table) -> Table:
    """Return the partition with only those parts that it has from its parent."""
    columns = {part.name: part for part in parent.parts if isinstance(part, Column)}
    parts = (_inherited(part, columns, parent) for part in partition.parts)
    return replace(partition, parts=tuple(part for part in parts if part is not None))


def _inherited(part: Part, columns: dict[str, Column], parent: Table) -> Part | None:
    match part:
        case Column(name) if name in columns and not columns[name].identity:
            above = columns[name]
            return replace(part, nullable=above.nullable, default=above.default,
                           generated=above.generated)  # fmt: skip
        case Column() | Comment():
            return part
        case Check():
            return part if part in parent.parts else None
        case _:  # the catalog queries leave out indexes and triggers that come from the parent
            return None


def inherited_column(column: Column, own: Column) -> Column:
    """The column that a new partition has at first, before it becomes `own`: its sequence is that
    of the parent, and serial is a plain default."""
    if column.identity == "serial":
        default = own.default or ""
        default = default if default.startswith("nextval(") else "nextval()"
        return replace(column, identity="", sequence=SequenceOptions(), default=default)
    return replace(column, identity="", sequence=SequenceOptions()) if column.identity else column
