"""The SQL that merges a temporary table into the live table: one INSERT and one UPDATE.

`s` is the temporary table, in which references are resolved, and `t` is the live table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import peewee as pw

from dbkit.schema.peewee_models import Model, key_fields
from dbkit.schema.seeded_rows import Entry
from dbkit.schema.sql import quoted
from dbkit.schema.staging import LiveColumn, LiveTable, Staging

from .references import Join, References
from .stages import FRONT, Shape, Stage, name_of

COUNTS = "dbkit_seed_counts"
INSERTED, UPDATED = "inserted", "updated"


@dataclass(eq=False)
class Merge:
    """The merge of a stage. The foreign keys in `cyclic` lead to tables that are merged in the same
    round: a row may come before its parent."""

    stage: Stage
    live: Mapping[Model, LiveTable]
    staging: Staging
    cyclic: frozenset[pw.Field] = frozenset()
    record: str | None = None
    environment: str = ""  # DBKIT_ENV, for the record
    changes: Sequence[tuple[str, str]] = field(default_factory=list)  # (column, value) by the model
    staged: Mapping[Model, Sequence[Stage]] = field(default_factory=dict)  # parents to come

    @cached_property
    def references(self) -> References:
        return References(self.stage, self.live, self.staging)

    @cached_property
    def joins(self) -> dict[pw.Field, list[Join]]:
        """The joins that resolve references, by foreign key."""
        joins = {key: [*joins] for key, joins in self.references.joins.items()}
        deferred = {key for key in self.stage.model._meta.refs if is_deferred(key)}
        for key in self.cyclic | deferred:
            if any(self.stage.place(key) in shape.places for shape in self.stage.shapes):
                coming = self.staged.get(key.rel_model, ()) if key in deferred else ()
                if key.rel_model is self.stage.model:
                    coming = [self.stage]  # the rows of a statement are checked at its end
                joins.setdefault(key, []).append(self.references.by_value(key, coming))
        return joins

    @cached_property
    def source(self) -> str:
        """The temporary table with resolved references."""
        return self.staging.name(self.bare_source)

    @property
    def bare_source(self) -> str:
        return f"{self.stage.bare}_resolved" if self.joins else self.stage.bare

    # resolving references

    def resolve(self) -> list[str]:
        """Return the statements that create the table `source`."""
        if not self.joins:
            return []
        own = len(self.stage.fields)
        columns = [f"s.{name}" for name in FRONT]
        columns += [self._resolved(place) for place in range(own)]
        for place, joins in self._by_place():
            columns.append(f"({' OR '.join(join.is_unresolved for join in joins)}) AS u{place}")
        joined = "".join(join.sql for _, joins in self._by_place() for join in joins)
        query = f"SELECT {', '.join(columns)} FROM {self.stage.name} AS s{joined}"
        return [self.staging.create(self.bare_source, query)]

    def forget(self) -> list[str]:
        """Return the statements that drop what `resolve` creates."""
        return [f"DROP TABLE {self.source}"] if self.joins else []

    def _by_place(self) -> Iterator[tuple[int, list[Join]]]:
        for key, joins in self.joins.items():
            yield self.stage.place(key), joins

    def _resolved(self, place: int) -> str:
        key = self.stage.fields[place]
        if key not in self.joins:
            return f"s.c{place}"
        is_checked = key in self.cyclic or is_deferred(key)
        given = [] if is_checked else [f"s.c{place}"]
        values = [*given, *(join.value for join in self.joins[key])]
        return f"{_first(values)} AS c{place}"

    def unresolved(self, keys: Collection[pw.Field] | None = None) -> str:
        """Return the condition that one of these references (or any) has no parent."""
        chosen = [place for place, _ in self._by_place()
                  if keys is None or self.stage.fields[place] in keys]  # fmt: skip
        return " OR ".join(f"s.u{place}" for place in chosen) or "1 = 0"

    # which rows are the same

    @cached_property
    def groups(self) -> dict[tuple[pw.Field, ...], list[Shape]]:
        """The shapes by the columns that identify their rows."""
        groups: dict[tuple[pw.Field, ...], list[Shape]] = {}
        for shape in self.stage.shapes:
            groups.setdefault(shape.key, []).append(shape)
        return groups

    def live_column(self, of: pw.Field) -> LiveColumn:
        return self.stage.live.column(of.column_name) or LiveColumn(None)

    def matches(self, key: Sequence[pw.Field]) -> str:
        """Return the condition that a live row has the key of a staged row."""
        same = [
            self.staging.same(
                f"t.{quoted(of.column_name)}",
                f"s.c{self.stage.place(of)}",
                self.live_column(of),
                of.null,
            )
            for of in key
        ]
        # NULL is not the value of a reference without a parent
        same += [f"NOT s.u{self.stage.place(of)}" for of in key if of.null and of in self.joins]
        return " AND ".join(same)

    def identity(self, of: pw.Field, alias: str = "s") -> str:
        """Return the expression that staged rows with the same value in a key have in common."""
        value = f"{alias}.c{self.stage.place(of)}"
        return self.staging.identity(value, self.live_column(of))

    def _is_new(self) -> str:
        rows = "s.n", f"{self.source} AS s", f"{self.stage.target} AS t"
        missing = [
            f"{self.stage.has(shapes)} AND {self.staging.unmatched(*rows, self.matches(key))}"
            for key, shapes in self.groups.items()
        ]
        return " OR ".join(f"({condition})" for condition in missing)

    # writing

    def new_rows(self, where: str) -> str:
        """Return the query of the numbers of the rows that do not exist."""
        return f"SELECT s.n FROM {self.source} AS s WHERE ({self._is_new()}) AND {where}"

    def insert(self, where: str = "") -> str:
        """Return the INSERT of the rows that do not exist."""
        columns, values = [], []
        for place, of in enumerate(self.stage.fields):
            shapes = self._shapes_with(of)
            if shapes:
                columns.append(of)
                missing = self.live_column(of).default or "NULL"
                values.append(self._value(place, shapes, missing))
        always = any(self.live_column(of).is_always_identity for of in columns)
        names = ", ".join(quoted(of.column_name) for of in columns)
        condition = f"({self._is_new()})" + (f" AND {where}" if where else "")
        return (
            f"INSERT INTO {self.stage.target} ({names}){self.staging.overriding(always)} "
            f"SELECT {', '.join(values)} FROM {self.source} AS s WHERE {condition}{self._order()}"
        )

    def _order(self) -> str:
        """In the order of the files, if the database numbers the rows. It begins with rows whose
        number is given, so that no other row gets that number."""
        numbered = [self._shapes_with(of) for of in self.stage.fields
                    if self._is_numbered(of) and not self._is_always_given(of)]  # fmt: skip
        if not numbered:
            return ""
        first = "".join(f"NOT {self.stage.has(shapes)}, " for shapes in numbered if shapes)
        return f" ORDER BY {first}s.n"

    def _is_always_given(self, of: pw.Field) -> bool:
        return len(self._shapes_with(of)) == len(self.stage.shapes)

    def reserve(self) -> list[str]:
        """Return the statements that advance sequences past the values that rows will have beside
        rows that are numbered."""
        return [
            statement
            for place, of in enumerate(self.stage.fields)
            if self._shapes_with(of) and not self._is_always_given(of)
            for statement in self.staging.advance(self.source, f"c{place}", self.live_column(of))
        ]

    def _is_numbered(self, of: pw.Field) -> bool:
        return isinstance(of, pw.AutoField) or self.live_column(of).sequence is not None

    def _shapes_with(self, of: pw.Field) -> list[Shape]:
        """The shapes that give a value for a field."""
        return [shape for shape in self.stage.shapes
                if any(column.path[0] is of for column in shape.columns)]  # fmt: skip

    def _value(self, place: int, shapes: Collection[Shape], otherwise: str) -> str:
        if len(shapes) == len(self.stage.shapes):
            return f"s.c{place}"
        return f"CASE WHEN {self.stage.has(shapes)} THEN s.c{place} ELSE {otherwise} END"

    def pairs(self, shapes: Collection[Shape]) -> Iterator[tuple[str, str, str]]:
        """(column, live value, wanted value) of the columns that these shapes compare."""
        for place, of in enumerate(self.stage.fields):
            live = self.live_column(of)
            giving = [shape for shape in shapes if of in shape.given
                      and not (of in {*shape.key} and live.equal_is_identical)]  # fmt: skip
            if giving and not live.is_always_identity:
                column = quoted(of.column_name)
                wanted = f"s.c{place}"
                if len(giving) < len(shapes):
                    wanted = f"CASE WHEN {self.stage.has(giving)} THEN {wanted} ELSE t.{column} END"
                yield column, f"t.{column}", wanted

    def different(self) -> Iterator[tuple[Sequence[pw.Field], list[Shape], str]]:
        """Yield (key, shapes, the condition that a live row differs) for rows that may change."""
        for key, group in self.groups.items():
            shapes = [shape for shape in group if not shape.file.keeps]
            pairs = [(live, wanted) for _, live, wanted in self.pairs(shapes)]
            if pairs:
                yield key, shapes, self.staging.differs(pairs)

    def updates(self, where: str = "") -> Iterator[str]:
        """Yield an UPDATE of the rows that differ, for each key."""
        for key, shapes, differs in self.different():
            changed = [f"{column} = {wanted}" for column, _, wanted in self.pairs(shapes)]
            given = {column for column, _, _ in self.pairs(shapes)}
            changed += [f"{column} = {value}" for column, value in self.changes
                        if column not in given]  # fmt: skip
            yield (
                f"UPDATE {self.stage.target} AS t SET {', '.join(changed)} FROM {self.source} AS s "
                f"WHERE {self.stage.has(shapes)} AND {self.matches(key)} AND ({differs})"
                + (f" AND {where}" if where else "")
            )

    def complete(self, rows: str) -> Iterator[str]:
        """Yield the UPDATE of new rows (a query of numbers) whose parents came later."""
        pairs = []
        for of in self.cyclic:
            if giving := self._shapes_with(of):  # the other rows have their defaults
                live = f"t.{quoted(of.column_name)}"
                pairs.append((of, live, self._value(self.stage.place(of), giving, live)))
        if not pairs:
            return
        changed = ", ".join(f"{quoted(of.column_name)} = {wanted}" for of, _, wanted in pairs)
        differs = self.staging.differs([(live, wanted) for _, live, wanted in pairs])
        for key, shapes in self.groups.items():
            yield (
                f"UPDATE {self.stage.target} AS t SET {changed} FROM {self.source} AS s "
                f"WHERE {self.stage.has(shapes)} AND {self.matches(key)} AND ({differs}) "
                f"AND s.n IN ({rows})"
            )

    def counted(self, kind: str, statement: str) -> list[str]:
        """Return statements that run one of these and count its rows."""
        label, counts = f"{self.stage.number} {kind}", self.staging.name(COUNTS)
        if kind == INSERTED and self._can_record:
            entry = Entry(name_of(self.stage.model), self.environment, self._recorded_columns())
            key = [self.stage.live.stable(name, quoted(name)) for name in entry.columns]
            assert self.record is not None
            return self.staging.recorded(
                statement, self.stage.target, counts, label, key, (self.record, str(entry))
            )
        return self.staging.counted(statement, counts, label)

    @property
    def _can_record(self) -> bool:
        has_key = bool(key_fields(self.stage.model))
        return self.record is not None and has_key and self.stage.live.can_record

    def _recorded_columns(self) -> tuple[str, ...]:
        """The primary key, and the columns by which the files name a row: another row may get the
        same automatic key after the table was emptied."""
        own, keys = key_fields(self.stage.model), {of for key in self.groups for of in key}
        more = [of for of in self.stage.fields if of in keys and of not in {*own}]
        return tuple(of.column_name for of in (*own, *more))

    def advance(self) -> list[str]:
        """Return the statements that advance sequences past the values that rows gave."""
        return [
            statement
            for of in self.stage.fields
            if self._shapes_with(of)
            for statement in self.staging.advance(
                self.stage.target, quoted(of.column_name), self.live_column(of)
            )
        ]


def _first(values: Sequence[str]) -> str:
    return f"COALESCE({', '.join(values)})" if len(values) > 1 else values[0]


def is_deferred(key: pw.Field) -> bool:
    """Whether the database finds a missing parent only at the end of the transaction."""
    return "DEFERRED" in (getattr(key, "deferrable", None) or "").upper()
