"""Values in the cells of PostgreSQL: the text of a value, which the input function of its type
reads."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import uuid
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

import peewee as pw

from dbkit.errors import DbkitError

from ..cells import CannotHold, Cells, without_surrogates

NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in the text of a JSON document
SURROGATE = re.compile(r"\\ud[89a-f]", re.IGNORECASE)

# the types whose values are also parameters as they are
PLAIN = int | float | Decimal | uuid.UUID | dt.date | dt.time | dt.timedelta | bytes


def as_text(value: Any) -> str | None:
    """Return the text that PostgreSQL reads as this value; None for NULL.

    Raises DbkitError for a value without such a text: an SQL expression, an unknown type.
    """
    if value is None or type(value) is str:
        return value
    match value:
        case Enum():
            return as_text(value.value)
        case bool():
            return "true" if value else "false"
        case str():
            return str(value)
        case float():
            return _float(value)
        case int() | Decimal() | uuid.UUID() | dt.timedelta():
            return str(value)
        case dt.datetime():
            return _moment(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return "\\x" + bytes(value).hex()
        case list() | tuple():
            return _array(value)
        case dict():
            return json.dumps(value)
    return _adapted(value)


def _float(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _moment(value: dt.datetime) -> str:
    """A time with an offset as its time in UTC: PostgreSQL does not read every offset."""
    return (value.astimezone(dt.UTC) if value.tzinfo else value).isoformat(" ")


def _array(values: Sequence[Any]) -> str:
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return _array(value)
    text = as_text(value)
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _adapted(value: Any) -> str | None:
    """The text of a value in a class of psycopg: Json, Binary, a range."""
    if not isinstance(value, pw.Node):
        if hasattr(value, "lower_inc"):
            return _range(value)
        for content in ("adapted", "obj"):  # psycopg 2, psycopg 3
            if hasattr(value, content):
                inner = getattr(value, content)
                dumps = getattr(value, "dumps", None)
                return as_text(dumps(inner) if dumps else inner)
    raise DbkitError(
        f"A value of type {type(value).__name__} cannot be copied into a table.",
        "Let the field's db_value() return a value of Python, not an SQL expression.",
    )


def _range(value: Any) -> str:
    if value.isempty:
        return "empty"
    bounds = ("" if bound is None else _element(bound) for bound in (value.lower, value.upper))
    return ("[" if value.lower_inc else "(") + ",".join(bounds) + ("]" if value.upper_inc else ")")


def _check(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_check(part) for part in value]
    if isinstance(value, str):
        if "\0" in value:
            raise CannotHold("a text in PostgreSQL cannot have a NUL character")
        return without_surrogates(value)
    if isinstance(value, (int, dt.datetime)):
        as_text(value)  # raises an error for thousands of digits, and for a year 0 in UTC
    if value is None or isinstance(value, PLAIN):
        return value
    try:
        return as_text(value)
    except DbkitError:
        raise CannotHold(
            f"PostgreSQL cannot store a value of the Python type {type(value).__name__}"
        ) from None


def _json(text: str, sql_type: str) -> str:
    if NUL.search(text):
        raise CannotHold("a text in PostgreSQL cannot have a NUL character")
    if SURROGATE.search(text):
        without_surrogates(json.dumps(json.loads(text), ensure_ascii=False))
    return text


CELLS = Cells(
    sized_integers=True,
    single_floats=True,
    has_nan=True,
    keeps_offsets=False,
    check=_check,
    json=_json,
    json_text=str,
    text=as_text,
)
