"""The few questions a database system answers in its own way."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import peewee as pw

from dbkit.errors import ConfigError

from .database_objects import Object
from .peewee_models import Model
from .sql import Hints, Misfits, Statement, Using
from .values import Attached, Schema, Table


class Reading(Protocol):
    """One consistent look at a database; writes nothing that lasts.

    `unverified` are (table, reason) of what `models` could not tell, and left out.
    """

    unverified: list[tuple[str, str]]

    def expect(self, models: Iterable[Model]) -> None:
        """These will be asked for, and may be read meanwhile."""
        ...

    def live(self, comments: bool = False) -> Schema:
        """The database's schema; with `comments`, also those and what is attached to objects."""
        ...

    def attached(self) -> Attached:
        """What objects would lose if they were dropped and created again."""
        ...

    def whole(self) -> Schema:
        """What is there, to be compared with another database: in one spelling, with comments."""
        ...

    def spelled(self) -> tuple[Table, ...]:
        """The tables of `live`, with the SQL of each in such words that the connection finds what
        it names without a search path that leads to other schemas."""
        ...

    def objects(self, schema: Schema) -> list[Object]:
        """All objects of the database, with what each needs; `schema` is what is live. Nothing
        where the schema and the models say it all."""
        ...

    def name(self, model: Model) -> str:
        """The name of the model's table in a Schema."""
        ...

    def models(self, models: Iterable[Model], live: Schema, beside: Iterable[Model] = ()) -> Schema:
        """What would be there were it made from the models. What a model of `beside` says just so
        of the same table may be as the model writes it. Raises ModelsError."""
        ...


class Dialect(Protocol):
    """PostgreSQL or SQLite."""

    name: str
    equal: str  # the operator, which is the database system's own whatever the search path
    alters_tables: bool  # ALTER changes constraints, types and schemas; else a table is rebuilt
    cascade: str  # after a DROP, so that it drops what depends on the object, too

    def reading(
        self, database: pw.Database, schemas: Iterable[str] | None
    ) -> AbstractContextManager[Reading]:
        """Look at the connection's own schema and these (None: all), in a transaction that is
        undone."""
        ...

    def escaped(self, sql: str) -> str:
        """SQL as `database.execute_sql` takes it, in which a percent sign may be a placeholder."""
        ...

    def without_keys(self, database: pw.Database) -> AbstractContextManager[None]:
        """In the block, tables can be rebuilt although foreign keys point to them."""
        ...

    def provide(self, database: pw.Database, schemas: Iterable[str]) -> None:
        """Let a scratch database have these schemas, as far as no migration creates them."""
        ...

    def missing(self, database: pw.Database, schemas: Iterable[str]) -> set[str]:
        """Those of the schemas that a migration has to create."""
        ...

    def check_rows(self, database: pw.Database) -> None:
        """Check deferred constraints now, where a table could not be changed otherwise."""
        ...

    def table_sql(self, schema: Schema, table: str) -> str:
        """The name of a table of a schema, as SQL."""
        ...

    def delete_all(self, table: str) -> str:
        """The statement that deletes all rows of a table, given as SQL."""
        ...

    def require_names(self, database: pw.Database, models: Iterable[Model]) -> None:
        """Raises ModelsError for a model that names what this database cannot have."""
        ...

    def cut(self, name: str) -> str:
        """A name as far as the database keeps it."""
        ...

    def transaction(self, database: pw.Database) -> AbstractContextManager[Any]:
        """A transaction that means to write; rolled back by any exception."""
        ...

    def migrating(self, database: pw.Database) -> AbstractContextManager[Any]:
        """The transaction of a migration, in which tables can be rebuilt safely."""
        ...

    def statements(self, current: Schema, desired: Schema) -> list[Statement]:
        """What brings a database from one schema to another, in an order that runs."""
        ...

    def inside(
        self, current: Schema, desired: Schema, hints: Hints | None = None
    ) -> list[Statement]:
        """`statements` for the transaction of a migration."""
        ...

    def run(self, database: pw.Database, current: Schema, desired: Schema, hints: Hints) -> None:
        """Run what `inside` gives."""
        ...

    def recreate(self, database: pw.Database, statements: Iterable[str]) -> None:
        """Run statements that drop objects and create them again, and give each object back what
        was attached to it."""
        ...

    def usings(self, current: Schema, desired: Schema) -> Using:
        """How the values of columns whose type changes become the new ones, where the database
        system has to be told."""
        ...

    def misfits(self, current: Schema, desired: Schema) -> Misfits:
        """What happens to values that do not fit the new type of their column."""
        ...

    def execute(self, database: pw.Database, sql: str) -> Any:
        """Run a statement that has no parameters, whatever is in it; its cursor."""
        ...

    def lock(self, database: pw.Database, name: str) -> None:
        """Wait until no other transaction holds the lock of that name; ends with this one."""
        ...

    def find_table(
        self, database: pw.Database, name: str, schema: str | None, write: bool
    ) -> tuple[str | None, bool]:
        """The schema of a table of dbkit's own, which is the first of the path unless given, and
        whether the table is there. Raises DatabaseFailed if a stranger owns it."""
        ...

    def keeping(self, database: pw.Database) -> AbstractContextManager[None]:
        """What the block sets in the session is as before after it."""
        ...

    def advance_key(self, database: pw.Database, model: Model) -> None:
        """After rows with keys of their own: let the next automatic key be past them."""
        ...


def dialect_for(database: Any) -> Dialect:
    """The dialect of a Peewee database."""
    if isinstance(database, pw.PostgresqlDatabase):
        from .postgres.dialect import Postgres

        return Postgres()
    if isinstance(database, pw.SqliteDatabase):
        from .sqlite.dialect import Sqlite

        return Sqlite()
    raise ConfigError(
        f"{type(database).__name__} is not supported.",
        "dbkit works on PostgreSQL 15 and later and on SQLite.",
    )
