"""The session of a run of migrations or seeds: its lock, its own tables, and its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, NamedTuple

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.errors import DatabaseFailed
from dbkit.limits import Busy, Limits
from dbkit.own_statements import own_statements
from dbkit.pinned_queries import ask, named_rows
from dbkit.transactions import UNBROKEN, is_open, unbroken

from ..sql import literal, quoted
from .other_sessions import KEY, blockers_named, holder

IDENTITY = "SELECT pg_catalog.current_database(), pg_catalog.pg_postmaster_start_time()"

# The third column is the first schema of the path, which the server may skip silently. The fourth
# are pairs of schemas: tables of the second are below tables of the first. The last are all schemas
# except those of the system and of extensions.
SESSION = """
SELECT pg_is_in_recovery(), current_schemas(false),
       (SELECT p.name FROM pg_namespace n
        JOIN unnest(string_to_array(replace(current_setting('search_path'), '"', ''), ', '))
          WITH ORDINALITY AS p (name, place) ON p.name = n.nspname AND n.nspname !~ '^pg_'
        ORDER BY p.place LIMIT 1),
       ARRAY(SELECT DISTINCT ARRAY[pn.nspname::text, cn.nspname::text] FROM pg_inherits i
             JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
             JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
             WHERE c.relnamespace <> p.relnamespace AND c.relkind IN ('r', 'p', 'f')),
       ARRAY(SELECT n.nspname::text FROM pg_namespace n
             WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
               AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_namespace'::regclass
                               AND e.objid = n.oid AND e.deptype = 'e')
             ORDER BY n.nspname)
"""

# A transaction begins in one message, in which every function is named with its schema: a query of
# `pinned_queries` would keep its snapshot, and CREATE INDEX CONCURRENTLY would wait for that.
# A path may name pg_catalog after other schemas, and these then come first: without the name,
# pg_catalog comes first. The timeouts of the session are kept for `keeping`. The server drops the
# statement of a killed client if its system can tell (another system refuses the setting).
BEGIN = """
SELECT pg_catalog.set_config('search_path', pg_catalog.ltrim(
    pg_catalog.regexp_replace(pg_catalog.current_setting('search_path'),
                              '(^|, *)"?pg_catalog"?(?=,|$)', '', 'g'), ', '), true);
SELECT pg_catalog.set_config('dbkit.timeouts', COALESCE(
    NULLIF(pg_catalog.current_setting('dbkit.timeouts', true), ''),
    pg_catalog.json_build_object(
        'lock_timeout', pg_catalog.current_setting('lock_timeout'),
        'statement_timeout', pg_catalog.current_setting('statement_timeout'))::pg_catalog.text),
    true);
{timeouts};
SELECT CASE WHEN pg_catalog.version() OPERATOR(pg_catalog.~) 'linux|darwin|bsd'
    THEN pg_catalog.set_config('client_connection_check_interval', '1s', true) END;
SAVEPOINT {savepoint};
SELECT pg_catalog.pg_try_advisory_xact_lock({key}), {state}"""

# The tables of dbkit, in a schema or in the first schema of the path. `owner` is only set for a
# stranger: a role that is not a superuser, does not own the database, and does not have this role
# as a member.
OWN_TABLES = """
SELECT n.nspname AS schema, c.relname AS name,
       (SELECT o.rolname FROM pg_roles o, pg_roles me
        WHERE o.oid = c.relowner AND me.rolname = current_user AND o.oid <> me.oid
          AND NOT o.rolsuper
          AND o.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database())
          AND NOT (pg_has_role(me.oid, o.oid, 'MEMBER') AND NOT me.rolsuper)
          AND NOT EXISTS (SELECT FROM pg_auth_members m
                          WHERE m.member = me.oid AND m.roleid = o.oid)) AS owner,
       current_user AS role, c.relkind = 'r' AND NOT c.relrowsecurity AS plain,
       (SELECT array_agg(a.attname::text) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND has_column_privilege(c.oid, a.attnum, 'SELECT')) AS columns
FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ANY(%s)
WHERE n.nspname = coalesce(%s, (SELECT s FROM unnest(current_schemas(false)) s
                                WHERE s !~ '^pg_' LIMIT 1))
"""

# The settings of a session. (The server itself resets the settings of a transaction.)
STATE = """
pg_catalog.current_setting('session_authorization'), pg_catalog.current_setting('role'),
COALESCE((SELECT pg_catalog.json_object_agg(name, setting) FROM pg_catalog.pg_settings
          WHERE source OPERATOR(pg_catalog.=) 'session'
            AND name OPERATOR(pg_catalog.!~) '^transaction_(isolation|read_only|deferrable)$'
            AND name OPERATOR(pg_catalog.<>) ALL (ARRAY[
                'lock_timeout', 'statement_timeout', 'client_connection_check_interval'])), '{}'),
