"""Renders a table as a model class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import peewee as pw

from dbkit.model_source import sql
from dbkit.python_source import Call, Class, Code, Statement
from dbkit.schema.sql import quoted
from dbkit.schema.values import Check, Column, Exclusion, ForeignKey, PrimaryKey, Table, Unique

from .field_types import TypesOfDialect
from .left_out import LeftOut, key_name, of_part
from .model_layout import Layout, columns_of
from .render_columns import Columns
from .render_indexes import Indexes

BASE = "BaseModel"


class Model:
    """The class of a table, the statements after it, and the parts that it leaves out."""

    def __init__(self, table: Table, plan: Layout, types: TypesOfDialect) -> None:
        self.table, self.plan, self.types = table, plan, types
        self.schema, self.bare = types.split(table.name)
        self.name = plan.classes[table.name]
        self.left_out = list(filter(None, (of_part(table, part) for part in table.parts)))
        known = (plan.classes[one] for one in table.parents if one in plan.classes)
        self.depends_on = dict.fromkeys(known)
        self.key = self._key()
        self.indexes = Indexes(table, plan, types)
        self.columns = Columns(self.key, self.indexes, table, plan, types)

    def statements(self) -> list[Statement]:
        body = tuple(self.columns.assignments())
        meta = tuple(self._meta())
        if not body and not meta:
            body = tuple(self.columns.assignments(whole=True))
        self.left_out += [*self.columns.left_out, *self.indexes.left_out]
        return [Class(self.name, BASE, body, meta), *self._after()]

    def _key(self) -> PrimaryKey | None:
        """The primary key, if Peewee can express it."""
        key = next((part for part in self.table.parts if isinstance(part, PrimaryKey)), None)
        if key is None:
            return None
        clauses = self.types.key_constraints(key)
        if clauses is None or (clauses and len(key.columns) > 1):
            return None
        if not self.types.is_usual(self.table, key):
            self.left_out.append(key_name(self.table, key))
        return key

    def _meta(self) -> Iterator[tuple[str, Any]]:
        if pw.make_snake_case(self.name) != self.bare:
            yield "table_name", self.bare
        if self.schema:
            yield "schema", self.schema
        if self.key is None:
            yield "primary_key", False
        elif len(self.key.columns) > 1:
            yield "primary_key", Call("pw.CompositeKey", tuple(map(self._field, self.key.columns)))
        if indexes := self.indexes.in_meta():
            yield "indexes", indexes
        if constraints := list(self._constraints()):
            yield "constraints", constraints
        if self.depends_on:
            yield "depends_on", [Code(name) for name in self.depends_on]
        options, left_out = self.types.table_options(self.table)
        yield from options
        if left_out:
            words = f"Table {self.table.name} is {', '.join(left_out)}, which the model leaves out."
            self.left_out.append(LeftOut(self.table.name, words, True))

    def _field(self, column: str) -> str:
        return self.plan.fields[self.table.name][column]

    def _constraints(self) -> Iterator[Any]:
        for part in self.table.parts:
            match part:
                case Check():
                    yield self._check(part)
                case Unique() | Exclusion():
                    yield sql(self.types.constraint(part, self._is_named(part)))
                case PrimaryKey() if self.key is None:
                    yield sql(self.types.constraint(part, self._is_named(part)))
                case ForeignKey() if self.plan.links.get(self._place(part)) is not part:
                    yield from self._foreign_key(part)

    def _place(self, key: ForeignKey) -> tuple[str, str]:
        return self.table.name, key.columns[0]

    def _is_named(self, part: Any) -> bool:
        return part.name is not None and not self.types.is_usual(self.table, part)

    def _check(self, check: Check) -> Call:
        words, named = self.types.check(check), self._is_named(check)
        if words is None or (named and not self.types.is_sayable(check.name or "")):
            return sql(self.types.constraint(check, named))
        return Call("pw.Check", (words, check.name) if named else (words,))

    def _foreign_key(self, key: ForeignKey) -> Iterator[Any]:
        """A foreign key that no field can express, as SQL."""
        schema, bare = self.types.split(key.target)
        elsewhere = key.target not in self.plan.tables
        if self.types.links_late and (elsewhere or (self.table.name, key) in self.plan.late):
            why = "points to a table without a model" if elsewhere else "completes a cycle"
            self._leave_out(key, why)
            return
        before, after = self.types.reference(key, self._is_named(key))
        if key.target != self.table.name and self.types.links_late:
            self.depends_on[self.plan.classes[key.target]] = None
        if not schema:
            yield sql(f"{before} {quoted(bare)} {after}".strip())
        elif key.target == self.table.name:
            self._leave_out(key, "points to its own table, whose schema the SQL would have to name")
        else:
            target = Code(self.plan.classes[key.target])
            yield Call("pw.NodeList", ((sql(before), target, sql(after)),))

    def _leave_out(self, key: ForeignKey, why: str) -> None:
        words = f"Foreign key {key.name} of table {self.table.name} is left out: it {why}."
        self.left_out.append(LeftOut(f"{self.table.name}.{key.name}", words, True))

    def _after(self) -> Iterator[Statement]:
        yield from self.indexes.calls()
        for column in columns_of(self.table):
            if column.identity == "serial" and column.sequence.clauses:
                yield from self._sequence(column)

    def _sequence(self, column: Column) -> Iterator[Statement]:
        """The options of a serial column's sequence, as an ALTER SEQUENCE after the table. (Peewee
        sends it like an index.)"""
        name = f"{self.bare}_{column.name}_seq"
        if self.schema or len(name.encode()) > 63:
            words = (f"The sequence of column {column.name} of table {self.table.name} has "
                     "options that the model leaves out: "
                     f"{', '.join(column.sequence.clauses)}.")  # fmt: skip
            place = f"{self.table.name}.{column.name}"
            self.left_out.append(LeftOut(place, words, True))
            return
        alter = f"ALTER SEQUENCE {quoted(name)} {' '.join(column.sequence.clauses)}"
        yield Call(f"{self.name}.add_index", (sql(alter),))
