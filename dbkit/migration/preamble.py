"""What has to be there before the tables of a PostgreSQL database, and is no part of a model."""

from __future__ import annotations

from collections.abc import Iterator

import peewee as pw

from dbkit.pinned import ask
from dbkit.schema.dialect import dialect_for
from dbkit.schema.statements import quoted, runnable
from dbkit.schema.values import Schema

from .operations import Lines

EXTENSIONS = "SELECT extname FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY oid"
FUNCTIONS = """
SELECT pg_get_functiondef(p.oid) FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prokind IN ('f', 'p')
AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.oid
"""
NOT_YET = "SET LOCAL check_function_bodies = off"  # the tables that they read come later


def preamble(database: pw.Database, schema: Schema) -> Lines:
    """Extensions, schemas, domains, sequences and functions."""
    lines = Lines()
    if isinstance(database, pw.PostgresqlDatabase):
        for sql in _statements(database, schema):
            lines.sql(database, sql.strip())
    return lines


def _statements(database: pw.Database, schema: Schema) -> Iterator[str]:
    for (name,) in ask(database, EXTENSIONS).fetchall():
        yield f"CREATE EXTENSION IF NOT EXISTS {quoted(name)}"
    beside = Schema(schema.namespaces, domains=schema.domains, sequences=schema.sequences)
    for statement in runnable(dialect_for(database).inside(Schema(), beside)):
        yield statement.sql
    functions = [sql for (sql,) in ask(database, FUNCTIONS).fetchall()]
    yield from [NOT_YET, *functions] if functions else []
