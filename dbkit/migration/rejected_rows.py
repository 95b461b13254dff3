"""The rows of a live database that a new UNIQUE, CHECK or NOT NULL would reject."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.errors import DbkitError
from dbkit.schema.changes import Item, kind, subject
from dbkit.schema.details import Key
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.sql import quoted
from dbkit.schema.values import Check, Column, ForeignKey, Index, PrimaryKey, Unique

from .autogenerate import Created
from .new_rules import NewRule
from .renames import Renaming

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


class RowCounter:
    """Counts the rows of a live database that break rules of a migration which is not applied yet.
    Each query runs in a read-only transaction, for `timeout` seconds at most. `found` has the
    results."""

    def __init__(self, database: pw.Database, timeout: float = TIMEOUT) -> None:
        self.database, self.timeout = database, timeout
        self.found: dict[NewRule, Rejected] = {}

    def of_rule(self, renaming: Renaming, rule: NewRule) -> Rejected:
        """Count the rows that break a rule, once."""
        key = replace(rule, is_filled=False)
        known = self.found.get(key) or _counted(self.database, renaming, rule, self.timeout)
        self.found[key] = replace(known, are_filled=rule.is_filled)
        return self.found[key]

    def of_all(self, created: Created) -> list[Rejected]:
        """Count the rows that break the rules of a migration."""
        return [self.of_rule(created.renaming, rule) for rule in created.rules]


def _counted(database: pw.Database, renaming: Renaming, rule: NewRule, timeout: float) -> Rejected:
    dialect, words, query = dialect_for(database), _in_words(rule), _shown(renaming, rule)
    if rule.uncountable:
        return Rejected(words, "", None, rule.uncountable)
    try:
        with (
            diagnosed(database),
            dialect.snapshot(database),
            dialect.statement_limit(database, timeout),
        ):
            (rows,) = dialect.execute(database, _count(renaming, rule)).fetchone()
    except DbkitError as error:
        return Rejected(words, query, None, error.message.splitlines()[0])
    return Rejected(words, query, int(rows))


def _in_words(rule: NewRule) -> str:
    match rule.item:
        case Column(name, type_) if rule.refused:
            what = f"type {type_} of column {name}"
        case Column(name):
            what = f"NOT NULL of column {name}"
        case item:
            what = f"{kind(item)} {subject(item)}"
    return f"{what} of table {rule.table}"


def _count(renaming: Renaming, rule: NewRule) -> str:
    """The query that counts. It names each column with its table: SQLite takes an unknown name in
    quotes for a text."""
    source = _renamed(renaming, rule)
    if keys := _keys(rule.item):
        groups = f"SELECT count(*) AS n FROM {source}{_repeated(rule.item, keys)}"
        return f"SELECT coalesce(sum(n - 1), 0) FROM ({groups}) AS repeated"
    return f"SELECT count(*) FROM {source} WHERE {_broken(renaming, rule)}"


def _shown(renaming: Renaming, rule: NewRule) -> str:
    """The query that shows the rows to a person."""
    is_renamed = any(renaming.columns.get((rule.table, column)) for column in rule.columns)
    source = _before(renaming, rule.table)
    if is_renamed:
        source = _renamed(renaming, rule)
    elif isinstance(rule.item, ForeignKey):
        source += " AS t"
    if keys := _keys(rule.item):
        return f"SELECT {', '.join(keys)}, count(*) FROM {source}{_repeated(rule.item, keys)}"
    return f"SELECT * FROM {source} WHERE {_broken(renaming, rule)}"


def _before(renaming: Renaming, table: Name) -> str:
    """The table as the database still calls it."""
    return (renaming.tables.get(table) or table).sql


def _renamed(renaming: Renaming, rule: NewRule) -> str:
    """The columns of the rule under their new names."""
    pairs = ((renaming.columns.get((rule.table, new)) or new, new) for new in rule.columns)
    columns = ", ".join(f"t.{quoted(old)} AS {quoted(new)}" for old, new in pairs)
    return f"(SELECT {columns} FROM {_before(renaming, rule.table)} AS t) AS t"


def _broken(renaming: Renaming, rule: NewRule) -> str:
    """The condition of the rows that break a rule about single rows."""
    match rule.item:
        case Check(expression):
            return f"NOT ({expression})"
        case ForeignKey() as key:
            return _points_nowhere(renaming, key)
        case item:
            return rule.refused or f"{quoted(str(item.name))} IS NULL"


def _points_nowhere(renaming: Renaming, key: ForeignKey) -> str:
    """The condition of the rows that point to a row which the other table lacks."""
    olds = [renaming.columns.get((key.target, name)) or name for name in key.target_columns]
    pairs = zip(olds, key.columns, strict=True)
    equal = " AND ".join(f"o.{quoted(old)} = t.{quoted(column)}" for old, column in pairs)
    filled = " AND ".join(f"t.{quoted(column)} IS NOT NULL" for column in key.columns)
    other = f"SELECT 1 FROM {_before(renaming, key.target)} AS o WHERE {equal}"
    return f"{filled} AND NOT EXISTS ({other})"


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
