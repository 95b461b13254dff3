"""dbkit's own queries on PostgreSQL, in which every unqualified name is looked up in pg_catalog.

A user who may create objects in a schema of the search path can create a function or an operator
that fits the arguments better than that of pg_catalog (CVE-2018-1058). So the server parses dbkit's
own queries while the search path is only pg_catalog.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import peewee as pw

from .own_statements import own_statements

# pg_temp comes first unless the path names it
PIN = """\
SELECT pg_catalog.set_config('dbkit.path', pg_catalog.current_setting('search_path'), true);
SET LOCAL search_path TO pg_catalog, pg_temp"""
UNPIN = "SELECT set_config('search_path', current_setting('dbkit.path'), true)"
NUMBERS = count()


def named_rows(cursor: Any) -> list[Any]:
    """Return all rows of a cursor as named tuples."""
    return _named([column[0] for column in cursor.description], cursor.fetchall())


def _named(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[Any]:
    row: Any = namedtuple("row", columns)  # type: ignore[misc]
    return [row._make(values) for values in rows]


@own_statements()
def ask(
    database: pw.Database,
    sql: str,
    params: Sequence[Any] | Mapping[str, Any] = (),
    *,
    before: str = "",
) -> Any:
    """Run a query in one round trip, and return its cursor. An open transaction is not needed. The
    statements `before` are sent in the same round trip; they may take the first parameters.

    The server parses the query when the cursor is declared, and runs it when rows are fetched. So
    the query's own names are looked up in pg_catalog, while functions such as `pg_get_expr` print
    names for the session's own search path. The server splits the message before `before` runs,
    so the query must have no backslash: `standard_conforming_strings` may be off.
    """
    name = f"dbkit_{next(NUMBERS)}"
    declare = f"DECLARE {name} NO SCROLL CURSOR FOR {sql}"
    first = f"{before}; {PIN}" if before else PIN
    return database.execute_sql(f"{first}; {declare}; {UNPIN}; FETCH ALL FROM {name}", params)


def ask_all(
    database: pw.Database,
    queries: Iterable[str],
    params: Mapping[str, Any],
    shared: str = "",
    *,
    before: str = "",
) -> list[list[Any]]:
    """Run several queries in one round trip, and return the rows of each as named tuples. A value
    for which JSON has no type is returned as text. `shared` is a WITH clause that they share, and
    `before` is as in `ask`."""
    arrays = ", ".join(f"(SELECT json_agg(rows)::text FROM ({sql}) rows)" for sql in queries)
    results = (
        json.loads(text or "[]")
        for text in ask(database, f"{shared}SELECT {arrays}", params, before=before).fetchone()
    )
    return [_named(rows[0], (row.values() for row in rows)) if rows else [] for rows in results]
