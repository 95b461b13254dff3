"""The names in a seed file as columns of its table, and as columns of the table's parents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import peewee as pw

from dbkit.schema.peewee_models import Model

from .reading import SETTINGS
from .shown import named, shown, suggestion


class BadName(Exception):
    """The names of a row are not columns: a message without a place, and a hint."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Column(NamedTuple):
    """A column for which a file gives values. `path` has the foreign keys that lead to a parent's
    column, then the field."""

    name: str  # as the file writes it: "budget", "campaign.name"
    path: tuple[pw.Field, ...]  # (Campaign.budget,) or (ContentAsset.campaign, Campaign.name)


def columns_of(model: Model, names: Sequence[str]) -> list[Column]:
    """Return the columns of these names; `campaign.name` is a column of a parent.

    Raises BadName for an unknown name, and for two names of the same column.
    """
    columns = [Column(name, _path(model, name)) for name in names]
    require_distinct(columns)
    return columns


def expanded(column: Column, value: Any) -> Iterator[tuple[Column, Any]]:
    """Yield the columns of a value: of a reference such as {name = "x"}, columns of the parent.
    Raises BadName."""
    key = column.path[-1]
    if not isinstance(value, dict) or not isinstance(key, pw.ForeignKeyField):
        yield column, value
        return
    parent = key.rel_model
    if not value:
        raise BadName(
            f"{column.name} cannot be {{}}.",
            f"Give columns that identify a row of {parent._meta.table_name}.",
        )
    for name, part in value.items():
        if not isinstance(name, str):
            raise BadName(f"{column.name} cannot be {shown(value)}.", "Its keys are column names.")
        path = (*column.path, *_path(parent, name))
        yield from expanded(Column(f"{column.name}.{name}", path), part)


def require_distinct(columns: Sequence[Column]) -> None:
    """Raise BadName if a field has two values: by two names, or by a key and a reference."""
    seen: dict[tuple[pw.Field, ...], Column] = {}
    for column in columns:
        other = seen.setdefault(column.path, column)
        if other is not column:
            raise _twice(other, column)
    for column in columns:
        for length in range(1, len(column.path)):
            if column.path[:length] in seen:
                raise _twice(seen[column.path[:length]], column)


def _twice(one: Column, other: Column) -> BadName:
    return BadName(
        f"{one.name} and {other.name} are the same column.", "Keep one of the two values."
    )


def _path(model: Model, name: str) -> tuple[pw.Field, ...]:
    """The path of a name. A column whose own name has a dot wins."""
    field = _field(model, name)
    if field is not None:
        return (field,)
    error = BadName(
        f"{model._meta.table_name} has no column {named(name)}.", _hint(name, model._meta.columns)
    )
    for dot in re.finditer(r"\.", name):
        key = _field(model, name[: dot.start()])
        if isinstance(key, pw.ForeignKeyField):
            try:
                return (key, *_path(key.rel_model, name[dot.end() :]))
            except BadName as inner:
                error = inner
    raise error


def _field(model: Model, name: str) -> pw.Field | None:
    """The field with this name as its column's name, or else as its own."""
    return model._meta.columns.get(name) or model._meta.fields.get(name)


def _hint(name: str, columns: Iterable[str]) -> str:
    if re.search(r"[;\t|]", name):
        return "In CSV, commas separate the columns."
    if name in SETTINGS:
        return f"If {name} is a setting of the file, write it above the first row."
    return suggestion(name, columns)