NULLIF(pg_catalog.current_setting('dbkit.timeouts', true), '')::pg_catalog.json
"""


class SessionState(NamedTuple):
    """A row of STATE. `timeouts` are those before the transaction."""

    session_authorization: str
    role: str
    settings: dict[str, Any]
    timeouts: dict[str, str] | None


class Begun(NamedTuple):
    """A transaction that has begun: its limits, and the state of the session."""

    limits: Limits
    state: SessionState


AS_BEFORE = """
SELECT pg_catalog.set_config('session_authorization', %s, false),
       pg_catalog.set_config('role', %s, false)"""


KEEP_PATH = """
SELECT pg_catalog.set_config('dbkit.path_before', pg_catalog.current_setting('search_path'), true)
"""
RESTORE_PATH = """
SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('dbkit.path_before'), false)
"""
TIMEOUTS = ("lock_timeout", "statement_timeout")
NO_SCHEMA = (
    "No schema of the connection's search_path exists, or this role may not use it.",
    "Create the schema, or grant USAGE on it, or set search_path to another schema.",
)


@contextmanager
def locked(database: pw.Database, limits: Limits) -> Iterator[Begun]:
    """Begin a transaction that holds the lock, with these limits. Raises Busy if another run has
    the lock: the caller tries again, because a waiting statement would keep its snapshot, and
    CREATE INDEX CONCURRENTLY would wait for that. (A pooler would lose a lock of the session.)"""
    # a higher isolation level would show the history from before the lock
    begin = "" if is_open(database) else "BEGIN ISOLATION LEVEL READ COMMITTED;"
    with internals.transaction_begun_inside(database):
        timeouts = _set(milliseconds(limits), local=True)
        sql = begin + BEGIN.format(timeouts=timeouts, savepoint=UNBROKEN, key=KEY, state=STATE)
        with own_statements():
            is_locked, *state = database.execute_sql(sql).fetchone()
        if not is_locked:
            raise Busy(holder(database))
        yield Begun(limits, SessionState(*state))


@contextmanager
def held(database: pw.Database) -> Iterator[None]:
    """Hold the lock for the whole block, as a lock of the session. Raises Busy (see `locked`)."""
    if not database.execute_sql(f"SELECT pg_catalog.pg_try_advisory_lock({KEY})").fetchone()[0]:
        raise Busy(holder(database))
    try:
        yield
    finally:
        with suppress(pw.PeeweeException):  # a lost connection has lost the lock
            database.execute_sql(f"SELECT pg_catalog.pg_advisory_unlock({KEY})")


def milliseconds(limits: Limits) -> dict[str, str]:
    """Return the timeouts for set_config."""
    return {name: f"{getattr(limits, name) * 1000:.0f}" for name in TIMEOUTS}


def _set(settings: Mapping[str, str], local: bool) -> str:
    calls = (f"pg_catalog.set_config({literal(name)}, {literal(value)}, {local})"
             for name, value in settings.items())  # fmt: skip
    return f"SELECT {', '.join(calls)}"


def find_tables(
    database: pw.Database, names: Sequence[str], schema: str | None, write: bool
) -> tuple[str | None, dict[str, frozenset[str]]]:
    """See `Dialect.find_tables`. A stranger's table could run code with this role's privileges: a
    trigger when it is written, and a function of a view or a policy when it is read."""
    rows = named_rows(ask(database, OWN_TABLES, ([*names], schema)))
    if not rows and schema is None:
        raise DatabaseFailed(*NO_SCHEMA)
    if not rows:
        return schema, {}
    for row in rows:
        if row.owner is not None and (write or not row.plain):
            raise _of_a_stranger(row)
    found = {row.name: frozenset(row.columns or ()) for row in rows if row.name is not None}
    return rows[0].schema.replace("%", "%%"), found  # Peewee does not double it in a name


def _of_a_stranger(row: Any) -> DatabaseFailed:
    table = f"{quoted(row.schema)}.{quoted(row.name)}"
    return DatabaseFailed(
        f"The table {table} belongs to the role {row.owner}, whose code could run with the "
        f"rights of {row.role} when the table is used.",
        f"Connect as {row.owner}. Or check the triggers and defaults of the table, then run as "
        f"a superuser: ALTER TABLE {table} OWNER TO {quoted(row.role)}",
    )


@contextmanager
def same_path(database: pw.Database) -> Iterator[None]:
    """Restore the search path after the block."""
    database.execute_sql(KEEP_PATH)
    yield
    database.execute_sql(RESTORE_PATH)


@contextmanager
def keeping(database: pw.Database, limits: Limits, begun: Begun | None) -> Iterator[None]:
    """Give a file its limits, and restore the role and the settings of the session after the
    block. Raises MigrationError if the block ends the transaction `begun` (see `unbroken`)."""
    before = begun.state if begun else _state(database)
    timeouts = _set(before.timeouts or {}, local=False)
    if begun and begun.limits != limits:
        database.execute_sql(_set(milliseconds(limits), local=True))
    states: list[SessionState] = []

    def release(statement: str) -> None:
        states.append(_state(database, f"{statement}; {timeouts}"))

    with (
        blockers_named(database, limits.lock_timeout),
        unbroken(database, release) if begun else nullcontext(),
    ):
        yield
    after = states[0] if begun else _state(database)
    if after[:2] != before[:2]:
        database.execute_sql(AS_BEFORE, before[:2])
        after = _state(database)
    old, new = before.settings, after.settings
    for name in new.keys() - old.keys():
        database.execute_sql(f"RESET {quoted(name)}")
    for name, value in old.items():
        if new.get(name) != value:
            database.execute_sql("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))


def _state(database: pw.Database, before: str = "") -> SessionState:
    return SessionState(*ask(database, f"SELECT {STATE}", before=before).fetchone())
