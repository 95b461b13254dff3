"""The questions that each database system answers in its own way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

import peewee as pw

from dbkit.errors import ConfigError
from dbkit.limits import DEFAULT, Limits

from .cells import Cells
from .changes import Change, Hints
from .database_objects import Object
from .effects import Effects
from .names import Name
from .peewee_models import Model
from .sent import Heard, Size
from .sql import Statement
from .values import Attached, EnumType, Schema, Table

if TYPE_CHECKING:
    from .staging import Staging


class Reading(Protocol):
    """A consistent view of a database; it writes nothing permanent.

    `unverified` are (table, reason) of the tables that `models` could not determine and left out.
    """

    unverified: list[tuple[Name, str]]
    schemas: list[str]  # that are read; the connection's own schema comes first

    def expect(self, models: Iterable[Model]) -> None:
        """Announce models that will be passed to `models`, so that reading them can begin."""
        ...

    def live(self, comments: bool = False, late: bool = False) -> Schema:
        """Return the schema; with `comments`, also comments and the attachments of objects. With
        `late`, the attachments are read when they are first needed."""
        ...

    def touched(self, models: Iterable[Model], types: Iterable[tuple[str | None, str]]) -> Schema:
        """Return the schema, with comments, as far as a change of the tables of these models and
        of these enum types needs it. The attachments are read when they are first needed."""
        ...

    def attached(self) -> Attached:
        """Return what objects lose when they are dropped and created again."""
        ...

    def whole(self) -> Schema:
        """Return the schema with comments, spelled so that two databases can be compared."""
        ...

    def spelled(self) -> tuple[Table, ...]:
        """Return the tables of `live`, with SQL that qualifies names, so that it has the same
        meaning without other schemas in the search path."""
        ...

    def objects(self, schema: Schema) -> list[Object]:
        """Return all objects of the database with their dependencies; `schema` is the live schema.
        The list is empty if the database system has no objects that a Schema lacks."""
        ...

    def views_of(self, schema: Schema, tables: Collection[Name]) -> set[Name]:
        """Return the views that read these tables, unless `objects` says it; `schema` is the live
        schema."""
        ...

    def name(self, model: Model) -> Name:
        """Return the name of the model's table in a Schema."""
        ...

    def models(self, models: Iterable[Model], live: Schema, beside: Iterable[Model] = ()) -> Schema:
        """Return the schema that the models would create.

        `beside` are other models of the same tables: an expression that both models of a table
        write equally may keep their spelling. Raises ModelsError if the server cannot create a
        table.
        """
        ...


