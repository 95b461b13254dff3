"""Deletes the rows of tables, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import peewee as pw

from dbkit.own_statements import own_statements
from dbkit.pinned_queries import ask, named_rows

from ..names import Name

# A partitioned table has the members of its tree. A table of another server, or with a trigger for
# TRUNCATE, is left out.
TABLES = """
SELECT t.sql, c.relkind = 'p' AS partitioned, m.members,
       ARRAY(SELECT conrelid FROM pg_constraint
             WHERE contype = 'f' AND confrelid = ANY(m.members)) AS referencing
FROM unnest(%s::text[]) t(sql) JOIN pg_class c ON c.oid = to_regclass(t.sql)
CROSS JOIN LATERAL (
    SELECT c.oid || ARRAY(SELECT relid::oid FROM pg_partition_tree(c.oid)) AS members) m
WHERE c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'TRUNCATE')
  AND NOT EXISTS (SELECT FROM pg_class f WHERE f.oid = ANY(m.members) AND f.relkind = 'f')
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = ANY(m.members) AND tgtype & 32 <> 0)
"""


def empty(database: pw.Database, names: Iterable[Name]) -> list[Name]:
    """See `Dialect.empty`."""
    given = {name.sql: name for name in names}
    tables = _among_themselves(named_rows(ask(database, TABLES, ([*given],))))
    if tables:
        # ONLY: a table that inherits from the table may belong to somebody else
        listed = ", ".join(f"{'' if one.partitioned else 'ONLY '}{one.sql}" for one in tables)
        with own_statements():
            database.execute_sql(f"TRUNCATE {listed}".replace("%", "%%"))
    return [given[table.sql] for table in tables]


def _among_themselves(tables: list[Any]) -> list[Any]:
    """The tables to which no foreign key of another table points: TRUNCATE refuses the others."""
    members = {oid for table in tables for oid in table.members}
    kept = [table for table in tables if members.issuperset(table.referencing)]
    return kept if len(kept) == len(tables) else _among_themselves(kept)
