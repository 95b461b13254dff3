"""The part of a schema that operations created, without the objects that SQL in the history
created."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dbkit.schema.changes import Add, Alter, Change, Drop
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import counterpart, diff
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model
from dbkit.schema.values import Index, Part, Schema, Table, Unique

from .migrator import Migrator
from .reshape import read_models


def changes_of_known_parts(
    migrator: Migrator, live: Schema, changes: Iterable[Change], new: Mapping[Name, Model]
) -> tuple[list[Change], list[Change]]:
    """Return (all changes, the changes of those objects that the migrator's models describe as they
    are in the `live` schema). SQL in the history created the others, so no operation would change
    them as wanted. In a change that drops or adds a whole table, the table is as its model
    describes it, because that is what an operation creates; and a UNIQUE constraint is dropped as
    the index that its model describes. Raises ModelsError or MigrationError."""
    changes, models = list(changes), {**new, **migrator.orm.tables}
    names = {change.table or change.item.name for change in changes}
    wanted = [model for name, model in models.items() if name in names]
    with dialect_for(migrator.database).reading(migrator.database, None) as reading:
        described = read_models(reading, wanted, live, [])
    tables = {table.name: table for table in described.tables}
    changes = [_of_index(change, tables) for change in changes]
    by_sql = [one for one in diff(described, live) if (one.table or one.item.name) in tables]
    kept = [change for change in changes if not any(_is_same(change, one) for one in by_sql)]
    return changes, [_of_model(change, tables) for change in kept]


def _of_index(change: Change, tables: Mapping[Name, Table]) -> Change:
    """The change. The drop of a UNIQUE constraint that the models describe by `unique=True` becomes
    the drop of their index."""
    match change:
        case Drop(Name() as name, Unique() as item) if name in tables:
            twin = counterpart(tables[name], item)
            return Drop(name, twin) if isinstance(twin, Index) else change
    return change


def _of_model(change: Change, tables: Mapping[Name, Table]) -> Change:
    match change:
        case Add(None, Table(name)) if name in tables:
            return Add(None, tables[name])
        case Drop(None, Table(name)) if name in tables:
            return Drop(None, tables[name])
    return change


def _is_same(change: Change, by_sql: Change) -> bool:
    """Whether a change concerns the object that SQL changed."""
    if change.table != by_sql.table:
        return False
    if change.table is None:
        return isinstance(change, Alter) and change.item.name == by_sql.item.name
    if not isinstance(change, Add):
        return not isinstance(by_sql, Drop) and by_sql.item == getattr(change, "old", change.item)
    before = getattr(by_sql, "old", by_sql.item)
    if isinstance(by_sql, Add) or not isinstance(before, Part) or not isinstance(change.item, Part):
        return False
    return counterpart(Table(Name("", ""), (before,)), change.item) is not None
