"""SQLite's implementation of `Reading`; the models are created in an in-memory database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import peewee as pw

from dbkit import peewee_internals as internals
from dbkit.errors import ModelsError
from dbkit.own_statements import own_database

from ..database_objects import Object
from ..names import Name
from ..peewee_models import Model, described, made_up_index_names
from ..sql import folded
from ..values import VIEWS, Attached, Index, Nameable, Part, Schema, Table
from . import catalog, session
from .tokenizer import names_in


class Reading:
    """A view of a database, in a transaction that the caller rolls back."""

    def __init__(self, database: pw.Database, schemas: Iterable[str] | None) -> None:
        self.unverified: list[tuple[Name, str]] = []
        if schemas is None:
            schemas = session.attached(database)
        self.database, self.schemas = database, ["main", *sorted(set(schemas) - {"main"})]

    def expect(self, models: Iterable[Model]) -> None:
        """Do nothing: SQLite itself reads the models."""

    def live(self, comments: bool = False, late: bool = False) -> Schema:
        return catalog.read(self.database, self.schemas)

    def touched(self, models: Iterable[Model], types: Iterable[tuple[str | None, str]]) -> Schema:
        return self.live()  # views and triggers must be dropped before a table is renamed

    def whole(self) -> Schema:
        return self.live(comments=True)

    def spelled(self) -> tuple[Table, ...]:
        return self.live(comments=True).tables

    def attached(self) -> Attached:
        return self.live().attached

    def objects(self, schema: Schema) -> list[Object]:
        return []

    def views_of(self, schema: Schema, tables: Collection[Name]) -> set[Name]:
        """See `Reading`. A view that has the name of a table for anything else counts too."""
        views = {one.name: names_in(one.options.query) for one in schema.tables
                 if one.kind in VIEWS}  # fmt: skip
        found: set[Name] = set()
        known = {folded(one.bare) for one in tables}
        while more := {view for view, names in views.items() if names & known} - found:
            found |= more
            known |= {folded(one.bare) for one in more}
        return found

    def name(self, model: Model) -> Name:
        return _name(model)

    def models(self, models: Iterable[Model], live: Schema, beside: Iterable[Model] = ()) -> Schema:
        return _from_models(self.database, list(models))


def _from_models(live: pw.Database, models: list[Model]) -> Schema:
    """The schema that SQLite creates for the models, in memory, with the functions and collations
    of the live database."""
    scratch = own_database(pw.SqliteDatabase(":memory:"))
    internals.share_functions(live, scratch)
    by_name = {_name(model): model for model in models}
    schemas = sorted({model._meta.schema for model in models if model._meta.schema} - {"main"})
    with scratch.connection_context():
        for schema in schemas:
            scratch.attach(":memory:", schema)
        for model in pw.sort_models(models):
            try:
                internals.schema_manager(model, scratch).create_all(safe=False)
            except Exception as error:  # Peewee and the driver let through errors of all classes
                from ..model_hints import hint_on_sqlite  # only for this error

                raise ModelsError(
                    f"SQLite cannot create table {_name(model)} of model {model.__name__}: "
                    f"{described(error)}",
                    hint_on_sqlite(model),
                ) from error
        made = catalog.read(scratch, ["main", *schemas])
    return Schema(tables=tuple(_with_named(table, by_name[table.name]) for table in made.tables))


def _name(model: Model) -> Name:
    return catalog.name_in(model._meta.schema, model._meta.table_name)


def _with_named(table: Table, model: Model) -> Table:
    made_up = made_up_index_names(model)

    def marked(part: Part) -> Part:
        if not isinstance(part, Nameable):
            return part
        chosen = part.name not in made_up if isinstance(part, Index) else bool(part.name)
        return replace(part, named=chosen)

    return replace(table, parts=tuple(map(marked, table.parts)))
