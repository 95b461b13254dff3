"""Comparisons of models with a database, or of two schemas; the result is a Report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cache, partial, reduce
from glob import escape
from typing import Any

import peewee as pw

from ..connection import diagnosed, opened
from ..errors import ConfigError, ModelsError
from ..garbage_collection import paused
from ..model_errors import naming
from ..schema.canonicalize import layers
from ..schema.changes import Add, Alter, Change, kind, subject
from ..schema.chosen_names import require_free_names
from ..schema.dialect import Dialect, Reading, dialect_for
from ..schema.diff import changes_within, diff
from ..schema.inheritance import as_inherited, descendants, is_partition
from ..schema.names import Name
from ..schema.patch import patched
from ..schema.patterns import matches
from ..schema.peewee_models import OWN_TABLES, Model, is_managed, table_name, tableless
from ..schema.sql import Statement
from ..schema.values import Attached, Part, Schema, Table
from ..source_places import place_of, place_of_table
from .ignoring import as_it_is, is_ignored, place_ignored, without
from .report import Report


def against_models(
    database: pw.Database,
    models: Iterable[Model],
    ignore: Sequence[str],
    backwards: bool,
    bases: Sequence[Model] = (),
) -> Report:
    """Return the report of a database compared with models. With `backwards`, the models are the
    current side, and the database is the desired side. Raises ModelsError."""
    models = list(models)
    with naming((*models, *bases), database):
        report, live, desired = examine(database, models, False, ignore, not backwards, bases)
    if not backwards:
        return report
    covered, _, _ = _covered(live, desired, False, set())
    turned = _compared(dialect_for(database), desired, covered, ignore, report.unmanaged)
    kept = {
        name: getattr(report, name)
        for name in ("unverified", "passed_over", "notes", "find", "find_table")
    }
    return replace(turned, **kept)


def sides(
    database: pw.Database,
    models: Iterable[Model],
    ignore: Sequence[str],
    strict: bool,
    bases: Sequence[Model] = (),
) -> tuple[Report, Schema, Schema]:
    """Return (the report of a database compared with models, and the two schemas). With `strict`,
    the schema of the database also has tables that no model describes. Raises ModelsError."""
    models = list(models)
    with naming((*models, *bases), database):
        report, live, desired = examine(database, models, strict, ignore, bases=bases)
    covered, expected, _ = _covered(live, desired, strict, set())
    unverified = [escape(name) for name, _ in report.unverified]
    return report, without(covered, (*ignore, *unverified)), without(expected, ignore)


def schema_of_models(
    database: pw.Database,
    models: Iterable[Model],
    ignore: Sequence[str],
    bases: Sequence[Model] = (),
) -> tuple[Report, Schema]:
    """Return the schema that the models would create in a database, and the report about tables
    that could not be determined. Raises ModelsError."""
    report, _, desired = sides(database, models, ignore, False, bases)
    return report, desired


def compare(
    dialect: Dialect,
    current: Schema,
    desired: Schema,
    ignore: Sequence[str] = (),
    other: Dialect | None = None,
) -> Report:
    """Return the report of two whole schemas. Raises ConfigError if their dialects differ."""
    if other is not None:
        require_same_kind(other, dialect)
    return _compared(dialect, _without_history(current), _without_history(desired), ignore, ())


def require_same_kind(one: Dialect, other: Dialect) -> None:
    """Raise ConfigError if the schemas of two databases cannot be compared."""
    if one.name != other.name:
        raise ConfigError(
            f"A {one.name} and a {other.name} database cannot be compared.",
            "Give two databases of the same kind.",
        )


def drifted(
    dialect: Dialect, live: Schema, expected: Schema, ignore: Sequence[str] = ()
) -> Sequence[Change]:
    """Return the changes between a live schema and the schema of its migrations. Tables that no
    migration creates are left out."""
    wanted, *_ = _covered(expected, _without_history(expected), False, set())
    covered, wanted, _ = _covered(live, wanted, False, set())
    return _compared(dialect, covered, wanted, ignore, ()).changes


@paused()
def examine(
    database: pw.Database,
    models: list[Model],
    strict: bool = False,
    ignore: Sequence[str] = (),
    family: bool = False,
    bases: Sequence[Model] = (),
) -> tuple[Report, Schema, Schema]:
    """Return (the report without causes, the live schema, the schema of the models).

    With `family`, partitions and tables that inherit from a model's table are compared too, because
    queries of the model return their rows. A class of `bases` counts as a model if the database has
    its table, and is passed over otherwise. Raises ModelsError and DatabaseFailed.
    """
    lasting, ignore = _lasting(models), (*ignore, *of_others(models))
    dialect = dialect_for(database)
    require_free_names(lasting)
    dialect.require_names(database, lasting)

    def attached() -> Attached:
        """The attachments, which are read later, when the caller may have closed the database."""
        with nullcontext() if not database.is_closed() else opened(database):
            with dialect.reading(database, schemas_of(lasting)) as reading:
                return reading.attached()

    with diagnosed(database), dialect.reading(database, schemas_of(lasting)) as reading:
        reading.expect(lasting)
        live = reading.live()
        live_names = {table.name for table in live.tables}
        lasting += [base for base in bases if reading.name(base) in live_names]
        desired = _desired(reading, layers(lasting, dialect.cut), live)
        unverified = tuple((str(name), reason) for name, reason in reading.unverified)
        known = {name for name, _ in reading.unverified}
        covered, expected, unmanaged = _covered(live, desired, strict, known, family)
        report = _compared(dialect, covered, expected, ignore, unmanaged, attached)
    passed_over = tableless(base for base in bases if base not in lasting)
    report = replace(
        report,
        unverified=unverified,
        passed_over=passed_over,
        notes=_temporary(models),
        find=partial(place_of, lasting, parents=_parents(live)),
        find_table=partial(place_of_table, lasting),
    )
    return report, live, desired


def _parents(live: Schema) -> dict[Name, Name]:
    return {table.name: table.parents[0] for table in live.tables if table.parents}


def _desired(reading: Reading, models: list[Model], live: Schema) -> Schema:
    """The schema of the models. Several models of one table describe it together."""
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
                    f"Two models or fields of the table {table.name} disagree on "
                    f"{kind(change.item)} {subject(change.item)}.",
                    "Make them agree, or keep only one of them.",
                )
        added = tuple(change.item for change in changes
                     if isinstance(change, Add) and isinstance(change.item, Part))  # fmt: skip
        tables[table.name] = replace(table, parts=tables[table.name].parts + added)
    enums = {enum.name: enum for enum in (*first.enums, *second.enums)}
    sequences = dict.fromkeys((*first.sequences, *second.sequences))
    return replace(
        first,
        tables=tuple(tables.values()),
        enums=tuple(enums.values()),
        sequences=tuple(sequences),
    )


def _lasting(models: Iterable[Model]) -> list[Model]:
    lasting = [model for model in models if not model._meta.temporary and is_managed(model)]
    if not lasting:
        raise ModelsError(
            "No model can be compared: every table is temporary or has managed = False."
        )
    return lasting


def of_others(models: Iterable[Model]) -> list[str]:
    """Return patterns for `ignore` that match the tables of unmanaged models."""
    return [escape(str(table_name(model))) for model in models if not is_managed(model)]


def _temporary(models: Iterable[Model]) -> tuple[str, ...]:
    names = [model._meta.table_name for model in models if model._meta.temporary]
    listed = ", ".join(names).encode(errors="backslashreplace").decode()
    return (f"temporary tables, not compared: {listed}",) if names else ()


def schemas_of(models: Iterable[Model]) -> set[str]:
    """Return the schemas that the models name."""
    return {model._meta.schema for model in models} - {None, ""}


def _without_history(schema: Schema, described: Collection[Name] = ()) -> Schema:
    """The schema without dbkit's own tables, in any of its schemas, unless models describe them."""
    tables = (table for table in schema.tables
              if table.name.bare not in OWN_TABLES or table.name in described)  # fmt: skip
    return replace(schema, tables=tuple(tables))


