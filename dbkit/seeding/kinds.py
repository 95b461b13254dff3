"""A value of a seed file becomes a value of its field, or is refused as the model would refuse it.

No value is converted silently: an integer is not a text, and 1 is not true. The text of CSV is read
as the field's type writes it; for a flag, that is true, false, t, f, 1 or 0.

`read` converts one value. `quick` converts a whole column of texts at the speed of C, and gives up
when it meets a text that it does not know: an answer of `quick` equals the answers of `read`, and
PostgreSQL reads the texts as these values.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import uuid
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

import peewee as pw

from dbkit.schema.cells import CannotHold, Cells

from ..plurals import counted
from .json_text import document
from .quick_columns import HEX_DIGITS, shapes

FLAGS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
HEX = re.compile(r"\\x(?:[0-9a-fA-F]{2})*")
UUIDS = {b"0" * 32, b"00000000-0000-0000-0000-000000000000"}
BAD_VALUE = (
    ValueError, TypeError, LookupError, ArithmeticError, OSError, RecursionError, AttributeError
)  # fmt: skip


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
    relative = False

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

    @property
    def takes_empty(self) -> bool:
        """Whether the empty text is a value."""
        try:
            self.read("", True)
        except Invalid:
            return False
        return True

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

    def quickly(self, column: Sequence[str]) -> Sequence[Any] | None:
        """Return the values of a column of CSV without NULL. None means: read them one by one."""
        try:
            return self.quick(column) if column else ()
        except BAD_VALUE:
            return None

    def quick(self, column: Sequence[str]) -> Sequence[Any] | None:
        """Do the work of `quickly` for one text or more. May raise any of BAD_VALUE."""
        return None

    def moment(self, value: Any) -> Any:
        """Return a relative time, which is an aware datetime, as the driver takes it."""
        return self.read(value, False)


class Scalar(Kind):
    """A column whose type Peewee does not know."""

    def checked(self, value: Any) -> Any:
        if isinstance(value, Decimal) and value == Decimal(repr(float(value))):
            return float(value)  # a number with a point in TOML or JSON
        if isinstance(value, dict):
            return document(value)
        return value


class Text(Kind):
    types = (str,)

    @property
    def hint(self) -> str:
        limit = "" if self.most is None else f" of at most {counted(self.most, 'character')}"
        return f"A text{limit}."

    @property
    def most(self) -> int | None:
        most: int | None = getattr(self.field, "max_length", None)
        return most

    def checked(self, value: str) -> str:
        length = len(value.strip() if isinstance(self.field, pw.FixedCharField) else value)
        if self.most is not None and length > self.most:
            raise Invalid(f"{self.hint[:-1]}, and this text has {length:,}.")
        return value

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        if self.most is not None and max(map(len, column)) > self.most:
            return None
        if isinstance(self.field, pw.FixedCharField) and any(map(_is_padded, column)):
            return None
        self.cells.check("".join(column))
        return column


def _is_padded(text: str) -> bool:
    return text != text.strip()


class Flag(Kind):
    types = (bool,)

    @property
    def hint(self) -> str:
        return "true or false."

    def parse(self, text: str) -> bool:
        return FLAGS[text.lower()] if text.lower() in FLAGS else self.take(text)

    def quick(self, column: Sequence[str]) -> Sequence[bool] | None:
        return [FLAGS[text.lower()] for text in column]


class Uuid(Kind):
    types = (str, uuid.UUID)

    @property
    def hint(self) -> str:
        return 'A UUID, such as "0b8f5c1e-6a5b-4e0e-9d0a-4c1f5b6a7d01".'

    def checked(self, value: Any) -> uuid.UUID:
        return value if isinstance(value, uuid.UUID) else uuid.UUID(value)

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        if not isinstance(self.field, pw.UUIDField) or not shapes(column, HEX_DIGITS) <= UUIDS:
            return None
        return "\n".join(column).replace("-", "").lower().split("\n")


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

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        """The texts, which PostgreSQL reads as bytes."""
        return column if self.cells.text and all(map(HEX.fullmatch, column)) else None


class Label(Kind):
    @property
    def hint(self) -> str:
        return f"One of {', '.join(self.field.labels)}."

    def take(self, value: Any) -> Any:
        if not isinstance(value, (str, Enum)):
            raise Invalid(self.hint)
        return value

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        return column if set(column).issubset(self.field.labels) else None
