"""Renders the lines that create all objects of a database, in order, and those that drop them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import peewee as pw

from dbkit.schema.changes import Add
from dbkit.schema.database_objects import Object, in_order
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.patch import filtered
from dbkit.schema.peewee_models import Model, table_name
from dbkit.schema.sql import runnable
from dbkit.schema.values import (
    Column,
    Comment,
    Domain,
    EnumType,
    ForeignKey,
    Index,
    Namespace,
    Part,
    Policy,
    Rule,
    Schema,
    Sequence,
    Table,
    Trigger,
)

from .class_names import class_names
from .enum_operations import enums
from .outside_models import Outside
from .render_lines import Lines
from .render_model import Freezer
from .render_operations import Writer

LAST = (ForeignKey, Trigger, Rule, Policy, Comment)  # they may name objects that come later
FIELDS = {"table": "tables", "enum": "enums", "domain": "domains", "sequence": "sequences"}
Pair = tuple[Lines, Lines]


class FromNothing:
    """Renders the objects of a schema; `models` are by table name, and `others` are the
    models of tables that no migration creates. The results are always (lines that create, lines
    that drop)."""

    def __init__(
        self,
        database: pw.Database,
        schema: Schema,
        objects: Iterable[Object],
        models: Mapping[Name, Model],
        others: Iterable[Model] = (),
    ) -> None:
        self.database, self.dialect, self.models = database, dialect_for(database), models
        self.objects, self.schema = [one for one in objects if one.is_possible], schema
        self.tables = {table.name: table for table in schema.tables}
        self.values: dict[tuple[str, Name], Any] = {
            (kind, one.name): one
            for kind, field in FIELDS.items()
            for one in getattr(schema, field)
        }
        self.values |= {("schema", Name("", one.name)): one for one in schema.namespaces}
        self.others = {table_name(model): model for model in others}
        self.expected: dict[Model, str] = {}  # the classes of `others` in the source
        self.made: dict[Name, Model] = {}
        self.sent: set[str] = set()

    def early(self) -> Pair:
        """Return the lines of all objects except foreign keys, triggers and other late objects."""
        groups = [*in_order([one for one in self.objects if not one.late], self._links())]
        first = next((place for place, group in enumerate(groups) if self._modelled(group)),
                     len(groups))  # fmt: skip
        before, after = map(self._group, groups[:first]), map(self._group, groups[first:])
        return _together((*before, self._expected(), *after))

    def late(self) -> Pair:
        return _together(self.alone(one) for one in self.objects if one.late)

    def _links(self) -> dict[Name, list[Name]]:
        return {name: [part.target for part in self.tables[name].parts
                       if isinstance(part, ForeignKey)]
                for name in self.models if name in self.tables}  # fmt: skip

    def _modelled(self, group: list[Object]) -> list[Name]:
        return [one.name for one in group if one.held == "table" and one.name in self.models]

    def _expected(self) -> Pair:
        """The tables of others to which SQL points. Of other tables, `create_model` knows."""
        pointed = {part.target for table in self.schema.tables for part in table.parts
                   if isinstance(part, ForeignKey) and not self._is_field(table, part)}  # fmt: skip
        up = Lines()
        expected = [model for name, model in self.others.items() if name in pointed]
        freezer = Freezer(self.database, {}, {}, Outside(()), lambda _: True)
        self.expected = class_names(expected)
        for model, name in self.expected.items():
            lines = Lines()
            lines.model(freezer.expected(model, name), "expect_model")
            up += lines
        return up, Lines()

    def _is_field(self, table: Table, key: ForeignKey) -> bool:
        model = self.models.get(table.name)
        columns = {(one.column_name,) for one in model._meta.refs} if model else set()
        return key.columns in columns

    def _group(self, group: list[Object]) -> Pair:
        names = self._modelled(group)
        return self._of_models(names) if names else self.alone(group[0])

    def _of_models(self, names: list[Name]) -> Pair:
        new = {name: self.models[name] for name in names if name in self.tables}
        changes = [Add(None, self.tables[name]) for name in new]
        writer = Writer(self.database, dict(self.made), self.made | new, changes, _nothing, {},
                        expected=self.expected)  # fmt: skip
        writer.types = enums(self.models.values())  # they have been created already
        self.made |= new
        down = Lines()
        for model in reversed(pw.sort_models(new.values())):
            down.call("remove_model", table_name(model))
        return writer.write(), down

    def alone(self, one: Object) -> Pair:
        """Return the lines of an object without a model."""
        up, down = Lines(), Lines()
        value = self.values.get((one.held, one.name))
        if one.held and value is None:
            return up, down
        for sql in one.create:
            up.sql(self.database, sql)
        if one.drop:
            down.sql(self.database, one.drop)
        if isinstance(value, EnumType):
            schema = {"schema": one.name.schema} if one.name.schema else {}
            up.call("create_enum", one.name.bare, value.labels, **schema)
            down.call("drop_enum", one.name.bare, **schema)
        elif one.held and not one.create:
            before, after = self._around(value)
            self._send(up, before, after)
            self._send(down, after, before)
        return up, down

    def of_other(self, table: Table) -> Lines:
        """Return the lines that create a table that is not part of the schema."""
        lines = Lines()
        before, after = self._around(table)
        space = Namespace(table.name.schema)
        if table.name.schema and space not in after.namespaces:
            after = replace(after, namespaces=(*after.namespaces, space))
        self._send(lines, before, after)
        return lines

    def of_part(self, table: Table, part: Part) -> Lines:
        """Return the lines that add a part to a table."""
        lines = Lines()
        before, after = self._around(table)
        bare = after.tables[-1]
        more = replace(bare, parts=(*bare.parts, part))
        self._send(lines, after, replace(after, tables=(*before.tables, more)))
        return lines

    def _send(self, lines: Lines, before: Schema, after: Schema) -> None:
        for statement in runnable(self.dialect.inside(before, after)):
            if statement.sql not in self.sent:  # the search path is set once
                lines.sql(self.database, statement.sql)
            self.sent.add(statement.sql)

    def _around(self, value: Any) -> tuple[Schema, Schema]:
        """The smallest schemas without and with a value."""
        before = Schema(self.schema.namespaces, enums=self.schema.enums)
        match value:
            case Table():
                parents = tuple(self.tables[name] for name in value.parents
                                if name in self.tables)  # fmt: skip
                before = replace(before, tables=parents)
                return before, replace(before, tables=(*parents, _bare(value)))
            case Domain():
                return before, replace(before, domains=(value,))
            case Sequence():
                options = replace(value.options, owner=None)
                return before, replace(before, sequences=(replace(value, options=options),))
        return before, before


def comes_late(table: Table, part: Part) -> bool:
    """Whether a part is added to its table after all objects exist.

    The part may name objects that are created after the table. An index of a partitioned table
    creates an index of each partition, whose name must be free. A foreign table is created with
    only its columns.
    """
    if table.kind == "foreign table":
        return not isinstance(part, Column)
    return isinstance(part, LAST) or (isinstance(part, Index) and table.kind == "partitioned table")


def _bare(table: Table) -> Table:
    """A table without the parts that may name objects that do not exist yet."""
    return filtered(
        table, lambda part: getattr(part, "valid", True) and not comes_late(table, part)
    )


def _together(pairs: Iterable[Pair]) -> Pair:
    pairs = list(pairs)
    return _joined(up for up, _ in pairs), _joined(down for _, down in reversed(pairs))


def _joined(pieces: Iterable[Lines]) -> Lines:
    """The joined lines, with empty lines only around classes."""
    joined, before = Lines(), False
    for piece in filter(None, pieces):
        has_class = any(line.startswith("class ") for line in piece.lines)
        joined.lines += [""] * (bool(joined) and (before or has_class)) + piece.lines
        before = has_class
    return joined


def _nothing(table: Name, field: Any) -> Any:
    """A table that is created has no rows to fill."""
    return None
