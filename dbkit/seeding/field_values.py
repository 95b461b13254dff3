"""A value of a seed file becomes a value of its field, or is refused as the model would refuse it.

No value is converted silently: an integer is not a text, and 1 is not true. The text of CSV is read
as the field's type writes it; for a flag, that is true, false, t, f, 1 or 0.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import ipaddress
import json
import math
import re
import uuid
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from functools import cached_property
from typing import Any, ClassVar

import peewee as pw

from dbkit.fields import DateTimeTZField, EnumField
from dbkit.peewee_internals import element_field, json_dumps
from dbkit.schema.cells import CannotHold, Cells

from .json_text import document, parsed, with_floats

INTEGER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
SPECIAL = {"nan", "inf", "infinity", "-inf", "-infinity"}
FLAGS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
TOO_FINE = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")  # smaller than a microsecond
HEX = re.compile(r"\\x(?:[0-9a-fA-F]{2})*")
SINGLE = (1.18e-38, 3.4028235e38)  # the smallest and the largest float of 32 bits
OURS = {"peewee", "builtins", "dbkit.fields", "playhouse.postgres_ext", "playhouse.sqlite_ext"}
BAD_VALUE = (ValueError, TypeError, ArithmeticError, OSError, RecursionError, AttributeError)


class Invalid(ValueError):
    """The field does not take a value; `hint` says what would be valid."""

    def __init__(self, hint: str, reason: str = "") -> None:
        super().__init__(reason)
        self.hint, self.reason = hint, reason


class Kind:
    """The values of a field: this class takes every scalar, and subclasses the types they name.

    `relative` says whether texts such as "now - 1 day" are times.
    """

    types: tuple[type, ...] = ()
    relative: ClassVar[bool] = False

    def __init__(self, field: pw.Field, cells: Cells) -> None:
        self.field, self.cells = field, cells

    @property
    def hint(self) -> str:
        return "A value that the type of the column accepts."

    def read(self, value: Any, is_text: bool) -> Any:
        """Return a value other than None as the driver takes it; `is_text` if CSV has it.

        Raises Invalid.
        """
        try:
            found = self.parse(value) if is_text else self.take(value)
            return self.cells.check(self.store(self.checked(found)))
        except Invalid:
            raise
        except CannotHold as error:
            raise Invalid(self.hint, str(error)) from None
        except BAD_VALUE:
            raise Invalid(self.hint) from None

    def parse(self, text: str) -> Any:
        """Return the value that the text of CSV means."""
        return self.take(text)

    def take(self, value: Any) -> Any:
        """Return the value of TOML, JSON or Python, if its type is one of the field's."""
        if isinstance(value, Enum):
            value = value.value
        if self.types and type(value) not in self.types:
            raise Invalid(self.hint)
        return value

    def checked(self, value: Any) -> Any:
        """Return the value, rounded if need be. Raises Invalid if the column cannot hold it."""
        return value

    def store(self, value: Any) -> Any:
        return self.field.db_value(value)

    def moment(self, value: dt.datetime) -> Any:
        """Return a relative time as the driver takes it."""
        return self.read(value, False)


class Scalar(Kind):
    """A column whose type Peewee does not know."""

    def checked(self, value: Any) -> Any:
        if isinstance(value, Decimal) and value == Decimal(repr(float(value))):
            return float(value)  # a number with a point in TOML or JSON
        return value


class Text(Kind):
    types = (str,)

    @property
    def hint(self) -> str:
        return "A text." if self.most is None else f"A text of at most {self.most} characters."

    @property
    def most(self) -> int | None:
        most: int | None = getattr(self.field, "max_length", None)
        return most

    def checked(self, value: str) -> str:
        length = len(value.strip() if isinstance(self.field, pw.FixedCharField) else value)
        if self.most is not None and length > self.most:
            raise Invalid(f"A text of at most {self.most} characters, and this text has {length}.")
        return value


