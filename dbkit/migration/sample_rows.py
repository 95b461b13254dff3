"""Inserts test rows into the tables of a scratch database, as far as their rules allow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee as pw

from dbkit.fields import ColumnField, is_json
from dbkit.schema.changes import Alter, Change
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import OWN_TABLES, Model, table_name
from dbkit.schema.sql import listed, mentions, quoted
from dbkit.schema.values import Check, Column, ForeignKey, Schema, Table

Rows = dict[tuple[Name, str], Counter[str]]  # (table, column) -> values as text
Fields = Mapping[tuple[Name, str], Any]  # (table, column) -> the field that writes its values
COUNT = 2  # the first row has all values, the second only those that it needs
FIRST_DAY = date(2024, 1, 1)
UUID = "00000000-0000-0000-0000-{:012}"
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
        near = _number(table, column) if self.near else 0
        return self.number + near + self.step * place


TRIES = (
    *map(Try, (1, 0, 10, 100, -1, 1000)),
    *(Try(number, near=True, step=step) for number in (1, 0, -1) for step in (0, 1)),
    Try(step=1), Try(1000, step=-1),
)  # fmt: skip


def insert_rows(
    database: pw.Database, schema: Schema, changes: Sequence[Change], models: Iterable[Model] = ()
) -> dict[Name, str]:
    """Insert rows into the tables. If the type of a column changes, its values fit both types. The
    values of columns that the models have are as their fields write them.
    Return for each table the reason why it accepts no row; the reason is empty if it has rows."""
    becoming = {
        (change.table, change.old.name): change.item
        for change in changes
        if isinstance(change, Alter) and isinstance(change.old, Column)
        and isinstance(change.item, Column)
    }  # fmt: skip
    fields = {(table_name(model), column): field for model in models
              for column, field in model._meta.columns.items()}  # fmt: skip
    inserter = Inserter(database, schema, becoming, fields)
    reasons = {}
    for table in _parents_first(schema):
        tried = [inserter.insert(table, row) for row in range(COUNT)]
        reasons[table.name] = min(tried)  # the second row may fail; one row is enough
    return reasons


@dataclass(frozen=True)
class Inserter:
    """Inserts rows into the tables of a schema; `becoming` are the columns whose type changes."""

    database: pw.Database
    schema: Schema
    becoming: Mapping[tuple[Name | None, str], Column]
    fields: Fields

    def insert(self, table: Table, row: int) -> str:
        """Insert a row; return the reason why that is impossible, or an empty text."""
        reason = ""
        escaped = dialect_for(self.database).escaped
        for try_ in TRIES:
            values = dict(self._values(table, row, try_))
            into = escaped(f"INSERT INTO {table.name.sql} {listed(values) if values else ''}")
            given = pw.EnclosedNodeList([*values.values()])
            parts = [pw.SQL("VALUES"), given] if values else [pw.SQL("DEFAULT VALUES")]
            try:
                with self.database.atomic():
                    self.database.execute(pw.NodeList([pw.SQL(into), *parts]))
                return ""
            except pw.PeeweeException as error:
                reason = reason or str(error).partition("\n")[0]
        return reason

    def _values(self, table: Table, row: int, try_: Try) -> Iterator[tuple[str, pw.Node]]:
        """(column, its value)."""
        keys = {key.columns[0]: key for key in table.parts
                if isinstance(key, ForeignKey) and len(key.columns) == 1}  # fmt: skip
        enums: dict[str | Name, Sequence[str]] = {one.name: one.labels for one in self.schema.enums}
        for place, column in enumerate(table.parts):
            if not isinstance(column, Column) or column.identity or column.generated is not None:
                continue
            new = self.becoming.get((table.name, column.name), column)
            if row and (column.nullable or column.default is not None):
                continue
            if key := keys.get(column.name):
                if not (key.target == table.name and column.nullable):
                    yield column.name, self._referenced(key, (row + try_.step * place) % COUNT)
                continue
            labels = enums.get(column.type) or enums.get(new.type)
            number = try_.at(place, table, column)
            value = _value(table, column, str(new.type), labels, row, number)
            field = self.fields.get((table.name, column.name))
            given = value if field is None else written(field, value, row)
            is_node = isinstance(given, pw.Node)
            yield column.name, given if is_node else pw.Value(given, unpack=False)

    def _referenced(self, key: ForeignKey, row: int) -> pw.Node:
        """The key of this row of the parent; with a `step`, two keys have two parents."""
        target = quoted(key.target_columns[0])
        sql = f"(SELECT {target} FROM {key.target.sql} ORDER BY 1 LIMIT 1 OFFSET {row})"
        return pw.SQL(dialect_for(self.database).escaped(sql))


def written(field: Any, value: object, row: int) -> Any:
    """Return the value as the field writes it after reading it. If the field cannot read the value,
    return another value that it can read, and if there is none, the value itself. Otherwise a
    migration that reads and saves a row would fail or change the value."""
    is_typed = is_json(field) and not isinstance(field, ColumnField)
    for one in ({"n": row} if is_typed else value, UUID.format(row).replace("-", "")):
        for convert in (field.python_value, lambda same: same):
            with suppress(Exception):  # a field may raise anything
                found = field.db_value(convert(one))
                field.python_value(getattr(found, "adapted", found))  # of psycopg2
                return found
    return value


def _value(
    table: Table, column: Column, type_: str, labels: Sequence[str] | None, row: int, number: int
) -> object:
    if labels is None and number:  # with 0, a check may exclude its strings
        labels = _named(table, column)
    if labels:
        return labels[row % len(labels)]
    plain = type_.lower().replace(" ", "")
    if plain.endswith("[]"):
        return []
    day = FIRST_DAY + timedelta(row + number - 1)
    for words, value in (
        (("bool",), True),
        (("interval",), f"{row + number} days"),
        (("serial", "int", "numeric", "decimal", "real", "double", "float", "money"),
         number + row if number >= 0 else number - row),
        (("uuid",), UUID.format(row)),
        (("timestamp", "datetime"), f"{day} 00:00:00"),
        (("date",), str(day)),
        (("time",), f"{10 + number % 10}:0{row}:00"),
        (("json",), f'{{"n": {row}}}'),
        (("inet", "cidr"), f"10.0.0.{row}"),
        (("bytea",), f"\\x0{row}"),
        (("blob",), bytes([row])),
    ):  # fmt: skip
        if plain.startswith(words) and "range" not in plain:
            return value
    if "range" in plain:
        return "empty"
    found = LENGTH.search(type_)
    text = f"{row + 1}" if not found or int(found[1]) < 6 else f"{number}{row}"
    text = text.zfill(min(_number(table, column) + 1, 100))  # a check may want a length
    return text[: int(found[1])] if found else text


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
    over_foreign, printed = _over_foreign(schema), dialect_for(database).printed
    for table in _parents_first(schema):
        if table.name in over_foreign:
            continue
        columns = [part.name for part in table.parts if isinstance(part, Column)]
        shown = ", ".join(quoted(name).join(printed) for name in columns) or "1"
        sql = f"SELECT {shown} FROM {table.name.sql}"
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
