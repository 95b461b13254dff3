"""What is known of a column for which values are made."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Sequence

import peewee as pw

from .check_limits import Limit
from .numbers import TODAY

TYPE = re.compile(r'\s*"?(?P<name>[^(\["]*[^(\["\s])"?\s*(?:\((?P<numbers>[-\d,\s]+)\))?')


@dataclasses.dataclass(frozen=True)
class Described:
    """A column for which values are made: its field, its live type as SQL, and its limits.
    `labels` are those of an enum type. All times are around `today`."""

    table: str
    name: str
    type: str
    field: pw.Field | None = None
    labels: Sequence[str] = ()
    limit: Limit = dataclasses.field(default_factory=Limit)
    today: dt.datetime = TODAY

    @property
    def type_name(self) -> str:
        match = TYPE.match(self.type)
        return " ".join(match["name"].lower().split()) if match else ""

    @property
    def numbers(self) -> list[int]:
        """The numbers in parentheses after the type."""
        match = TYPE.match(self.type)
        found = match["numbers"] if match else None
        return [int(one.replace(" ", "")) for one in (found or "").split(",") if one.strip()]

    @property
    def longest(self) -> int | None:
        lengths = [self.limit.longest, getattr(self.field, "max_length", None)]
        if "char" in self.type_name:
            lengths += self.numbers[:1] or ([1] if self.type_name == "character" else [])
        known = [length for length in lengths if isinstance(length, int) and length >= 0]
        return min(known) if known else None
