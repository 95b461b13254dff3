"""What of a database cannot be created again: found by creating all of it on a scratch database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import peewee as pw

from dbkit.errors import DbkitError
from dbkit.migration import Migrator
from dbkit.migration.from_nothing import LAST, FromNothing
from dbkit.migration.generating import function_of
from dbkit.migration.goal import wanted
from dbkit.migration.lines import Lines
from dbkit.schema.changes import kind
from dbkit.schema.models import Model
from dbkit.schema.objects import Key, Object, in_order
from dbkit.schema.values import Part, Schema, Table
from dbkit.scratch import scratch_database

from .unsaid import Unsaid

Place = tuple[str, str, str | None]  # (table, kind of part, its name)


@dataclass(frozen=True)
class Lost:
    """Objects, and parts of tables, that are left out, with a sentence for each."""

    keys: frozenset[Key] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()  # (held, name)
    parts: frozenset[Place] = frozenset()
    unmodelled: frozenset[str] = frozenset()
    unsaid: tuple[Unsaid, ...] = ()
    is_final: bool = False

    def without_models(self, tables: frozenset[str]) -> Lost:
        """With tables that are created by SQL, as no model of them can be compared."""
        more = (Unsaid(name, f"Table {name} has no model: the server cannot compare one.")
                for name in sorted(tables))  # fmt: skip
        return replace(self, unmodelled=self.unmodelled | tables, unsaid=(*self.unsaid, *more))

    def modelled(self, schema: Schema) -> Schema:
        tables = (one for one in schema.tables if one.name not in self.unmodelled)
        return replace(schema, tables=tuple(tables))

    def left(self, schema: Schema) -> Schema:
        """A schema without what is lost."""

        def kept(held: str, items: Iterable[Any]) -> tuple[Any, ...]:
            return tuple(one for one in items if (held, one.name) not in self.names)

        tables = (
            replace(table, parts=tuple(part for part in table.parts
                                       if _place(table.name, part) not in self.parts))
            for table in kept("table", schema.tables)
        )  # fmt: skip
        return replace(
            schema,
            tables=tuple(tables),
            enums=kept("enum", schema.enums),
            domains=kept("domain", schema.domains),
            sequences=kept("sequence", schema.sequences),
            extensions=kept("extension", schema.extensions),
        )

    def wanted(
        self, database: pw.Database, models: list[Model], ignore: Sequence[str] = ()
    ) -> tuple[Schema, list[Object]]:
        """What a baseline creates."""
        schema, objects = wanted(database, models, ignore)
        return self.left(schema), [one for one in objects if one.key not in self.keys]

    def more(self, database: pw.Database, ignore: Sequence[str]) -> Lost | None:
        """With all that cannot be created; None if that is known already."""
        if self.is_final:
            return None
        schema, objects = wanted(database, [], ignore)
        with scratch_database(database) as scratch, scratch.atomic():
            found = _Trial(scratch, schema, objects).lost()
        return replace(found, unmodelled=self.unmodelled, unsaid=(*self.unsaid, *found.unsaid))


class _Trial:
    def __init__(self, scratch: pw.Database, schema: Schema, objects: list[Object]) -> None:
        self.scratch, self.schema, self.objects = scratch, schema, objects
        self.all = FromNothing(scratch, schema, objects, {})
        self.kinds = {table.name: table.kind for table in schema.tables}
        self.keys: set[Key] = set()
        self.unsaid: list[Unsaid] = []

    def lost(self) -> Lost:
        early = [one for one in self.objects if not one.late]
        for (one,) in in_order(early, {}):
            self._try(one)
        gone = {one.name for one in self.objects if one.key in self.keys and one.held == "table"}
        parts = frozenset(place for table in self.schema.tables if table.name not in gone
                          for place in self._parts(table))  # fmt: skip
        for one in self.objects:
            if one.late:
                self._try(one)
        names = {(one.held or "extension", one.name) for one in self.objects
                 if one.key in self.keys}  # fmt: skip
        return Lost(
            frozenset(self.keys), frozenset(names), parts, unsaid=tuple(self.unsaid), is_final=True
        )

    def _try(self, one: Object) -> None:
        if one.held == "table" and one.name not in self.kinds:
            return  # the history
        blocked = [other for other in self.objects if other.key in one.needs & self.keys]
        if one.is_possible:
            reason = "" if blocked else self._reason(self._lines(one))
            reason = f"it needs {self._what(blocked[0])}" if blocked else reason
        else:
            reason = "no statement for it may be kept in a file"
        if reason:
            self.keys.add(one.key)
            self._leave_out(one.name or one.what, self._what(one), reason)

    def _what(self, one: Object) -> str:
        return f"{self.kinds[one.name]} {one.name}" if one.held == "table" else one.what

    def _lines(self, one: Object) -> Lines:
        lines, _ = self.all.alone(one)
        return lines

    def _reason(self, lines: Lines) -> str:
        """Why lines cannot be run; nothing if they can."""
        try:
            with self.scratch.savepoint():
                migrator = Migrator(self.scratch)
                function_of(lines)(migrator, self.scratch)
                migrator()
        except (pw.PeeweeException, DbkitError) as error:
            return str(error).strip().splitlines()[0]
        return ""

    def _parts(self, table: Table) -> Iterable[Place]:
        for part in table.parts:
            if isinstance(part, LAST):
                try:
                    reason = self._reason(self.all.of_part(table, part))
                except DbkitError as error:
                    reason = error.message
                if reason:
                    what = f"{kind(part)} {part.name} of table {table.name}"
                    self._leave_out(f"{table.name}.{part.name}", what, reason)
                    yield _place(table.name, part)

    def _leave_out(self, place: str, what: str, reason: str) -> None:
        sentence = f"{what[:1].upper()}{what[1:]} is left out, as it cannot be created: {reason}."
        self.unsaid.append(Unsaid(place, sentence))


def _place(table: str, part: Part) -> Place:
    return table, type(part).__name__, part.name