def _covered(
    live: Schema, desired: Schema, strict: bool, unverified: set[Name], family: bool = False
) -> tuple[Schema, Schema, tuple[str, ...]]:
    """(the part of the live schema that the models describe, the expected schema, the names of the
    other tables)."""
    tables = {table.name for table in desired.tables}
    live = _without_history(live, tables)
    under = _under(live, tables) if family else {}
    expected = [table for table in under.values() if table is not None]
    desired = replace(desired, tables=(*desired.tables, *expected))
    if strict:
        return live, desired, ()
    enums = {enum.name for enum in desired.enums}
    sequences = {one.name for one in desired.sequences}
    covered = Schema(
        live.namespaces,
        tuple(one for one in live.tables if one.name in tables or one.name in under),
        tuple(enum for enum in live.enums if enum.name in enums),
        sequences=tuple(one for one in live.sequences if one.name in sequences),
    )
    known = tables | unverified | under.keys()
    others = tuple(str(table.name) for table in live.tables if table.name not in known)
    return covered, desired, others


def _under(live: Schema, known: Collection[Name]) -> dict[Name, Table | None]:
    """The expected state of each table below the known tables: a partition has only parts of its
    parent, and a table that inherits is not expected at all (None)."""
    by_name = {table.name: table for table in live.tables}
    return {
        table.name: as_inherited(table, by_name[table.parents[0]]) if is_partition(table) else None
        for table in descendants(live.tables, lambda table: table.name in known)
    }


def _compared(
    dialect: Dialect,
    current: Schema,
    desired: Schema,
    ignore: Sequence[str],
    unmanaged: tuple[str, ...],
    attached: Callable[[], Attached] | None = None,
) -> Report:
    """The report. `attached` is called only if the statements are needed, because these may drop
    objects and create them again."""

    @cache
    def known() -> Schema:
        return replace(current, attached=attached()) if attached else current

    def statements() -> list[Statement]:
        return dialect.statements(known(), desired)

    def fix(change: Change) -> list[Statement]:
        return dialect.statements(known(), patched(known(), [change]))

    changes = diff(current, desired)
    ignored = [change for change in changes if is_ignored(change, ignore)]
    left_out = [name for name in unmanaged if matches(name, ignore)]
    tables = len(desired.tables)
    if ignored:
        compared = without(desired, ignore)
        tables = len(compared.tables)
        desired = as_it_is(current, compared, ignore)
    report = Report(
        tuple(change for change in changes if change not in ignored),
        tables,
        tuple(name for name in unmanaged if name not in left_out),
        tuple(dict.fromkeys([*(place_ignored(one, ignore) for one in ignored), *left_out])),
    )
    # a report without changes keeps no reference to the schemas
    return replace(report, statements=statements, fix=fix) if changes else report


def without_ignored(schema: Schema, patterns: Sequence[str]) -> Schema:
    """Return the schema without dbkit's own tables and without items that match a pattern."""
    return without(_without_history(schema), patterns)
