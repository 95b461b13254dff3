"""Finds the value that the type of a column refuses, although its field accepted it."""

from __future__ import annotations

import peewee as pw

from dbkit.diagnosis import error_code, explain, is_lock_conflict
from dbkit.errors import SeedError
from dbkit.schema.staging import Staged

from .columns import Converter
from .refusals import refusal
from .rows import Place
from .shown import shown
from .stage_files import Stager
from .stages import FRONT, Stage

OF_VALUES = ("22", "23", "SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")


def explained(database: pw.Database, stager: Stager, error: Exception) -> Exception:
    """Return the SeedError for an error that filling the temporary tables raised: it reads the
    files again, and halves the rows until the value is found."""
    if is_lock_conflict(error):
        return error
    if not error_code(error).startswith(OF_VALUES):
        return refusal(database, error, "")
    stager.staging.forget()
    again = Stager(
        database, stager.files, stager.tables, stager.live, stager.staging, wanted=stager.wanted
    )
    again.converter = Converter(stager.converter.now, texts=False)
    for number, file in enumerate(again.files):
        for staged in again.staged(number, file):
            stage = next(one for one in again.stages.values() if one.name == staged.target.table)
            if (refused := _refused(stage, staged)) is not None:
                return _of_row(database, stage, staged, Place(file.path, 0), refused)
    return explain(error, database)


def _refused(stage: Stage, staged: Staged) -> Exception | None:
    """The error of rows, if they are refused; the temporary table is only there for the try."""
    tried = _Tried()
    try:
        with stage.staging.savepoint():
            stage.staging.load(iter([staged]), False)
            stage.staging.finish([stage.definition()])
            raise tried
    except _Tried:
        return None
    except pw.PeeweeException as error:
        stage.staging.forget()
        refused: Exception = error
        return refused


class _Tried(Exception):
    """Undoes a try that succeeded."""


def _of_row(
    database: pw.Database, stage: Stage, staged: Staged, place: Place, error: Exception
) -> SeedError:
    while len(staged.rows) > 1:
        middle = len(staged.rows) // 2
        first = staged._replace(rows=staged.rows[:middle], lines=staged.lines[:middle])
        second = staged._replace(rows=staged.rows[middle:], lines=staged.lines[middle:])
        refused = _refused(stage, first)
        staged = first if refused else second
        error = refused or _refused(stage, second) or error
    column, value = _column(stage, staged)
    where = f"{Place(place.path, staged.lines[0])}: {stage.table}{column} cannot be "
    return refusal(database, error, f"{where}{shown(value)}: ")


def _column(stage: Stage, staged: Staged) -> tuple[str, str]:
    """The column whose value is refused, and the value."""
    columns = staged.target.columns[len(FRONT) :]
    for number, column in enumerate(columns):
        value = staged.rows[0][number]
        target = staged.target._replace(columns=(*FRONT, column))
        if _refused(stage, staged._replace(target=target, rows=[[value]])):
            path = stage.paths[int(column[1:])]
            return f".{'.'.join(one.column_name for one in path)}", str(value)
    return "", ""
