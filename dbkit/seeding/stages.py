"""The temporary tables that hold the rows of seed files, one for each table of the models."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import peewee as pw

from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model
from dbkit.schema.sql import quoted
from dbkit.schema.staging import LiveTable, Staged, StagedColumns, Staging

from .columns import Column, Values
from .rows import SeedFile

FRONT = ("n", "shape", "line")  # the row's number, its shape, and its line in the file


@dataclass(eq=False)
class Shape:
    """Rows of one file that give values for the same columns. `places` are the numbers of the
    columns in the temporary table; the values of `initial` columns are only for new rows."""

    number: int
    file: SeedFile
    columns: tuple[Column, ...]
    places: tuple[int, ...]
    initial: frozenset[int]  # places
    line: int = 0  # of its first row
    key: tuple[pw.Field, ...] = ()

    @property
    def given(self) -> set[pw.Field]:
        """The model's own fields whose values identify or change a row."""
        return {column.path[0] for column, place in zip(self.columns, self.places, strict=True)
                if place not in self.initial}  # fmt: skip


@dataclass(eq=False)
class Stage:
    """The staged rows of a table. The column c0 of the temporary table is for the first field of
    the model, and so on; after them come the columns of parents to which rows refer."""

    model: Model
    table: str  # as files name it
    number: int
    live: LiveTable
    staging: Staging
    paths: list[tuple[pw.Field, ...]] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    rows: int = 0
    known: dict[Any, Shape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.paths = [(one,) for one in self.fields]

    @cached_property
    def fields(self) -> list[pw.Field]:
        """The fields of the model that are columns."""
        return list(self.model._meta.sorted_fields)

    @cached_property
    def _places(self) -> dict[pw.Field, int]:
        return {of: number for number, of in enumerate(self.fields)}

    @cached_property
    def target(self) -> str:
        """The live table as SQL."""
        return name_of(self.model).sql

    @property
    def name(self) -> str:
        """The temporary table as SQL."""
        return self.staging.name(self.bare)

    @property
    def bare(self) -> str:
        return f"dbkit_seed_{self.number}"

    def place(self, of: pw.Field) -> int:
        """The number of the column of a field of the model."""
        return self._places[of]

    def shape(self, file: SeedFile, values: Values) -> Shape:
        """Return the shape of these rows, which is new if no other rows have it."""
        mark = (id(file), values.columns, values.initial)
        if mark not in self.known:
            places = tuple(self._place(column.path) for column in values.columns)
            initial = frozenset(places[one] for one in values.initial)
            shape = Shape(len(self.shapes), file, values.columns, places, initial)
            self.shapes.append(shape)
            self.known[mark] = shape
        return self.known[mark]

    def has(self, shapes: Collection[Shape]) -> str:
        """Return the condition that a staged row has one of these shapes."""
        if len(shapes) == len(self.shapes):
            return "1 = 1"
        return f"s.shape IN ({', '.join(str(shape.number) for shape in shapes) or 'NULL'})"

    def is_null(self, shape: Shape, of: pw.Field) -> bool:
        """Whether new rows of a shape have NULL in a column that they do not give."""
        live = self.live.column(of.column_name)
        is_given = any(column.path[0] is of for column in shape.columns)
        return bool(of.null and live and not live.default and not is_given)

    def _place(self, path: tuple[pw.Field, ...]) -> int:
        for number, known in enumerate(self.paths):
            if len(known) == len(path) and all(map(_same, known, path)):
                return number
        self.paths.append(path)
        return len(self.paths) - 1

    def staged(self, shape: Shape, values: Values, first: int) -> Staged:
        """Return the rows for the temporary table, with numbers that begin with `first`."""
        self.rows += len(values.lines)
        target = StagedColumns(self.name, (*FRONT, *(f"c{place}" for place in shape.places)))
        return Staged(target, first, shape.number, values.lines, values.rows, values.texts)

    def definition(self) -> str:
        """Return the statement that creates the temporary table, with the types of the columns."""
        columns = [f"CAST(0 AS bigint) AS {name}" for name in FRONT]
        sources = [f"{self.target} AS t"]
        for number, path in enumerate(self.paths):
            alias = "t" if len(path) == 1 else f"s{number}"
            columns.append(f"{alias}.{quoted(path[-1].column_name)} AS c{number}")
            if len(path) > 1:
                sources.append(f"{name_of(path[-1].model).sql} AS {alias}")
        query = f"SELECT {', '.join(columns)} FROM {', '.join(sources)} LIMIT 0"
        return self.staging.create(self.bare, query)


def _same(one: pw.Field, other: pw.Field) -> bool:
    return one is other


def name_of(model: Model) -> Name:
    """The name of the model's table, in the schema that the model names."""
    return Name(model._meta.schema or "", model._meta.table_name)