class Integer(Kind):
    types = (int,)

    @property
    def bits(self) -> int:
        if not self.cells.sized_integers or isinstance(
            self.field, (pw.BigIntegerField, pw.BigAutoField)
        ):
            return 64
        return 16 if isinstance(self.field, pw.SmallIntegerField) else 32

    @property
    def hint(self) -> str:
        bound = 2 ** (self.bits - 1)
        return f"An integer from {-bound} to {bound - 1}."

    def parse(self, text: str) -> int:
        if INTEGER.fullmatch(text) is None:
            raise Invalid(self.hint)
        return int(text)

    def checked(self, value: int) -> int:
        if not -(bound := 2 ** (self.bits - 1)) <= value < bound:
            raise Invalid(self.hint)
        return value


class Float(Kind):
    types = (int, float, Decimal)

    @property
    def hint(self) -> str:
        return "A number, such as 12.5."

    @property
    def single(self) -> bool:
        return self.cells.single_floats and not isinstance(self.field, pw.DoubleField)

    def parse(self, text: str) -> Decimal:
        if NUMBER.fullmatch(text) is None and text.lower() not in SPECIAL:
            raise Invalid(self.hint)
        return Decimal(text)

    def checked(self, value: Any) -> float:
        number = float(value)
        if math.isnan(number) and not self.cells.has_nan:
            raise Invalid(self.hint, "the database has no NaN")
        if math.isinf(number) and number != value:
            raise Invalid(self.hint, "the number is too large")
        if number == 0 and value:
            raise Invalid(self.hint, "the number is too small")
        fits = not number or not math.isfinite(number) or SINGLE[0] <= abs(number) <= SINGLE[1]
        if self.single and not fits:
            raise Invalid(self.hint, "the column has floats of 32 bits")
        return number


class Number(Kind):
    """A DecimalField: it rounds to its decimal places, half up if the field does not say how."""

    types = (int, float, str, Decimal)

    @property
    def hint(self) -> str:
        digits, places = self.field.max_digits, self.field.decimal_places
        return f"A number, such as 12.5, of at most {digits} digits, {places} after the point."

    def take(self, value: Any) -> Decimal:
        value = super().take(value)
        if isinstance(value, str) and NUMBER.fullmatch(value) is None and value.lower() != "nan":
            raise Invalid(self.hint)
        return Decimal(value) if isinstance(value, int) else Decimal(str(value))

    def checked(self, value: Decimal) -> Decimal:
        if value.is_nan() and self.cells.has_nan:
            return value
        context = decimal.Context(prec=max(1, self.field.max_digits))
        step = Decimal(1).scaleb(-self.field.decimal_places)
        rounding = self.field.rounding if self.field.auto_round else ROUND_HALF_UP
        if not value.is_finite():
            raise Invalid(self.hint)
        return value.quantize(step, rounding, context)

    def store(self, value: Decimal) -> Any:
        return value if value.is_nan() else super().store(value)


class Flag(Kind):
    types = (bool,)

    @property
    def hint(self) -> str:
        return "true or false."

    def parse(self, text: str) -> bool:
        return FLAGS[text.lower()] if text.lower() in FLAGS else self.take(text)


class Uuid(Kind):
    types = (str, uuid.UUID)

    @property
    def hint(self) -> str:
        return 'A UUID, such as "0b8f5c1e-6a5b-4e0e-9d0a-4c1f5b6a7d01".'

    def checked(self, value: Any) -> uuid.UUID:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


class Moment(Kind):
    """A DateTimeField. A column without time zone takes a time in UTC, but no other offset: it
    could not hold that."""

    types = (dt.datetime, dt.date, str)
    relative = True

    @property
    def hint(self) -> str:
        zone = "Z" if self.zoned else ""
        return f'A date and time, such as "2026-01-31T12:30:00{zone}".'

    @property
    def zoned(self) -> bool:
        return isinstance(self.field, DateTimeTZField) or self.field.field_type == "TIMESTAMPTZ"

    def checked(self, value: Any) -> dt.datetime:
        if isinstance(value, str):
            if TOO_FINE.search(value):
                raise Invalid(self.hint, "the time is finer than a microsecond")
            value = self.field.adapt(value)
        if not isinstance(value, dt.date):
            raise Invalid(self.hint)
        if not isinstance(value, dt.datetime):
            return dt.datetime(value.year, value.month, value.day)
        return value if self.zoned else self._without_offset(value)

    def _without_offset(self, value: dt.datetime) -> dt.datetime:
        if value.tzinfo is None or self.cells.keeps_offsets:
            return value
        if value.utcoffset():
            raise Invalid(self.hint, "the column has no time zone")
        return value.replace(tzinfo=None)

    def moment(self, value: dt.datetime) -> Any:
        return self.read(value if self.zoned else value.replace(tzinfo=None), False)


