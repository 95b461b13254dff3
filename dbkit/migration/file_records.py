"""What dbkit records of an applied file, in a table beside the history of peewee-migrate.

A record belongs to one row of the history: it has the name and the time of that row. So a record
says nothing about a file that plain peewee-migrate has rolled back and applied again.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from typing import Any

import peewee as pw

from dbkit.errors import DatabaseFailed
from dbkit.schema.dialect import dialect_for

from .checksums import Content
from .standing import Record

Query = Any  # a query of Peewee; peewee ships no types


class MigrateHistory(pw.Model):
    """A row of the history, as in `peewee_migrate.models`. (To import that module takes as long as
    everything that `status` needs of dbkit.)"""

    name = pw.CharField()
    migrated_at = pw.DateTimeField(default=partial(datetime.now, UTC))


class RecordedFile(pw.Model):
    """A row of dbkit's table beside the history."""

    name = pw.CharField(primary_key=True)
    migrated_at = pw.CharField()
    checksum = pw.CharField()
    text_checksum = pw.CharField()
    seconds = pw.FloatField(null=True)
    role = pw.CharField(null=True)
    host = pw.CharField(null=True)
    version = pw.CharField(null=True)


class RecordedOperation(pw.Model):
    """A row of a third table: an operation of a half-done file that has begun, or is `done`."""

    name = pw.CharField()
    number = pw.IntegerField()
    downgrade = pw.BooleanField()
    operation = pw.TextField()
    done = pw.BooleanField()

    class Meta:
        primary_key = pw.CompositeKey("name", "number")


FIELDS = [field.name for field in fields(Record)]


class RecordTable:
    """The queries of the records that belong to a history; `history` is the model of that."""

    def __init__(self, database: pw.Database, history: Any) -> None:
        self.dialect, self.history = dialect_for(database), history
        meta = history._meta
        options = {"database": database, "schema": meta.schema}
        files, operations = name_for(meta.table_name), operations_name_for(meta.table_name)
        self.model = bound(RecordedFile, **options, table_name=files)
        self.operations = bound(
            RecordedOperation,
            **options,
            table_name=operations,
            primary_key=pw.CompositeKey("name", "number"),
        )

    def require_columns(self, columns: frozenset[str]) -> None:
        """Raise DatabaseFailed if a table of that name is not the table of the records."""
        missing = sorted(self.model._meta.columns.keys() - columns)
        if missing:
            raise DatabaseFailed(
                f"dbkit records the applied migrations in the table {self.model._meta.table_name}, "
                f"but the table of that name has no columns {', '.join(missing)}.",
                "That table does not belong to dbkit: rename it.",
            )

    def joined(self, query: Query) -> Query:
        """Return a query of the history with the columns of the records."""
        belongs = self._is(self.model.name, self.history.name) & self._is(
            self.model.migrated_at, self._time
        )
        columns = [getattr(self.model, name) for name in FIELDS]
        return query.select_extend(*columns).join(self.model, pw.JOIN.LEFT_OUTER, on=belongs)

    def add(self, name: str, content: Content, **ran: Any) -> Iterator[Query]:
        """Yield the queries that record a file whose name is in the history."""
        values = {"checksum": content.checksum, "text_checksum": content.text_checksum, **ran}
        columns = [getattr(self.model, field) for field in ("name", "migrated_at", *values)]
        rows = (
            self.history.select(self.history.name, self._time, *map(_value, values.values()))
            .where(self._is(self.history.name, name))
            .order_by(self.history.id.desc())
            .limit(1)
        )
        yield self.remove(name)
        yield self.model.insert_from(rows, columns)

    def ran(self, seconds: float | None) -> dict[str, Any]:
        """Return the values of a record about this run."""
        from dbkit import __version__

        return {"seconds": seconds, "role": pw.SQL(self.dialect.role),
                "host": socket.gethostname(), "version": __version__}  # fmt: skip

    def accept(self, name: str, content: Content) -> Query:
        """Return the query that records the present content of a file."""
        new = {"checksum": content.checksum, "text_checksum": content.text_checksum}
        return self.model.update(**new).where(self._is(self.model.name, name))

    def operations_of(self, name: str) -> Query:
        return self._is(self.operations.name, name)

    def rename(self, old: str, new: str) -> Iterator[Query]:
        yield self.remove(new)
        yield self.model.update(name=new).where(self._is(self.model.name, old))

    def remove(self, name: str) -> Query:
        return self.model.delete().where(self._is(self.model.name, name))

    @property
    def _time(self) -> Any:
        return pw.NodeList((pw.SQL(self.dialect.plain_text[0]), self.history.migrated_at,
                            pw.SQL(self.dialect.plain_text[1])), glue="")  # fmt: skip

    def _is(self, first: Any, second: Any) -> pw.Expression:
        return pw.Expression(first, self.dialect.equal, second)


def name_for(history: str) -> str:
    """Return the name of the table beside this history table."""
    return f"dbkit_{history}"


def operations_name_for(history: str) -> str:
    """Return the name of the table of half-done files beside this history table."""
    return f"{name_for(history)}_steps"


def bound(model: type[pw.Model], **options: Any) -> Any:
    body = {"Meta": type("Meta", (), options), "__module__": __name__}
    return type(model.__name__, (model,), body)


def _value(value: Any) -> Any:
    return value if isinstance(value, pw.Node) else pw.Value(value)
