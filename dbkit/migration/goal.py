"""The goal of a migration: the schema to which it leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import peewee as pw

from dbkit.schema.changes import Alter, Change, is_undeclarable
from dbkit.schema.database_objects import Object
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.patch import counting_names, filtered
from dbkit.schema.patterns import matches
from dbkit.schema.peewee_models import OWN_TABLES, Model, table_name, with_targets
from dbkit.schema.values import Schema, Table
from dbkit.verification.comparison import examine, of_others

DECLARABLE_OPTIONS = attrgetter("query", "settings", "strict", "without_rowid")


@dataclass(frozen=True)
class Goal:
    """The schema of the models; or exactly the schema `wanted`, with all its objects. A file that
    begins from nothing creates the `objects` of a database, and with `by_sql` it creates no table
    by a model. Tables and parts that match a pattern of `ignore` are left alone."""

    models: Sequence[Model]
    wanted: Schema | None = None
    objects: Sequence[Object] = ()
    ignore: Sequence[str] = ()
    by_sql: bool = False

    @staticmethod
    def of(models: Iterable[Model], ignore: Sequence[str]) -> Goal:
        """Return the goal of these models, without unmanaged and ignored tables."""
        models = [model for model in models if not model._meta.temporary]
        ignore = (*ignore, *of_others(models))
        return Goal([one for one in models if not matches(table_name(one), ignore)], ignore=ignore)

    @property
    def outside(self) -> list[Model]:
        """The models of other tables to which foreign keys point."""
        return [model for model in with_targets(self.models) if model not in self.models]

    def owns(self, name: Name | str) -> bool:
        return not matches(name, self.ignore)

    def left(self, database: pw.Database) -> tuple[Schema, list[Change]]:
        """Return (the schema of the database, the remaining changes to the goal)."""
        if self.wanted is not None:
            live = whole(database, self.ignore)
            return live, list(diff(live, self.wanted))
        if not self.models:
            return whole(database), []
        report, live, _ = examine(database, list(self.models), ignore=self.ignore)
        return live, [change for change in report.changes if _is_said(change)]


def _is_said(change: Change) -> bool:
    """Whether a migration makes the change. It does not drop objects that models cannot declare."""
    if is_undeclarable(change):
        return False
    match change:
        case Alter(_, Table() as old, Table() as new):
            return DECLARABLE_OPTIONS(old.options) != DECLARABLE_OPTIONS(new.options)
    return True


def whole(database: pw.Database, ignore: Sequence[str] = (), late: bool = False) -> Schema:
    """Return the whole schema, without dbkit's own tables and the tables that `ignore` matches.
    `late` is as for `Reading.live`."""
    with dialect_for(database).reading(database, None) as reading:
        return _without(reading.live(comments=True, late=late), ignore)


def _without(schema: Schema, ignore: Sequence[str]) -> Schema:
    ignore = (*OWN_TABLES, *ignore)
    tables = tuple(one for one in schema.tables if not matches(one.name, ignore))
    spaces = tuple(one for one in schema.namespaces if not matches(f"{one.name}.*", ignore))
    return replace(schema, namespaces=spaces, tables=tables)


def wanted(
    database: pw.Database, models: Sequence[Model], ignore: Sequence[str] = ()
) -> tuple[Schema, list[Object]]:
    """Return (the schema, the objects of the database). Names that the models do not choose are
    marked as not chosen."""
    with dialect_for(database).reading(database, None) as reading:
        live = reading.live(comments=True)
        said, objects = reading.models(models, live), reading.objects(live)
    chosen = {table.name: {part.name for part in table.parts if getattr(part, "named", False)}
              for table in said.tables}  # fmt: skip

    def marked(table: Table) -> Table:
        names = chosen.get(table.name, set())
        valid = filtered(table, lambda part: getattr(part, "valid", True))
        return counting_names(valid, lambda part: part.name in names)

    live = _without(live, ignore)
    objects = [one for one in objects if not matches(one.name, ignore)]
    return replace(live, tables=tuple(map(marked, live.tables))), objects
