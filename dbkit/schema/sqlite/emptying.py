"""Deletes the rows of tables, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import peewee as pw

from dbkit.own_statements import own_statements

from ..names import Name
from ..sql import quoted

# A row for the table, and then a row for each of its triggers. A virtual table is left out.
TABLE = """
SELECT type, name, sql FROM {schema}.sqlite_master
WHERE tbl_name = ? COLLATE NOCASE AND (type = 'trigger' OR type = 'table'
                                       AND sql NOT LIKE 'CREATE VIRTUAL%')
ORDER BY type
"""


@own_statements()
def empty(database: pw.Database, names: Iterable[Name]) -> list[Name]:
    """See `Dialect.empty`. Foreign keys must be off. The triggers are dropped and created again; in
    an attached database, their texts would create them in another place."""
    emptied = []
    for name in names:
        sql = TABLE.format(schema=quoted(name.schema or "main"))
        (kind, *_), *triggers = database.execute_sql(sql, (name.bare,)).fetchall() or [("",)]
        if kind != "table" or (triggers and name.schema):
            continue
        for _, trigger, _ in triggers:
            database.execute_sql(f"DROP TRIGGER main.{quoted(trigger)}")
        database.execute_sql(f"DELETE FROM {quoted(name.schema or 'main')}.{quoted(name.bare)}")
        for *_, text in triggers:
            database.execute_sql(text)
        emptied.append(name)
    return emptied
