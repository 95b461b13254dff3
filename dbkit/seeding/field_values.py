"""The kind of values that a field takes."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from functools import cached_property
from textwrap import shorten
from typing import Any

import peewee as pw
from playhouse import postgres_ext

from dbkit.fields import EnumField, is_json
from dbkit.peewee_internals import element_field, json_dumps
from dbkit.schema.cells import Cells

from .json_text import document, parsed, refuse, usual_float, with_floats
from .kinds import (
    BAD_VALUE,
    Address,
    Bytes,
    Flag,
    Invalid,
    Kind,
    Label,
    Scalar,
    Text,
    Uuid,
)
from .kinds_of_numbers import Float, Integer, Number
from .kinds_of_times import Clock, Day, Moment, Timestamp
from .markers import meant
from .rows import JsonText
from .shown import shown

__all__ = ["Invalid", "Kind", "kind_of"]

QUICK_JSON = json.JSONDecoder(parse_float=usual_float, parse_constant=refuse)
COMPACT_JSON = json.JSONEncoder(separators=(",", ":"))
BINARY_JSON = (pw.JSONField, postgres_ext.BinaryJSONField)  # other columns keep the spelling
OURS = {"peewee", "builtins", "dbkit.fields", "playhouse.postgres_ext", "playhouse.sqlite_ext"}


class Json(Kind):
    @property
    def hint(self) -> str:
        return "A JSON value."

    def parse(self, text: str) -> Any:
        return parsed(text)

    def take(self, value: Any) -> Any:
        return parsed(value) if isinstance(value, JsonText) else value

    def store(self, value: Any) -> Any:
        if json_dumps(self.field) is json.dumps:
            return self.cells.json(document(value), self.field.field_type)
        return self.field.db_value(with_floats(value))

    def quick(self, column: Sequence[str]) -> Sequence[str] | None:
        """The texts, which PostgreSQL reads as JSON; or, on SQLite, what json() makes of them."""
        if json_dumps(self.field) is not json.dumps:
            return None
        if self.cells.text is None and self.field.field_type == "JSONB":
            return None
        if self.cells.text and not isinstance(self.field, BINARY_JSON):
            return None
        if "\\u" in "".join(column):  # it may be a NUL, or half of a surrogate pair
            return None
        values = map(QUICK_JSON.decode, column)
        if self.cells.text is None:
            return list(map(COMPACT_JSON.encode, values))
        deque(values, maxlen=0)
        return column


class Array(Kind):
    """An ArrayField: a list, or in CSV the text of a JSON array."""

    types = (list, tuple)

    @cached_property
    def element(self) -> Kind:
        return kind_of(element_field(self.field), self.cells)

    @property
    def hint(self) -> str:
        deep = self.field.dimensions
        element = self.element.hint
        return (
            f"A list, {'[' * deep}...{']' * deep}. Each element: {element[0].lower()}{element[1:]}"
        )

    def parse(self, text: str) -> Any:
        return self.take(parsed(text))

    def store(self, value: Any) -> Any:
        return self._level(value, self.field.dimensions)

    def _level(self, values: Any, deep: int) -> list[Any]:
        if deep == 1:
            return [self._element(value) for value in values]
        parts = [self._level(part, deep - 1) for part in map(self.take, values)]
        if len({len(part) for part in parts}) > 1 or [] in parts:
            raise Invalid(self.hint, "the lists inside it must have the same lengths")
        return parts

    def _element(self, value: Any) -> Any:
        value = meant(value)
        try:
            return None if value is None else self.element.read(value, False)
        except Invalid as error:
            reason = error.reason or f"the element {shown(value)} is not valid"
            raise Invalid(self.hint, reason) from None


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
        self.relative = self.usual.relative

    @property
    def hint(self) -> str:
        return f"A value that the field's class {type(self.field).__name__} accepts."

    def parse(self, text: str) -> Any:
        try:
            return self.take(self.usual.parse(text))
        except BAD_VALUE:
            return text

    def take(self, value: Any) -> Any:
        if isinstance(value, JsonText) and is_json(self.field):
            value = parsed(value)
        return value if isinstance(self.field, pw.DecimalField) else with_floats(value)

    def store(self, value: Any) -> Any:
        try:
            stored = self.field.db_value(value)
        except Exception as error:
            words = str(error.args[0] if len(error.args) == 1 else error)
            raise Invalid(self.hint, shorten(words, 200, placeholder="...")) from None
        if stored is None and not self.field.null:
            raise Invalid(self.hint, "the field makes it NULL")
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
    if is_json(field):
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

    def quick(self, column: Sequence[str]) -> Sequence[Any] | None:
        return self.target.quick(column)


def kind_of(field: pw.Field, cells: Cells) -> Kind:
    """Return the kind of values that a field takes in cells of this database system."""
    if isinstance(field, pw.ForeignKeyField) and is_usual(field):
        return Reference(field, cells)
    return (_kind(field) if is_usual(field) else Custom)(field, cells)
