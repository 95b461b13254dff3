"""Seed rows go into the database: missing rows are inserted, and rows that differ are updated.

A relative time is written only when its row is inserted. Otherwise each run would change the row.
"""

from __future__ import annotations

import datetime as dt
import difflib
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.connection import diagnosed
from dbkit.database_argument import takes_database
from dbkit.diagnosis import explain
from dbkit.errors import SeedError
from dbkit.fields import EnumField, utcnow
from dbkit.limits import DEFAULT, Limits
from dbkit.run_lock import one_at_a_time, retried, waiting
from dbkit.schema.dialect import dialect_for
from dbkit.schema.peewee_models import Model, key_fields

from .relative_times import relative
from .seed_files import Row, Seeds, read

# the types of TOML that a field accepts; the database would convert other values silently
ACCEPTED: dict[Any, tuple[type, ...]] = {
    pw.BooleanField: (bool,),
    pw.IntegerField: (int,),
    pw.FloatField: (int, float),
    pw.DecimalField: (int, float, str, Decimal),
    pw.CharField: (str,),
    pw.TextField: (str,),
    pw.UUIDField: (str, uuid.UUID),
    pw.DateTimeField: (dt.datetime,),
    pw.DateField: (dt.date,),
    pw.TimeField: (dt.time,),
}
TIMES = pw.DateTimeField | pw.DateField | pw.TimeField
BAD_VALUE = (ValueError, TypeError, ArithmeticError, OSError)


@dataclass
class Result:
    """The numbers of rows by table that a run wrote; `str()` has one line per table."""

    inserted: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str, table: str) -> None:
        for name in ("inserted", "updated", "unchanged"):
            getattr(self, name).setdefault(table, 0)
        getattr(self, kind)[table] += 1

    @property
    def summary(self) -> str:
        """The numbers of all tables together, in one line."""
        return (
            f"{sum(self.inserted.values())} inserted, {sum(self.updated.values())} updated, "
            f"{sum(self.unchanged.values())} unchanged"
        )

    def __str__(self) -> str:
        if not self.inserted:
            return "the seeds directory has no rows"
        return "\n".join(
            f"{table}: {self.inserted[table]} inserted, {self.updated[table]} updated, "
            f"{self.unchanged[table]} unchanged"
            for table in self.inserted
        )


@takes_database
def seed(
    database: pw.Database,
    models: Iterable[Model],
    directory: str | Path = "seeds",
    limits: Limits = DEFAULT,
) -> Result:
    """Load all seed files of `directory` in one transaction, and return the numbers of rows.

    The natural key of a table identifies its rows. `limits` say how long to wait for other runs and
    for locks. Raises SeedError, which names the row, and DatabaseFailed if a table is missing.
    """
    seeds, tables = read(directory), _by_table(models)
    for name in (*seeds.rows, *seeds.keys):
        if name not in tables:
            where = seeds.rows[name][0].where if seeds.rows[name] else f"{directory}, keys"
            raise SeedError(f"{where}: no model has the table {name}.", _suggestion(name, tables))
    wanted = {model: name for name, model in tables.items() if seeds.rows[name]}

    def load() -> Result:
        with diagnosed(database):
            return _load(database, wanted, seeds, limits)

    with database.bind_ctx(list(wanted)):
        return one_at_a_time(database, limits, lambda: retried(database, limits, load))


def _load(
    database: pw.Database, wanted: Mapping[Model, str], seeds: Seeds, limits: Limits
) -> Result:
    dialect, result, now = dialect_for(database), Result(), utcnow()
    with waiting(lambda: dialect.transaction(database, limits), limits):
        for model in pw.sort_models(wanted):
            table = _Table(model, wanted[model], seeds, now)
            table.load(result)
            if result.inserted[table.name] and table.writes_keys:
                dialect.advance_key(database, model)
    return result


def _by_table(models: Iterable[Model]) -> dict[str, Model]:
    """Models by table name, which is qualified if several schemas have a table of that name."""
    models = list(models)
    plain = Counter(model._meta.table_name for model in models)
    return {
        model._meta.table_name
        if plain[model._meta.table_name] == 1
        else f"{model._meta.schema}.{model._meta.table_name}": model
        for model in models
    }


