"""Refuses to lose data in production unless the user has accepted it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import peewee as pw

from dbkit.errors import Refused
from dbkit.masking import masked
from dbkit.plurals import counted
from dbkit.schema.changes import Hints
from dbkit.schema.dialect import dialect_for
from dbkit.schema.effects import Place
from dbkit.schema.names import Name
from dbkit.schema.sql import blanked, quoted
from dbkit.schema.values import Schema, Table

MOST = 100_000  # rows that are counted
LOSING = re.compile(
    r"\s*(DROP\s+(TABLE|SCHEMA|DATABASE|SEQUENCE|EXTENSION|OWNED)\b|TRUNCATE\b"
    r"|DROP\s+(TYPE|DOMAIN)\b.*\bCASCADE\b"
    r"|ALTER\s+(FOREIGN\s+)?TABLE\b.*\bDROP\b"
    r"(?!\s+(CONSTRAINT|DEFAULT|NOT\s+NULL|EXPRESSION|IDENTITY)\b)"
    r"|(?!\s*(CREATE|GRANT|REVOKE)\b).*\b(DELETE\s+FROM|THEN\s+DELETE)\b)",
    re.IGNORECASE | re.DOTALL,
)
BODY = re.compile(  # of a trigger or function; no quotes surround it
    r"\bCREATE\b[^;]*\b(TRIGGER|FUNCTION|PROCEDURE)\b[^;]*\bBEGIN\b.*?\bEND\b(?=\s*(;|$))",
    re.IGNORECASE | re.DOTALL,
)


class WouldLoseData(Refused):
    """A migration would lose data, so it did not run.

    Attributes:
        name: The name of the migration.
        what: What it would lose, in sentences.
        ran: The names of the files that ran before it in the same run.
    """

    def __init__(self, name: str, what: Sequence[str]) -> None:
        super().__init__(
            f"Migration {name} would lose data: {'; '.join(what)}.",
            "DBKIT_ENV is production, so dbkit did not run it. To lose the data, use "
            "--accept-data-loss (DBKIT_ACCEPT_DATA_LOSS=1).",
        )
        self.name, self.what, self.ran = name, list(what), list[str]()


@dataclass
class Guard:
    """Raises WouldLoseData before a migration loses data, unless its name is in `accepted` (None
    means all names). `name` is the file that runs, and `filled` are the columns whose rows it has
    filled."""

    accepted: Collection[str] | None = None
    name: str = field(default="", init=False)
    filled: set[tuple[Name, str]] = field(default_factory=set, init=False)

    @property
    def _is_off(self) -> bool:
        return self.accepted is None or self.name in self.accepted

    def check_changes(
        self, database: pw.Database, live: Schema, desired: Schema, hints: Hints
    ) -> None:
        """Check what an operation does. A table without rows has nothing to lose, nor has a column
        without values."""
        if self._is_off:
            return
        losses = dialect_for(database).effects(live, desired, hints).losses
        lost = {table.name: _lost_columns(losses, table) for table in live.tables
                if table.name in {owner or name for owner, name in losses}}  # fmt: skip
        rows = {table: _rows(database, table, columns) for table, columns in lost.items()}
        if losses and (any(rows.values()) or not rows):
            shown = [_shown(table, rows[table], columns) for table, columns in lost.items()]
            raise WouldLoseData(self.name, [*dict.fromkeys(losses.values()), *shown])

    def check_sql(self, sql: str) -> None:
        """Check the statements that the file itself sends. The bodies of functions and of DO are
        not examined."""
        losing = [] if self._is_off else list(losing_statements(sql))
        if losing:
            raise WouldLoseData(self.name, losing)


def losing_statements(sql: str) -> Iterator[str]:
    """Yield the statements in a text that may lose rows, on one line, without passwords."""
    bare, begin = BODY.sub(lambda body: " " * len(body[0]), blanked(sql)), 0
    for statement in bare.split(";"):
        end = begin + len(statement)
        if LOSING.match(statement):
            yield " ".join(masked(sql[begin:end]).split())[:200]
        begin = end + 1


def _lost_columns(losses: Iterable[Place], table: Table) -> list[str]:
    """The columns of a table that are lost; none if the whole table is."""
    if (None, table.name) in losses:
        return []
    return [str(name) for owner, name in losses if owner == table.name]


def _rows(database: pw.Database, table: Name, columns: Sequence[str]) -> int:
    """The number of rows, or only of those with a value in one of the columns. It is MOST + 1 if
    the table has more than MOST rows."""
    any_value = " OR ".join(f"{quoted(name)} IS NOT NULL" for name in columns) or "true"
    limited = f"SELECT {any_value} AS counts FROM {table.sql} LIMIT {MOST + 1}"
    sql = f"SELECT count(*), count(CASE WHEN counts THEN 1 END) FROM ({limited}) AS counted"
    every, found = dialect_for(database).execute(database, sql).fetchone()
    return int(every if every > MOST else found)


def _shown(table: Name, count: int, columns: Sequence[str]) -> str:
    """The number of rows, in words."""
    number = f"more than {MOST:,} rows" if count > MOST else counted(count, "row")
    if not columns or count > MOST:
        return f"{table} has {number}"
    return f"{number} of {table} {'has' if count == 1 else 'have'} a value in {', '.join(columns)}"
