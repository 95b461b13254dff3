"""The rows of a query by COPY: one round trip, and only one row at a time is in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import peewee as pw
import psycopg2
from psycopg2.extensions import string_types

from dbkit import peewee_internals as internals
from dbkit.own_statements import own_statements
from dbkit.transactions import Opening, rolled_back

from .reading import SETTINGS

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
UTC = "; SET LOCAL TimeZone TO 'UTC'"
# the format text of COPY (PostgreSQL manual, COPY, File Formats); the server writes no \nnn
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def snapshot(database: pw.Database) -> AbstractContextManager[Opening]:
    """See `Dialect.snapshot`. The settings decide how the server prints values."""
    return rolled_back(database, BEGIN, SETTINGS + UTC)


def read_rows(
    database: pw.Database,
    sql: str,
    native: Collection[int],
    handle: Callable[[Sequence[Any]], Any],
) -> None:
    """See `Dialect.read_rows`."""
    connection = database.connection()
    cursor = connection.cursor()
    casts = _casts(cursor, sql, native)

    def write(line: bytes) -> None:
        row: list[Any] = [_value(text) for text in line.decode()[:-1].split("\t")]
        for place, cast in casts.items():
            row[place] = cast(row[place], cursor)
        handle(row)

    with own_statements(), internals.driver_errors(), _cancelled_on_errors(connection):
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT (ENCODING 'UTF8')", _Sink(write))


def _casts(cursor: Any, sql: str, native: Collection[int]) -> dict[int, Any]:
    """The functions of the driver that convert the texts of these columns."""
    if not native:
        return {}
    cursor.execute(f"SELECT * FROM ({sql}) AS dbkit_rows LIMIT 0")
    types = [column.type_code for column in cursor.description]
    return {place: string_types[types[place]] for place in native if types[place] in string_types}


def _value(text: str) -> str | None:
    if "\\" not in text:
        return text
    return None if text == r"\N" else ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    return ESCAPED.get(match[1], match[1])


class _Sink:
    """A file for `copy_expert`, which passes each row to `write`."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.write = write


@contextmanager
def _cancelled_on_errors(connection: Any) -> Iterator[None]:
    """If the block fails, end a COPY that still runs. Otherwise the next statement, a ROLLBACK,
    would read all remaining rows first."""
    try:
        yield
    except BaseException:
        with suppress(psycopg2.Error):
            connection.cancel()
        raise
