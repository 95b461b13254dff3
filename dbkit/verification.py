"""Is a live database what the models say, and if not, why? And the same of any two schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import reduce
from pathlib import Path
from typing import Any

import peewee as pw

from . import migration
from .collector import paused
from .connection import diagnosed
from .errors import ConfigError, DbkitError, ModelsError
from .migration.history import applied, replaying
from .report import BY_HAND, MODELS, PENDING, Report, place
from .schema.changes import Add, Alter, Change, covers, kind, subject
from .schema.dialect import Dialect, Reading, dialect_for
from .schema.diff import changes_within, diff
from .schema.models import Model
from .schema.values import Part, Schema, Table

HISTORY_TABLE = "migratehistory"


@paused()
def verify(
    database: pw.Database,
    models: Iterable[Model],
    migrations: str | Path | None = None,
    strict: bool = False,
    ignore: Sequence[str] = (),
) -> Report:
    """Compare `models` with the live `database`; changes nothing in either.

    With `migrations`, a directory, each difference is given its cause. Tables that no model
    describes are listed, and are a difference only if `strict`. What matches a pattern of `ignore`
    (`table` or `table.name`, with * and ?) is listed and no difference. Raises `ModelsError` if
    the server cannot make a table of a model, `DatabaseFailed` or `DatabaseUnreachable` if it
    could not be asked; never answers "clean" because something was not looked at.
    """
    models = list(models)
    report, live, desired = _verified(database, models, strict, ignore)
    if report.changes and migrations and Path(migrations).is_dir():
        return _with_causes(report, database, Path(migrations), live, desired, _schemas(models))
    return report


def against_models(
    database: pw.Database, models: Iterable[Model], ignore: Sequence[str], backwards: bool
) -> Report:
    """Compare a database with the models; `backwards`, the models are what is to be changed."""
    models = list(models)
    report, live, desired = _verified(database, models, False, ignore)
    if not backwards:
        return report
    covered, _ = _covered(live, desired, False, set())
    turned = _compared(dialect_for(database), desired, covered, ignore, report.unmanaged)
    return replace(turned, unverified=report.unverified, notes=report.notes)


def compare(
    dialect: Dialect,
    current: Schema,
    desired: Schema,
    ignore: Sequence[str] = (),
    other: Dialect | None = None,
) -> Report:
    """Compare any two schemas of one dialect, of which all is compared. Raises ConfigError for two
    of different ones."""
    if other is not None and other.name != dialect.name:
        raise ConfigError(f"A {other.name} and a {dialect.name} database cannot be compared.")
    return _compared(dialect, _without_history(current), _without_history(desired), ignore, ())


def _verified(
    database: pw.Database, models: list[Model], strict: bool, ignore: Sequence[str]
) -> tuple[Report, Schema, Schema]:
    """(the report without causes, the live schema, the models')."""
    lasting = _lasting(models)
    dialect = dialect_for(database)
    with diagnosed(database), dialect.reading(database, _schemas(lasting)) as reading:
        live = reading.live()
        desired = _desired(reading, lasting, live)
        unverified = tuple(reading.unverified)
    covered, unmanaged = _covered(live, desired, strict, {name for name, _ in unverified})
    report = _compared(dialect, covered, desired, ignore, unmanaged)
    return replace(report, unverified=unverified, notes=_temporary(models)), live, desired


def _desired(reading: Reading, models: list[Model], live: Schema) -> Schema:
    """What the models say. Several models of one table describe it together."""
    rounds: list[dict[Any, Model]] = []
    for model in models:
        key = (model._meta.schema, model._meta.table_name)
        free = next((one for one in rounds if key not in one), None)
        if free is None:
            rounds.append(free := {})
        free[key] = model
    return reduce(_merged, (reading.models(one.values(), live) for one in rounds))


def _merged(first: Schema, second: Schema) -> Schema:
    tables = {table.name: table for table in first.tables}
    for table in second.tables:
        changes = list(changes_within(tables[table.name], table))
        for change in changes:
            if isinstance(change, Alter):
                raise ModelsError(
                    f"Two models of the table {table.name} disagree on "
                    f"{kind(change.item)} {subject(change.item)}.",
                    "Let both say the same, or give --models one of them.",
                )
        more = tuple(change.item for change in changes
                     if isinstance(change, Add) and isinstance(change.item, Part))  # fmt: skip
        tables[table.name] = replace(table, parts=tables[table.name].parts + more)
    enums = {enum.name: enum for enum in (*first.enums, *second.enums)}
    return replace(first, tables=tuple(tables.values()), enums=tuple(enums.values()))


def _lasting(models: Iterable[Model]) -> list[Model]:
    lasting = [model for model in models if not model._meta.temporary]
    if not lasting:
        raise ModelsError("There is nothing to compare: no model of a lasting table.")
    return lasting


def _temporary(models: Iterable[Model]) -> tuple[str, ...]:
    names = [model._meta.table_name for model in models if model._meta.temporary]
    return (f"temporary, and not compared: {', '.join(names)}",) if names else ()


def _schemas(models: Iterable[Model]) -> set[str]:
    return {model._meta.schema for model in models} - {None}


def _without_history(schema: Schema) -> Schema:
    return replace(schema, tables=tuple(
        one for one in schema.tables if one.name.rpartition(".")[2] != HISTORY_TABLE
    ))  # fmt: skip


def _covered(
    live: Schema, desired: Schema, strict: bool, unverified: set[str]
) -> tuple[Schema, tuple[str, ...]]:
    """(what of the live schema the models speak of, names of the other tables)."""
    live = _without_history(live)
    if strict:
        return live, ()
    tables = {table.name for table in desired.tables}
    enums = {enum.name for enum in desired.enums}
    covered = Schema(
        live.namespaces,
        tuple(one for one in live.tables if one.name in tables),
        tuple(enum for enum in live.enums if enum.name in enums),
    )
    known = tables | unverified
    return covered, tuple(table.name for table in live.tables if table.name not in known)


def _compared(
    dialect: Dialect,
    current: Schema,
    desired: Schema,
    ignore: Sequence[str],
    unmanaged: tuple[str, ...],
) -> Report:
    changes = diff(current, desired)
    ignored = [change for change in changes if _matches(place(change), ignore)]
    left_out = [name for name in unmanaged if _matches(name, ignore)]
    if ignored:
        current, desired = _without(current, ignore), _without(desired, ignore)
    return Report(
        tuple(change for change in changes if change not in ignored),
        len(desired.tables),
        tuple(name for name in unmanaged if name not in left_out),
        tuple(dict.fromkeys([*map(place, ignored), *left_out])),
        # a report without changes does not hold on to the schemas
        statements=(lambda: dialect.statements(current, desired)) if changes else tuple,
    )


def _without(schema: Schema, patterns: Sequence[str]) -> Schema:
    """The schema less what matches a pattern."""

    def kept(table: Table) -> Table:
        parts = (part for part in table.parts
                 if not _matches(place(Add(table.name, part)), patterns))  # fmt: skip
        return replace(table, parts=tuple(parts))

    return replace(
        schema,
        tables=tuple(kept(one) for one in schema.tables if not _matches(one.name, patterns)),
        enums=tuple(one for one in schema.enums if not _matches(one.name, patterns)),
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _with_causes(
    report: Report,
    database: pw.Database,
    directory: Path,
    live: Schema,
    desired: Schema,
    schemas: Iterable[str],
) -> Report:
    """The report with the cause of each difference: on which leg of the way from the database, by
    what was applied and what is pending, to the models it lies."""
    try:
        state = migration.status(database, directory)
        with replaying(database, directory) as router:
            done = applied(router, state.applied, schemas)
            every = applied(router, state.pending, schemas)
    except DbkitError as error:
        note = f"The causes could not be told: {error}"
        return replace(report, notes=(*report.notes, note))
    return replace(report, causes=causes(report.changes, live, done, every, desired))


def causes(
    changes: Iterable[Change], live: Schema, done: Schema, every: Schema, desired: Schema
) -> tuple[tuple[str, ...], ...]:
    """For each change between the live database and the models what brought it about; `done` is
    what the applied migrations make, `every` what all of them do."""
    legs = {
        BY_HAND: diff(live, done),
        PENDING: diff(done, every),
        MODELS: diff(every, desired),
    }
    touched = {cause: {mark for change in leg for mark in _marks(change)}
               for cause, leg in legs.items()}  # fmt: skip
    return tuple(
        tuple(cause for cause, marks in touched.items() if not marks.isdisjoint(_sought(change)))
        for change in changes
    )


def _marks(change: Change) -> Iterator[Any]:
    """What a change on a leg touches: itself, and its table as one in which something happened."""
    if change.table is None:
        yield (type(change.item), change.item.name)
        yield ("within", change.item.name)
    else:
        yield from _part(change)
        yield ("within", change.table)


def _sought(change: Change) -> Iterator[Any]:
    """What on a leg explains a reported change: the same part, or its whole table; for a whole
    table anything that happened to it."""
    if change.table is not None:
        yield from _part(change)
        yield (Table, change.table)
    elif isinstance(change.item, Table):
        yield ("within", change.item.name)
    else:
        yield (type(change.item), change.item.name)


def _part(change: Change) -> Iterator[Any]:
    for item in (getattr(change, "old", change.item), change.item):
        if covers(item):
            yield (change.table, type(item), covers(item))
        yield (change.table, type(item), item.name)
