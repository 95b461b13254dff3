"""The entries of dbkit's record of seeded rows: whose keys they are."""

from __future__ import annotations

import json
from typing import NamedTuple

from .names import Name


class Entry(NamedTuple):
    """A table, the environment of the run (DBKIT_ENV, or empty), and the columns whose values
    identify a row that a seed inserted: its primary key and the key by which the files name it."""

    table: Name
    environment: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        parts = [self.table.schema, self.table.bare, self.environment, *self.columns]
        return json.dumps(parts, ensure_ascii=False)


def entry(text: str) -> Entry:
    """Return the entry that `str` wrote."""
    schema, bare, environment, *columns = json.loads(text)
    return Entry(Name(schema, bare), environment, tuple(columns))
