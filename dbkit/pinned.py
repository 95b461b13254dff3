"""Statements of dbkit's own on PostgreSQL, in which every name means pg_catalog's.

Whoever may create objects in a schema of the search path can plant a function or an operator whose
arguments fit better than those of pg_catalog's (CVE-2018-1058). So dbkit's own statements are
parsed while the search path is pg_catalog alone.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import peewee as pw

PATH = "pg_catalog, pg_temp"  # pg_temp comes first unless it is named

# The server parses a cursor's query when it is declared, and runs it when rows are fetched: names
# in the query are pg_catalog's, and what its functions print goes by the session's own path.
ASK = f"""\
SELECT pg_catalog.set_config('dbkit.path', pg_catalog.current_setting('search_path'), true);
SET LOCAL search_path TO {PATH};
DECLARE dbkit_{{number}} NO SCROLL CURSOR FOR {{sql}};
SELECT set_config('search_path', current_setting('dbkit.path'), true);
FETCH ALL FROM dbkit_{{number}}"""
NUMBERS = count()

PIN = f"""\
SELECT pg_catalog.current_setting('search_path'),
       pg_catalog.set_config('search_path', '{PATH}', true)"""
UNPIN = "SELECT pg_catalog.set_config('search_path', %s, true)"


def named_rows(cursor: Any) -> list[Any]:
    """All rows, with the names of the columns."""
    row: Any = namedtuple("row", [column[0] for column in cursor.description])  # type: ignore[misc]
    return [row._make(values) for values in cursor.fetchall()]


def ask(database: pw.Database, sql: str, params: Sequence[Any] = ()) -> Any:
    """The cursor of a query, in one round trip; a transaction may be open or not."""
    text = ASK.format(number=next(NUMBERS), sql="{sql}").replace("{sql}", sql)
    return database.execute_sql(text, params)


@contextmanager
def pinned(database: pw.Database) -> Iterator[None]:
    """In the block every name that has no schema means pg_catalog's. Needs a transaction."""
    path, _ = database.execute_sql(PIN).fetchone()
    yield
    database.execute_sql(UNPIN, (path,))  # an error ends the transaction, or its savepoint