def _suggestion(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), 1)
    return f"Did you mean {close[0]}?" if close else f"Known names: {', '.join(sorted(names))}."


class _Table:
    """The rows of a table while they are loaded."""

    def __init__(self, model: Model, name: str, seeds: Seeds, now: dt.datetime) -> None:
        self.model, self.name, self.now = model, name, now
        self.rows = seeds.rows[name]
        self.key = seeds.keys.get(name)
        self.seen: dict[tuple[Any, ...], str] = {}

    @property
    def writes_keys(self) -> bool:
        """Whether a row sets the value of an automatic key."""
        key = self.model._meta.primary_key
        return isinstance(key, pw.AutoField) and any(
            not {key.name, key.column_name}.isdisjoint(row.values) for row in self.rows
        )

    def load(self, result: Result) -> None:
        for row in self.rows:
            try:
                with self.model._meta.database.atomic():
                    result.count(self._upsert(row), self.name)
            except (pw.IntegrityError, pw.DataError, *BAD_VALUE) as error:
                reason = " ".join(str(error).split())
                given = isinstance(error, pw.PeeweeException)
                hint = explain(error, self.model._meta.database).hint if given else ""
                raise SeedError(
                    f"{row.where}: {reason}", f"{hint}\nNothing was loaded.".strip()
                ) from error

    def _upsert(self, row: Row) -> str:
        fields = {name: self._field(row, name) for name in row.values}
        values = {fields[name]: self._value(row, fields[name], value)
                  for name, value in row.values.items()}  # fmt: skip
        fresh = {fields[name] for name, value in row.values.items()
                 if _is_relative(fields[name], value)}  # fmt: skip
        key = self._key(row, list(values))
        where = self._where(row, {one: values[one] for one in key}, fresh)
        found = list(self.model.select().where(where).limit(2))
        if len(found) > 1:
            raise SeedError(
                f"{row.where}: the key matches more than one row of {self.name}.",
                f"Choose columns that identify a row, under [keys] {self.name}.",
            )
        if not found:
            given = {one.name: value for one, value in values.items()}
            self.model.insert({**self.model._meta.get_default_dict(), **given}).execute()
            return "inserted"
        changed = {one: value for one, value in values.items()
                   if one not in fresh and not _same(one, found[0], value)}  # fmt: skip
        return "updated" if changed and self._update(where, changed) else "unchanged"

    def _where(self, row: Row, key: dict[pw.Field, Any], fresh: set[pw.Field]) -> Any:
        """The condition that finds the row. Raises SeedError for a key that a second run could not
        find again."""
        for column in key:
            if column in fresh or isinstance(column, pw.FloatField):
                raise SeedError(
                    f"{row.where}: {column.column_name} cannot be part of the key: "
                    f"{'a relative time' if column in fresh else 'a float'} does not compare equal "
                    "in the next run.",
                    f"Choose other columns, under [keys] {self.name}.",
                )
        marks = tuple(repr(value) for value in key.values())
        if marks in self.seen:
            raise SeedError(
                f"{row.where}: the row has the same key as {self.seen[marks]}.",
                "Remove one of the two rows, or correct its key.",
            )
        self.seen[marks] = row.where
        return reduce(and_, (one.is_null() if value is None else _equal(one, value)
                             for one, value in key.items()))  # fmt: skip

    def _update(self, where: Any, changed: dict[pw.Field, Any]) -> bool:
        """Update the row; undo it and return False if the database stores the same values as before
        (1.50 in a column of type numeric(3, 1), for example)."""
        stored = self.model.select(*changed).where(where).tuples()
        before = list(stored.clone())
        with self.model._meta.database.atomic() as step:
            self.model.update(changed).where(where).execute()
            if list(stored.clone()) == before:
                step.rollback()
                return False
        return True

    def _field(self, row: Row, name: str) -> pw.Field:
        found = self.model._meta.combined.get(name)
        if found is None:
            raise SeedError(
                f"{row.where}: {self.name} has no column {name}.",
                _suggestion(name, self.model._meta.columns),
            )
        return found

    def _key(self, row: Row, given: list[pw.Field]) -> list[pw.Field]:
        """The fields that identify a row: the declared key, or else unique columns of the row."""
        if self.key:
            fields = [self._field(row, name) for name in self.key]
            missing = [key.column_name for key in fields if key not in set(given)]
            if missing:
                raise SeedError(
                    f"{row.where}: the row has no value for {', '.join(missing)}, part of its key."
                )
            return fields
        for fields in _unique_sets(self.model):
            if fields and set(fields) <= set(given):
                return fields
        raise SeedError(
            f"{row.where}: no column of the row is unique in {self.name}.",
            f'Name the columns that identify a row: {self.name} = ["column"] under [keys].',
        )

    def _value(self, row: Row, target: pw.Field, value: Any) -> Any:
        if isinstance(target, pw.ForeignKeyField):
            if isinstance(value, dict):
                return self._reference(row, target, value)
            return self._value(row, target.rel_field, value)
        if isinstance(value, str) and isinstance(target, pw.DateTimeField | pw.DateField):
            moment = relative(value, self.now)
            if moment is not None:
                return moment.date() if isinstance(target, pw.DateField) else moment
        for kind, types in ACCEPTED.items():
            if isinstance(target, kind):
                if isinstance(value, str) and isinstance(target, TIMES):
                    value = target.adapt(value)
                if type(value) not in types:
                    raise TypeError(f"{target.column_name} cannot be {value!r}")
        if isinstance(target, pw.UUIDField):
            value = uuid.UUID(str(value))
        if isinstance(target, pw.DecimalField):
            step = Decimal(10) ** -target.decimal_places
            value = Decimal(str(value)).quantize(step, ROUND_HALF_UP)
        target.db_value(value)  # an EnumField refuses unknown labels here, and names the known ones
        return value

    def _reference(self, row: Row, target: pw.ForeignKeyField, value: dict[str, Any]) -> Any:
        """The key of the only row of the related table that has these column values."""
        related = _Table(target.rel_model, target.rel_model._meta.table_name, Seeds(), self.now)
        wanted = {name: related._field(row, name) for name in value}
        where = [
            _equal(wanted[name], related._value(row, wanted[name], part))
            for name, part in value.items()
        ]
        found = list(target.rel_model.select(target.rel_field).where(*where).limit(2).tuples())
        if len(found) != 1:
            count = "more than one row" if found else "no row"
            raise SeedError(
                f"{row.where}: {target.column_name} = {value} matches {count} of {related.name}.",
                "Refer to exactly one row: correct the value, or seed that row before.",
            )
        return found[0][0]


