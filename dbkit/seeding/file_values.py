"""Values of the database become values of a seed file, which the loader turns back into the same.

The values of a file are None, bool, int, float, Decimal, str, times, Json, and lists of these.
Bytes are the text `\\x00ff`.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import peewee as pw
from psycopg2.extensions import UNICODEARRAY
from psycopg2.extras import HstoreAdapter

from dbkit import peewee_internals as internals
from dbkit.errors import SeedError
from dbkit.fields import EnumField, is_json
from dbkit.schema.dialect import dialect_for

from .field_values import is_usual
from .json_text import document, parsed
from .reading import DEEPEST, is_too_deep

Convert = Callable[[Any], Any]
PLAIN = (bool, int, float, Decimal, str, dt.datetime, dt.date, dt.time, list)
BAD_VALUE = (ValueError, TypeError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Json:
    """A value of JSON; a number with a point is a Decimal."""

    value: Any

    @property
    def text(self) -> str:
        """The text that the loader makes of the value, but with letters of all languages."""
        exact = document(self.value)
        if "\\u" not in exact:
            return exact
        value = json.loads(exact)
        readable = json.dumps(value, ensure_ascii=False)
        is_same = json.dumps(value) == exact and _is_encodable(readable)
        return readable if is_same else exact


def _is_encodable(text: str) -> bool:
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def target(field: pw.Field) -> pw.Field:
    """The field whose values a field has: for a foreign key, the parent's."""
    while isinstance(field, pw.ForeignKeyField):
        field = field.rel_field
    return field


def is_native(field: pw.Field) -> bool:
    """Whether `converter` needs the value that the driver would give to the field."""
    field = target(field)
    return isinstance(field, (pw.TimestampField, pw.IPField)) or not is_usual(field)


def converter(field: pw.Field) -> Convert:
    """A function from the column's values, which are not NULL, to values of a file. A value that
    the field's type does not have (BC, or a text in a number of SQLite) is a text. Raises SeedError
    for a value that a file cannot have."""
    field = target(field)
    convert = _tried(field) if is_native(field) else _of_kind(field)

    def safely(value: Any) -> Any:
        try:
            return convert(value)
        except BAD_VALUE:
            return _text(value)

    return safely


def _of_kind(field: pw.Field) -> Convert:
    if is_json(field):
        return _json(field)
    if field.field_type == "HSTORE":
        return _hstore
    if is_array(field):
        return _array(converter(internals.element_field(field)))
    if isinstance(field, (pw.DateTimeField, pw.DateField, pw.TimeField)):
        return _time(field)
    for kind, convert in KINDS.items():
        if isinstance(field, kind):
            return convert
    return _raw


def is_array(field: pw.Field) -> bool:
    """Whether the field is an array of PostgreSQL."""
    return "ArrayField" in {kind.__name__ for kind in type(field).__mro__}


def _bool(value: Any) -> bool:
    if value in ("t", "true", 1):
        return True
    if value in ("f", "false", 0):
        return False
    raise ValueError


def _int(value: Any) -> int:
    if isinstance(value, float):  # SQLite keeps a fraction in any column
        raise ValueError
    return int(value)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _uuid(value: Any) -> str:
    return str(uuid.UUID(value))


def _binary_uuid(value: Any) -> str:
    return str(uuid.UUID(bytes=_bytes(value)))


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("\\x")) if isinstance(value, str) else bytes(value)


def _text(value: Any) -> str:
    if isinstance(value, (bytes, memoryview)):
        return f"\\x{bytes(value).hex()}"
    return value if isinstance(value, str) else repr(value)


def _raw(value: Any) -> Any:
    return value if isinstance(value, (int, float)) else _text(value)


KINDS: dict[Any, Convert] = {
    EnumField: _text,
    pw.BooleanField: _bool,
    pw.IntegerField: _int,
    pw.FloatField: float,
    pw.DecimalField: _decimal,
    pw.UUIDField: _uuid,
    pw.BinaryUUIDField: _binary_uuid,
    pw.BlobField: _text,
    pw.CharField: _text,
    pw.TextField: _text,
}


def _json(field: pw.Field) -> Convert:
    def convert(stored: Any) -> Json:
        try:
            value = parsed(stored if isinstance(stored, str) else _json_text(field, stored))
        except RecursionError:
            raise _too_deep(field) from None
        if isinstance(value, (list, dict)) and is_too_deep(value):
            raise _too_deep(field)
        return Json(value)

    return convert


def _json_text(field: pw.Field, stored: Any) -> str:
    return dialect_for(field.model._meta.database).cells.json_text(stored)


def _too_deep(field: pw.Field) -> SeedError:
    return SeedError(
        f"{field.model._meta.table_name}.{field.column_name} has a value that is nested more than "
        f"{DEEPEST} levels deep, and a seed file cannot have it.",
        "Leave out its row with --where.",
    )


def _hstore(value: str) -> Json:
    return Json(HstoreAdapter.parse(value, None))  # type: ignore[no-untyped-call]


def _time(field: pw.Field) -> Convert:
    def convert(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("24:"):
            return value  # PostgreSQL has this time, and new versions of Python read it as 00:00
        moment = field.python_value(value)
        return moment if isinstance(moment, (dt.date, dt.time)) else _text(value)

    return convert


def _array(convert: Convert) -> Convert:
    def converted(value: Any) -> Any:
        if isinstance(value, list):
            return [converted(part) for part in value]
        return None if value is None else convert(value)

    def whole(value: Any) -> Any:
        return converted(UNICODEARRAY(value, None) if isinstance(value, str) else value)

    return whole


def _tried(field: pw.Field) -> Convert:
    """Only the field's own code knows which values it accepts. So the function tries spellings: it
    returns the first from which the field makes the stored value again, or else a value that is
    equal in Python."""

    def convert(stored: Any) -> Any:
        try:
            spellings = list(_spellings(field, stored))
            for is_same in (_is_stored, _is_equal_in_python):
                for spelling in spellings:
                    if is_same(field, spelling, stored):
                        return spelling
        except Exception as error:  # of the project's code; its message may quote the value
            raise _not_spelled(field) from error
        raise _not_spelled(field)

    return convert


def _not_spelled(field: pw.Field) -> SeedError:
    return SeedError(
        f"{field.model._meta.table_name}.{field.column_name} cannot be dumped: the column has a "
        f"value that {type(field).__name__} does not store for any text, number or time.",
        "Let its db_value accept the text of a value, or leave out the column with a view.",
    )


def _spellings(field: pw.Field, stored: Any) -> Iterator[Any]:
    value = field.python_value(stored)
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, (bytes, memoryview)):
        value = bytes(value).decode()
    for spelling in (value, str(value), stored):
        if isinstance(spelling, PLAIN):
            yield spelling


def _is_stored(field: pw.Field, spelling: Any, stored: Any) -> bool:
    return bool(_comparable(_made(field, spelling)) == _comparable(stored))


def _is_equal_in_python(field: pw.Field, spelling: Any, stored: Any) -> bool:
    made = _comparable(_made(field, spelling))
    return made is not None and bool(field.python_value(made) == field.python_value(stored))


def _made(field: pw.Field, spelling: Any) -> Any:
    try:
        return field.db_value(spelling)
    except Exception:  # of the project's code
        return None


def _comparable(value: Any) -> Any:
    value = getattr(value, "adapted", value)  # of an adapter of psycopg2
    return bytes(value) if isinstance(value, (memoryview, bytearray)) else value
