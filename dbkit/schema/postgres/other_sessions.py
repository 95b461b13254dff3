"""The sessions for which a run waits: the run that holds the lock, and those that block a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import peewee as pw
from psycopg2.extensions import TRANSACTION_STATUS_ACTIVE, parse_dsn

from dbkit.diagnosis import explain, is_lock_conflict
from dbkit.errors import DatabaseFailed
from dbkit.own_statements import own_database
from dbkit.pinned_queries import ask, named_rows

KEY = int.from_bytes(b"dbkit")  # of the advisory lock, which belongs to the database
LONGEST = 100  # characters of a query that are shown
LONGEST_TICK = 0.5  # seconds
# A constant, also if it is cut off. If a backslash is ambiguous, more is hidden than necessary.
SECRET = re.compile(r"'(?:[^'\\]|\\.|'')*(?:'|\\?$)|(\$\w*\$).*?(?:\1|$)", re.DOTALL)

OF_LOCK = f"""
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = '{KEY >> 32}' AND objid = '{KEY & 0xFFFFFFFF}'"""

# A role sees the details of other roles' sessions only if it is a member of them. A prepared
# transaction has the number 0.
SESSIONS = """
SELECT DISTINCT other.pid, usename AS role, application_name AS application,
       coalesce(host(client_addr), CASE WHEN backend_start IS NOT NULL THEN 'local' END) AS host,
       date_trunc('second', {since})::text AS since,
       date_trunc('second', clock_timestamp() - {since})::text AS age, left(query, 1000) AS query
FROM ({others}) other LEFT JOIN pg_stat_activity USING (pid) ORDER BY other.pid"""
HOLDERS = SESSIONS.format(since="coalesce(xact_start, backend_start)", others=OF_LOCK)
BLOCKERS = SESSIONS.format(
    since="xact_start",
    others=f"SELECT unnest(pg_blocking_pids(pid)) AS pid FROM ({OF_LOCK} UNION SELECT %s) holder",
)


def holder(database: pw.Database) -> str:
    """Describe the run that holds the lock."""
    rows = named_rows(ask(database, HOLDERS))
    return ", ".join(f"{_session(row)}{_part(', since ', row.since)}" for row in rows)


@contextmanager
def blockers_named(database: pw.Database, lock_timeout: float) -> Iterator[None]:
    """Add to the error of a lock timeout in the block which sessions blocked it.

    psycopg2 waits in C, and after the timeout the server no longer tells. So a thread watches from
    another connection, which it opens only if a statement takes long.
    """
    done, seen = Event(), [""]
    found = (database, database.connection(), lock_timeout, done, seen)
    Thread(target=_watch, args=found, daemon=True).start()
    try:
        yield
    except pw.PeeweeException as error:
        if not seen[0] or not is_lock_conflict(error):
            raise
        failed = explain(error, database)
        raise DatabaseFailed(f"{failed.message}\n{seen[0]}", failed.hint) from error
    finally:
        done.set()


def _watch(
    database: pw.Database, connection: Any, lock_timeout: float, done: Event, seen: list[str]
) -> None:
    other = beside(database)
    try:
        while not done.wait(min(LONGEST_TICK, lock_timeout / 4 or LONGEST_TICK)):
            if connection.info.transaction_status == TRANSACTION_STATUS_ACTIVE:
                seen[0] = _blockers(other, connection.info.backend_pid) or seen[0]
    except pw.PeeweeException:
        pass  # without another connection, no session is named
    finally:
        other.close()


def _blockers(database: pw.Database, pid: int) -> str:
    """The sessions that block the run, whose lock another connection may hold (see
    `non_transactional`)."""
    rows = named_rows(ask(database, BLOCKERS, (pid,)))
    return "\n".join(
        f"  blocked by {_session(row)}{_part(', its transaction is open for ', row.age)}"
        f"{_part(': ', shown(row.query))}"
        for row in rows
    )


def _session(row: Any) -> str:
    if not row.pid:
        return "a prepared transaction (see pg_prepared_xacts)"
    facts = (f"{name} {value}" for name, value in (("user", row.role), ("host", row.host),
             ("application", row.application)) if value)  # fmt: skip
    return f"pid {row.pid} ({', '.join(facts)})"


def _part(word: str, value: str | None) -> str:
    return f"{word}{value}" if value else ""


def shown(query: str | None) -> str:
    """The query without its constants, which may be passwords, and not too long."""
    text = " ".join(SECRET.sub("'...'", query or "").split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def beside(database: pw.Database) -> pw.PostgresqlDatabase:
    """Return another connection's database with the same parameters, not open."""
    params = {"dbname": database.database, **database.connect_params}
    if "=" in database.database or "://" in database.database:  # Peewee accepts connection strings
        params |= parse_dsn(database.database)
    return own_database(pw.PostgresqlDatabase(params.pop("dbname"), **params))