def _equal(field: pw.Field, value: Any) -> pw.Expression:
    """A comparison: types that Peewee knows use the built-in operator, and the types of extensions
    their own."""
    known = isinstance(field, EnumField) or field.field_type in pw.FIELD
    operator = dialect_for(field.model._meta.database).equal if known else pw.OP.EQ
    return pw.Expression(field, operator, value)


def _is_relative(target: pw.Field, value: Any) -> bool:
    return (
        isinstance(target, pw.DateTimeField | pw.DateField)
        and isinstance(value, str)
        and relative(value, utcnow()) is not None
    )


def _unique_sets(model: Model) -> list[list[pw.Field]]:
    meta = model._meta
    sets = [list(key_fields(model))]
    sets += [[one] for one in meta.sorted_fields if one.unique]
    for index in meta.indexes:
        if isinstance(index, pw.ModelIndex):
            parts = internals.index_parts(index)
            if parts.unique and parts.where is None:
                sets.append(list(parts.keys))
        elif isinstance(index, (tuple, list)) and index[1]:
            sets.append([meta.combined[name] for name in index[0] if name in meta.combined])
    return [fields for fields in sets if all(isinstance(one, pw.Field) for one in fields)]


def _same(target: pw.Field, row: Any, wanted: Any) -> bool:
    """Whether a row has the wanted value. The answer may be wrongly no: `_update` asks the
    database."""
    stored = internals.stored_value(row, target)
    if isinstance(target, pw.ForeignKeyField):
        target = target.rel_field
    if stored is None or wanted is None or isinstance(target, pw.JSONField):
        return bool(stored == wanted)
    return bool(stored == target.python_value(target.db_value(wanted)))
