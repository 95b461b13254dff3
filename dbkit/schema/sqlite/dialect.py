"""SQLite's implementation of `Dialect`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any

import peewee as pw

from dbkit.errors import DatabaseFailed, MigrationError
from dbkit.limits import DEFAULT, Limits
from dbkit.own_statements import own_statements
from dbkit.transactions import is_open, rolled_back

from ..changes import Change, Hints
from ..effects import Effects
from ..names import Name
from ..peewee_models import Model
from ..sent import Heard, Size
from ..sql import Statement, quoted, runnable
from ..values import Column, EnumType, Schema, Trigger
from . import emptying, recording, session
from .cells import CELLS
from .reading import Reading
from .tokenizer import tokens
from .writing import effects, statements

if TYPE_CHECKING:
    from ..staging import Staging

STEPS = 10_000  # of SQLite's machine between two looks at the clock

NUMBERS = count()


class Sqlite:
    """The SQLite dialect."""

    name = "sqlite"
    cells = CELLS
    equal = "="
    has_schemas = False
    alters_tables = False
    file_lock = "the whole database"
    cascade = ""
    builds_concurrently = False
    role = "NULL"
    printed = ("", "")  # as text, a BLOB need not be UTF-8
    plain_text = ("COALESCE(CAST(", " AS text), '')")

    @contextmanager
    def reading(self, database: pw.Database, schemas: Iterable[str] | None) -> Iterator[Reading]:
        with rolled_back(database):
            yield Reading(database, schemas)

    def escaped(self, sql: str) -> str:
        return sql

    def without_parameters(self, database: pw.Database, context: Any, node: Any) -> str:
        return str(context.sql(pw.ValueLiterals(node)).query()[0])

    @contextmanager
    def without_keys(self, database: pw.Database) -> Iterator[None]:
        enforced = _enforces_keys(database)
        database.foreign_keys = 0
        try:
            yield
        finally:
            if enforced:
                database.foreign_keys = 1

    def provide(self, database: pw.Database, schemas: Iterable[str]) -> None:
        for schema in {*schemas} - {"", "main"}:
            database.attach(":memory:", schema)

    def missing(self, database: pw.Database, schemas: Iterable[str]) -> set[str]:
        return set()  # a schema is an attached database

    def check_rows(self, database: pw.Database) -> None:
        """Do nothing: SQLite changes tables even if deferred constraints are unchecked."""

    def delete_all(self, table: str) -> str:
        return f"DELETE FROM {table}"

    def empty(self, database: pw.Database, names: Iterable[Name]) -> list[Name]:
        return emptying.empty(database, names)

    def require_names(self, database: pw.Database, models: Iterable[Model]) -> None:
        session.require_schemas(database, models)
        session.require_no_sequences(models)

    def cut(self, name: str) -> str:
        return name

    def whole_run(self, database: pw.Database, limits: Limits) -> AbstractContextManager[None]:
        return nullcontext()  # only a transaction can lock a database

    def transaction(
        self, database: pw.Database, limits: Limits = DEFAULT
    ) -> AbstractContextManager[Limits]:
        return session.locked(database, limits)

    @contextmanager
    def migrating(self, database: pw.Database, limits: Limits = DEFAULT) -> Iterator[Limits]:
        """Switch foreign keys off in the block, because rebuilding a table would delete the rows of
        its children (https://sqlite.org/lang_altertable.html, 7). Check them all at the end."""
        if _enforces_keys(database) and is_open(database):
            raise DatabaseFailed(
                "A transaction is open, and SQLite cannot disable foreign keys in a transaction.",
                "Commit the transaction first: otherwise rebuilding a table deletes child rows.",
            )
        with self.without_keys(database), self.transaction(database, limits) as begun:
            before = _orphans(database)
            yield begun
            broken = _orphans(database) - before
            for child, row, parent in sorted(broken, key=str):
                raise DatabaseFailed(
                    f"Row {row} of table {child} would reference a missing row of {parent}.",
                    "On SQLite, migrations run with foreign keys off: delete child rows first.",
                ) from pw.IntegrityError(
                    f"row {row} of {child} references a missing row of {parent}"
                )

    def statements(self, current: Schema, desired: Schema) -> list[Statement]:
        return statements(current, desired)

    def inside(
        self, current: Schema, desired: Schema, hints: Hints | None = None
    ) -> list[Statement]:
        return statements(current, desired, wrapped=False)

    def run(self, database: pw.Database, current: Schema, desired: Schema, hints: Hints) -> None:
        broken = _broken(database, current)
        for statement in runnable(self.inside(current, desired)):
            try:
                self.execute(database, statement.sql)
            except pw.OperationalError as error:
                if statement.sql.startswith(("CREATE VIEW", "CREATE TRIGGER")):
                    raise _blocked(_created_by(statement.sql), error) from error
                raise
        for name, reason in _broken(database, desired).items() - broken.items():
            raise _blocked(name, reason)

    def recreate(self, database: pw.Database, statements: Iterable[str]) -> None:
        for sql in statements:  # nothing is attached to an object of SQLite
            self.execute(database, sql)

    def restore(self, database: pw.Database, before: Schema) -> None:
        """Do nothing: objects of SQLite have no attachments."""

    def views_in_the_way(self, current: Schema, desired: Schema) -> list[str]:
        return []  # a view blocks no change; `run` checks that it still works

    def labels_first(
        self, changes: Iterable[Change], filling: str
    ) -> list[tuple[EnumType, EnumType]]:
        return []  # an enum is a check of its columns

    def effects(self, current: Schema, desired: Schema, hints: Hints | None = None) -> Effects:
        return effects(current, desired)

    def execute(self, database: pw.Database, sql: str) -> Any:
        return database.execute_sql(sql)

    @own_statements()
    def find_tables(
        self, database: pw.Database, names: Sequence[str], schema: str | None, write: bool
    ) -> tuple[str | None, dict[str, frozenset[str]]]:
        there = {*names}.intersection(database.get_tables(schema))
        columns = {name: database.get_columns(name, schema) for name in there}
        return schema, {name: frozenset(one.name for one in columns[name]) for name in there}

    def execute_together(
        self, database: pw.Database, statements: Iterable[tuple[str, Sequence[Any]]]
    ) -> None:
        for sql, params in statements:
            database.execute_sql(sql, params)

    def keeping(
        self, database: pw.Database, limits: Limits, begun: Any = None
    ) -> AbstractContextManager[None]:
        return session.keeping(database, whole=begun is not None)

    def attempt(self, database: pw.Database, call: Callable[[], Any]) -> Any:
        return session.attempt(call)

    def locked_alone(self, database: pw.Database, limits: Limits) -> AbstractContextManager[None]:
        return nullcontext()  # only a transaction can lock a database

    def run_alone(
        self, database: pw.Database, sql: str, call: Callable[[], Any], was_interrupted: bool
    ) -> Any:
        return call()

    def concurrent(self, current: Schema, desired: Schema) -> list[str]:
        raise NotImplementedError

    def sizes(self, database: pw.Database, names: Iterable[Name]) -> dict[Name, Size]:
        return {name: Size(_largest_rowid(database, name)) for name in names
                if database.table_exists(name.bare)}  # fmt: skip

    def recorded(self, database: pw.Database, heard: Heard) -> AbstractContextManager[None]:
        return recording.recorded(database, heard)

    def watching(self, database: pw.Database) -> AbstractContextManager[Callable[[], str]]:
        return nullcontext(str)

    def surroundings(self, database: pw.Database) -> str:
        return str(
            [database.execute_sql(sql).fetchall() for sql in
             ("SELECT sqlite_source_id()", "PRAGMA compile_options", "PRAGMA database_list")]
        )  # fmt: skip

    def identity(self, database: pw.Database) -> object:
        return session.file_of(database)

    def staging(self, database: pw.Database) -> Staging:
        from .staging import SqliteStaging  # only seeds need it

        return SqliteStaging(database)

    def snapshot(self, database: pw.Database) -> AbstractContextManager[Any]:
        return rolled_back(database)

    @contextmanager
    def statement_limit(self, database: pw.Database, seconds: float) -> Iterator[None]:
        connection, end = database.connection(), time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)

    @own_statements()
    def read_rows(
        self,
        database: pw.Database,
        sql: str,
        native: Collection[int],
        handle: Callable[[Sequence[Any]], Any],
    ) -> None:
        for row in database.execute_sql(sql):
            handle(row)


