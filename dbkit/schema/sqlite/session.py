"""What a run of migrations or seeds needs of its session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import peewee as pw

# those that change what statements do, and can be changed in a transaction
PRAGMAS = ("recursive_triggers", "ignore_check_constraints", "legacy_alter_table", "query_only",
           "writable_schema", "defer_foreign_keys", "reverse_unordered_selects", "trusted_schema",
           "secure_delete", "busy_timeout")  # fmt: skip
STATE = f"SELECT * FROM {', '.join(f'pragma_{name}' for name in PRAGMAS)}"


@contextmanager
def keeping(database: pw.Database) -> Iterator[None]:
    """After the block the connection has the pragmas that it had before."""
    before = database.execute_sql(STATE).fetchone()
    yield
    after = database.execute_sql(STATE).fetchone()
    for name, old, new in zip(PRAGMAS, before, after, strict=True):
        if old != new:
            database.execute_sql(f"PRAGMA {name} = {old}")
