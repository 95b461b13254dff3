"""What of a migration loses data, or may fail on the rows that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dbkit.schema.changes import Add, Alter, Change, Drop, covers, kind, subject
from dbkit.schema.dialect import Dialect
from dbkit.schema.patching import patched
from dbkit.schema.values import Column, Index, PrimaryKey, Schema, Unique

from .enums import Enums

INTEGERS = ("smallint", "integer", "bigint")
SIZE = re.compile(r".+\((\d+)(?:, ?(\d+))?\)")


def hazards(
    dialect: Dialect, current: Schema, changes: Sequence[Change], old: Enums, new: Enums
) -> tuple[str, ...]:
    """A sentence each; `old` and `new` are the labels of enum types."""
    statements = dialect.inside(current, patched(current, changes))
    lost = (f"loses data: {statement.loses}" for statement in statements if statement.loses)
    cast = (f"fails where a value is none of the new type: column {column} of table {table}"
            for table, column in dialect.usings(current, patched(current, changes)))  # fmt: skip
    more = (*_narrowed(changes), *_stricter(changes), *_without(old, new))
    return tuple(dict.fromkeys([*lost, *cast, *more]))


def _stricter(changes: Sequence[Change]) -> Iterator[str]:
    """What rows that are there may break; a column that comes with it has nothing that could."""
    new = {(change.table, change.item.name) for change in changes
           if isinstance(change, Add) and isinstance(change.item, Column)}  # fmt: skip
    for change in changes:
        item = change.item
        if isinstance(change, Drop) or change.table is None:
            continue
        if all((change.table, column) in new for column in covers(item)) and covers(item):
            continue
        unique = isinstance(item, Unique | PrimaryKey) or (isinstance(item, Index) and item.unique)
        if unique and (isinstance(change, Add) or not getattr(change.old, "unique", True)):
            yield f"fails where values repeat: {kind(item)} {subject(item)} of table {change.table}"


def _without(old: Enums, new: Enums) -> Iterator[str]:
    for key, labels in old.items():
        gone = [label for label in labels if label not in new.get(key, labels)]
        if gone:
            yield f"fails where a row has it: label {', '.join(gone)} of enum type {key[1]}"


def _narrowed(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        match change:
            case Alter(table, Column() as old, Column() as new):
                before, after = SIZE.fullmatch(old.type), SIZE.fullmatch(new.type)
                sized = after and (("char" in new.type and old.type == "text") or (
                    before and _sizes(after) < _sizes(before)))  # fmt: skip
                if sized or _rank(new.type) < _rank(old.type):
                    yield (f"fails where a value does not fit: column {new.name} of table {table} "
                           f"becomes {new.type}")  # fmt: skip


def _rank(type_: str) -> int:
    return INTEGERS.index(type_) if type_ in INTEGERS else 0


def _sizes(match: re.Match[str]) -> tuple[int, int]:
    """Digits before the point, or the length, and digits after it."""
    after = int(match[2] or 0)
    return int(match[1]) - after, after
