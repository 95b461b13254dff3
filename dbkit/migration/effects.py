"""The changes that lines of a migration make, without running them.

An operation edits models, and changes tables accordingly (see `reshape`). So the models before and
after the lines determine the changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import peewee as pw

from dbkit.schema.changes import Change, Drop
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, table_name
from dbkit.schema.values import Namespace, Schema, Sequence

from .enum_operations import enums
from .migrator import Migrator
from .operation_queue import Creation
from .reshape import Reshape, read_models, snapshot

Function = Callable[[Migrator, pw.Database], None]  # `migrate` or `rollback` of a file


def effect(
    migrator: Migrator, function: Function, tables: Iterable[Name], live: Schema
) -> list[Change]:
    """Return the changes that the operations of a function make in the `live` schema.

    The migrator's models are edited. `tables` are names of tables that may change; the operations
    name others. Raises ModelsError or MigrationError.
    """
    database, models = migrator.database, migrator.orm.tables
    before = {name: snapshot(models[name]) for name in tables if name in models}
    with migrator.fake() as operations:
        function(migrator, database)
        touched = dict.fromkeys(before)
        for operation in operations:
            if isinstance(operation, Reshape):
                before = operation.before | before
                touched |= dict.fromkeys(operation.before)
            elif isinstance(operation, Creation):
                touched[table_name(operation.model)] = None
    after = [models[name] for name in touched if name in models]
    types = enums([*before.values(), *after]).keys()
    sharing = [model for name, model in models.items()
               if name not in touched and enums([model]).keys() & types]  # fmt: skip
    old, new = _compared(database, [*before.values(), *sharing], [*after, *sharing], live)
    return [change for change in diff(old, new) if _is_made(change)]


def _compared(
    database: pw.Database, before: list[Model], after: list[Model], live: Schema
) -> tuple[Schema, Schema]:
    with dialect_for(database).reading(database, None) as reading:
        return read_models(reading, before, live, after), read_models(reading, after, live, before)


def _is_made(change: Change) -> bool:
    """Whether the operations make the change. No operation on a table creates or drops a schema, or
    drops a sequence."""
    dropped = isinstance(change, Drop) and isinstance(change.item, Sequence)
    return not dropped and not isinstance(change.item, Namespace)
