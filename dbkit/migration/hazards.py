"""What of a migration loses data, or may fail on the rows that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dbkit.schema.changes import Alter, Change
from dbkit.schema.dialect import Dialect
from dbkit.schema.patching import patched
from dbkit.schema.values import Column, Schema

from .operations import Enums

SIZE = re.compile(r".+\((\d+)(?:, ?(\d+))?\)")


def hazards(
    dialect: Dialect, current: Schema, changes: Sequence[Change], old: Enums, new: Enums
) -> tuple[str, ...]:
    """A sentence each; `old` and `new` are the labels of enum types."""
    statements = dialect.inside(current, patched(current, changes))
    lost = (f"loses data: {statement.loses}" for statement in statements if statement.loses)
    cast = (f"fails where a value is none of the new type: column {column} of table {table}"
            for table, column in dialect.usings(current, patched(current, changes)))  # fmt: skip
    return tuple(dict.fromkeys([*lost, *cast, *_narrowed(changes), *_without(old, new)]))


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
                if before and after and _sizes(after) < _sizes(before):
                    yield (f"fails where a value does not fit: column {new.name} of table {table} "
                           f"becomes {new.type}")  # fmt: skip


def _sizes(match: re.Match[str]) -> tuple[int, int]:
    """Digits before the point, or the length, and digits after it."""
    after = int(match[2] or 0)
    return int(match[1]) - after, after
