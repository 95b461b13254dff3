"""What a change of schema does to the values in the rows."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

from .changes import Using
from .names import Name
from .values import VIEWS, Column, Schema, Table

Misfits = Mapping[tuple[Name, str], str]  # (table, column)
Place = tuple[Name | None, Name | str]  # (table, column), or (None, table or enum type)
Altered = Callable[[Table, Column, Column], str | None]


@dataclass(frozen=True)
class Effects:
    """`losses` are the data that is lost, in words. `misfits` are what happens to values that do
    not fit the new type of their column. `usings` are the expressions that convert the values of
    columns whose type changes, where the database system does not convert them automatically."""

    losses: Mapping[Place, str]
    misfits: Misfits
    usings: Using = field(default_factory=dict)


def losses(
    current: Schema,
    desired: Schema,
    recreated: Container[Name],
    altered: Altered,
    key: Callable[[str], str] = str,
) -> dict[Place, str]:
    """Return the losses of a change of schema. The tables `recreated` are created again without
    their rows. `altered(table, old, new)` says why a column that remains loses values: None if it
    loses none. Names of columns with the same `key` are the same."""
    after = {table.name: table for table in desired.tables}
    found: dict[Place, str] = {}
    for old in current.tables:
        if old.kind in VIEWS:
            continue
        if old.name not in after:
            found[None, old.name] = f"table {old.name}"
        elif old.name in recreated:
            found[None, old.name] = f"rows of table {old.name}, which must be recreated"
        else:
            new = after[old.name]
            columns = {key(part.name): part for part in new.parts if isinstance(part, Column)}
            for part in old.parts:
                if isinstance(part, Column):
                    reason = _of_column(new, part, columns.get(key(part.name)), altered)
                    if reason is not None:
                        text = f"column {part.name} of table {old.name}"
                        found[old.name, part.name] = f"{text}: {reason}" if reason else text
    return found


def _of_column(table: Table, old: Column, new: Column | None, altered: Altered) -> str | None:
    if new is not None:
        return altered(table, old, new)
    return "" if old.generated is None else None  # a generated column can be computed again
