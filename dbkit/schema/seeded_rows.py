"""dbkit's record of seeded rows: its table, and its entries, which say whose keys they have."""

from __future__ import annotations

import json
from typing import NamedTuple

import peewee as pw

from .dialect import dialect_for
from .names import Name
from .peewee_models import SEEDED_TABLE


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


def find_record(database: pw.Database) -> tuple[str, bool]:
    """Return the table of the record as SQL, and whether it exists. Raises DatabaseFailed if a role
    that is not trusted owns it."""
    schema, found = dialect_for(database).find_tables(database, [SEEDED_TABLE], None, True)
    return Name((schema or "").replace("%%", "%"), SEEDED_TABLE).sql, SEEDED_TABLE in found
