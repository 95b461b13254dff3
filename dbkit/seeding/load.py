"""Bring seed rows into the database: insert what is missing, update what differs, else nothing.

A time relative to now is set when its row is inserted and left alone after, or no second run
could find nothing to do.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.errors import SeedError
from dbkit.fields import utcnow
from dbkit.schema.dialect import dialect_for
from dbkit.schema.models import Model

from .files import Row, Seeds, read
from .times import relative


@dataclass
class Result:
    """What a run did: numbers of rows by table; `str()` is a line a table."""

    inserted: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str, table: str) -> None:
        for name in ("inserted", "updated", "unchanged"):
            getattr(self, name).setdefault(table, 0)
        getattr(self, kind)[table] += 1

    @property
    def summary(self) -> str:
        """All tables in one line."""
        return (
            f"{sum(self.inserted.values())} inserted, {sum(self.updated.values())} updated, "
            f"{sum(self.unchanged.values())} unchanged"
        )

    def __str__(self) -> str:
        return "\n".join(
            f"{table}: {self.inserted[table]} inserted, {self.updated[table]} updated, "
            f"{self.unchanged[table]} unchanged"
            for table in self.inserted
        )


def seed(database: pw.Database, models: Iterable[Model], directory: str | Path = "seeds") -> Result:
    """Load all seed files of `directory`, in one transaction: all or nothing.

    Rows are matched by their table's natural key. Raises SeedError, which names the row, and
    DatabaseFailed if a table is missing.
    """
    tables = {model._meta.table_name: model for model in models}
    seeds = read(directory)
    for name in seeds.rows:
        if name not in tables:
            raise SeedError(
                f"{seeds.rows[name][0].where}: no model has the table {name}.",
                _suggestion(name, tables),
            )
    dialect, result, now = dialect_for(database), Result(), utcnow()
    with diagnosed(database), database.bind_ctx(list(tables.values())):
        with dialect.transaction(database):
            order = [
                model
                for model in pw.sort_models(tables.values())
                if model._meta.table_name in seeds.rows
            ]
            dialect.lock(database, "dbkit seed")
            for model in order:
                _Table(model, seeds, now).load(result)
                if result.inserted[model._meta.table_name] and _keys_written(model, seeds):
                    dialect.advance_key(database, model)
    return result


def _suggestion(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), 1)
    return f"Do you mean {close[0]}?" if close else f"There are: {', '.join(sorted(names))}."


def _keys_written(model: Model, seeds: Seeds) -> bool:
    key = model._meta.primary_key
    return isinstance(key, pw.AutoField) and any(
        not {key.name, key.column_name}.isdisjoint(row.values)
        for row in seeds.rows[model._meta.table_name]
    )


class _Table:
    """One table's rows on their way into the database."""

    def __init__(self, model: Model, seeds: Seeds, now: dt.datetime) -> None:
        self.model, self.now = model, now
        self.name = model._meta.table_name
        self.rows = seeds.rows[self.name]
        self.key = seeds.keys.get(self.name)

    def load(self, result: Result) -> None:
        for row in self.rows:
            try:
                with self.model._meta.database.atomic():
                    result.count(self._upsert(row), self.name)
            except (pw.IntegrityError, pw.DataError, ValueError, TypeError) as error:
                reason = " ".join(str(error).split())
                raise SeedError(f"{row.where}: {reason}", "Nothing was loaded.") from error

    def _upsert(self, row: Row) -> str:
        fields = {name: self._field(row, name) for name in row.values}
        values = {
            fields[name]: self._value(row, fields[name], value)
            for name, value in row.values.items()
        }
        fresh = {
            fields[name] for name, value in row.values.items() if _is_relative(fields[name], value)
        }
        where = reduce(and_, (key == values[key] for key in self._key(row, list(values))))
        found = list(self.model.select().where(where).limit(2))
        if len(found) > 1:
            raise SeedError(
                f"{row.where}: its key matches more than one row of {self.name}.",
                f"Choose columns that tell them apart, under [keys] {self.name}.",
            )
        if not found:
            self.model.insert(
                {
                    **self.model._meta.get_default_dict(),
                    **{key.name: value for key, value in values.items()},
                }
            ).execute()
            return "inserted"
        changed = {
            key: value
            for key, value in values.items()
            if key not in fresh and not _same(key, found[0].__data__[key.name], value)
        }
        if not changed:
            return "unchanged"
        self.model.update(changed).where(where).execute()
        return "updated"

    def _field(self, row: Row, name: str) -> pw.Field:
        found = self.model._meta.combined.get(name)
        if found is None:
            raise SeedError(
                f"{row.where}: {self.name} has no column {name}.",
                _suggestion(name, self.model._meta.columns),
            )
        return found

    def _key(self, row: Row, given: list[pw.Field]) -> list[pw.Field]:
        """The fields that tell rows apart: as declared, else a unique set the row has."""
        if self.key:
            fields = [self._field(row, name) for name in self.key]
            missing = [key.column_name for key in fields if key not in set(given)]
            if missing:
                raise SeedError(f"{row.where}: {', '.join(missing)} of its key is missing.")
            return fields
        for fields in _unique_sets(self.model):
            if fields and set(fields) <= set(given):
                return fields
        raise SeedError(
            f"{row.where}: nothing in it is unique in {self.name}.",
            f'Say what tells rows apart: {self.name} = ["column"] under [keys].',
        )

    def _value(self, row: Row, target: pw.Field, value: Any) -> Any:
        if isinstance(target, pw.ForeignKeyField) and isinstance(value, dict):
            return self._reference(row, target, value)
        if isinstance(value, str) and isinstance(target, pw.DateTimeField | pw.DateField):
            moment = relative(value, self.now)
            if moment is not None:
                return moment.date() if isinstance(target, pw.DateField) else moment
        if isinstance(target, pw.DecimalField) and isinstance(value, float):
            return Decimal(str(value))
        target.db_value(value)  # an enum's label is refused here, with the right ones named
        return value

    def _reference(self, row: Row, target: pw.ForeignKeyField, value: dict[str, Any]) -> Any:
        """The key of the one row of the related table that has these column values."""
        related = _Table(target.rel_model, Seeds(), self.now)
        wanted = {name: related._field(row, name) for name in value}
        where = [
            wanted[name] == related._value(row, wanted[name], part) for name, part in value.items()
        ]
        found = list(target.rel_model.select(target.rel_field).where(*where).limit(2).tuples())
        if len(found) != 1:
            count = "more than one row" if found else "no row"
            raise SeedError(
                f"{row.where}: {target.column_name} = {value} fits {count} of {related.name}."
            )
        return found[0][0]


