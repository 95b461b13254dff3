"""The rows that a partitioned table takes, as a CHECK: those that have a partition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbkit.schema.sql import quoted
from dbkit.schema.values import Check, Column, Schema, Table

KEY = re.compile(r'(RANGE|LIST) \("?([^()",]+)"?\)')  # one plain column
RANGE = re.compile(r"FOR VALUES FROM \((.*)\) TO \((.*)\)", re.DOTALL)
LIST = re.compile(r"FOR VALUES IN \(.*\)", re.DOTALL)
OPEN = ("MINVALUE", "MAXVALUE")


def partition_checks(table: Table, schema: Schema) -> Iterator[Check]:
    """Yield the CHECK, unless every row has a partition or the key is an expression."""
    key = KEY.fullmatch(table.options.partition_by)
    names = [part.name for part in table.parts if isinstance(part, Column)]
    bounds = [one.options.bound for one in schema.tables if table.name in one.parents]
    if key is None or key[2] not in names or "DEFAULT" in bounds or not bounds:
        return
    column = quoted(key[2])
    ways = [f"({' AND '.join([f'{column} IS NOT NULL', *_within(column, bound)])})"
            for bound in bounds]  # fmt: skip
    yield Check(" OR ".join(ways), name="of its partitions")


def _within(column: str, bound: str) -> Iterator[str]:
    if match := RANGE.fullmatch(bound):
        for sign, value in ((">=", match[1]), ("<", match[2])):
            if value not in OPEN:
                yield f"{column} {sign} {value}"
    elif LIST.fullmatch(bound):
        yield f"{column} {bound.removeprefix('FOR VALUES ')}"