class Day(Kind):
    types = (dt.date, str)
    relative = True

    @property
    def hint(self) -> str:
        return 'A date, such as "2026-01-31".'

    def checked(self, value: Any) -> dt.date:
        if isinstance(value, str):
            value = self._parsed(value)
        if type(value) is not dt.date:
            raise Invalid(self.hint)
        return value

    def _parsed(self, text: str) -> Any:
        if self.field.formats is not type(self.field).formats:
            return self.field.adapt(text)
        return dt.date.fromisoformat(text)

    def moment(self, value: dt.datetime) -> Any:
        return self.read(value.date(), False)


class Clock(Kind):
    types = (dt.time, str)

    @property
    def hint(self) -> str:
        return 'A time of day, such as "12:30:00".'

    def checked(self, value: Any) -> dt.time:
        if isinstance(value, str):
            if TOO_FINE.search(value):
                raise Invalid(self.hint, "the time is finer than a microsecond")
            value = self.field.adapt(value)
        if not isinstance(value, dt.time):
            raise Invalid(self.hint)
        if value.tzinfo and not self.cells.keeps_offsets:
            raise Invalid(self.hint, "the column has no time zone")
        return value


class Timestamp(Kind):
    """A TimestampField: a time, or a number of seconds since 1970."""

    types = (dt.datetime, dt.date, int, float, Decimal, str)
    relative = True

    @property
    def hint(self) -> str:
        return 'A date and time, such as "2026-01-31T12:30:00Z", or seconds since 1970.'

    def parse(self, text: str) -> Any:
        return Decimal(text) if NUMBER.fullmatch(text) else text

    def checked(self, value: Any) -> Any:
        return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


class Address(Kind):
    types = (str,)

    @property
    def hint(self) -> str:
        return 'An IPv4 address, such as "192.0.2.1".'

    def checked(self, value: str) -> str:
        return str(ipaddress.IPv4Address(value))


class Bytes(Kind):
    types = (str, bytes, bytearray, memoryview)

    @property
    def hint(self) -> str:
        return 'Bytes as "\\x" and hexadecimal digits, or as "base64:" and base64.'

    def checked(self, value: Any) -> bytes:
        if not isinstance(value, str):
            return bytes(value)
        if HEX.fullmatch(value):
            return bytes.fromhex(value[2:])
        if not value.startswith("base64:"):
            raise Invalid(self.hint)
        return base64.b64decode(value.removeprefix("base64:"), validate=True)


class Label(Kind):
    @property
    def hint(self) -> str:
        return f"One of {', '.join(self.field.labels)}."

    def take(self, value: Any) -> Any:
        if not isinstance(value, (str, Enum)):
            raise Invalid(self.hint)
        return value


class Json(Kind):
    @property
    def hint(self) -> str:
        return "A JSON value."

    def parse(self, text: str) -> Any:
        return parsed(text)

    def take(self, value: Any) -> Any:
        return value

    def store(self, value: Any) -> Any:
        if json_dumps(self.field) is json.dumps:
            return self.cells.json(document(value), self.field.field_type)
        return self.field.db_value(with_floats(value))


