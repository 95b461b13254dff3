"""The entries of dbkit's record of seeded rows: whose keys they are."""

from __future__ import annotations

import json
from typing import NamedTuple

from .names import Name


class Entry(NamedTuple):
    """A table, and the columns whose values identify a row that a seed inserted: its primary key
    and the key by which the files name it."""

    table: Name
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return json.dumps([self.table.schema, self.table.bare, *self.columns], ensure_ascii=False)


def entry(text: str) -> Entry:
    """Return the entry that `str` wrote."""
    schema, bare, *columns = json.loads(text)
    return Entry(Name(schema, bare), tuple(columns))
