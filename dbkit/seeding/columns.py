"""Rows of a seed file as values for the columns of their table.

The names in the file become columns, and every value passes through its field. A reference to a
parent ({name = "x"}, or `campaign.name` in CSV) becomes values for columns of the parent.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import peewee as pw

from dbkit.errors import SeedError
from dbkit.fields import ServerDefault
from dbkit.schema.cells import csv_field
from dbkit.schema.dialect import dialect_for
from dbkit.schema.peewee_models import Model

from .column_names import BadName, Column, columns_of, expanded, require_distinct
from .field_values import Invalid, Kind, kind_of
from .quick_columns import random_uuids
from .relative_times import UNITS, is_relative, relative
from .rows import Batch, Place
from .shown import shown
from .unique_sets import unique_sets

__all__ = ["Column", "Converter", "Values"]

SERVER_DEFAULT = re.compile(r"\s*(CONSTRAINT\s+\S+\s+)?(DEFAULT|GENERATED)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Values:
    """Converted rows that have the same columns, all in the same way.

    `initial` are the places of the columns whose values are only for new rows: relative times, and
    defaults of the model. `rows` are values for the database's driver. If PostgreSQL may read every
    value as it stands in the file, `texts` are the rows as CSV for COPY, and `rows` has the file's
    texts.
    """

    columns: tuple[Column, ...]
    initial: frozenset[int]
    rows: Sequence[Sequence[Any]]
    lines: Sequence[int]
    texts: Sequence[str] | None = None


class Converter:
    """Converts rows of seed files into values. `now` is aware. With `texts`, rows that need no
    conversion keep the text of the file. It remembers how to convert rows with the same columns."""

    def __init__(self, now: dt.datetime, *, texts: bool) -> None:
        self.now, self.texts = now, texts
        self._columns: dict[Any, Sequence[Column]] = {}
        self._known: dict[Any, _Rows] = {}

    def convert(self, model: Model, path: Path, batch: Batch) -> Iterator[Values]:
        """Yield the rows of a batch as values, in order. The model is bound to its database. Raises
        SeedError, which names the line, the column, the value, and what would be valid."""
        kept = batch.texts if self.texts else None
        for columns, rows, lines in self._expanded(model, path, batch):
            yield from self._rows(model, path, batch, columns).values(rows, lines, kept)

    def _rows(self, model: Model, path: Path, batch: Batch, columns: Sequence[Column]) -> _Rows:
        names = tuple(column.name for column in columns)
        key = model, path, batch.table, batch.texts is None, names
        if key not in self._known:
            self._known[key] = _Rows(model, path, batch, self.now, columns)
        return self._known[key]

    def _expanded(
        self, model: Model, path: Path, batch: Batch
    ) -> Iterator[tuple[Sequence[Column], Sequence[Sequence[Any]], Sequence[int]]]:
        """The rows with references as columns of their parents: consecutive rows with the same
        columns."""
        if (model, batch.columns) not in self._columns:
            with _names_at(Place(path, batch.line)):
                self._columns[model, batch.columns] = columns_of(model, batch.columns)
        columns = self._columns[model, batch.columns]
        if batch.texts is not None or not _has_references(columns, batch.rows):
            yield columns, batch.rows, batch.lines
            return
        rows = []
        for row, line in zip(batch.rows, batch.lines, strict=True):
            with _names_at(Place(path, line)):
                pairs = [pair for column, value in zip(columns, row, strict=True)
                         for pair in expanded(column, value)]  # fmt: skip
                require_distinct([column for column, _ in pairs])
            rows.append((tuple(column for column, _ in pairs), [value for _, value in pairs], line))
        for same, group in groupby(rows, key=lambda row: row[0]):
            _, values, lines = zip(*group, strict=True)
            yield same, values, lines


@contextmanager
def _names_at(place: Place) -> Iterator[None]:
    try:
        yield
    except BadName as error:
        raise SeedError(f"{place}: {error.message}", error.hint) from None


def _has_references(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> bool:
    places = [place for place, column in enumerate(columns)
              if isinstance(column.path[-1], pw.ForeignKeyField)]  # fmt: skip
    return any(isinstance(row[place], dict) for row in rows for place in places)


class _Converted(NamedTuple):
    values: Sequence[Any]
    is_quick: bool  # PostgreSQL reads the texts of the file as these values


class _Rows:
    """The conversion of rows with the same columns."""

    def __init__(
        self, model: Model, path: Path, batch: Batch, now: dt.datetime, columns: Sequence[Column]
    ) -> None:
        cells = self.cells = dialect_for(model._meta.database).cells
        self.path, self.table, self.now = path, batch.table, now
        self.is_text = batch.texts is not None
        self.columns = tuple(columns)
        self.kinds = [kind_of(column.path[-1], cells) for column in columns]
        given = {column.path[0] for column in columns}
        self.defaults = [(Column(field.name, (field,)), kind_of(field, cells))
                         for field in model._meta.sorted_fields
                         if field not in given and _has_default(field)]  # fmt: skip

    def values(
        self, rows: Sequence[Sequence[Any]], lines: Sequence[int], texts: Sequence[str] | None
    ) -> Iterator[Values]:
        """Yield the converted rows, in order. They keep `texts`, the rows as CSV, if they can."""
        found = [
            self._column(place, column) for place, column in enumerate(zip(*rows, strict=True))
        ]
        columns = [column for column in found if column is not None]
        if not columns or len(columns) < len(found):
            yield from self._by_row(rows, lines)
            return
        fresh = [self._defaults(column, kind, lines) for column, kind in self.defaults]
        text = self.cells.text
        if texts is None or text is None or not all(column.is_quick for column in columns):
            rows = list(zip(*(column.values for column in columns), *fresh, strict=True))
            texts = None
        elif fresh:
            cells = [[csv_field(text(value)) for value in column] for column in fresh]
            texts = list(map(",".join, zip(texts, *cells, strict=True)))
            rows = [(*row, *new) for row, *new in zip(rows, *fresh, strict=True)]
        yield Values(self._all_columns, self._initial(), rows, lines, texts)

    def _column(self, place: int, column: Sequence[Any]) -> _Converted | None:
        """A column of the rows, converted as a whole. None: a row must say what is the matter."""
        kind, given = self.kinds[place], column
        if _has_null(column, self.is_text):
            if not self.columns[place].path[0].null:
                return None
            given = [value for value in column if value is not None]
        values = kind.quickly(given) if self.is_text else None
        is_quick = values is not None
        if values is None:
            if kind.relative and any(isinstance(one, str) and is_relative(one) for one in given):
                return None
            try:
                values = [kind.read(value, self.is_text) for value in given]
            except Invalid:
                return None
        if len(given) < len(column):
            rest = iter(values)
            values = [None if value is None else next(rest) for value in column]
        return _Converted(values, is_quick)

    def _by_row(self, rows: Sequence[Sequence[Any]], lines: Sequence[int]) -> Iterator[Values]:
        """Yield the rows; consecutive rows with relative times in the same columns together."""
        converted = [self._row(row, line) for row, line in zip(rows, lines, strict=True)]
        numbered = zip(converted, lines, strict=True)
        for relative_times, group in groupby(numbered, key=lambda row: row[0][1]):
            same, places = zip(*group, strict=True)
            initial = self._initial(relative_times)
            yield Values(self._all_columns, initial, [row for row, _ in same], places)

    @cached_property
    def _all_columns(self) -> tuple[Column, ...]:
        return (*self.columns, *(column for column, _ in self.defaults))

    def _initial(self, relative_times: Sequence[int] = ()) -> frozenset[int]:
        first = len(self.columns)
        return frozenset((*relative_times, *range(first, first + len(self.defaults))))

    def _row(self, row: Sequence[Any], line: int) -> tuple[list[Any], tuple[int, ...]]:
        """The values of a row, and the places of its relative times."""
        values: list[Any] = []
        fresh = []
        for place, (column, kind, value) in enumerate(
            zip(self.columns, self.kinds, row, strict=True)
        ):
            try:
                if value is None:
                    self._require_null(place, row)
                elif kind.relative and isinstance(value, str) and is_relative(value):
                    fresh.append(place)
                    value = self._moment(kind, value)
                else:
                    value = kind.read(value, self.is_text)
            except Invalid as error:
                if self.is_text and value == "" and column.path[0].null:
                    error.hint += " An empty cell without quotation marks is NULL."
                raise self._error(column, value, line, error) from None
            values.append(value)
        values += [self._default(column, kind, line) for column, kind in self.defaults]
        return values, tuple(fresh)

    def _require_null(self, place: int, row: Sequence[Any]) -> None:
        """Raise Invalid unless the field may be NULL. A reference is NULL if all its values are."""
        key = self.columns[place].path[0]
        if key.null:
            return
        if all(value is None for column, value in zip(self.columns, row, strict=True)
               if column.path[0] is key):  # fmt: skip
            kind = self.kinds[place]
            note = ' In CSV, "" is an empty text.' if self.is_text and kind.takes_empty else ""
            raise Invalid(f"The column cannot be NULL. {kind.hint}{note}")

    def _moment(self, kind: Kind, text: str) -> Any:
        try:
            moment = relative(text, self.now)
        except ValueError as error:
            raise Invalid(
                f'A duration in {", ".join(UNITS)}, such as "now - 1 month 2 days".', str(error)
            ) from None
        except OverflowError:
            raise Invalid(kind.hint, "the time is out of range") from None
        assert moment is not None
        return kind.moment(moment)

    def _defaults(self, column: Column, kind: Kind, lines: Sequence[int]) -> Sequence[Any]:
        if column.path[0].default is uuid.uuid4 and type(column.path[0]) is pw.UUIDField:
            return random_uuids(len(lines))
        return [self._default(column, kind, line) for line in lines]

    def _default(self, column: Column, kind: Kind, line: int) -> Any:
        field = column.path[0]
        try:
            value = field.default() if callable(field.default) else field.default
        except Exception as error:
            raise SeedError(
                f"{Place(self.path, line)}: {self.table}.{column.name} has a default that fails:"
                f" {' '.join(str(error).split())}.",
                f"Correct default= of {field.model.__name__}.{field.name}, or give a value.",
            ) from None
        try:
            return None if value is None else kind.read(value, False)
        except Invalid as error:
            error.reason = error.reason or "that is the default of the model"
            raise self._error(column, value, line, error) from None

    def _error(self, column: Column, value: Any, line: int, error: Invalid) -> SeedError:
        reason = f": {error.reason}" if error.reason else ""
        return SeedError(
            f"{Place(self.path, line)}: {self.table}.{column.name} cannot be"
            f" {shown(value)}{reason}.",
            self._reference(column) + error.hint,
        )

    def _reference(self, column: Column) -> str:
        """The hint that a foreign key can be given by other columns of the parent."""
        key = column.path[-1]
        if not isinstance(key, pw.ForeignKeyField):
            return ""
        parts = next((parts for parts in unique_sets(key.rel_model)
                      if all(part is not key.rel_field for part in parts)), None)  # fmt: skip
        if parts is None:
            return ""
        example = (", ".join(f"{column.name}.{part.name}" for part in parts) if self.is_text else
                   f"{{ {', '.join(f'{part.name} = ...' for part in parts)} }}")  # fmt: skip
        what = "name the column" if self.is_text else "write"
        return f"To refer to a row of {key.rel_model._meta.table_name}, {what} {example}. "


def _has_default(field: pw.Field) -> bool:
    """Whether only the model gives a new row a value for this field, and not the database."""
    clauses = field.constraints or ()
    return field.default is not None and not any(
        isinstance(clause, ServerDefault)
        or (isinstance(clause, pw.SQL) and SERVER_DEFAULT.match(clause.sql))
        for clause in clauses
    )


def _has_null(column: Sequence[Any], is_text: bool) -> bool:
    """Whether a value is None. Values of Python may have any == of their own."""
    return None in column if is_text else any(value is None for value in column)
