"""Stand-ins on a scratch database for the tables that no migration creates."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import peewee as pw

from dbkit.errors import NoStandIn
from dbkit.own_statements import own_statements
from dbkit.schema.dialect import dialect_for
from dbkit.schema.model_hints import CORRECT
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import Model, class_name, described, table_name, with_targets
from dbkit.schema.sql import quoted

from .goal import whole
from .migrator import Migrator
from .operation_queue import Creation, table_sql
from .reshape import Reshape, snapshot


class Rehearsal(Migrator):
    """A Migrator that creates the target of a foreign key if no migration creates it, and adds its
    name to the `stand_ins` of the class. Tables in `made` come later in the file. `outside` of the
    class gets the names of all tables that the operations do not know but need. `custom` of the
    class gets a word for each kind of statement that is not an operation's: "sql", "code"; and
    `renamed` the (old, new) labels of enum types."""

    on_scratch = True
    stand_ins: set[Name]
    outside: set[Name]
    custom: set[str]
    renamed: set[tuple[str, str]]
    made: frozenset[Name] = frozenset()

    def sql(self, sql: str, *params: Any) -> None:
        if not self.following:
            self.custom.add("sql")
        super().sql(sql, *params)

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        if not self.following:
            self.custom.add("code")
        super().run(function, *args, **kwargs)

    def rename_enum_value(self, name: str, old: str, new: str, schema: str | None = None) -> None:
        self.renamed.add((old, new))
        super().rename_enum_value(name, old, new, schema)

    def after_queue(self, call: Callable[[], Any]) -> Any:
        if not self.busy:
            self.custom.add("code")
        return super().after_queue(call)

    def _run(self, name: str, operation: Callable[[], Any], writes_rows: bool = False) -> None:
        models: list[Model] = []
        if isinstance(operation, Creation):
            models = [operation.model]
        elif isinstance(operation, Reshape):
            models = [model for model in operation.after.values() if model is not None]

        def run() -> None:
            self._stand_in(models)
            operation()

        super()._run(name, run, writes_rows)

    def _expect(self, model: Model) -> None:
        self.outside.add(table_name(model))
        self.stand_ins.update(stand_in(self.database, [model]))

    def _stand_in(self, models: Iterable[Model]) -> None:
        targets = [one for model in models for one in model._meta.refs.values()]
        known = {*self.orm.tables, *self.made}
        outside = [one for one in targets if table_name(one) not in known]
        self.outside.update(map(table_name, outside))
        self.stand_ins.update(stand_in(self.database, outside))


@own_statements()
def stand_in(
    database: pw.Database, models: Iterable[Model], complete: Collection[Name] = ()
) -> set[Name]:
    """Create the missing tables of these models, and the missing columns to which a foreign key may
    point, or all columns of the tables that are to be `complete`. Return the tables' names."""
    models = with_targets(models)
    there = {table.name: table for table in whole(database, late=True).tables} if models else {}
    made = set()
    for model in models:
        try:
            if table := there.get(table_name(model)):
                columns = {part.name for part in table.parts}
                _complete(database, model, columns, table_name(model) in complete)
            else:
                _create(database, model)
                made.add(table_name(model))
        except Exception as error:  # Peewee and the driver let through errors of all classes
            raise NoStandIn(
                table_name(model),
                f"The table {table_name(model)} of {class_name(model)}, to which a foreign key "
                f"points, cannot be created on the scratch database: {described(error)}",
                CORRECT,
            ) from error
    return made


def _create(database: pw.Database, model: Model) -> None:
    schema = model._meta.schema
    if schema and dialect_for(database).missing(database, [schema]):
        database.execute_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
    _copy(database, model).create_table(safe=False)


def _complete(
    database: pw.Database, model: Model, columns: set[str | None], all_columns: bool
) -> None:
    table = table_sql(model)
    for field in _copy(database, model)._meta.sorted_fields:
        name = field.column_name
        if name in columns or not (field.unique or all_columns):
            continue
        context = database.get_sql_context()
        type_ = context.sql(field.ddl_datatype(context)).query()[0]
        statements = [f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {type_}"]
        if field.unique:
            index = quoted(f"{model._meta.table_name}_{name}_stand_in")
            statements.append(f"CREATE UNIQUE INDEX {index} ON {table} ({quoted(name)})")
        for sql in statements:
            dialect_for(database).execute(database, sql)


def _copy(database: pw.Database, model: Model) -> Model:
    copy = snapshot(model)
    copy._meta.set_database(database)
    return copy
