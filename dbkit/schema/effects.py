"""What a change of schema does to the values in the rows."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

from .changes import Using
from .names import Name
from .values import VIEWS, Column, Schema, Table

Place = tuple[Name | None, Name | str]  # (table, column), or (None, table or enum type)
ColumnLoss = Callable[[Table, Column, Column], str | None]


@dataclass(frozen=True)
class Effects:
    """`losses` describes the data that is lost. `misfits` says what happens to values that do not
    fit the new type of their column; its keys are (table, column). `usings` are the expressions
    that convert the values of columns whose type changes, where the database system does not
    convert them automatically. `refused` are conditions, in SQL, of the values that the new type of
    a column refuses, where such a condition is known."""

    losses: Mapping[Place, str]
    misfits: Mapping[tuple[Name, str], str]
    usings: Using = field(default_factory=dict)
    refused: Mapping[tuple[Name, str], str] = field(default_factory=dict)


def losses(
    current: Schema,
    desired: Schema,
    recreated: Container[Name],
    column_loss: ColumnLoss,
    key: Callable[[str], str] = str,
) -> dict[Place, str]:
    """Return the losses of a change of schema. The tables `recreated` are created again without
    their rows. `column_loss(table, old, new)` says why a column that remains loses values: "" means
    that it loses all values, and None that it loses none. Columns whose names have the same `key`
    are the same."""
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
                    reason = _of_column(new, part, columns.get(key(part.name)), column_loss)
                    if reason is not None:
                        text = f"column {part.name} of table {old.name}"
                        found[old.name, part.name] = f"{text}: {reason}" if reason else text
    return found


def _of_column(
    table: Table, old: Column, new: Column | None, column_loss: ColumnLoss
) -> str | None:
    if new is not None:
        return column_loss(table, old, new)
    return "" if old.generated is None else None  # its values can be computed again
