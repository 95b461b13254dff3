"""Brings made rows into a table. The database judges them, all rows of a round at once.

The rows go into a temporary table. Those that break a CHECK are deleted there, and the others are
inserted unless they break a unique constraint. The next round makes the rows that are missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import peewee as pw

from dbkit.diagnosis import error_code, explain, is_lock_conflict
from dbkit.errors import SeedError
from dbkit.schema.dialect import dialect_for
from dbkit.schema.sql import mentions, quoted
from dbkit.schema.staging import Staged, StagedColumns, Staging
from dbkit.schema.values import Check, Column

from ...plurals import counted
from ..field_values import Invalid, kind_of
from ..progress import Progress
from ..refusals import STATEMENT
from ..rows import BATCH
from .make_rows import FakeRows
from .sources import Source

FRONT = ("n", "shape", "line")  # the columns that all staged rows begin with
BARE = "dbkit_fake"
TRIES = 20  # rows that are made for each row that is inserted, at most
FEW = 2000  # rows that are made at least, before dbkit gives up
INSTEAD = "Load rows of this table from a seed file instead."
ABOUT_ROWS = re.compile("22|23|SQLITE_CONSTRAINT|SQLITE_MISMATCH|SQLITE_TOOBIG")
PLAIN = (str, int, float, bytes, list, type(None))
REFUSALS = (pw.IntegrityError, pw.DataError, pw.InternalError, pw.ProgrammingError,
            pw.OperationalError, pw.NotSupportedError)  # fmt: skip


class TableFiller:
    """Fills the table of a source."""

    def __init__(
        self, database: pw.Database, source: Source, staging: Staging, progress: Progress
    ) -> None:
        self.database, self.source, self.staging = database, source, staging
        self.progress = progress
        self.dialect = dialect_for(database)
        self.stage = staging.name(BARE)
        self.target = StagedColumns(
            self.stage, (*FRONT, *(f"c{place}" for place in range(len(source.columns))))
        )
        self.readers = [*self._readers()]
        columns = {part.name for part in source.table.parts if isinstance(part, Column)}
        left_out = columns - {column.name for column in source.columns}
        self.checks = [one for one in source.checks
                       if not any(mentions(one.expression, name) for name in left_out)]  # fmt: skip
        self.rejected = [0] * len(self.checks)

    def fill(self, rows: FakeRows, count: int) -> None:
        """Insert `count` of the rows. Raises SeedError if the database rejects too many."""
        if not self.source.columns:
            return self._fill_empty(count)
        missing, made, wanted = count, 0, count
        while missing:
            if rows.end is not None:
                raise rows.end
            if made > TRIES * count + FEW:
                raise self._given_up(count - missing, made)
            missing -= self._round(islice(rows, wanted), missing, again=made > 0)
            made += wanted
            wanted = min(max(missing * 2, 100), 10 * count + 100)
        self._advance()
        return None

    def _fill_empty(self, count: int) -> None:
        """Insert rows for which the database has all values."""
        insert = f"INSERT INTO {self.source.table.name.sql} DEFAULT VALUES"
        for first in range(0, count, BATCH):
            self.staging.run([insert] * min(BATCH, count - first))

    def _advance(self) -> None:
        """Advance the sequences of explicit columns."""
        if self.source.explicit:
            (live,) = self.staging.live([self.source.table.name])
            columns = live.columns if live else {}
            self.staging.run([
                statement for name in sorted(self.source.explicit) if name in columns
                for statement in self.staging.advance(
                    self.source.table.name.sql, quoted(name), columns[name])
            ])  # fmt: skip

    def _round(self, rows: Iterator[list[Any]], most: int, again: bool) -> int:
        """Stage the rows, and insert at most so many of the good ones; return their number. A
        round that comes `again` has more rows than are missing."""
        try:
            self.staging.load(self._staged(rows), True)
            self.staging.finish([self.staging.create(BARE, self._query())])
            self._judge()
            if again or self.source.existing or self.source.has_deferrable:
                self._delete_repeated()
            inserted = self.dialect.execute(self.database, self._insert(most)).rowcount
            self.staging.run([f"DROP TABLE {self.stage}"])
            return int(inserted)
        except REFUSALS as error:
            if is_lock_conflict(error):
                raise
            reason = explain(error, self.database)
            hint = INSTEAD if ABOUT_ROWS.match(error_code(error)) else reason.hint
            raise SeedError(
                f"{self.source.name} does not accept fake rows: "
                f"{STATEMENT.sub('', reason.message)}",
                f"{hint}\nNothing was inserted.".strip(),
            ) from error

    # staging

    def _readers(self) -> Iterator[Callable[[Any], Any]]:
        """The functions that make values for the driver. Keys of parents are such values."""
        cells = self.dialect.cells
        keys = {name for key, parents in self.source.parents.items() if parents
                for name in key.columns}  # fmt: skip
        for column in self.source.columns:
            field = self.source.fields.get(column.name)
            if column.name in keys:
                yield _same
            elif field is None:
                yield _plain
            else:
                yield self._reader(column.name, kind_of(field, cells).read)

    def _reader(self, name: str, read: Callable[[Any, bool], Any]) -> Callable[[Any], Any]:
        def convert(value: Any) -> Any:
            try:
                return None if value is None else read(value, False)
            except Invalid as error:
                raise SeedError(
                    f"The field of {self.source.name}.{name} does not accept the fake value "
                    f"{value!r}.",
                    f"{error.hint}\n{INSTEAD}",
                ) from None

        return convert

    def _staged(self, rows: Iterator[list[Any]]) -> Iterator[Staged]:
        first, readers = 0, self.readers
        while batch := [[read(value) for read, value in zip(readers, row, strict=True)]
                        for row in islice(rows, BATCH)]:  # fmt: skip
            self.progress.read(len(batch), len(batch))
            yield Staged(self.target, first, 0, [0] * len(batch), batch, None)
            first += len(batch)

    def _query(self) -> str:
        """The query whose columns the temporary table has."""
        front = "CAST(0 AS bigint) AS n, CAST(0 AS integer) AS shape, CAST(0 AS bigint) AS line"
        columns = [f"t.{quoted(column.name)} AS c{place}"
                   for place, column in enumerate(self.source.columns)]  # fmt: skip
        table = self.source.table.name.sql
        return f"SELECT {', '.join([front, *columns])} FROM {table} AS t LIMIT 0"

    def _insert(self, most: int) -> str:
        names = ", ".join(quoted(column.name) for column in self.source.columns)
        values = ", ".join(f"c{place}" for place in range(len(self.source.columns)))
        always = any(column.identity == "always" for column in self.source.columns)
        overriding = self.staging.overriding(always)
        return (
            f"INSERT INTO {self.source.table.name.sql} ({names}){overriding} SELECT {values} "
            f"FROM {self.stage} WHERE 1 = 1 ORDER BY n LIMIT {most}"
            + " ON CONFLICT DO NOTHING"
            * (not self.source.has_deferrable)
        )

    # judging

    def _delete_repeated(self) -> None:
        """Delete the staged rows that break a unique constraint of columns. INSERT finds the others
        by ON CONFLICT, unless the constraint is deferrable."""
        conditions = []
        for unique in self.source.unique_sets:
            if unique.partial or unique.has_expression:
                continue
            columns = {name: f"c{self.source.places[name]}" for name in unique.columns}
            same = " AND ".join(f"t.{quoted(name)} = s.{one}" for name, one in columns.items())
            table = self.source.table.name.sql
            conditions.append(f"EXISTS (SELECT 1 FROM {table} AS t WHERE {same})")
            if self.source.has_deferrable:
                given = " AND ".join(f"{one} IS NOT NULL" for one in columns.values())
                first = (f"SELECT min(n) FROM {self.stage} WHERE {given} "
                         f"GROUP BY {', '.join(columns.values())}")  # fmt: skip
                conditions.append(f"({given} AND n NOT IN ({first}))")
        if conditions:
            self.staging.run([f"DELETE FROM {self.stage} AS s WHERE {' OR '.join(conditions)}"])

    def _judge(self) -> None:
        """Delete the staged rows that break a CHECK, and count them."""
        checks = [*enumerate(self.checks)]
        if not checks:
            return
        try:
            with self.staging.savepoint():
                self._delete(checks)
        except REFUSALS:  # the INSERT will judge a CHECK that cannot be read here
            for check in checks:
                self._judge_alone(check)

    def _judge_alone(self, check: tuple[int, Check]) -> None:
        try:
            with self.staging.savepoint():
                self._delete([check])
        except REFUSALS:
            pass

    def _delete(self, checks: Sequence[tuple[int, Check]]) -> None:
        broken = [f"NOT ({check.expression})" for _, check in checks]
        counts = ", ".join(f"sum(CASE WHEN {one} THEN 1 ELSE 0 END)" for one in broken)
        rows = self._as_table()
        found = self.dialect.execute(self.database, f"SELECT {counts} FROM {rows}").fetchone()
        for (place, _), count in zip(checks, found, strict=True):
            self.rejected[place] += int(count or 0)
        if any(found):
            self.staging.run([
                f"DELETE FROM {self.stage} WHERE n IN "
                f"(SELECT dbkit_n FROM {rows} WHERE {' OR '.join(broken)})"
            ])  # fmt: skip

    def _as_table(self) -> str:
        """The staged rows with the names of the columns and the table, as CHECKs use them."""
        columns = ", ".join(f"c{place} AS {quoted(column.name)}"
                            for place, column in enumerate(self.source.columns))  # fmt: skip
        name = quoted(self.source.table.name.bare)
        return f"(SELECT n AS dbkit_n, {columns} FROM {self.stage}) AS {name}"

    def _given_up(self, inserted: int, made: int) -> SeedError:
        worst = max(range(len(self.checks)), key=self.rejected.__getitem__, default=None)
        if worst is not None and self.rejected[worst]:
            check = self.checks[worst]
            what = f"the CHECK {check.name or ''} ({check.expression})".replace("  ", " ")
            count = self.rejected[worst]
        else:
            sets = [f"({', '.join(one.columns)})" for one in self.source.unique_sets]
            what = f"the unique constraints {', '.join(sets)}" if sets else "a rule of the database"
            count = made - inserted
        return SeedError(
            f"dbkit cannot make enough rows for {self.source.name}: {what} rejected {count:,} of "
            f"{counted(made, 'row')}.",
            f"{INSTEAD}\nNothing was inserted.",
        )


def _same(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    """A value for a column without a field."""
    if isinstance(value, dict):
        return json.dumps(value)
    return value if isinstance(value, PLAIN) else str(value)
