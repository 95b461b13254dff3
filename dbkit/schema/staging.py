"""The questions that loading seeds asks a dialect: temporary tables, comparisons, counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple, Protocol

import peewee as pw

from .names import Name
from .peewee_models import truncated

RECORDED = 10_000  # keys in a row of the table of records


class LiveSequence(NamedTuple):
    """A sequence that gives the values of a column of integers; `name` is SQL."""

    name: str
    start: int
    least: int
    most: int
    descends: bool


class LiveColumn(NamedTuple):
    """What a column of a live table does with values. `default` is the SQL of its default, also of
    an identity column."""

    default: str | None
    is_generated: bool = False
    is_always_identity: bool = False
    sequence: LiveSequence | None = None
    has_builtin_type: bool = True
    equal_is_identical: bool = True  # no: "a" = "A"
    stable: str = "{}"  # an expression whose text does not depend on the session
    collation: str = ""  # of a unique column, if a temporary column does not have it


@dataclass(frozen=True)
class LiveTable:
    """The columns of a table by name, the sets of columns that are unique, and the places of the
    tables to which it refers among those that were asked for. `can_record` says whether `recorded`
    can record its new rows."""

    columns: dict[str, LiveColumn]
    unique: list[frozenset[str]]
    parents: set[int] = field(default_factory=set)
    can_record: bool = True
    hidden: dict[str, LiveColumn] = field(default_factory=dict)  # that every table has

    def column(self, name: str) -> LiveColumn | None:
        """Return the column that a model calls so; PostgreSQL truncates a long name."""
        found = self.columns.get(name) or self.columns.get(truncated(name))
        return found or self.hidden.get(name)

    def stable(self, name: str, value: str) -> str:
        """Return the expression for a column's value whose text is the same in every session."""
        column = self.column(name)
        return column.stable.format(value) if column else value


class StagedColumns(NamedTuple):
    """The columns of a temporary table that get values: `table` is its name as SQL."""

    table: str
    columns: tuple[str, ...]


class Staged(NamedTuple):
    """Rows for a temporary table: each gets a number, counted from `first`, the number of its
    shape, its line, and its own values. `texts` are the rows' own values as CSV, if the database
    may read them as they are."""

    target: StagedColumns
    first: int
    shape: int
    lines: Sequence[int]
    rows: Sequence[Sequence[Any]]
    texts: Sequence[str] | None

    def numbered(self) -> Iterator[tuple[Any, ...]]:
        """Yield the values of each row, after its number, its shape and its line."""
        shape = self.shape
        rows = enumerate(zip(self.lines, self.rows, strict=True), self.first)
        return ((number, shape, line, *row) for number, (line, row) in rows)


class ChildKey(NamedTuple):
    """A foreign key that points to a table at the place `parent` among those that were asked for.
    `child` is the place of its own table, if it is one of them, and `table` that table as SQL."""

    parent: int
    child: int | None
    table: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]


class TemporaryTables:
    """What the stagings of both dialects keep: the temporary tables of a transaction, and the
    files that are read later. `take` gets the rows that wait until `finish`."""

    def __init__(self, database: pw.Database) -> None:
        self.database = database
        self.streams: list[Iterator[Staged]] = []
        self.created: set[str] = set()

    def take(self, staged: Staged) -> None:
        raise NotImplementedError

    def load(self, rows: Iterator[Staged], streams: bool) -> None:
        """See `Staging`."""
        if not streams:
            for staged in rows:
                self.take(staged)
        elif (first := next(rows, None)) is not None:
            self.streams.append(chain([first], rows))

    def savepoint(self) -> AbstractContextManager[Any]:
        """See `Staging`."""
        atomic: AbstractContextManager[Any] = self.database.atomic()
        return atomic


class Staging(Protocol):
    """Temporary tables of a transaction, and SQL that merges them into the live tables."""

    def live(self, tables: Sequence[Name]) -> list[LiveTable | None]:
        """Return the tables in one round trip; None for a table that does not exist."""
        ...

    def name(self, bare: str) -> str:
        """Return the name of a temporary table as SQL."""
        ...

    def create(self, bare: str, query: str) -> str:
        """Return the statement that creates a temporary table from a query."""
        ...

    def same(self, live: str, staged: str, column: LiveColumn, nullable: bool) -> str:
        """Return the condition that a live value is the staged one. If `nullable`, NULL is the same
        as NULL."""
        ...

    def unmatched(self, row: str, outer: str, inner: str, condition: str) -> str:
        """Return the condition that no row of `inner` fits a row of `outer`, which the expression
        `row` identifies. `outer` and `inner` are tables with aliases."""
        ...

    def is_staged(self, table: str, pairs: Sequence[tuple[str, str, LiveColumn]]) -> str:
        """Return the condition that a temporary table has a row with values: `pairs` are its
        columns with the values, and the live columns whose types they have."""
        ...

    def identity(self, staged: str, column: LiveColumn) -> str:
        """Return the expression that is equal for staged values that are `same` as a live one."""
        ...

    def differs(self, pairs: Iterable[tuple[str, str]]) -> str:
        """Return the condition that one of the live values is not stored exactly like the staged
        value beside it."""
        ...

    def literal(self, value: Any) -> str:
        """Return a value for the driver as SQL."""
        ...

    def overriding(self, always_identity: bool) -> str:
        """Return the words that let INSERT give values to such an identity column."""
        ...

    def counted(self, statement: str, counts: str, label: str) -> list[str]:
        """Return statements that run an INSERT, UPDATE or DELETE and add (label, the number of its
        rows) to the table `counts`."""
        ...

    def recorded(
        self,
        insert: str,
        into: str,
        counts: str,
        label: str,
        key: Sequence[str],
        record: tuple[str, str],
    ) -> list[str]:
        """Like `counted` for an INSERT `into` a table. The keys of the new rows also go, in chunks,
        into another table; `record` has its name as SQL and the value of its first column."""
        ...

    def advance(self, table: str, column: str, live: LiveColumn) -> list[str]:
        """Return the statement that advances the sequence of a column past its largest value."""
        ...

    def load(self, rows: Iterator[Staged], streams: bool) -> None:
        """Take the rows of a file. Those of a large file with one table (`streams`) are read later,
        by `finish`, except for the first."""
        ...

    def finish(self, definitions: Sequence[str]) -> None:
        """Create the temporary tables and fill them. The driver raises an error for a value that
        the type of its column refuses."""
        ...

    def forget(self) -> None:
        """Forget the rows that `load` has taken and `finish` has not sent."""
        ...

    def drop(self, outlives: bool) -> None:
        """Drop the temporary tables, unless the server does so at the end of the transaction. With
        `outlives`, the transaction of the caller goes on."""
        ...

    def row_key(self, columns: Sequence[str]) -> str:
        """Return the text of a row's key, as `recorded` records it; `columns` are SQL."""
        ...

    def recorded_keys(self, record: tuple[str, str]) -> str:
        """Return the query of the keys of a table that `recorded` has recorded, as `row_key`."""
        ...

    def record(self, keys: str, record: tuple[str, str]) -> str:
        """Return the statement that records keys, which are a query of `row_key`."""
        ...

    def children(self, tables: Sequence[Name]) -> list[ChildKey]:
        """Return the foreign keys that point to these tables, in one round trip."""
        ...

    def run(self, statements: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run the statements, in one round trip if possible, and return the last one's rows."""
        ...

    def savepoint(self) -> AbstractContextManager[Any]:
        """Undo the block if it raises."""
        ...
