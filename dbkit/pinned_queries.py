"""Statements of dbkit's own on PostgreSQL, in which every name means pg_catalog's.

Whoever may create objects in a schema of the search path can plant a function or an operator whose
arguments fit better than those of pg_catalog's (CVE-2018-1058). So dbkit's own statements are
parsed while the search path is pg_catalog alone.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import peewee as pw

# pg_temp comes first unless it is named
PIN = """\
SELECT pg_catalog.set_config('dbkit.path', pg_catalog.current_setting('search_path'), true);
SET LOCAL search_path TO pg_catalog, pg_temp"""
UNPIN = "SELECT set_config('search_path', current_setting('dbkit.path'), true)"
NUMBERS = count()


def named_rows(cursor: Any) -> list[Any]:
    """All rows, with the names of the columns."""
    return _named([column[0] for column in cursor.description], cursor.fetchall())


def _named(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[Any]:
    row: Any = namedtuple("row", columns)  # type: ignore[misc]
    return [row._make(values) for values in rows]


def ask(database: pw.Database, sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
    """The cursor of a query, in one round trip; a transaction may be open or not.

    The server parses a cursor's query when it is declared, and runs it when rows are fetched: names
    in the query are pg_catalog's, and what its functions print goes by the session's own path.
    """
    name = f"dbkit_{next(NUMBERS)}"
    declare = f"DECLARE {name} NO SCROLL CURSOR FOR {sql}"
    return database.execute_sql(f"{PIN}; {declare}; {UNPIN}; FETCH ALL FROM {name}", params)


def ask_all(
    database: pw.Database, queries: Iterable[str], params: Mapping[str, Any]
) -> list[list[Any]]:
    """The rows of each of the queries, with the names of the columns, in one round trip. Values
    that JSON has no type for come as their text."""
    arrays = ", ".join(f"(SELECT json_agg(rows)::text FROM ({sql}) rows)" for sql in queries)
    found = (
        json.loads(text or "[]") for text in ask(database, f"SELECT {arrays}", params).fetchone()
    )
    return [_named(rows[0], (row.values() for row in rows)) if rows else [] for rows in found]