def _is_relative(target: pw.Field, value: Any) -> bool:
    return (
        isinstance(target, pw.DateTimeField | pw.DateField)
        and isinstance(value, str)
        and relative(value, utcnow()) is not None
    )


def _unique_sets(model: Model) -> list[list[pw.Field]]:
    meta = model._meta
    sets = [list(meta.get_primary_keys())]
    sets += [[one] for one in meta.sorted_fields if one.unique]
    for index in meta.indexes:
        if isinstance(index, pw.ModelIndex) and index._unique and index._where is None:
            sets.append(list(index._expressions))
        elif isinstance(index, (tuple, list)) and index[1]:
            sets.append([meta.combined[name] for name in index[0] if name in meta.combined])
    return [fields for fields in sets if all(isinstance(one, pw.Field) for one in fields)]


def _same(target: pw.Field, stored: Any, wanted: Any) -> bool:
    """Whether a row already holds what the seed says, as the column would store it."""
    if isinstance(target, pw.ForeignKeyField):
        return _same(target.rel_field, stored, wanted)
    if stored is None or wanted is None or isinstance(target, pw.JSONField):
        return bool(stored == wanted)
    wanted = target.python_value(target.db_value(wanted))
    if isinstance(target, pw.DecimalField):
        return bool(_rounded(target, stored) == _rounded(target, wanted))
    if isinstance(target, pw.FixedCharField):
        return bool(stored.rstrip() == wanted.rstrip())
    return bool(stored == wanted)


def _rounded(target: pw.DecimalField, value: Any) -> Decimal:
    return Decimal(value).quantize(target._exp, ROUND_HALF_UP)
