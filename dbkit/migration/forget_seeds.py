"""Forgets the seeded rows of tables that were dropped."""

from __future__ import annotations

import peewee as pw

from dbkit.errors import DatabaseFailed
from dbkit.schema.dialect import dialect_for
from dbkit.schema.seeded_rows import entry, find_record


def forget_dropped(database: pw.Database) -> None:
    """Delete the records of tables that do not exist: `seed --prune` would delete rows that get the
    same keys in new tables."""
    dialect = dialect_for(database)
    try:
        record, exists = find_record(database)
    except DatabaseFailed:  # no schema, or the table of a stranger
        return
    if not exists:
        return
    record = record.replace("%", "%%")
    rows = database.execute_sql(f"SELECT DISTINCT seeded_table FROM {record}").fetchall()
    tables = {text: entry(text).table for (text,) in rows}
    live = dialect.staging(database).live([*tables.values()])
    for text, table in zip(tables, live, strict=True):
        if table is None:
            database.execute_sql(
                f"DELETE FROM {record} WHERE seeded_table = {database.param}", (text,)
            )
