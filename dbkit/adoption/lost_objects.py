"""Finds the objects that cannot be created again, by creating all on a scratch database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import peewee as pw

from dbkit.errors import DbkitError
from dbkit.migration import Migrator
from dbkit.migration.autogenerate import function_of
from dbkit.migration.goal import wanted, whole
from dbkit.migration.render_baseline import FromNothing, comes_late
from dbkit.migration.render_lines import Lines
from dbkit.schema.changes import kind, subject
from dbkit.schema.database_objects import Key, Object, in_order
from dbkit.schema.diff import diff
from dbkit.schema.inheritance import parents_first
from dbkit.schema.names import Name
from dbkit.schema.patch import filtered, marked_as
from dbkit.schema.peewee_models import Model
from dbkit.schema.values import Column, Part, Schema, Table
from dbkit.scratch_database import scratch_database

from .left_out import INEXACT, LOST, UNCOMPARABLE, LeftOut, capitalized

PartKey = tuple[Name, str, str | None]  # (table, kind of part, its name)


@dataclass(frozen=True)
class Lost:
    """The objects and parts of tables that are left out, with a sentence for each that the user did
    not exclude. `targets` are tables of others to which foreign keys point. `remade` are tables
    that differ after they are created again. `by_sql` says that the baseline creates tables only by
    SQL; `tried` says that all objects were tried."""

    keys: frozenset[Key] = frozenset()
    names: frozenset[tuple[str, Name]] = frozenset()  # (held, name)
    parts: frozenset[PartKey] = frozenset()
    targets: tuple[Table, ...] = ()
    remade: tuple[Table, ...] = ()
    unmodelled: frozenset[Name] = frozenset()
    left_out: tuple[LeftOut, ...] = ()
    tried: bool = False
    by_sql: bool = False

    def without_models(self, tables: frozenset[Name]) -> Lost:
        """Return these losses, with more tables created by SQL because their models cannot be
        compared."""
        why = "has no model, because the server cannot compare it"
        left_out = (LeftOut(str(name), f"Table {name} {why}.", noun="table", why=UNCOMPARABLE)
                    for name in sorted(tables))  # fmt: skip
        return replace(
            self, unmodelled=self.unmodelled | tables, left_out=(*self.left_out, *left_out)
        )

    def without_target(self, table: Name) -> Lost:
        """Return these losses, without a model for this table of others."""
        return replace(self, targets=tuple(one for one in self.targets if one.name != table))

    def modelled(self, schema: Schema) -> Schema:
        """Return the schema with only the tables that get a model, as they are in the database."""
        tables = (table for table in schema.tables if table.name not in self.unmodelled)
        return replace(schema, tables=tuple(map(self._without_parts, tables)))

    def left(self, schema: Schema) -> Schema:
        """Return the schema without the lost objects."""

        def kept(held: str, items: Iterable[Any]) -> tuple[Any, ...]:
            return tuple(one for one in items if (held, one.name) not in self.names)

        def kept_bare(held: str, items: Iterable[Any]) -> tuple[Any, ...]:
            return tuple(one for one in items if (held, Name("", one.name)) not in self.names)

        gone = {name for _, name in self.names}
        tables = (self._left_of(table) for table in kept("table", schema.tables))
        return replace(
            schema,
            namespaces=kept_bare("schema", schema.namespaces),
            tables=tuple(tables),
            enums=kept("enum", schema.enums),
            domains=kept("domain", schema.domains),
            sequences=kept("sequence", schema.sequences),
            extensions=kept_bare("extension", schema.extensions),
            comments=tuple(one for one in schema.comments if one.name not in gone),
        )

    def _left_of(self, table: Table) -> Table:
        for one in self.remade:
            if one.name == table.name:
                return marked_as(one, table)
        return self._without_parts(table)

    def _without_parts(self, table: Table) -> Table:
        return filtered(table, lambda part: _part_key(table.name, part) not in self.parts)

    def wanted(
        self, database: pw.Database, models: list[Model], ignore: Sequence[str] = ()
    ) -> tuple[Schema, list[Object]]:
        """Return (the schema, the objects) that the baseline creates."""
        schema, objects = wanted(database, models, ignore)
        return self.left(schema), [one for one in objects if one.key not in self.keys]

    def more(self, database: pw.Database, ignore: Sequence[str], reason: str) -> Lost | None:
        """Return the losses to try next after a failure with this reason: first, all objects that
        cannot be created; then, with tables created by SQL; None if nothing is left to try."""
        if self.tried:
            return None if self.by_sql else self._by_sql(reason)
        schema, objects = self.wanted(database, [], ignore)
        with scratch_database(database) as scratch, scratch.atomic():
            found = _Trial(scratch, schema, objects, self.targets).lost(ignore)
        more = replace(
            found,
            keys=self.keys | found.keys,
            names=self.names | found.names,
            parts=self.parts | found.parts,
            targets=self.targets,
            unmodelled=self.unmodelled,
            left_out=(*self.left_out, *found.left_out),
        )
        return more if found.left_out else more._by_sql(reason)

    def _by_sql(self, reason: str) -> Lost:
        words = f"The baseline creates the tables with SQL. Their models failed: {reason}"
        return replace(self, by_sql=True, left_out=(*self.left_out, LeftOut("", words)))


class _Trial:
    def __init__(
        self,
        scratch: pw.Database,
        schema: Schema,
        objects: list[Object],
        targets: Iterable[Table],
    ) -> None:
        self.scratch, self.schema, self.objects = scratch, schema, objects
        self.all = FromNothing(scratch, schema, objects, {})
        self.kinds = {table.name: table.kind for table in schema.tables}
        self.keys: set[Key] = set()
        self.split: set[Name] = set()  # tables whose parts are tried one by one
        self.left_out: list[LeftOut] = []
        self.targets = targets

    def lost(self, ignore: Sequence[str]) -> Lost:
        early = [one for one in self.objects if not one.late]
        for (one,) in in_order(early, {}):
            self._try(one)
        for target in self.targets:
            self._reason(self.all.of_other(target))
        gone = {one.name for one in self.objects if one.key in self.keys and one.held == "table"}
        tables = [table for table in self.schema.tables if table.name not in gone]
        parts = frozenset(place for table in parents_first(tables) for place in self._parts(table))
        for one in self.objects:
            if one.late:
                self._try(one)
        names = {(one.held or "extension", one.name) for one in self.objects
                 if one.key in self.keys}  # fmt: skip
        found = Lost(frozenset(self.keys), frozenset(names), parts)
        remade = tuple(self._remade(found.left(self.schema), whole(self.scratch, ignore)))
        return replace(found, remade=remade, left_out=tuple(self.left_out), tried=True)

    def _remade(self, wanted: Schema, made: Schema) -> Iterator[Table]:
        made_tables = {table.name: table for table in made.tables}
        for table in wanted.tables:
            new = made_tables.get(table.name, table)
            changes = diff(Schema(tables=(table,)), Schema(tables=(new,)))
            if changes:
                what = ", ".join(f"{kind(one.item)} {subject(one.item)}" for one in changes)
                words = f"{what} of {table.name} cannot be recreated exactly."
                place = str(table.name)
                self.left_out.append(
                    LeftOut(place, capitalized(words), noun=table.kind, why=INEXACT)
                )
                yield new

    def _try(self, one: Object) -> None:
        if one.held == "table" and one.name not in self.kinds:
            return  # the history
        blocked = [other for other in self.objects if other.key in one.needs & self.keys]
        if not one.is_possible:
            reason = "a migration must not contain its statement"
        elif blocked:
            reason = f"it needs {self._what(blocked[0])}"
        else:
            reason = self._reason(*self.all.alone(one)) and self._reason_without_parts(one)
        if reason:
            self.keys.add(one.key)
            self._leave_out(str(one.name) or one.what, self._what(one), reason)

    def _reason_without_parts(self, one: Object) -> str:
        """The reason why an object cannot be created. A table is tried without its constraints and
        indexes; if that works, these are tried one by one."""
        table = self.all.tables.get(one.name) if one.held == "table" else None
        if table is not None and not one.create:
            self.split.add(one.name)
            self.all.values[one.held, one.name] = filtered(table, _is_column)
        return self._reason(*self.all.alone(one))

    def _what(self, one: Object) -> str:
        return f"{self.kinds[one.name]} {one.name}" if one.held == "table" else one.what

    def _reason(self, up: Lines, down: Lines | None = None) -> str:
        """The reason why the lines, and those that undo them, cannot be run; empty if they can."""
        try:
            with self.scratch.savepoint():
                self._run(up)
                with self.scratch.savepoint() as savepoint:
                    self._run(down or Lines())
                    savepoint.rollback()
        except (pw.PeeweeException, DbkitError) as error:
            self.all.sent.clear()  # the search path was rolled back
            return str(error).strip().splitlines()[0]
        return ""

    def _run(self, lines: Lines) -> None:
        migrator = Migrator(self.scratch)
        function_of(lines)(migrator, self.scratch)
        migrator()

    def _parts(self, table: Table) -> Iterable[PartKey]:
        for part in table.parts:
            in_split = table.name in self.split and not _is_column(part)
            if in_split or comes_late(table, part):
                try:
                    reason = self._reason(self.all.of_part(table, part))
                except DbkitError as error:
                    reason = error.message
                if reason:
                    what = f"{kind(part)} {part.name} of table {table.name}"
                    self._leave_out(f"{table.name}.{part.name}", what, reason)
                    yield _part_key(table.name, part)

    def _leave_out(self, place: str, what: str, reason: str) -> None:
        words = f"{what} is left out. It cannot be created: {reason}."
        self.left_out.append(LeftOut(place, capitalized(words), why=LOST))


def _is_column(part: Part) -> bool:
    return isinstance(part, Column)


def _part_key(table: Name, part: Part) -> PartKey:
    return table, type(part).__name__, part.name
