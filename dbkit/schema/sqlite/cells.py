"""Values in the cells of SQLite."""

from __future__ import annotations

import datetime as dt
import math
import re
import sqlite3
from decimal import Decimal
from typing import Any

import peewee as pw

from ..cells import CannotHold, Cells, without_surrogates

BOUND = 2**63
SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')  # a text of JSON, or the space between two tokens
BINDABLE = (
    int, float, str, bytes, bytearray, memoryview, Decimal, dt.date, dt.time, pw.Node
)  # fmt: skip


def _check(value: Any) -> Any:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, int) and not -BOUND <= value < BOUND:
        raise CannotHold("an integer in SQLite has at most 64 bits")
    if isinstance(value, float) and math.isnan(value):
        raise CannotHold("SQLite cannot store NaN")
    if value is not None and not isinstance(value, BINDABLE):
        raise CannotHold("SQLite cannot store a value of this type")
    return _result(value) if isinstance(value, pw.Node) else value


def _result(node: pw.Node) -> Any:
    """The value of an expression, such as the call of json() that a JSONField makes of a value."""
    sql, parameters = pw.SqliteDatabase(None).get_sql_context().sql(pw.Select([], [node])).query()
    connection = sqlite3.connect(":memory:")
    try:
        return connection.execute(sql, parameters).fetchone()[0]
    except sqlite3.Error as error:
        raise CannotHold(str(error)) from None
    finally:
        connection.close()


def _json(text: str, sql_type: str) -> Any:
    """The document as json() returns it, without spaces; or as jsonb() does."""
    compact = SPACE.sub(r"\1", text)
    return _result(pw.fn.jsonb(compact)) if sql_type == "JSONB" else compact


def _json_text(stored: Any) -> str:
    """A column of the type JSON keeps a number as a number, and jsonb() returns bytes."""
    return str(_result(pw.fn.json(stored)) if isinstance(stored, bytes) else stored)


CELLS = Cells(
    sized_integers=False,
    single_floats=False,
    has_nan=False,
    keeps_offsets=True,
    check=_check,
    json=_json,
    json_text=_json_text,
    text=None,
)
