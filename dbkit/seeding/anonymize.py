"""Fake values in place of those of some columns, while rows are dumped.

A foreign key has the values of the parent's column, so both get the same fake values. In a column
that is unique, alone or with others, different values stay different: its values are read once
before the rows, to find those whose fake values would be equal.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from enum import Enum
from typing import Any

import peewee as pw

from dbkit.errors import SeedError
from dbkit.fields import is_json
from dbkit.schema.peewee_models import Model
from dbkit.schema.staging import LiveTable

from .fake import fake_value
from .field_values import is_usual
from .file_values import Convert, Json, converter, target
from .unique_sets import unique_sets

ATTEMPTS = 1000
# passes each value of a column, except NULL, to a function
Read = Callable[[pw.Field, Callable[[Any], Any]], None]


class Anonymizer:
    """The columns that get fake values: for a foreign key, the column to which it points."""

    def __init__(self, fields: Iterable[pw.Field]) -> None:
        secret = secrets.token_hex(16)  # nobody can find the originals by trying
        self.fakes = {_key(field): _Fakes(target(field), secret) for field in fields}

    def prepare(self, models: Mapping[Model, LiveTable], read: Read) -> None:
        """Read the values of the columns that are unique in the tables to dump. Raises SeedError
        for a column whose parent's table is not dumped."""
        for fakes in self.fakes.values():
            model = fakes.field.model
            if model not in models:
                raise SeedError(
                    f"{fakes} is anonymized, but its table is not dumped.",
                    f"Dump {model._meta.table_name} too, or keep the values of the column.",
                )
            if any(_key(fakes.field) == _key(field) for key in unique_sets(model, models[model])
                   for field in key):  # fmt: skip
                fakes.is_unique = True
                read(fakes.field, fakes.reserve)

    def converter(self, field: pw.Field) -> Convert:
        """A function like that of `file_values.converter`."""
        fakes = self.fakes.get(_key(field))
        return converter(field) if fakes is None else fakes.convert


def _key(field: pw.Field) -> tuple[Model, str]:
    """What identifies a column. (Fields cannot be compared: that makes an expression.)"""
    field = target(field)
    return field.model, field.name


class _Fakes:
    """The fake values of a column."""

    def __init__(self, field: pw.Field, secret: str) -> None:
        self.field, self.secret = field, secret
        self.original = converter(field)
        self.is_unique = False
        self.taken: set[int] = set()  # hashes of the fake values
        self.attempts: dict[Any, int] = {}  # of the originals whose first fake value is taken

    def reserve(self, stored: Any) -> None:
        """Find a fake value that no other value of the column has. Raises SeedError."""
        original = _hashable(self.original(stored))
        for attempt in range(ATTEMPTS):
            fake = hash(_hashable(self._fake(original, attempt)))
            if fake not in self.taken:
                self.taken.add(fake)
                if attempt:
                    self.attempts[original] = attempt
                return
        raise SeedError(f"{self} cannot be anonymized: its values are unique, and there are not "
                        "enough fake values of its type.", "Keep the column as it is.")  # fmt: skip

    def __str__(self) -> str:
        return f"{self.field.model._meta.table_name}.{self.field.column_name}"

    def convert(self, stored: Any) -> Any:
        original = _hashable(self.original(stored))
        return self._fake(original, self.attempts.get(original, 0))

    def _fake(self, original: Any, attempt: int) -> Any:
        secret = f"{self.secret} {attempt}" if attempt else self.secret
        value = fake_value(self.field, original, unique=self.is_unique, secret=secret)
        return _in_file(self.field, value)


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, (list, Json)) else value


def _in_file(field: pw.Field, value: Any) -> Any:
    """A fake value, which is one of Python, as a value of a file."""
    if not is_usual(field):
        with suppress(SeedError):
            return converter(field)(value)
    match value:
        case Enum():
            return _in_file(field, value.value)
        case bytes() | bytearray() | memoryview():
            return f"\\x{bytes(value).hex()}"
        case list() | tuple() if not is_json(field):
            return [_in_file(field, part) for part in value]
        case None | bool() | int() | float() | Decimal() | str() | dt.date() | dt.time():
            return Json(value) if is_json(field) else value
        case dict() | list() | tuple():
            return Json(value)
    return str(value)
