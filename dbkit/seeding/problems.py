"""Describes rows of seed files that contradict each other or the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee as pw

from dbkit.errors import SeedError
from dbkit.schema.staging import Staging

from .contradictions import Problem, live_rows
from .merge import Merge
from .rows import Place
from .shown import shown
from .stage_files import Stager
from .stages import Stage


def place_of(stager: Stager, stage: Stage, number: int) -> Place:
    """Return the file and line of a row of a temporary table."""
    (row,) = stage.staging.run([f"SELECT line FROM {stage.name} WHERE n = {number}"])
    return Place(stager.file_of(number).path, int(row[0]))


def seed_error(stager: Stager, merge: Merge, problem: Problem) -> SeedError:
    """Return the error for the first row that has the problem."""
    stage = merge.stage
    ((number,),) = merge.staging.run([f"{problem.rows} ORDER BY 1 LIMIT 1"])
    where = place_of(stager, stage, number)
    match problem.kind:
        case "repeated":
            other = place_of(stager, stage, _twin(merge, number))
            return SeedError(
                f"{where}: the row of {stage.table} has the same key as the row in {other}.",
                "Remove one of the two rows, or correct its key.",
            )
        case "same":
            other = place_of(stager, stage, _same_live_row(merge, number))
            return SeedError(
                f"{where}: the row of {stage.table} matches the same row of the database as the "
                f"row in {other}.",
                "Merge the two rows into one.",
            )
        case "several":
            return SeedError(
                f"{where}: the key matches more than one row of {stage.table}.",
                f"Choose columns that identify a row, under [keys] {stage.table}.",
            )
        case "fixed":
            assert problem.key is not None
            return SeedError(
                f"{where}: {_reference(merge, problem.key, number)} is not the value that this row "
                "has in the database, which always generates it (GENERATED ALWAYS AS IDENTITY).",
                "Correct the value, or remove it from the row.",
            )
        case "waiting" if problem.key in merge.cyclic:
            return SeedError(
                f"{where}: {_reference(merge, problem.key, number)} refers to a row that cannot be "
                "inserted before this row, and this row needs it: the foreign keys between them "
                "are NOT NULL.",
                "Let one of the foreign keys be NULL, or break the cycle in the seed files.",
            )
        case _:
            assert problem.key is not None
            return _unmatched(merge, problem.key, number, where, problem.kind == "ambiguous")


def _unmatched(
    merge: Merge, key: pw.Field, number: int, where: Place, is_ambiguous: bool
) -> SeedError:
    """Return the error for a reference that matches no row, or more than one."""
    reference, parent = _reference(merge, key, number), key.rel_model._meta.table_name
    count = "more than one row" if is_ambiguous else "no row"
    what = "add a column that tells them apart" if is_ambiguous else (
        "correct the value, or seed that row too")  # fmt: skip
    has_null = where.path.suffix.lower() == ".csv" and None in _parts(merge, key, number).values()
    note = " An empty cell is NULL." if has_null else ""
    return SeedError(
        f"{where}: {reference} matches {count} of {parent}.",
        f"Refer to exactly one row: {what}.{note}",
    )


def _twin(merge: Merge, number: int) -> int:
    """The first row that has the key of this row."""
    key = next(key for key, shapes in merge.groups.items()
               if _has_row(merge, shapes, number))  # fmt: skip
    same = " AND ".join(
        f"({merge.identity(of)} = {merge.identity(of, 'o')} OR "
        f"({merge.identity(of)} IS NULL AND {merge.identity(of, 'o')} IS NULL))"
        for of in key
    )
    sql = (f"SELECT min(s.n) FROM {merge.source} AS s JOIN {merge.source} AS o ON {same} "
           f"WHERE o.n = {number}")  # fmt: skip
    ((first,),) = merge.staging.run([sql])
    return int(first)


def _same_live_row(merge: Merge, number: int) -> int:
    """The first row that is named by other columns, and is the same row of the database."""
    rows = live_rows(merge)
    sql = (f"SELECT min(n) FROM ({rows}) AS p "
           f"WHERE row_key IN (SELECT row_key FROM ({rows}) AS q WHERE n = {number})")  # fmt: skip
    ((first,),) = merge.staging.run([sql])
    return int(first)


def _has_row(merge: Merge, shapes: Sequence[Any], number: int) -> bool:
    numbers = ", ".join(str(shape.number) for shape in shapes)
    sql = f"SELECT 1 FROM {merge.source} WHERE n = {number} AND shape IN ({numbers})"
    return bool(merge.staging.run([sql]))


def _reference(merge: Merge, key: pw.Field, number: int) -> str:
    return f"{merge.stage.table}.{key.name} = {_given(merge, key, number)}"


def _given(merge: Merge, key: pw.Field, number: int) -> str:
    """The values of a reference, nearly as TOML would have them."""
    given = {name: "NULL" if value is None else shown(str(value))
             for name, value in _parts(merge, key, number).items()}  # fmt: skip
    if "" in given:
        return given[""]
    return f"{{ {', '.join(f'{name} = {value}' for name, value in given.items())} }}"


def _parts(merge: Merge, key: pw.Field, number: int) -> dict[str, str | None]:
    """The values that the row gives for a reference, by the names of the parent's columns."""
    stage = merge.stage
    query = f"SELECT shape FROM {stage.name} WHERE n = {number}"
    ((shape,),) = stage.staging.run([query])
    places = [place for place in stage.shapes[int(shape)].places if stage.paths[place][0] is key]
    values = stage_values(stage, merge.staging, places, number)
    return {
        ".".join(one.name for one in stage.paths[place][1:]): value
        for place, value in zip(places, values, strict=True)
    }


def stage_values(
    stage: Stage, staging: Staging, places: Sequence[int], number: int
) -> Sequence[Any]:
    """Return the values of a row in these columns of the temporary table, as texts."""
    columns = ", ".join(f"CAST(c{place} AS text)" for place in places)
    (row,) = staging.run([f"SELECT {columns} FROM {stage.name} WHERE n = {number}"])
    return row