@own_statements()
def _enforces_keys(database: pw.Database) -> bool:
    return bool(database.foreign_keys)


@own_statements()
def _broken(database: pw.Database, schema: Schema) -> dict[str, str]:
    """The views, and the tables with triggers, that cannot be used any more, with the reason.
    SQLite checks their SQL only when they are used."""
    broken = {}
    for table in schema.tables:
        name = table.name.sql
        tried = [f"SELECT * FROM {name}"] if table.kind == "view" else []
        if any(isinstance(part, Trigger) for part in table.parts) and table.kind == "table":
            column = quoted(next(part.name for part in table.parts if isinstance(part, Column)))
            tried = [f"UPDATE {name} SET {column} = {column}", f"DELETE FROM {name}",
                     f"INSERT INTO {name} ({column}) VALUES (NULL)"]  # fmt: skip
        for sql in tried:
            try:
                # the driver caches statements by their text, and does not prepare a cached EXPLAIN
                # again after the tables have changed
                database.execute_sql(f"EXPLAIN {sql} -- {next(NUMBERS)}")
            except pw.OperationalError as error:
                broken[f"{'view' if table.kind == 'view' else 'a trigger of'} {table.name}"] = str(
                    error
                )
    return broken


def _created_by(sql: str) -> str:
    """The kind and the name of the object that a CREATE VIEW or CREATE TRIGGER creates."""
    words = tokens(sql)[1:6]
    return f"{words[0]} {''.join(words[1:4] if words[2] == '.' else words[1:2])}"


def _blocked(name: str, error: Any) -> MigrationError:
    return MigrationError(
        f"{name} would no longer work: {error}.",
        "Drop it in an earlier migration, and create it again in a later migration.",
    )


@own_statements()
def _orphans(database: pw.Database) -> set[tuple[Any, ...]]:
    """The rows that violate foreign keys, without tables that have a foreign key to columns that
    are not a key: SQLite refuses to check them."""
    try:
        rows = database.execute_sql("PRAGMA foreign_key_check").fetchall()
    except pw.OperationalError:
        rows = [row for table in database.get_tables() for row in _orphans_of(database, table)]
    return {tuple(row[:3]) for row in rows}


def _orphans_of(database: pw.Database, table: str) -> list[Any]:
    try:
        return list(database.execute_sql(f"PRAGMA foreign_key_check({quoted(table)})").fetchall())
    except pw.OperationalError:
        return []


def _largest_rowid(database: pw.Database, table: Name) -> int | None:
    """The largest number of a row, which is found at once; a table WITHOUT ROWID has none."""
    try:
        (largest,) = database.execute_sql(f"SELECT max(_rowid_) FROM {table.sql}").fetchone()
    except pw.OperationalError:
        return None
    return int(largest or 0)
