"""The history table, which records the applied migrations. It is that of peewee-migrate; dbkit's
own records of the files are beside it (`file_records`)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import peewee as pw

from dbkit.errors import MigrationError
from dbkit.own_statements import own_statements
from dbkit.schema.dialect import dialect_for
from dbkit.schema.peewee_models import HISTORY_TABLE

from .checksums import Content
from .file_records import MigrateHistory, Query, RecordTable, bound, name_for, operations_name_for
from .standing import Progress, Record, Standing

# it prints on standard error unless the program configures it
logger = logging.getLogger(__name__)


class MigrationRecorder:
    """The rows of the history table. Its name is always qualified, because a migration may change
    the search path."""

    def __init__(
        self, database: pw.Database, table: str = HISTORY_TABLE, schema: str | None = None
    ) -> None:
        self.database, self.table, self.schema = database, table, schema
        self.begun: dict[str, Progress] = {}  # the half-done files, when the history was last read
        self.has_operations = False
        self._use(schema)

    def read(self) -> dict[str, Record | None]:
        """Return the names in the order in which they were applied, with their records. Creates
        nothing."""
        there = self._there(write=False)
        readable = there.get(name_for(self.table))
        if readable:
            self.files.require_columns(readable)
        self._read_operations()
        return self._rows(bool(readable)) if self.table in there else {}

    def opened(self) -> dict[str, Record | None]:
        """Like `read`, but create the missing tables."""
        there = self._there(write=True)
        recorded = there.get(name_for(self.table))
        if recorded is None:
            self.files.model.create_table(safe=False)
        elif recorded:  # otherwise the role may not read it
            self.files.require_columns(recorded)
        if self.table not in there:
            self.model.create_table(safe=False)
        self._read_operations()
        return self._rows(recorded is not None) if self.table in there else {}

    def copy_to(self, other: MigrationRecorder) -> None:
        """Copy this history to another database."""
        there = self._there(write=False)
        other.opened()
        for mine, theirs in ((self.model, other.model), (self.files.model, other.files.model)):
            if mine._meta.table_name not in there:
                theirs.drop_table()
                continue
            fields = [one for one in mine._meta.sorted_fields if not isinstance(one, pw.AutoField)]
            rows = self._raw(mine.select(*fields).order_by(mine._meta.primary_key))
            theirs.delete().execute()
            names = [getattr(theirs, one.name) for one in fields]
            for row in rows:
                theirs.insert(dict(zip(names, map(_raw_value, row), strict=True))).execute()

    @own_statements()
    def _raw(self, query: Query) -> list[Any]:
        """The rows with the values of the driver, which Peewee would convert."""
        return list(self.database.execute(query).fetchall())

    def add(self, name: str, content: Content, seconds: float | None) -> None:
        """Record a file that has run, or that is only marked as applied (without `seconds`)."""
        now = datetime.now(UTC).replace(tzinfo=None)
        self._run(
            self.model.insert(name=name, migrated_at=now),
            *self.files.add(name, content, **self.files.ran(seconds)),
        )
        self._end(name)

    def remove(self, name: str) -> None:
        self._run(*self._removed(name))
        self._end(name)

    @own_statements()
    def begin(self, name: str, downgrade: bool, operations: Mapping[int, str], done: bool) -> None:
        """Record operations of a half-done file, by their numbers."""
        if not self.has_operations:
            self.files.operations.create_table(safe=False)
            self.has_operations = True
        rows = [
            {"name": name, "number": number, "downgrade": downgrade, "operation": text,
             "done": done} for number, text in operations.items()
        ]  # fmt: skip
        self._run(
            self.files.operations.delete().where(
                self.files.operations_of(name) & (self.files.operations.number >= min(operations))
            ),
            self.files.operations.insert_many(rows),
        )

    @own_statements()
    def complete(self, name: str, number: int) -> None:
        """Record that an operation which had begun is complete, unless another run has completed
        the file meanwhile."""
        table = self.files.operations
        begun = self.files.operations_of(name) & (table.number == number)
        self._run(table.update(done=True).where(begun))

    def accept(self, name: str, content: Content) -> None:
        """Record the present content of an applied file."""
        self._run(self.files.accept(name, content))

    def bring_up_to_date(self, standing: Standing, content: Callable[[str], Content]) -> None:
        """Let the history name the renamed and the replacing files, and record the files of plain
        peewee-migrate."""
        self._run(*self._updates(standing, content))

    def _updates(self, standing: Standing, content: Callable[[str], Content]) -> Iterator[Query]:
        for old, new in standing.renamed.items():
            logger.warning(
                "Migration %s was renamed to %s: dbkit renames it in the history, too.", old, new
            )
            yield self._named(old, new)
            yield from self.files.rename(old, new)
        for name, (*others, last) in standing.squashed.items():
            yield self._named(last, name)
            yield self.files.remove(last)
            for one in others:
                yield from self._removed(one)
        for name in standing.unrecorded:
            yield from self.files.add(name, content(name))

    def _named(self, old: str, new: str) -> Query:
        return self.model.update(name=new).where(self._is(old))

    def _removed(self, name: str) -> Iterator[Query]:
        yield self.model.delete().where(self._is(name))
        yield self.files.remove(name)

    @own_statements()
    def _end(self, name: str) -> None:
        """Forget the operations of a file that was half done."""
        if self.has_operations:
            self._run(self.files.operations.delete().where(self.files.operations_of(name)))

    @own_statements()
    def _read_operations(self) -> None:
        table = self.files.operations
        rows = table.select().order_by(table.name, table.number) if self.has_operations else ()
        self.begun = {}
        for name, group in groupby(rows, lambda row: row.name):
            found = list(group)
            done = sum(row.done for row in found)
            operations = tuple(row.operation for row in found)
            self.begun[name] = Progress(found[0].downgrade, operations, done)

    def _run(self, *queries: Query) -> None:
        if queries:
            statements = [query.sql() for query in queries]
            dialect_for(self.database).execute_together(self.database, statements)

    def _is(self, name: str) -> pw.Expression:
        return pw.Expression(self.model.name, dialect_for(self.database).equal, name)

    @own_statements()
    def _rows(self, recorded: bool) -> dict[str, Record | None]:
        query = self.model.select(self.model.name)
        query = self.files.joined(query) if recorded else query
        history: dict[str, Record | None] = {}
        try:
            for name, *values in query.order_by(self.model.id).tuples():
                record = Record(*values) if values and values[0] is not None else None
                history[name] = record or history.get(name)
        except UnicodeDecodeError:
            history[None] = None  # type: ignore[index]
        if None in history:
            raise MigrationError(
                f"A row of the history table {self.table} has a name that is NULL or not text, "
                "so it does not identify a migration.",
                "Correct the name, or delete the row.",
            )
        return history

    def _there(self, write: bool) -> dict[str, frozenset[str]]:
        """The readable columns of the tables that exist."""
        half_done = operations_name_for(self.table)
        names = (self.table, name_for(self.table), half_done)
        schema, there = dialect_for(self.database).find_tables(
            self.database, names, self.schema, write
        )
        if schema != self.model._meta.schema:
            self._use(schema)
        self.has_operations = bool(there.get(half_done))  # not if this role may not read it
        return there

    def _use(self, schema: str | None) -> None:
        self.model: Any = bound(
            MigrateHistory, database=self.database, table_name=self.table, schema=schema
        )
        self.files = RecordTable(self.database, self.model)


def _raw_value(value: Any) -> pw.Value:
    return pw.Value(value, converter=False)
