"""Inserts test rows into the tables of a scratch database, as far as their rules allow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import peewee as pw

from dbkit.schema.changes import Alter, Change
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import OWN_TABLES
from dbkit.schema.sql import literal, mentions, quoted
from dbkit.schema.values import Check, Column, ForeignKey, Schema, Table

Rows = dict[tuple[Name, str], Counter[str]]  # (table, column) -> values as text
COUNT = 2  # the first row has all values, the second only those that it needs
FIRST_DAY = date(2024, 1, 1)
KINDS = ("table", "unlogged table")
STRING = re.compile(r"'((?:[^']|'')*)'")
LENGTH, NUMBER = re.compile(r"\((\d+)"), re.compile(r"(?<![\w.'])(?:- ?)?\d+")


@dataclass(frozen=True)
class Try:
    """Values that a check may want. With `near`, `number` is added to the first number in a check
    of the column. Each column gets `step` more than the column before it, for `start < end`."""

    number: int = 1
    near: bool = False
    step: int = 0

    def at(self, place: int, table: Table, column: Column) -> int:
        """The number for a column, which has this place among the parts of its table."""
        return self.number + self.near * _number(table, column) + self.step * place


TRIES = (
    *map(Try, (1, 0, 10, 100, -1, 1000)),
    *(Try(number, near=True, step=step) for number in (1, 0, -1) for step in (0, 1)),
    Try(step=1), Try(1000, step=-1),
)  # fmt: skip


def insert_rows(
    database: pw.Database, schema: Schema, changes: Sequence[Change]
) -> dict[Name, str]:
    """Insert rows into the tables. If the type of a column changes, its values fit both types.
    Return for each table the reason why it accepts no row; the reason is empty if it has rows."""
    becoming = {
        (change.table, change.old.name): change.item
        for change in changes
        if isinstance(change, Alter) and isinstance(change.old, Column)
        and isinstance(change.item, Column)
    }  # fmt: skip
    reasons = {}
    for table in _parents_first(schema):
        tried = [_insert(database, schema, table, row, becoming) for row in range(COUNT)]
        reasons[table.name] = min(tried)  # the second row may fail; one row is enough
    return reasons


def _insert(
    database: pw.Database,
    schema: Schema,
    table: Table,
    row: int,
    becoming: dict[tuple[Name | None, str], Column],
) -> str:
    """Insert a row; return the reason why that is impossible, or an empty text."""
    reason = ""
    for try_ in TRIES:
        values = dict(_values(database, schema, table, row, try_, becoming))
        names = ", ".join(map(quoted, values))
        sql = f"INSERT INTO {table.name.sql} "
        sql += f"({names}) VALUES ({', '.join(values.values())})" if values else "DEFAULT VALUES"
        try:
            with database.atomic():
                dialect_for(database).execute(database, sql)
            return ""
        except pw.PeeweeException as error:
            reason = reason or str(error).partition("\n")[0]
    return reason


def _values(
    database: pw.Database,
    schema: Schema,
    table: Table,
    row: int,
    try_: Try,
    becoming: dict[tuple[Name | None, str], Column],
) -> Iterator[tuple[str, str]]:
    """(column, SQL of its value)."""
    keys = {key.columns[0]: key for key in table.parts
            if isinstance(key, ForeignKey) and len(key.columns) == 1}  # fmt: skip
    enums: dict[str | Name, Sequence[str]] = {one.name: one.labels for one in schema.enums}
    for place, column in enumerate(table.parts):
        if not isinstance(column, Column) or column.identity or column.generated is not None:
            continue
        new = becoming.get((table.name, column.name), column)
        if row and (column.nullable or column.default is not None):
            continue
        if key := keys.get(column.name):
            if key.target == table.name and column.nullable:
                continue
            target = quoted(key.target_columns[0])
            yield (
                column.name,
                f"(SELECT {target} FROM {key.target.sql} ORDER BY 1 LIMIT 1 OFFSET {row})",
            )
        else:
            labels = enums.get(column.type) or enums.get(new.type)
            yield (
                column.name,
                _value(table, column, str(new.type), labels, row, try_.at(place, table, column)),
            )


def _value(
    table: Table, column: Column, type_: str, labels: Sequence[str] | None, row: int, number: int
) -> str:
    if labels is None and (named := _named(table, column)):
        labels = named
    if labels:
        return literal(labels[row % len(labels)])
    plain = type_.lower().replace(" ", "")
    for words, value in (
        (("bool",), "true"),
        (("serial", "int", "numeric", "decimal", "real", "double", "float", "money"),
         str(number + row if number >= 0 else number - row)),
        (("uuid",), f"'00000000-0000-0000-0000-00000000000{row}'"),
        (("timestamp", "datetime", "date"), f"'{FIRST_DAY + timedelta(row + number - 1)}'"),
        (("interval",), f"'{row + number} days'"),
        (("time",), f"'{10 + number % 10}:0{row}:00'"),
        (("json",), f"'{{\"n\": {row}}}'"),
        (("inet", "cidr"), f"'10.0.0.{row}'"),
        (("bytea",), f"'\\x0{row}'"),
        (("blob",), f"x'0{row}'"),
        (("range",), "'empty'"),
    ):  # fmt: skip
        if plain.endswith("[]"):
            return "'{}'"
        if plain.startswith(words) or (words == ("range",) and "range" in plain):
            return value
    found = LENGTH.search(type_)
    text = f"{row + 1}" if not found or int(found[1]) < 6 else f"{number}{row}"
    text = text.zfill(min(_number(table, column) + 1, 100))  # a check may want a length
    return literal(text[: int(found[1])] if found else text)


def _number(table: Table, column: Column) -> int:
    """The first number in the checks of the column, or 0."""
    found = NUMBER.search(STRING.sub("", " ".join(_checks(table, column))))
    return int(found[0].replace(" ", "")) if found else 0


def _named(table: Table, column: Column) -> list[str]:
    """The strings in the first check of the column that has strings."""
    found = (STRING.findall(check) for check in _checks(table, column))
    return [text.replace("''", "'") for text in next(filter(None, found), [])]


def _checks(table: Table, column: Column) -> Iterator[str]:
    for part in table.parts:
        if isinstance(part, Check) and mentions(part.expression, column.name):
            yield part.expression


def _parents_first(schema: Schema) -> list[Table]:
    tables = {table.name: table for table in schema.tables
              if table.kind in KINDS and str(table.name) not in OWN_TABLES}  # fmt: skip
    ordered: dict[Name, Table] = {}

    def add(table: Table, above: tuple[Name, ...]) -> None:
        for part in table.parts:
            if isinstance(part, ForeignKey) and part.target not in above and part.target in tables:
                add(tables[part.target], (*above, table.name))
        ordered.setdefault(table.name, table)

    for table in tables.values():
        add(table, (table.name,))
    return list(ordered.values())


def read_rows(database: pw.Database, schema: Schema) -> Rows:
    """Return (table, column) -> its values that are not NULL, as text. Tables with a foreign table
    below them are left out, because another server would have to read it."""
    found = {}
    over_foreign = _over_foreign(schema)
    for table in _parents_first(schema):
        if table.name in over_foreign:
            continue
        columns = [part.name for part in table.parts if isinstance(part, Column)]
        listed = ", ".join(f"CAST({quoted(name)} AS text)" for name in columns) or "1"
        sql = f"SELECT {listed} FROM {table.name.sql}"
        rows = dialect_for(database).execute(database, sql).fetchall()
        for place, name in enumerate(columns):
            found[table.name, name] = Counter(str(row[place]) for row in rows
                                              if row[place] is not None)  # fmt: skip
    return found


def _over_foreign(schema: Schema) -> set[Name]:
    waiting = [table for table in schema.tables if table.kind == "foreign table"]
    tables = {table.name: table for table in schema.tables}
    found: set[Name] = set()
    while waiting:
        above = set(waiting.pop().parents) & tables.keys() - found
        waiting += [tables[name] for name in above]
        found |= above
    return found


def empty(database: pw.Database, schema: Schema) -> None:
    """Delete all rows of the tables."""
    for table in reversed(_parents_first(schema)):
        dialect = dialect_for(database)
        dialect.execute(database, dialect.delete_all(table.name.sql))
