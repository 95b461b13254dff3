"""Transactions that are rolled back, and transactions that notice a COMMIT of their block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import peewee as pw
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from .diagnosis import has_rolled_back, sqlstate
from .errors import MigrationError
from .own_statements import own_statements

UNBROKEN = "dbkit_unbroken"
GONE = {"3B001", "25P01"}  # no such savepoint, no transaction (PostgreSQL manual, appendix A)


class NotInTransaction(Exception):
    """The database runs this statement only if no transaction is open."""


def is_open(database: pw.Database) -> bool:
    """Whether a transaction is open, even if Peewee did not begin it."""
    if database.is_closed():
        return False
    connection = database.connection()
    if isinstance(database, pw.PostgresqlDatabase):
        return bool(connection.info.transaction_status != TRANSACTION_STATUS_IDLE)
    return bool(connection.in_transaction)


class Opening:
    """The statements that begin a transaction. They are sent once."""

    def __init__(self, database: pw.Database, sql: str) -> None:
        self.database, self.sql = database, sql

    def taken(self) -> str:
        """Return the statements for the caller to send, or nothing if they were sent."""
        sql, self.sql = self.sql, ""
        return sql

    def send(self) -> None:
        if self.sql:
            self.database.execute_sql(self.taken())


@contextmanager
def rolled_back(
    database: pw.Database, start: str = "BEGIN", more: str = "", late: bool = False
) -> Iterator[Opening]:
    """Run the block in a transaction, or in a savepoint of an open transaction, and roll it back.

    `start` begins the transaction; the statements `more` are sent in the same round trip. With
    `late`, the block itself sends them, with its first query.
    """
    begin, undo = start, ["ROLLBACK"]
    if is_open(database):
        begin = "SAVEPOINT dbkit_rolled_back"
        undo = ["ROLLBACK TO dbkit_rolled_back", "RELEASE dbkit_rolled_back"]
        if isinstance(database, pw.PostgresqlDatabase):
            undo = ["; ".join(undo)]  # one round trip
    opening = Opening(database, begin + more)
    with own_statements():
        try:
            if not late:
                opening.send()
            yield opening
        except BaseException:
            with suppress(pw.PeeweeException):  # the driver may have refused to send the opening
                _undo(opening, undo)
            raise
        _undo(opening, undo)


def _undo(opening: Opening, statements: list[str]) -> None:
    # without an open transaction, the connection is lost: the server has rolled back
    if not opening.sql and is_open(opening.database):
        for statement in statements:
            opening.database.execute_sql(statement)


@contextmanager
def unbroken(database: pw.Database, release: Callable[[str], Any]) -> Iterator[None]:
    """Raise MigrationError if the block ends the transaction in which it runs, even if the block
    fails too: its earlier changes cannot be rolled back.

    The transaction must have the savepoint UNBROKEN. `release` sends the statement that releases
    it, and may send more in the same round trip.
    """
    try:
        yield
    except BaseException as error:
        _end(database, database.execute_sql, f"ROLLBACK TO {UNBROKEN}", error)
        raise
    _end(database, release, f"RELEASE {UNBROKEN}", None)


def _end(
    database: pw.Database,
    send: Callable[[str], Any],
    statement: str,
    cause: BaseException | None,
) -> None:
    try:
        send(statement)
    except pw.PeeweeException as error:
        if cause and has_rolled_back(cause):
            return
        if sqlstate(error) in GONE or "no such savepoint" in str(error):
            if not is_open(database):
                database.execute_sql("BEGIN")  # the caller rolls back the transaction it began
            reason = f" Then it failed: {cause}" if cause else ""
            raise MigrationError(
                f"It ended its own transaction (a COMMIT or ROLLBACK).{reason}",
                "Its changes before that may have been kept. Check the tables, and check the "
                "history with `python -m dbkit status`.",
            ) from cause
        if cause is None:
            raise
