"""`verify`: compares a live database with the models, and finds the causes of differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import peewee as pw

from ..called_as import MODULE, as_called
from ..connection import diagnosed
from ..database_argument import takes_database
from ..errors import DbkitError
from ..migration import Status
from ..migration.files import Files
from ..migration.replay import read, replaying
from ..migration.status_report import status_of
from ..model_errors import naming
from ..schema.changes import Change, covers
from ..schema.diff import diff
from ..schema.peewee_models import Model
from ..schema.values import Schema, Table
from ..scratch_database import server_of
from ..source_places import or_in_migrations
from ..transactions import is_open, rolled_back
from .comparison import examine, schemas_of
from .report import BY_HAND, EDITED, HALF_DONE, MODELS, PENDING, Report


@takes_database
def verify(
    database: pw.Database,
    models: Iterable[Model],
    migrations: str | Path | None = None,
    strict: bool = False,
    ignore: Sequence[str] = (),
    bases: Sequence[Model] = (),
    allow_edited: bool = False,
) -> Report:
    """Compare the models with a live database. Changes neither.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        models: The models, as `load_models` returns them.
        migrations: The folder of the migrations. With it, the report has the causes of each
            difference, and says which applied files were edited or are gone.
        strict: Tables without a model are differences. Otherwise they are only listed.
        ignore: Patterns (with * and ?) of tables (`auth.*`) and of parts of tables
            (`users.old_*`) that are listed, but are not differences.
        bases: Base classes that are compared only if the database has their tables.
        allow_edited: Applied files that were edited, or that are gone, are only a note.

    Returns:
        The report, which is false if there is nothing to report. It lists an object that could
        not be compared as unverified.

    Raises:
        ModelsError: The server cannot create the table of a model.
        DatabaseFailed: The database cannot be read.
        DatabaseUnreachable: The database cannot be reached.
    """
    models = list(models)
    with naming((*models, *bases), database):
        report, live, desired = examine(database, models, strict, ignore, True, bases)
    if not migrations:
        return report
    report = replace(report, find=or_in_migrations(report.find, Path(migrations)))
    try:
        state = _status(database, Path(migrations))
        problems = state.errors if state.gone or state.edited else ()
        pending, edited = (_files(migrations, names) for names in (state.pending, state.edited))
        report = replace(report, pending=pending, edited=edited)
        names = ", ".join(one.name for one in state.half_done)
        half = as_called(f"half done: {names} (`{MODULE} migrate` completes it)")
        report = replace(report, notes=(*report.notes, *[half] * bool(names)))
        if allow_edited:
            report = replace(report, notes=(*report.notes, *problems))
        else:
            report = replace(report, history=problems)
        if report.changes:
            return _with_causes(
                report, database, Path(migrations), state, live, desired, schemas_of(models)
            )
    except DbkitError as error:
        if not report.changes and not Path(migrations).is_dir():
            return report  # a project without migrations
        what = "The causes" if report.changes else "The applied migrations"
        note = f"{what} could not be determined: {error}"
        return replace(report, notes=(*report.notes, note))
    return report


def _status(database: pw.Database, directory: Path) -> Status:
    files = Files(directory)
    files.needed = False  # a project without migrations has no directory
    # a query that fails would end an open transaction
    kept = rolled_back(database) if is_open(database) else nullcontext()
    with diagnosed(database), kept:
        return status_of(database, files)


def _files(directory: str | Path, names: Iterable[str]) -> tuple[Path, ...]:
    return tuple(Path(directory) / f"{name}.py" for name in names)


def _with_causes(
    report: Report,
    database: pw.Database,
    directory: Path,
    state: Status,
    live: Schema,
    desired: Schema,
    schemas: Iterable[str],
) -> Report:
    """The report with the causes of each difference. Raises DbkitError."""
    with replaying(database, directory, prepare=lambda _: state.applied) as router:
        difference = server_of(router.database).difference
        done = every = read(router, schemas)
        if state.pending:
            router.apply(state.pending)
            every = read(router, schemas)
    found = causes(report.changes, live, done, every, desired)
    if state.half_done or state.edited:  # the replay is not the history of this database
        cause = HALF_DONE if state.half_done else EDITED
        found = tuple(tuple(cause if one == BY_HAND else one for one in group) for group in found)
    notes = (*report.notes, *filter(None, [difference]))
    return replace(report, notes=notes, causes=found)


def causes(
    changes: Iterable[Change], live: Schema, done: Schema, every: Schema, desired: Schema
) -> tuple[tuple[str, ...], ...]:
    """Return the causes of each change between the live database and the models.

    `done` is the schema of the applied migrations, and `every` the schema of all migrations. The
    way from the database to the models has three legs: live to `done` (by hand), `done` to `every`
    (pending), `every` to the models. The causes of a change are the legs that touch the same item.
    """
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
    """The marks of a change on a leg: its item, and its table as a table with a change in it."""
    if change.table is None:
        yield (type(change.item), change.item.name)
        yield ("within", change.item.name)
    else:
        yield from _part(change)
        yield ("within", change.table)


def _sought(change: Change) -> Iterator[Any]:
    """The marks that explain a reported change: the same part or its whole table; for a whole
    table, any change in it."""
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
