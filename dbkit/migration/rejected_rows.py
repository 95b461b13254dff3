"""The rows of a live database that a new UNIQUE, CHECK or NOT NULL would reject."""

from __future__ import annotations

import re
from dataclasses import dataclass

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.errors import DbkitError
from dbkit.schema.changes import Item, kind, subject
from dbkit.schema.details import Key
from dbkit.schema.dialect import dialect_for
from dbkit.schema.sql import quoted
from dbkit.schema.values import Check, Column, Index, PrimaryKey, Unique

from .autogenerate import Created
from .new_rules import NewRule
from .renames import Renaming

NEW = "it is about a column that the table does not have yet"
COLLATION = re.compile(r'COLLATE ("(?:[^"]|"")*"|[\w.]+)+', re.IGNORECASE)
TIMEOUT = 30.0  # seconds, unless the settings say otherwise


@dataclass(frozen=True)
class Rejected:
    """How many rows break a rule, and the query that shows them. `rows` is None if dbkit could not
    count them, for a `reason`."""

    rule: str
    query: str
    rows: int | None
    reason: str = ""
    are_filled: bool = False

    def __str__(self) -> str:
        if self.rows is None:
            return f"not counted for {self.rule}: {self.reason}"
        if not self.rows:
            return f"no row breaks {self.rule}"
        rows, verb, them = ("row", "breaks", "it") if self.rows == 1 else ("rows", "break", "them")
        rest = f"; the migration gives {them} a value" if self.are_filled else ""
        return f"{self.rows:,} {rows} {verb} {self.rule}{rest}"


def rejected_rows(
    database: pw.Database, created: Created, timeout: float = TIMEOUT
) -> list[Rejected]:
    """Count the rows that break the rules of a migration which is not applied yet. Each query runs
    in a read-only transaction, for `timeout` seconds at most."""
    return [_counted(database, created.renaming, rule, timeout) for rule in created.rules]


def _counted(database: pw.Database, renaming: Renaming, rule: NewRule, timeout: float) -> Rejected:
    dialect, words, query = dialect_for(database), _in_words(rule), _shown(renaming, rule)
    if rule.needs_new_column:
        return Rejected(words, "", None, NEW)
    try:
        with (
            diagnosed(database),
            dialect.snapshot(database),
            dialect.statement_limit(database, timeout),
        ):
            (rows,) = dialect.execute(database, _count(renaming, rule)).fetchone()
    except DbkitError as error:
        return Rejected(words, query, None, error.message.splitlines()[0])
    return Rejected(words, query, int(rows), are_filled=rule.is_filled)


def _in_words(rule: NewRule) -> str:
    what = "NOT NULL of column" if isinstance(rule.item, Column) else kind(rule.item)
    return f"{what} {subject(rule.item)} of table {rule.table}"


def _count(renaming: Renaming, rule: NewRule) -> str:
    """The query that counts. It names each column with its table: SQLite takes an unknown name in
    quotes for a text."""
    source = _renamed(renaming, rule)
    if keys := _keys(rule.item):
        groups = f"SELECT count(*) AS n FROM {source}{_repeated(rule.item, keys)}"
        return f"SELECT coalesce(sum(n - 1), 0) FROM ({groups}) AS repeated"
    return f"SELECT count(*) FROM {source} WHERE {_broken(rule.item)}"


def _shown(renaming: Renaming, rule: NewRule) -> str:
    """The query that shows the rows to a person."""
    is_renamed = any(renaming.columns.get((rule.table, column)) for column in rule.columns)
    source = _renamed(renaming, rule) if is_renamed else _before(renaming, rule)
    if keys := _keys(rule.item):
        return f"SELECT {', '.join(keys)}, count(*) FROM {source}{_repeated(rule.item, keys)}"
    return f"SELECT * FROM {source} WHERE {_broken(rule.item)}"


def _before(renaming: Renaming, rule: NewRule) -> str:
    """The table as the database still calls it."""
    return (renaming.tables.get(rule.table) or rule.table).sql


def _renamed(renaming: Renaming, rule: NewRule) -> str:
    """The columns of the rule under their new names."""
    pairs = ((renaming.columns.get((rule.table, new)) or new, new) for new in rule.columns)
    columns = ", ".join(f"t.{quoted(old)} AS {quoted(new)}" for old, new in pairs)
    return f"(SELECT {columns} FROM {_before(renaming, rule)} AS t) AS t"


def _broken(item: Item) -> str:
    """The condition of the rows that break a rule about single rows."""
    match item:
        case Check(expression):
            return f"NOT ({expression})"
        case _:
            return f"{quoted(str(item.name))} IS NULL"


def _keys(item: Item) -> list[str]:
    """The SQL of the values that must not repeat; nothing for a rule about single rows."""
    match item:
        case Unique(columns=columns) | PrimaryKey(columns=columns):
            return list(map(quoted, columns))
        case Index():
            return list(map(_key, item.keys))
        case _:
            return []


def _key(key: Key) -> str:
    value = f"({key.expression})" if key.column is None else quoted(key.column)
    collation = COLLATION.search(key.options)
    return f"{value} {collation[0]}" if collation else value


def _repeated(item: Item, keys: list[str]) -> str:
    """The clauses that group the rows whose values repeat. Nulls are usually not equal."""
    conditions = [f"({item.where})"] if isinstance(item, Index) and item.where else []
    if not isinstance(item, PrimaryKey) and getattr(item, "nulls_distinct", True):
        conditions += [f"{key} IS NOT NULL" for key in keys]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"{where} GROUP BY {', '.join(keys)} HAVING count(*) > 1"
