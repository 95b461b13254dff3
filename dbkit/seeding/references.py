"""References to parents by the values of their columns, as SQL joins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import peewee as pw

from dbkit.schema.peewee_models import Model
from dbkit.schema.sql import quoted
from dbkit.schema.staging import LiveColumn, LiveTable, Staging

from .stages import Shape, Stage, name_of

Parts = list[tuple[tuple[pw.Field, ...], str]]  # the rest of a path, and the staged value


@dataclass
class Join:
    """A join with a parent. `conditions` match the staged values; they are not `certain` if no
    unique set of columns is among them."""

    alias: str
    model: Model
    value: str  # the parent's value for the foreign key
    staged: list[str]  # the staged values; all are NULL in rows without this reference
    rows: str  # the condition that a row refers by these columns
    conditions: list[str] = field(default_factory=list)
    below: list[Join] = field(default_factory=list)
    is_certain: bool = True

    @property
    def sql(self) -> str:
        """The LEFT JOINs, those of the parent's own parents first."""
        inner = "".join(join.sql for join in self.below)
        table = name_of(self.model).sql
        on = " AND ".join([self.rows, *self.conditions])
        return f"{inner} LEFT JOIN {table} AS {self.alias} ON {on}"

    @property
    def is_unresolved(self) -> str:
        """The condition that a row has the reference, and no parent fits."""
        return f"({self.value} IS NULL AND {self.rows} AND {self.is_given})"

    @property
    def is_given(self) -> str:
        return f"({' OR '.join(f'{value} IS NOT NULL' for value in self.staged)})"


class References:
    """The references of a stage by foreign key. `live` has the tables of the parents."""

    def __init__(self, stage: Stage, live: Mapping[Model, LiveTable], staging: Staging) -> None:
        self.stage, self.live, self.staging = stage, live, staging
        self.aliases = (f"r{number}" for number in count())
        self.joins: dict[pw.Field, list[Join]] = {}
        for key, groups in self._groups().items():
            self.joins[key] = [self._join(key, [(stage.paths[place][1:], f"s.c{place}")
                                                for place in places], stage.has(shapes))
                               for places, shapes in groups.items()]  # fmt: skip

    def _groups(self) -> dict[pw.Field, dict[tuple[int, ...], list[Shape]]]:
        """The sets of columns by which rows refer to a parent, with the shapes of these rows."""
        found: dict[pw.Field, dict[tuple[int, ...], list[Shape]]] = defaultdict(dict)
        for shape in self.stage.shapes:
            by_key: dict[pw.Field, list[int]] = defaultdict(list)
            for place in shape.places:
                path = self.stage.paths[place]
                if len(path) > 1:
                    by_key[path[0]].append(place)
            for key, places in by_key.items():
                found[key].setdefault(tuple(sorted(places)), []).append(shape)
        return found

    def by_value(self, key: pw.Field, coming: Iterable[Stage]) -> Join:
        """Return the join that finds out whether the parent of a given value exists. A parent that
        is `coming` need not exist yet."""
        value = f"s.c{self.stage.place(key)}"
        join = self._join(key, [((key.rel_field,), value)], "1 = 1")
        staged = " OR ".join(self.staged(stage, {key.rel_field: value}) for stage in coming)
        if staged:
            join.value = f"COALESCE({join.value}, CASE WHEN {staged} THEN {value} END)"
        return join

    def staged(self, parents: Stage, values: Mapping[pw.Field, str]) -> str:
        """Return the condition that the files have a parent with these values."""
        pairs = [(f"c{parents.place(column)}", value,
                  parents.live.column(column.column_name) or LiveColumn(None))
                 for column, value in values.items()]  # fmt: skip
        return self.staging.is_staged(parents.name, pairs)

    def waits(self, key: pw.Field, parents: Iterable[Stage]) -> str:
        """Return the condition that the files have a parent that may be the one of a row."""
        found = []
        for shapes, values in self._direct(key):
            staged = " OR ".join(self.staged(stage, values) for stage in parents)
            found.append(f"({self.stage.has(shapes)} AND ({staged or '1 = 0'}))")
        return " OR ".join(found) or "1 = 0"

    def _direct(self, key: pw.Field) -> Iterator[tuple[list[Shape], dict[pw.Field, str]]]:
        """The parent's own columns by which rows refer, with their values, and these rows."""
        paths = self.stage.paths
        for places, shapes in self._groups().get(key, {}).items():
            yield shapes, {paths[one][1]: f"o.c{one}" for one in places if len(paths[one]) == 2}
        place = self.stage.place(key)
        raw = [shape for shape in self.stage.shapes if place in shape.places]
        if raw:
            yield raw, {key.rel_field: f"o.c{place}"}

    def _join(self, key: pw.Field, parts: Parts, rows: str) -> Join:
        model, alias = key.rel_model, next(self.aliases)
        join = Join(
            alias,
            model,
            f"{alias}.{quoted(key.rel_field.column_name)}",
            [value for _, value in parts],
            rows,
        )
        columns = set()
        for column, value in self._columns(join, parts):
            live = self.live[model].column(column.column_name) or LiveColumn(None)
            mine = f"{alias}.{quoted(column.column_name)}"
            nullable = column.null and value in join.staged and len(parts) > 1
            join.conditions.append(self.staging.same(mine, value, live, nullable))
            if not nullable:  # rows with NULL may be equal in a unique set of columns
                columns.add(column.column_name)
        if len(parts) > 1:
            join.conditions.append(join.is_given)
        join.is_certain = any(names <= columns for names in self.live[model].unique)
        return join

    def _columns(self, join: Join, parts: Parts) -> Iterator[tuple[pw.Field, str]]:
        """The parent's columns that identify it, with their values."""
        deeper: dict[pw.Field, Parts] = defaultdict(list)
        for path, value in parts:
            if len(path) == 1:
                yield path[0], value
            else:
                deeper[path[0]].append((path[1:], value))
        for key, rest in deeper.items():
            below = self._join(key, rest, join.rows)
            join.below.append(below)
            yield key, below.value