class Array(Kind):
    """An ArrayField: a list, or in CSV the text of a JSON array."""

    types = (list, tuple)

    @cached_property
    def element(self) -> Kind:
        return kind_of(element_field(self.field), self.cells)

    @property
    def hint(self) -> str:
        deep = self.field.dimensions
        return (f"An array, such as {'[' * deep}...{']' * deep}; of the elements each is:"
                f" {self.element.hint}")  # fmt: skip

    def parse(self, text: str) -> Any:
        return self.take(parsed(text))

    def store(self, value: Any) -> Any:
        return self._level(value, self.field.dimensions)

    def _level(self, values: Any, deep: int) -> list[Any]:
        if deep == 1:
            return [None if one is None else self.element.read(one, False) for one in values]
        parts = [self._level(part, deep - 1) for part in map(self.take, values)]
        if len({len(part) for part in parts}) > 1 or [] in parts:
            raise Invalid(self.hint, "the lists inside it must have the same lengths")
        return parts


class Pairs(Kind):
    """An HStoreField: texts by text."""

    types = (dict,)

    @property
    def hint(self) -> str:
        return 'Texts by text, such as {color = "red"}.'

    def parse(self, text: str) -> Any:
        return self.take(parsed(text))

    def store(self, value: Any) -> str:
        return ", ".join(f"{_quoted(key)}=>{'NULL' if one is None else _quoted(one)}"
                         for key, one in value.items())  # fmt: skip


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Custom(Kind):
    """A field with its own db_value() or adapt(): it decides what it takes."""

    def __init__(self, field: pw.Field, cells: Cells) -> None:
        super().__init__(field, cells)
        self.usual = _kind(field)(field, cells)
        self.relative = self.usual.relative  # type: ignore[misc]

    @property
    def hint(self) -> str:
        return f"A value that the field's class {type(self.field).__name__} accepts."

    def parse(self, text: str) -> Any:
        try:
            return self.usual.parse(text)
        except BAD_VALUE:
            return text

    def take(self, value: Any) -> Any:
        return value

    def store(self, value: Any) -> Any:
        try:
            stored = self.field.db_value(value)
        except Exception as error:
            raise Invalid(self.hint, " ".join(str(error).split())) from None
        return self.usual.checked(stored) if type(stored) in self.usual.types else stored


KINDS: tuple[tuple[type, type[Kind]], ...] = (
    (pw.TimestampField, Timestamp),
    (pw.IPField, Address),
    (pw.IntegerField, Integer),
    (pw.FloatField, Float),
    (pw.DecimalField, Number),
    (EnumField, Label),
    (pw.CharField, Text),
    (pw.TextField, Text),
    (pw.UUIDField, Uuid),
    (pw.BinaryUUIDField, Uuid),
    (pw.BlobField, Bytes),
    (pw.DateTimeField, Moment),
    (pw.DateField, Day),
    (pw.TimeField, Clock),
    (pw.BooleanField, Flag),
)


def _kind(field: pw.Field) -> type[Kind]:
    if field.field_type in ("JSON", "JSONB"):
        return Json
    if field.field_type == "HSTORE":
        return Pairs
    if hasattr(field, "dimensions"):
        return Array
    return next((kind for base, kind in KINDS if isinstance(field, base)), Scalar)


def is_usual(field: pw.Field) -> bool:
    """Whether Peewee or dbkit converts the values of a field, and no code of the application."""
    methods = (field.db_value, field.adapt)
    return all(getattr(method, "__module__", None) in OURS for method in methods)


class Reference(Kind):
    """A foreign key: a value of the column to which it points, or a row of that table."""

    def __init__(self, field: pw.ForeignKeyField, cells: Cells) -> None:
        super().__init__(field, cells)
        self.target = kind_of(field.rel_field, cells)

    @property
    def hint(self) -> str:
        return self.target.hint

    def read(self, value: Any, is_text: bool) -> Any:
        if isinstance(value, self.field.rel_model):
            value = getattr(value, self.field.rel_field.name)
            if value is None:
                raise Invalid(self.hint, "the row that it refers to has no key yet")
        return self.target.read(value, is_text)


def kind_of(field: pw.Field, cells: Cells) -> Kind:
    """Return the kind of values that a field takes in cells of this database system."""
    if isinstance(field, pw.ForeignKeyField) and is_usual(field):
        return Reference(field, cells)
    return (_kind(field) if is_usual(field) else Custom)(field, cells)
