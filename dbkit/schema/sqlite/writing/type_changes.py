"""The effects of a type change on a column's values (https://sqlite.org/datatype3.html, 3).

SQLite converts a value to the affinity of the column. A value that it cannot convert is stored
unchanged, whatever its length. Only STRICT tables and the rowid refuse values.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from ...effects import Effects, losses
from ...names import Name
from ...sql import folded
from ...values import Column, Schema, Table
from .table_ddl import columns, key_of

SIZES = re.compile(r"\((\d+)(?:,(\d+))?\)")
STRICTLY = {("integer", "text"), ("real", "text"), ("integer", "real")}  # a STRICT table converts
NUMERAL = "changes text that reads as a number ('007' becomes 7), and keeps other text"
LONG = "changes integers of more than 15 digits"
FORM = "changes how numbers are written"
CHANGED = {
    **{(text, number): NUMERAL for text in ("text", "blob")
       for number in ("integer", "real", "numeric")},
    ("blob", "text"): FORM,
    ("integer", "real"): LONG,
    ("numeric", "real"): LONG,
    ("real", "text"): FORM,
    ("numeric", "text"): FORM,
}  # fmt: skip
NONE = "fails where a value is not valid for the new type"
REALS = ("real", "floa", "doub")


def effects(current: Schema, desired: Schema, recreated: Container[Name]) -> Effects:
    """Return what a change does to values, if these virtual tables are created again."""
    olds = {table.name: table for table in current.tables}
    misfits = {
        (table.name, new.name): reason
        for table in desired.tables
        if table.kind == "table" and table.name in olds
        for old, new in _both(olds[table.name], table)
        if new.generated is None and (reason := _misfit(table, old, new))
    }
    return Effects(losses(current, desired, recreated, _column_loss, folded), misfits)


def _misfit(table: Table, old: Column, new: Column) -> str:
    pair = _affinity(old.type), _affinity(new.type)
    key = key_of(table)
    is_rowid = new.type == "integer" and key is not None and key.columns == (new.name,)
    if old.type == new.type or (is_rowid and pair[0] == "integer"):
        return ""
    if is_rowid or (table.options.strict and new.type != "any" and pair not in STRICTLY):
        return NONE
    if pair in CHANGED:
        return CHANGED[pair]
    return "keeps values that do not fit" if _sizes(new) < _sizes(old) else ""


def _column_loss(_: Table, old: Column, new: Column) -> str | None:
    """Why values are lost, or stored as other values; "" if all are lost, and None if none are."""
    if old.generated is not None or new.generated is not None:
        return "" if old.generated is None else None
    return CHANGED.get((_affinity(old.type), _affinity(new.type)))


def _affinity(type_: object) -> str:
    type_ = str(type_)
    if "int" in type_:
        return "integer"
    if any(word in type_ for word in ("char", "clob", "text")):
        return "text"
    if not type_ or "blob" in type_:
        return "blob"
    return "real" if any(word in type_ for word in REALS) else "numeric"


def _sizes(column: Column) -> tuple[float, ...]:
    """The maximal length or numbers of digits that the type names."""
    match = SIZES.search(str(column.type))
    return tuple(float(one) for one in match.groups("0")) if match else (float("inf"),)


def _both(old: Table, new: Table) -> Iterator[tuple[Column, Column]]:
    """The pairs of columns that both tables have."""
    before = by_lower(old)
    for column in columns(new):
        if folded(column.name) in before:
            yield before[folded(column.name)], column


def by_lower(table: Table) -> dict[str, Column]:
    return {folded(column.name): column for column in columns(table)}
