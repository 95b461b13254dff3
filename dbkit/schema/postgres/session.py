"""The session of a run of migrations or seeds: its lock, its own tables, and its settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import peewee as pw

from dbkit.errors import DatabaseFailed
from dbkit.pinned_queries import ask, named_rows

from ..sql import quoted

# A path may name pg_catalog after other schemas, and these then come first: without the name it
# is pg_catalog that does. All in one message, in which every function is named with its schema.
LOCK = """
SELECT pg_catalog.set_config('search_path', pg_catalog.ltrim(
    pg_catalog.regexp_replace(pg_catalog.current_setting('search_path'),
                              '(^|, *)"?pg_catalog"?(?=,|$)', '', 'g'), ', '), true);
SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))"""

LOCK_POLL = 0.1  # seconds

# A table of dbkit, in a schema or in the first schema of the path. `owner` is only set for a
# stranger: a role that is no superuser, does not own the database, and does not have this role as
# a member.
OWN_TABLE = """
SELECT n.nspname AS schema, c.oid IS NOT NULL AS there,
       (SELECT o.rolname FROM pg_roles o, pg_roles me
        WHERE o.oid = c.relowner AND me.rolname = current_user AND o.oid <> me.oid
          AND NOT o.rolsuper
          AND o.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database())
          AND NOT (pg_has_role(me.oid, o.oid, 'MEMBER') AND NOT me.rolsuper)
          AND NOT EXISTS (SELECT FROM pg_auth_members m
                          WHERE m.member = me.oid AND m.roleid = o.oid)) AS owner,
       current_user AS role, c.relkind = 'r' AND NOT c.relrowsecurity AS plain
FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = %s
WHERE n.nspname = coalesce(%s, (SELECT s FROM unnest(current_schemas(false)) s
                                WHERE s !~ '^pg_' LIMIT 1))
"""

# The settings of a session. (The server itself resets the settings of a transaction.)
STATE = """
SELECT current_setting('session_authorization'), current_setting('role'),
       (SELECT json_object_agg(name, setting) FROM pg_settings
        WHERE source = 'session' AND name !~ '^transaction_')
"""

AS_BEFORE = """
SELECT pg_catalog.set_config('session_authorization', %s, false),
       pg_catalog.set_config('role', %s, false)"""


NO_SCHEMA = ("No schema of the connection's search_path exists.",
             "Create the schema, or set search_path to an existing schema.")  # fmt: skip


def lock(database: pw.Database, name: str) -> None:
    """Wait for an advisory lock of the transaction. (A pooler would lose a lock of the session.)

    It polls, because a waiting statement would keep its snapshot, and CREATE INDEX CONCURRENTLY
    would wait for that.
    """
    while not database.execute_sql(LOCK, (name,)).fetchone()[0]:
        sleep(LOCK_POLL)


def find_table(
    database: pw.Database, name: str, schema: str | None, write: bool
) -> tuple[str | None, bool]:
    """See `Dialect.find_table`. A stranger's table could run code with the privileges of this role:
    a trigger when it is written, and a function of a view or a policy when it is read."""
    rows = named_rows(ask(database, OWN_TABLE, (name, schema)))
    if not rows and schema is None:
        raise DatabaseFailed(*NO_SCHEMA)
    if not rows:
        return schema, False
    (row,) = rows
    if row.owner is not None and (write or not row.plain):
        table = f"{quoted(row.schema)}.{quoted(name)}"
        raise DatabaseFailed(
            f"The table {table} belongs to the role {row.owner}, whose code could run with the "
            f"rights of {row.role} when the table is used.",
            f"Connect as {row.owner}. Or check the triggers and defaults of the table, then run as "
            f"a superuser: ALTER TABLE {table} OWNER TO {quoted(row.role)}",
        )
    return row.schema.replace("%", "%%"), row.there  # Peewee does not double it in a name


@contextmanager
def same_path(database: pw.Database) -> Iterator[None]:
    """Restore the search path after the block."""
    (path,) = database.execute_sql("SHOW search_path").fetchone()
    yield
    database.execute_sql("SELECT pg_catalog.set_config('search_path', %s, false)", (path,))


@contextmanager
def keeping(database: pw.Database) -> Iterator[None]:
    """Restore the role and the settings of the session after the block."""
    before = _state(database)
    yield
    after = _state(database)
    if after[:2] != before[:2]:
        database.execute_sql(AS_BEFORE, before[:2])
        after = _state(database)
    old, new = before[2], after[2]
    for name in new.keys() - old.keys():
        database.execute_sql(f"RESET {quoted(name)}")
    for name, value in old.items():
        if new.get(name) != value:
            database.execute_sql("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))


def _state(database: pw.Database) -> tuple[str, str, dict[str, Any]]:
    user, role, settings = ask(database, STATE).fetchone()
    return user, role, settings or {}
