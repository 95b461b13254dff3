"""Statements that PostgreSQL refuses in a transaction, such as CREATE INDEX CONCURRENTLY.

Such a statement may have taken effect, completely or in part, although its client was killed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import peewee as pw

from dbkit.diagnosis import sqlstate
from dbkit.errors import MigrationError
from dbkit.limits import Limits
from dbkit.own_statements import own_statements
from dbkit.pinned_queries import ask, named_rows
from dbkit.transactions import NotInTransaction

from ..sql import Statement, quoted
from .other_sessions import beside
from .session import TIMEOUTS, locked, milliseconds

# active_sql_transaction, invalid_transaction_termination (PostgreSQL manual, appendix A)
REFUSED = {"25001", "2D000"}
# the errors of a repeated statement whose first run took effect: the object exists, or is gone
DONE = {"CREATE": {"42P07", "42710", "42P04"}, "DROP": {"42P01", "42704", "3D000"}}

NAME = r'((?:"(?:[^"]|"")+"|[\w$.])+)'
BUILD = re.compile(rf"""\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?
    (?:(?!ON\s){NAME}\s+)?ON\s+(?:ONLY\s+)?{NAME}""", re.IGNORECASE | re.VERBOSE)  # fmt: skip
REINDEX = re.compile(r"\s*REINDEX\b[^\"']*\bCONCURRENTLY\b", re.IGNORECASE)
DETACH = re.compile(rf"""(\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{NAME}\s+
    DETACH\s+PARTITION\s+{NAME}\s+)CONCURRENTLY\b""", re.IGNORECASE | re.VERBOSE)  # fmt: skip
INDEX = re.compile(r"(CREATE (?:UNIQUE )?INDEX|DROP INDEX) ")

# An index of a table, both named as in SQL. The search path of the session finds the table.
STATE = """
SELECT n.nspname AS schema, c.relname AS name, i.indisvalid AS valid
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = (parse_ident(%s))[1]::name AND i.indrelid = to_regclass(%s)
"""

# What a killed REINDEX CONCURRENTLY leaves, which this role may drop.
REINDEXED = """
SELECT n.nspname AS schema, c.relname AS name
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND pg_has_role(c.relowner, 'USAGE')
"""
DETACHED = """
SELECT inhdetachpending FROM pg_inherits
WHERE inhparent = to_regclass(%s) AND inhrelid = to_regclass(%s)
"""


@contextmanager
def locked_alone(database: pw.Database, limits: Limits) -> Iterator[None]:
    """Hold the lock of dbkit in a block without a transaction. Raises Busy (see `locked`).

    Another connection holds it, in a transaction without a snapshot: CREATE INDEX CONCURRENTLY does
    not wait for that. A session that holds the lock for the whole run needs no other connection.
    """
    with ExitStack() as stack:
        with own_statements():
            if not limits.session:
                other = beside(database)
                stack.callback(other.close)
                stack.enter_context(locked(other, limits))
                other.execute_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            if not _is_pooled(database):  # a pooler would give the settings to other clients
                stack.enter_context(_settings(database, limits))
        yield


def _is_pooled(database: pw.Database) -> bool:
    """Whether a pooler has told the client a process number of its own."""
    (backend,) = database.execute_sql("SELECT pg_catalog.pg_backend_pid()").fetchone()
    return bool(database.connection().info.backend_pid != backend)


@contextmanager
def _settings(database: pw.Database, limits: Limits) -> Iterator[None]:
    """Give the session these limits, and restore its settings after the block."""
    names = [*TIMEOUTS, "search_path", "client_connection_check_interval"]
    reading = ", ".join(f"pg_catalog.current_setting('{name}')" for name in names)
    before = database.execute_sql(f"SELECT {reading}").fetchone()
    _set(database, milliseconds(limits).items())
    with suppress(pw.PeeweeException):  # some systems cannot tell whether a client is gone
        _set(database, [(names[-1], "1s")])
    try:
        yield
    finally:
        if not database.is_closed() and not database.connection().closed:
            _set(database, zip(names, before, strict=True))


@own_statements()
def _set(database: pw.Database, settings: Iterable[tuple[str, str]]) -> None:
    for name, value in settings:
        database.execute_sql("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))


def attempt(database: pw.Database, call: Callable[[], Any]) -> Any:
    """See `Dialect.attempt`."""
    try:
        with database.savepoint():
            return call()
    except pw.PeeweeException as error:
        if sqlstate(error) in REFUSED:
            raise NotInTransaction from error
        raise


def concurrent(statements: Iterable[Statement]) -> list[str]:
    """Return the statements, with CONCURRENTLY where they create or drop an index."""
    return [INDEX.sub(r"\1 CONCURRENTLY ", one.sql, count=1) for one in statements]


def run_alone(
    database: pw.Database, sql: str, call: Callable[[], Any], was_interrupted: bool
) -> Any:
    """See `Dialect.run_alone`."""
    if build := BUILD.match(sql):
        if not build[1]:
            raise _without_name(build[2])
        for index in named_rows(ask(database, STATE, build.groups())):
            if not index.valid:
                _drop(database, index)
            elif was_interrupted:
                return None
    elif was_interrupted and REINDEX.match(sql):
        for index in named_rows(ask(database, REINDEXED)):
            _drop(database, index)
    elif was_interrupted and (detach := DETACH.match(sql)):
        pending = ask(database, DETACHED, detach.group(2, 3)).fetchone()
        return pending and database.execute_sql(f"{detach[1]}FINALIZE" if pending[0] else sql)
    try:
        return call()
    except pw.PeeweeException as error:
        done = DONE.get(sql.split(None, 1)[0].upper(), ())
        if not was_interrupted or sqlstate(error) not in done:
            raise
        return None


def _drop(database: pw.Database, index: Any) -> None:
    """Drop an index concurrently. (If another session is building it, this waits; a REINDEX
    CONCURRENTLY then drops or renames it.)"""
    name = f"{quoted(index.schema)}.{quoted(index.name)}".replace("%", "%%")
    database.execute_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def _without_name(table: str) -> MigrationError:
    return MigrationError(
        f"A CREATE INDEX CONCURRENTLY on {table} gives the index no name: after an interruption, "
        "dbkit could not find the index.",
        f"Write its name: CREATE INDEX CONCURRENTLY name ON {table} ... "
        "Or use migrator.add_index(..., concurrently=True).",
    )
