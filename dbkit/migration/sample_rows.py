"""Inserts test rows into the tables of a scratch database, as far as their rules allow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import peewee as pw

from dbkit.schema.changes import Alter, Change
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import OWN_TABLES
from dbkit.schema.sql import literal, mentions, quoted
from dbkit.schema.values import Check, Column, ForeignKey, Schema, Table

Rows = dict[tuple[Name, str], Counter[str]]  # (table, column) -> values as text
COUNT = 2  # the first row has all values, the second only those that it needs
KINDS = ("table", "unlogged table")
STRING = re.compile(r"'((?:[^']|'')*)'")
TRIES = (1, 0, 10, 100, -1, 1000)  # a check may want a number
LENGTH = re.compile(r"\((\d+)")


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
    for number in TRIES:
        values = dict(_values(database, schema, table, row, number, becoming))
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
    number: int,
    becoming: dict[tuple[Name | None, str], Column],
) -> Iterator[tuple[str, str]]:
    """(column, SQL of its value)."""
    keys = {key.columns[0]: key for key in table.parts
            if isinstance(key, ForeignKey) and len(key.columns) == 1}  # fmt: skip
    enums: dict[str | Name, Sequence[str]] = {one.name: one.labels for one in schema.enums}
    for column in table.parts:
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
            yield column.name, _value(table, column, str(new.type), labels, row, number)


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
        (("timestamp", "datetime", "date"), f"'2024-01-0{row + 1}'"),
        (("interval",), f"'{row + 1} days'"),
        (("time",), f"'10:0{row}:00'"),
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
    return literal(text[: int(found[1])] if found else text)


def _named(table: Table, column: Column) -> list[str]:
    """The strings in a check of the column."""
    for part in table.parts:
        if isinstance(part, Check) and mentions(part.expression, column.name):
            found = [one.replace("''", "'") for one in STRING.findall(part.expression)]
            if found:
                return found
    return []


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