class Dialect(Protocol):
    """PostgreSQL or SQLite."""

    name: str
    cells: Cells  # what columns can hold
    equal: str  # the built-in operator, for any search path
    has_schemas: bool  # tables are in schemas, and users choose from them
    alters_tables: bool  # ALTER changes constraints, types and schemas; else a table is rebuilt
    role: str  # the SQL of the role that runs a statement
    plain_text: tuple[str, str]  # around SQL: its value as text, whatever the session's settings
    printed: tuple[str, str]  # around SQL: a value whose `str` in Python shows the stored value
    builds_concurrently: bool  # an index can be built while rows are written
    file_lock: str  # the lock that every migration takes for its whole transaction
    cascade: str  # follows a DROP, so that it also drops the objects that depend on the object

    def reading(
        self, database: pw.Database, schemas: Iterable[str] | None
    ) -> AbstractContextManager[Reading]:
        """Open a view of the connection's own schema and of these (None means all), in a
        transaction that is rolled back."""
        ...

    def escaped(self, sql: str) -> str:
        """Return the SQL for `database.execute_sql`, in which a percent sign may need escaping."""
        ...

    def without_parameters(self, database: pw.Database, context: Any, node: Any) -> str:
        """Return the SQL of a node in a context of Peewee, with its values instead of parameters.
        The SQL is for `database.execute_sql`, as a person would write it."""
        ...

    def without_keys(self, database: pw.Database) -> AbstractContextManager[None]:
        """Let the block rebuild tables even if foreign keys point to them."""
        ...

    def provide(self, database: pw.Database, schemas: Iterable[str]) -> None:
        """Create these schemas on a scratch database, unless migrations create them."""
        ...

    def missing(self, database: pw.Database, schemas: Iterable[str]) -> set[str]:
        """Return those of the schemas that a migration must create."""
        ...

    def check_rows(self, database: pw.Database) -> None:
        """Check deferred constraints now, if the table could not be changed otherwise."""
        ...

    def delete_all(self, table: str) -> str:
        """Return the statement that deletes all rows of a table; `table` is its name as SQL."""
        ...

    def empty(self, database: pw.Database, names: Iterable[Name]) -> list[Name]:
        """Delete all rows of those of these tables that exist, without running a trigger or
        deleting a row of another table; return their names. A table stays as it is if that is not
        possible."""
        ...

    def require_names(self, database: pw.Database, models: Iterable[Model]) -> None:
        """Raise ModelsError for a model with a name that this database cannot have."""
        ...

    def cut(self, name: str) -> str:
        """Return a name, truncated as the database does it."""
        ...

    def whole_run(self, database: pw.Database, limits: Limits) -> AbstractContextManager[None]:
        """Hold the lock for the whole block if `limits.session`, so that no other run comes between
        two transactions. Raises Busy if another run has the lock."""
        ...

    def transaction(
        self, database: pw.Database, limits: Limits = DEFAULT
    ) -> AbstractContextManager[Any]:
        """Begin a transaction that holds the lock of dbkit until it ends; any exception rolls it
        back. Yields what `keeping` needs. Raises Busy if another run has the lock."""
        ...

    def migrating(
        self, database: pw.Database, limits: Limits = DEFAULT
    ) -> AbstractContextManager[Any]:
        """Begin such a transaction for a migration, in which tables can be rebuilt safely."""
        ...

    def statements(self, current: Schema, desired: Schema) -> list[Statement]:
        """Return the statements that change one schema into another, in an order that runs."""
        ...

    def inside(
        self, current: Schema, desired: Schema, hints: Hints | None = None
    ) -> list[Statement]:
        """Return the `statements` for the transaction of a migration."""
        ...

    def run(self, database: pw.Database, current: Schema, desired: Schema, hints: Hints) -> None:
        """Run the statements of `inside`. Raises MigrationError if another object blocks them."""
        ...

    def recreate(self, database: pw.Database, statements: Iterable[str]) -> None:
        """Run statements that drop objects and create them again, then restore their attachments:
        owners, privileges, comments."""
        ...

    def restore(self, database: pw.Database, before: Schema) -> None:
        """Restore the attachments that objects of the schema `before` have lost since."""
        ...

    def views_in_the_way(self, current: Schema, desired: Schema) -> list[str]:
        """Return the names of the views that the database drops and creates again for a change, or
        that block it."""
        ...

    def labels_first(
        self, changes: Iterable[Change], filling: str
    ) -> list[tuple[EnumType, EnumType]]:
        """Return the enum types, before and after, whose new labels are used by these changes or by
        the lines `filling`, although the database allows that only in a later transaction."""
        ...

    def effects(self, current: Schema, desired: Schema, hints: Hints | None = None) -> Effects:
        """Return what a change of schema does to the values in the rows."""
        ...

    def execute(self, database: pw.Database, sql: str) -> Any:
        """Run a statement without parameters, even if it has percent signs; return its cursor."""
        ...

    def find_tables(
        self, database: pw.Database, names: Sequence[str], schema: str | None, write: bool
    ) -> tuple[str | None, dict[str, frozenset[str]]]:
        """Return (schema, the readable columns of those tables that exist) for tables of dbkit. By
        default, the schema is the first in the search path. Raises DatabaseFailed if a role that is
        not trusted owns a table."""
        ...

    def execute_together(
        self, database: pw.Database, statements: Iterable[tuple[str, Sequence[Any]]]
    ) -> None:
        """Run statements with their parameters, in one round trip if possible."""
        ...

    def keeping(
        self, database: pw.Database, limits: Limits, begun: Any = None
    ) -> AbstractContextManager[None]:
        """Run a file in the block: give it its limits, and restore the settings of the session
        afterwards. Raises MigrationError if the file ends the transaction that has `begun` (what
        `transaction` yielded). `begun` is None for a file that commits each of its operations."""
        ...

    def attempt(self, database: pw.Database, call: Callable[[], Any]) -> Any:
        """Run a statement in the open transaction, and return its result. Raises NotInTransaction
        if the database refuses it in a transaction; the transaction is then unchanged."""
        ...

    def locked_alone(self, database: pw.Database, limits: Limits) -> AbstractContextManager[None]:
        """Hold the lock, and the limits, for statements without a transaction. Raises Busy if
        another run has the lock."""
        ...

    def run_alone(
        self, database: pw.Database, sql: str, call: Callable[[], Any], was_interrupted: bool
    ) -> Any:
        """Send a statement in such a block by `call`, and return its result. If an earlier run
        `was_interrupted` in it, the statement may already have taken effect; then it is not an
        error. An invalid index that a failed build left is built again."""
        ...

    def concurrent(self, current: Schema, desired: Schema) -> list[str]:
        """Return the statements that change the indexes of a schema without blocking writers."""
        ...

    def sizes(self, database: pw.Database, names: Iterable[Name]) -> dict[Name, Size]:
        """Return the estimated sizes of those of these tables that exist; count nothing."""
        ...

    def recorded(self, database: pw.Database, heard: Heard) -> AbstractContextManager[None]:
        """Pass each statement that a scratch database's connection sends in the block to `heard`,
        which lets it be sent."""
        ...

    def watching(self, database: pw.Database) -> AbstractContextManager[Callable[[], str]]:
        """Watch the connection from another thread, which enters the context. It yields a function
        that returns the progress of the running statement; the text is empty if it is unknown."""
        ...

    def surroundings(self, database: pw.Database) -> str:
        """Return everything outside a new scratch database that may change the effect of statements
        on it: the version of the server, its settings, roles and extensions."""
        ...

    def identity(self, database: pw.Database) -> object:
        """Return a value that is equal for two objects if they lead to the same database; None if
        no other object can lead there (a database in memory)."""
        ...

    def staging(self, database: pw.Database) -> Staging:
        """Return the questions of loading seeds, for the open transaction."""
        ...

    def snapshot(self, database: pw.Database) -> AbstractContextManager[Any]:
        """Open a read-only transaction, in which all queries see the same rows, and roll it back.
        (In an open transaction, that transaction decides what the queries see.)"""
        ...

    def statement_limit(
        self, database: pw.Database, seconds: float
    ) -> AbstractContextManager[None]:
        """Let no statement of the block run longer than this. A transaction must be open."""
        ...

    def read_rows(
        self,
        database: pw.Database,
        sql: str,
        native: Collection[int],
        handle: Callable[[Sequence[Any]], Any],
    ) -> None:
        """Pass each row of a query to `handle`, and keep no row in memory. A value may be a text,
        as the server prints it in a `snapshot`; the driver converts the `native` columns."""
        ...


def dialect_for(database: Any) -> Dialect:
    """Return the dialect of a Peewee database. Raises ConfigError for other databases."""
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
