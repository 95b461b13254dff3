"""PostgreSQL's implementation of `Dialect`, for versions 15 and later."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import peewee as pw

from dbkit.limits import DEFAULT, Limits
from dbkit.pinned_queries import ask
from dbkit.transactions import rolled_back

from ..changes import Change, Hints
from ..effects import Effects
from ..names import Name
from ..peewee_models import Model, truncated
from ..sent import Heard, Size
from ..sql import Statement, runnable
from ..values import EnumType, Schema
from . import emptying, non_transactional, progress, recording, sendable, session
from .blocked import blocking_error
from .cells import CELLS
from .reading import SETTINGS, Reading, usable_path
from .writing import effects, statements, views_in_the_way
from .writing.replaced_types import labels_first
from .writing.restore import lost

if TYPE_CHECKING:
    from ..staging import Staging


class Postgres:
    """The PostgreSQL dialect."""

    name = "postgresql"
    cells = CELLS
    equal = "OPERATOR(pg_catalog.=)"
    has_schemas = True
    alters_tables = True
    file_lock = ""
    cascade = " CASCADE"
    builds_concurrently = True
    role = "CURRENT_USER"
    printed = ("CAST(", " AS text)")
    plain_text = ("COALESCE(pg_catalog.btrim(pg_catalog.to_json(", ")::pg_catalog.text, '\"'), '')")

    @contextmanager
    def reading(self, database: pw.Database, schemas: Iterable[str] | None) -> Iterator[Reading]:
        standby, path, first, related, every = ask(database, session.SESSION).fetchone()
        schemas = every if schemas is None else schemas
        reading = Reading(database, schemas, usable_path(path, first), related)
        reading.again = partial(self.reading, database, reading.schemas)
        # a role whose transactions are read-only by default may still create temporary tables
        begin = "BEGIN" if standby else "BEGIN READ WRITE"
        settings = SETTINGS + reading.path_setting
        with rolled_back(database, begin, settings, late=True) as reading.opening:
            yield reading

    def escaped(self, sql: str) -> str:
        return sql.replace("%", "%%")  # psycopg2 reads it as a placeholder

    def without_parameters(self, database: pw.Database, context: Any, node: Any) -> str:
        """See `Dialect`. Percent signs of values are doubled, as those of the SQL already are."""
        sql, params = context.sql(node).query()
        values = iter(params)

        def value(match: re.Match[str]) -> str:
            if match[0] == "%%":
                return "%%"
            written = pw.ValueLiterals(pw.Value(next(values)))
            fresh = database.get_sql_context(scope=pw.SCOPE_VALUES)
            return self.escaped(str(fresh.sql(written).query()[0]))

        return re.sub("%%|%s", value, sql)

    def without_keys(self, database: pw.Database) -> AbstractContextManager[None]:
        return nullcontext()

    def provide(self, database: pw.Database, schemas: Iterable[str]) -> None:
        """Do nothing: migrations create their schemas."""

    def missing(self, database: pw.Database, schemas: Iterable[str]) -> set[str]:
        _, path, _, _, every = ask(database, session.SESSION).fetchone()
        return set(schemas) - {*every, *path[:1]}

    def check_rows(self, database: pw.Database) -> None:
        database.execute_sql("SET CONSTRAINTS ALL IMMEDIATE")

    def delete_all(self, table: str) -> str:
        return f"TRUNCATE {table} CASCADE"

    def empty(self, database: pw.Database, names: Iterable[Name]) -> list[Name]:
        return emptying.empty(database, names)

    def require_names(self, database: pw.Database, models: Iterable[Model]) -> None:
        sendable.require_names(database, models)

    def cut(self, name: str) -> str:
        return truncated(name)

    def whole_run(self, database: pw.Database, limits: Limits) -> AbstractContextManager[None]:
        return session.held(database) if limits.session else nullcontext()

    def transaction(
        self, database: pw.Database, limits: Limits = DEFAULT
    ) -> AbstractContextManager[session.Begun]:
        return session.locked(database, limits)

    migrating = transaction

    def statements(self, current: Schema, desired: Schema) -> list[Statement]:
        return statements(current, desired)

    def inside(
        self, current: Schema, desired: Schema, hints: Hints | None = None
    ) -> list[Statement]:
        return statements(current, desired, hints)

    def run(self, database: pw.Database, current: Schema, desired: Schema, hints: Hints) -> None:
        with (
            session.same_path(database)
            if current.namespaces or desired.namespaces
            else nullcontext()
        ):
            self._run(database, runnable(statements(current, desired, hints)))

    def recreate(self, database: pw.Database, statements: Iterable[str]) -> None:
        before = self._whole(database)
        self._run(database, map(Statement, statements))
        self.restore(database, before)

    def restore(self, database: pw.Database, before: Schema) -> None:
        self._run(database, lost(before, self._whole(database)))

    def _run(self, database: pw.Database, statements: Iterable[Statement]) -> None:
        for statement in statements:
            try:
                self.execute(database, statement.sql)
            except pw.PeeweeException as error:
                if blocked := blocking_error(error, statement):
                    raise blocked from error
                if statement.column and isinstance(error, pw.DataError):
                    # the server names the value and its type only
                    raise pw.DataError(f"{str(error).strip()} ({statement.column})") from error
                raise

    def _whole(self, database: pw.Database) -> Schema:
        with self.reading(database, None) as reading:
            return reading.live(comments=True)

    def views_in_the_way(self, current: Schema, desired: Schema) -> list[str]:
        return views_in_the_way(current, desired)

    def labels_first(
        self, changes: Iterable[Change], filling: str
    ) -> list[tuple[EnumType, EnumType]]:
        return labels_first(tuple(changes), filling)

    def effects(self, current: Schema, desired: Schema, hints: Hints | None = None) -> Effects:
        return effects(current, desired, hints)

    def execute(self, database: pw.Database, sql: str) -> Any:
        return database.execute_sql(self.escaped(sql))

    def find_tables(
        self, database: pw.Database, names: Sequence[str], schema: str | None, write: bool
    ) -> tuple[str | None, dict[str, frozenset[str]]]:
        return session.find_tables(database, names, schema, write)

    def execute_together(
        self, database: pw.Database, statements: Iterable[tuple[str, Sequence[Any]]]
    ) -> None:
        sql, params = zip(*statements, strict=True)
        database.execute_sql("; ".join(sql), tuple(chain.from_iterable(params)))

    def keeping(
        self, database: pw.Database, limits: Limits, begun: session.Begun | None = None
    ) -> AbstractContextManager[None]:
        return session.keeping(database, limits, begun)

    def attempt(self, database: pw.Database, call: Callable[[], Any]) -> Any:
        return non_transactional.attempt(database, call)

    def locked_alone(self, database: pw.Database, limits: Limits) -> AbstractContextManager[None]:
        return non_transactional.locked_alone(database, limits)

    def run_alone(
        self, database: pw.Database, sql: str, call: Callable[[], Any], was_interrupted: bool
    ) -> Any:
        return non_transactional.run_alone(database, sql, call, was_interrupted)

    def concurrent(self, current: Schema, desired: Schema) -> list[str]:
        return non_transactional.concurrent(runnable(statements(current, desired)))

    def sizes(self, database: pw.Database, names: Iterable[Name]) -> dict[Name, Size]:
        rows = ask(database, recording.SIZES).fetchall()
        sizes = {Name(schema, bare): Size(count, size) for schema, bare, count, size in rows}
        return {name: sizes[name] for name in names if name in sizes}

    def recorded(self, database: pw.Database, heard: Heard) -> AbstractContextManager[None]:
        return recording.recorded(database, heard)

    def watching(self, database: pw.Database) -> AbstractContextManager[Callable[[], str]]:
        return progress.watching(database)

    def surroundings(self, database: pw.Database) -> str:
        return str(ask(database, recording.SURROUNDINGS).fetchone())

    def identity(self, database: pw.Database) -> object:
        database.connect(reuse_if_open=True)  # it may not connect by itself
        return database.execute_sql(session.IDENTITY).fetchone()

    def staging(self, database: pw.Database) -> Staging:
        from .staging import PostgresStaging  # only seeds need it

        return PostgresStaging(database)

    def snapshot(self, database: pw.Database) -> AbstractContextManager[Any]:
        from .copy_out import snapshot  # only `dump` needs it

        return snapshot(database)

    @contextmanager
    def statement_limit(self, database: pw.Database, seconds: float) -> Iterator[None]:
        database.execute_sql(f"SET LOCAL statement_timeout TO {seconds * 1000:.0f}")
        yield

    def read_rows(
        self,
        database: pw.Database,
        sql: str,
        native: Collection[int],
        handle: Callable[[Sequence[Any]], Any],
    ) -> None:
        from .copy_out import read_rows

        read_rows(database, sql, native, handle)
