"""Records the statements of a connection, and observes the locks and scans of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import peewee as pw
from psycopg2 import extensions

from ..names import Name
from ..sent import Heard, Sent, TableAccess
from ..sql import NOT_DONE

# The tables with their locks of this session, and the counters of its transaction. A new file node
# means that the statement rewrote the table.
LOOK = """
SELECT c.oid, CASE WHEN n.nspname OPERATOR(pg_catalog.=) pg_catalog.current_schema() THEN ''
                   ELSE n.nspname::pg_catalog.text END, c.relname::pg_catalog.text, c.relfilenode,
       COALESCE(s.seq_scan, 0),
       ARRAY(SELECT l.mode FROM pg_catalog.pg_locks l
             WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
               AND l.relation OPERATOR(pg_catalog.=) c.oid AND l.granted)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
LEFT JOIN pg_catalog.pg_stat_xact_user_tables s ON s.relid OPERATOR(pg_catalog.=) c.oid
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"""

# The estimates of the planner; it has none of a table that was never analyzed.
SIZES = """
SELECT CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname::text END, c.relname::text,
       nullif(c.reltuples, -1)::bigint,
       CASE WHEN c.reltuples <> -1 THEN c.relpages * current_setting('block_size')::bigint END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""

# Only settings that a session can change; application_name has no effect.
SURROUNDINGS = """
SELECT version(), current_user::text, current_setting('is_superuser'), (
    SELECT to_jsonb(d) - ARRAY['oid', 'datname', 'datfrozenxid', 'datminmxid']
    FROM pg_database d WHERE datname = current_database()
), ARRAY(SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY 1),
   ARRAY(SELECT rolname::text FROM pg_roles ORDER BY 1),
   ARRAY(SELECT name || ' ' || default_version FROM pg_available_extensions ORDER BY 1),
   ARRAY(SELECT name || ' ' || setting FROM pg_settings
         WHERE context ~ '^(user|superuser)' AND name <> 'application_name' ORDER BY 1)
"""

# A statement outside a transaction releases its lock before dbkit can observe it. The manual (13.3)
# names the lock: UNOBSERVED.
CONCURRENTLY = re.compile(
    r"\s*(CREATE|DROP|REINDEX)\b.*\bCONCURRENTLY\b", re.IGNORECASE | re.DOTALL
)
UNOBSERVED = "SHARE UPDATE EXCLUSIVE"

# from the weakest to the strongest (PostgreSQL manual, 13.3)
LOCKS = ("AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock",
         "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")  # fmt: skip


@dataclass(frozen=True)
class TableState:
    """A table: its file, how often the transaction has read it, and its locks."""

    name: Name
    file: int
    scans: int
    locks: frozenset[str]

    @property
    def strongest(self) -> str:
        """The name of the strongest lock, as in the manual: ACCESS EXCLUSIVE."""
        lock = max(self.locks, key=LOCKS.index, default="").removesuffix("Lock")
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", lock).upper()


@contextmanager
def recorded(database: pw.Database, heard: Heard) -> Iterator[None]:
    """Pass each statement of the connection in the block to `heard`."""
    connection = database.connection()
    before = connection.cursor_factory
    usual: Any = before or extensions.cursor

    @cache
    def names() -> dict[int, Name]:
        """The names of the tables before the first statement whose accesses are looked for."""
        return {oid: state.name for oid, state in _look(connection).items()}

    def is_open() -> bool:
        return bool(connection.info.transaction_status != extensions.TRANSACTION_STATUS_IDLE)

    class Cursor(usual):
        def execute(self, query: Any, vars: Any = None) -> None:
            sql = self.mogrify(query, vars).decode(extensions.encodings[connection.encoding])

            def send(looks: bool) -> Sent:
                was_open, before = is_open(), _look(connection) if looks else {}
                named = names() if looks else {}
                usual.execute(self, query, vars)
                accesses = tuple(_accesses(named, before, _look(connection))) if looks else ()
                now = is_open()
                if looks and not (now or was_open) and CONCURRENTLY.match(sql):
                    accesses = tuple(replace(one, lock=UNOBSERVED) for one in accesses)
                return Sent(sql, now > was_open, was_open > now, not (now or was_open), accesses)

            heard(sql, send)

        def executemany(self, query: Any, vars_list: Any) -> None:
            for values in vars_list:
                self.execute(query, values)

        def copy_expert(self, sql: Any, *args: Any, **kwargs: Any) -> None:
            def send(_: bool) -> Sent:
                usual.copy_expert(self, sql, *args, **kwargs)
                return Sent(f"{NOT_DONE}{' '.join(str(sql).split())}")

            heard(str(sql), send)

    connection.cursor_factory = Cursor
    try:
        yield
    finally:
        connection.cursor_factory = before


def _look(connection: Any) -> dict[int, TableState]:
    if connection.info.transaction_status == extensions.TRANSACTION_STATUS_INERROR:
        return {}  # only a ROLLBACK can follow
    with connection.cursor(cursor_factory=extensions.cursor) as cursor:
        cursor.execute(LOOK)
        return {oid: TableState(Name(schema, bare), file, scans, frozenset(locks))
                for oid, schema, bare, file, scans, locks in cursor}  # fmt: skip


def _accesses(
    names: dict[int, Name], before: dict[int, TableState], after: dict[int, TableState]
) -> Iterator[TableAccess]:
    """The accesses to the tables of these names; a dropped table had the strongest lock."""
    for oid, name in names.items():
        old, new = before.get(oid), after.get(oid)
        if old is None:
            continue
        if new is None:
            new = replace(old, locks=old.locks | {LOCKS[-1]})
        lock, scans, rewrites = new.strongest, new.scans > old.scans, new.file != old.file
        if lock != old.strongest or scans or rewrites:
            yield TableAccess(name, lock if lock != old.strongest else "", lock, scans, rewrites)
