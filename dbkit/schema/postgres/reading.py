"""PostgreSQL's implementation of `Reading`: the live schema and the models' schema."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from threading import Thread

import peewee as pw

from dbkit.diagnosis import sqlstate
from dbkit.errors import DatabaseFailed
from dbkit.fields import EnumField
from dbkit.scratch_database import NoScratch, scratch_database
from dbkit.transactions import Opening, rolled_back

from ..database_objects import Object
from ..names import Name
from ..peewee_models import Model, sequences, truncated
from ..sql import quoted
from ..values import Attached, Attachment, EnumType, Namespace, Schema, Sequence, Table
from . import catalog, dependencies, plain, session, settle, temporary_tables
from .temporary_tables import Names, made_up

MANY = 300  # From this many models on, a thread saves time.
# The server's output must not depend on the settings of a session. If another session has locked a
# table, printing an expression of the table would wait. All rows of a cursor are fetched. Without
# compilation (jit) the large catalog queries take milliseconds, and with it, seconds.
SETTINGS = """\
; SET LOCAL lock_timeout TO '3s'; SET LOCAL cursor_tuple_fraction TO 1; SET LOCAL jit TO off
; SET LOCAL quote_all_identifiers TO off; SET LOCAL standard_conforming_strings TO on
; SET LOCAL DateStyle TO 'ISO'; SET LOCAL IntervalStyle TO 'postgres'
; SET LOCAL bytea_output TO 'hex'; SET LOCAL extra_float_digits TO 1"""
PRINTED = "; SET LOCAL search_path TO pg_catalog, pg_temp"  # the server prints qualified names
REFUSED = {"42501", "25006"}  # no privilege, read-only (PostgreSQL manual, appendix A)


class LateAttached(Mapping[Attachment, tuple[str, ...]]):
    """Attachments that are read when they are first needed. Few changes drop an object and create
    it again, and the query takes as long as all others together."""

    def __init__(
        self, again: Callable[[], AbstractContextManager[Reading]], only: catalog.Only
    ) -> None:
        self.again, self.only = again, only

    @cached_property
    def known(self) -> Attached:
        with self.again() as reading:
            return reading.attached(self.only)

    def __getitem__(self, key: Attachment) -> tuple[str, ...]:
        return self.known[key]

    def __iter__(self) -> Iterator[Attachment]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


class Reading:
    """A view of a database, in a transaction that the caller rolls back.

    The search path is set to the connection's path and the schemas that are read. So the server
    prints unqualified names for live tables, and also for the models' temporary tables.
    """

    def __init__(
        self,
        database: pw.Database,
        schemas: Iterable[str],
        path: Iterable[str],
        related: Iterable[tuple[str, str]] = (),
    ) -> None:
        """`related` are pairs of schemas: tables of the second are below tables of the first."""
        self.unverified: list[tuple[Name, str]] = []
        self.again: Callable[[], AbstractContextManager[Reading]] = lambda: nullcontext(self)
        self.early: tuple[Thread | None, dict[Model, Table | None]] = (None, {})
        self._database, self.own_path = database, list(path)
        self.opening = Opening(database, "")  # of the transaction
        path = self.own_path
        self.names = Names(own := path[0])
        self.takes_all = database.connection().encoding in ("UTF8", "UTF-8", "UNICODE")
        self.schemas = [own, *sorted(set(schemas) - {own})]
        self.related = _closure(self.schemas, list(related))
        self.schemas += sorted(self.related)
        self.path = list(dict.fromkeys([*path, *self.schemas]))
        self.path_setting = f"; SET LOCAL search_path TO {_shown(self.path)}"  # for its transaction

    @property
    def database(self) -> pw.Database:
        """The database in the transaction."""
        self.opening.send()
        return self._database

    def live(self, comments: bool = False, late: bool = False) -> Schema:
        attached = LateAttached(self.again, None) if late else None
        return self._read(comments, self.related, attached)

    def _read(
        self,
        comments: bool,
        related: Collection[str],
        attached: Attached | None,
        only: catalog.Only = None,
    ) -> Schema:
        """The first query also sends the statements that begin the transaction."""
        return catalog.read(
            self._database,
            self.schemas,
            self.names.qualified,
            comments,
            related,
            attached,
            only,
            before=self.opening.taken(),
        )

    def touched(self, models: Iterable[Model], types: Iterable[tuple[str | None, str]]) -> Schema:
        tables = ((model._meta.schema, model._meta.table_name) for model in models)
        only = self._places(tables), self._places(types)
        attached = LateAttached(self.again, only)
        return self._read(True, (), attached, only)

    def _places(self, names: Iterable[tuple[str | None, str]]) -> catalog.Places:
        return tuple((schema or self.names.own, truncated(name)) for schema, name in names)

    def attached(self, only: catalog.Only = None) -> Attached:
        return catalog.attached(
            self._database, self.schemas, self.names.qualified, only, self.opening.taken()
        )

    def whole(self) -> Schema:
        self.database.execute_sql("SET LOCAL TimeZone TO 'UTC'")
        return self.live(comments=True)

    def spelled(self) -> tuple[Table, ...]:
        """The SQL of a table may use unqualified names of the connection's path and of the table's
        own schema."""
        tables: list[Table] = []
        for schema in self.schemas:
            path = _shown(dict.fromkeys([*self.own_path, schema]))
            with rolled_back(self.database, more=f"; SET LOCAL search_path TO {path}"):
                part = catalog.read(self.database, [schema], self.names.qualified, comments=True)
            tables += part.tables
        return tuple(tables)

    def objects(self, schema: Schema) -> list[Object]:
        free = {one.name for one in schema.sequences}
        with rolled_back(self.database, more=PRINTED):
            return dependencies.read(
                self.database, self.names.qualified, lambda one: one not in free
            )

    def views_of(self, schema: Schema, tables: Collection[Name]) -> set[Name]:
        return set()

    def name(self, model: Model) -> Name:
        return self.names.table(model)

    def models(self, models: Iterable[Model], live: Schema, beside: Iterable[Model] = ()) -> Schema:
        """Most tables are proven equal to the live tables without a query. For the others, the
        server spells the expressions; and it creates models that are not plain as a whole."""
        by_name = {self.names.table(model): model for model in models}
        enums = temporary_tables.enums(
            temporary_tables.with_all_targets(by_name, self.names), self.names
        )
        self._place_types(enums, live)
        tables = self._plain(by_name)
        live_tables = {table.name: table for table in live.tables}
        live_tables |= self._plain({self.names.table(model): model for model in beside})
        doubts = settle.doubts(tables.values(), live_tables)
        if doubts or len(tables) < len(by_name):
            unusual = [model for name, model in by_name.items() if name not in tables]
            for doubt in doubts:
                del tables[doubt.table.name]
            tables |= self._judged(by_name, doubts, unusual, enums, live_tables)
        return Schema(
            tuple(Namespace(schema) for schema in self.schemas[1:]),
            tuple(tables[name] for name in sorted(tables)),
            tuple(EnumType(name, field.labels) for name, field in sorted(enums.items())),
            sequences=self._sequences(by_name.values(), live),
        )

    def _sequences(self, models: Iterable[Model], live: Schema) -> tuple[Sequence, ...]:
        """The sequences that fields name. Models say nothing about their options."""
        existing = {one.name: one for one in live.sequences}
        names = [self.names.qualified(*place) for place in sequences(models)]
        return tuple(existing.get(name) or Sequence(name) for name in sorted(names))

    def _place_types(self, enums: dict[Name, EnumField], live: Schema) -> None:
        """Choose the names of the enum types' temporary copies: the bare name, unless a schema
        earlier in the path has a type of that name. Then the live name is qualified."""
        known = {*enums, *(enum.name for enum in live.enums)}
        for name, field in enums.items():
            schema, bare = field.model._meta.schema or self.schemas[0], truncated(field.type_name)
            above = self.path[: self.path.index(schema)] if schema in self.path else []
            hidden = any(self.names.qualified(one, bare) in known for one in above)
            self.names.types_there[name] = temporary = made_up(name) if hidden else bare
            self.names.enums[temporary] = name
            if hidden:
                query = "SELECT pg_catalog.format('%%I.%%I', %s, %s)"
                self.names.written[temporary] = self.database.execute_sql(
                    query, (schema, bare)
                ).fetchone()[0]

    def _judged(
        self,
        by_name: dict[Name, Model],
        doubts: list[settle.Doubt],
        unusual: list[Model],
        enums: dict[Name, EnumField],
        there: dict[Name, Table],
    ) -> dict[Name, Table]:
        """Let the server spell the undecided expressions, or a scratch server if the live server
        refuses. Without a scratch database, tables that are certainly equal are accepted, and the
        others are reported as unverified."""
        try:
            with temporary_tables.trying(self.database):
                return self._asked(by_name, doubts, unusual, enums)
        except pw.PeeweeException as error:
            if sqlstate(error) not in REFUSED:
                raise
            reason = str(error).splitlines()[0]
        try:
            with scratch_database(self.database, same_version=True) as other:
                there_too = Reading(other, self.schemas, [self.names.own])
                there_too.names = self.names
                with rolled_back(other, more=there_too.path_setting):
                    return there_too._asked(by_name, doubts, unusual, enums)
        except NoScratch:
            pass
        for name in sorted({*map(self.names.table, unusual), *(one.table.name for one in doubts)}):
            self.unverified.append((name, f"the server could not compare it: {reason}"))
        return {one.table.name: settle.presumed(one.table, there.get(one.table.name))
                for one in doubts}  # fmt: skip

    def _asked(
        self,
        by_name: dict[Name, Model],
        doubts: list[settle.Doubt],
        unusual: list[Model],
        enums: dict[Name, EnumField],
    ) -> dict[Name, Table]:
        for name, field in enums.items():
            temporary_tables.create_type(self.database, self.names.types_there[name], field)
        tables = settle.settle(self.database, doubts, self.names.types_there)
        unusual += [by_name[one.table.name] for one in doubts if one.table.name not in tables]
        asked = temporary_tables.read(self.database, unusual, self.names)
        tables |= {table.name: table for table in asked}
        return {name: self.names.as_live(table) for name, table in tables.items()}

    def expect(self, models: Iterable[Model]) -> None:
        """Read many models in a thread: Python is busy with them while the server reads its
        catalog."""
        plain_ones = [
            model
            for model in models
            if not any(isinstance(one, EnumField) for one in model._meta.sorted_fields)
        ]
        if len(plain_ones) >= MANY:
            reader = Thread(target=self._read_early, args=(plain_ones,), daemon=True)
            self.early = (reader, {})
            reader.start()

    def _read_early(self, models: list[Model]) -> None:
        context = self._database.get_sql_context(scope=pw.SCOPE_VALUES)
        tables = self.early[1]
        for model in models:
            tables[model] = plain.read(model, context, self.names)

    def _plain(self, models: dict[Name, Model]) -> dict[Name, Table]:
        context = self._database.get_sql_context(scope=pw.SCOPE_VALUES)
        reader, early = self.early
        if reader is not None:
            reader.join()
        read = (early[model] if model in early else plain.read(model, context, self.names)
                for model in models.values())  # fmt: skip
        return {
            table.name: table
            for table in read
            if table is not None and (self.takes_all or repr(table).isascii())
        }


def usable_path(path: list[str], first: str | None) -> list[str]:
    """Return the schemas of the path that this role may use, without pg_catalog (which the server
    searches first).

    `first` is the first schema that the path names, except "$user". Raises DatabaseFailed if the
    role may not use it, or if no schema is left.
    """
    path = [name for name in path if not name.startswith("pg_")]
    if first is not None and first not in path:
        raise DatabaseFailed(
            f"This role may not use the schema {first}, which comes first in the search_path.",
            "Grant USAGE on the schema to the role, or set search_path to another schema.",
        )
    if not path:
        raise DatabaseFailed(*session.NO_SCHEMA)
    return path


def _shown(path: Iterable[str]) -> str:
    """A search path for SET, escaped for psycopg2."""
    return ", ".join(map(quoted, path)).replace("%", "%%")


def _closure(schemas: Iterable[str], related: list[tuple[str, str]]) -> set[str]:
    """The other schemas that have tables below tables of these schemas or of each other."""
    known = set(schemas)
    while more := {below for above, below in related if above in known} - known:
        known |= more
    return known - set(schemas)
