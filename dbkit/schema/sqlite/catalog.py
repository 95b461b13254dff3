"""Reads an SQLite database: pragmas and the stored DDL become the values of a Schema."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

import peewee as pw

from ..details import Action, Generated, Key, KeyOption, OnConflict, TableOptions
from ..names import Name
from ..sql import folded, quoted
from ..values import (
    Attachment,
    Check,
    Column,
    ForeignKey,
    Index,
    Part,
    PrimaryKey,
    Schema,
    Table,
    Trigger,
    Unique,
)
from . import queries
from .tokenizer import (
    ColumnText,
    TableText,
    normal,
    read_default,
    read_index,
    read_table,
    read_type,
)

# the endings of shadow tables' names, for SQLite before 3.37 (https://sqlite.org/vtab.html, 2.17)
ENDINGS = ("content", "docsize", "segments", "segdir", "stat", "data", "idx", "config", "node",
           "parent", "rowid")  # fmt: skip


def read(database: pw.Database, schemas: Iterable[str]) -> Schema:
    """Read these attached databases. The names of main have no schema."""
    attached: dict[Attachment, tuple[str, ...]] = {}
    tables = [table for schema in schemas for table in _tables(database, schema, attached)]
    return Schema(tables=tuple(tables), attached=attached)


def _tables(
    database: pw.Database, schema: str, attached: dict[Attachment, tuple[str, ...]]
) -> Iterator[Table]:
    """The tables of an attached database; the texts of its other objects go into `attached`."""
    literal = "'" + schema.replace("'", "''") + "'"

    def rows(sql: str, *values: str | None) -> list[Any]:
        whole = sql.format(schema=quoted(schema), name=literal)
        return list(database.execute_sql(whole, values).fetchall())

    found = {name: (kind, sql or "") for name, kind, sql in rows(queries.TABLES)}
    virtual = {name for name, (_, sql) in found.items() if sql[:14].upper() == "CREATE VIRTUAL"}
    shadows = _shadows(rows, virtual) if virtual else set()
    texts = {name: read_table(sql) if kind == "table"
             else TableText(options=TableOptions(normal(sql) or ""))
             for name, (kind, sql) in found.items()}  # fmt: skip
    columns = {
        table: list(some)
        for table, some in groupby(_described(rows, sorted(found)), lambda row: row[0])
    }
    indexes = [list(some) for _, some in groupby(rows(queries.INDEXES), lambda row: row[:2])]
    keys = {index[0][0]: index for index in indexes if index[0][3] == "pk"}
    parts: dict[str, list[Part]] = defaultdict(list)
    for table, some in columns.items():
        parts[table] += _columns(some, keys.get(table, []), texts.get(table, TableText()))
    by_name = {folded(table): some for table, some in columns.items()}
    for table, of_table in groupby(rows(queries.FOREIGN_KEYS), lambda row: row[0]):
        one_each = [list(key) for _, key in groupby(of_table, lambda row: row[1])]
        for key, (name, deferrable) in zip(one_each, texts[table].references, strict=True):
            target = by_name.get(folded(key[0][2]), [])
            parts[table].append(_foreign_key(key, schema, target, name, deferrable))
    for index in indexes:
        parts[index[0][0]] += _index(index, texts[index[0][0]])
    as_named = {folded(table): table for table in found}
    for kind, table, name, sql in rows(queries.TEXTS):
        owner = as_named.get(folded(table), table)  # the trigger may write it in another case
        attached[kind, name_in(schema, owner), name] = (sql,)
        if kind == "trigger":
            parts[owner].append(Trigger(name, normal(sql) or ""))
    for table, text in texts.items():
        parts[table] += [Check(expression, name=chosen) for chosen, expression in text.checks]
    for table, (kind, _) in found.items():
        if table not in shadows:
            yield Table(
                name_in(schema, table),
                tuple(parts[table]),
                "virtual table" if table in virtual else kind,
                texts[table].options,
            )


def _shadows(rows: Callable[..., list[Any]], virtual: set[str]) -> set[str]:
    if sqlite3.sqlite_version_info < (3, 37):
        return {f"{name}_{ending}" for name in virtual for ending in ENDINGS}
    return {name for (name,) in rows(queries.SHADOWS)}


def _described(rows: Callable[..., list[Any]], names: list[str]) -> list[Any]:
    """The columns of these tables. A broken view, or a virtual table without its module, has none,
    because SQLite cannot describe it."""
    try:
        return rows(queries.COLUMNS, names[0] if len(names) == 1 else None)
    except pw.OperationalError:
        if len(names) == 1:
            return []
        return [row for name in names for row in _described(rows, [name])]


def _columns(rows: list[Any], index: list[Any], text: TableText) -> Iterator[Part]:
    """The columns and the primary key; `index` is the index of the key. A key without an index is
    the rowid, which is never null (https://sqlite.org/lang_createtable.html, 5)."""
    key = [name for _, name in sorted((row[5], row[1]) for row in rows if row[5])]
    for _, name, type_, notnull, default, _, hidden in rows:
        extra = text.columns.get(folded(name), ColumnText())
        generated = Generated(extra.generated or "", "stored" * (hidden == 3))
        yield Column(
            name,
            read_type(type_),
            not notnull and not (key == [name] and not index),
            default=None if hidden else read_default(default),
            identity="autoincrement" if extra.autoincrement else "",
            generated=generated if extra.generated else None,
            collation=extra.collation,
            options=_on_conflict(extra.conflict),
        )
    if key:
        name, conflict = text.key
        yield PrimaryKey(tuple(key), name=name, options=_options(index, text, conflict))


def _on_conflict(action: str) -> tuple[OnConflict, ...]:
    return (OnConflict(action.upper()),) if action else ()


def _options(index: list[Any], text: TableText, conflict: str) -> tuple[KeyOption, ...]:
    return (*_unusual(index, text), *_on_conflict(conflict))


def _unusual(index: list[Any], text: TableText) -> Iterator[Key]:
    """The options of the columns of a UNIQUE or PRIMARY KEY, beyond their names."""
    for row in index:
        if row[7] != _collation(row[4], text):
            yield Key(row[4], options=f"COLLATE {row[7]}")
        if row[6]:
            yield Key(row[4], order="DESC")


def _collation(column: str | None, text: TableText) -> str | None:
    """The collation of a column; that of an expression is not known."""
    if column is None:
        return None
    return text.columns.get(folded(column), ColumnText()).collation or "binary"


def _foreign_key(
    rows: list[Any], schema: str, target: list[Any], name: str | None, deferrable: str
) -> ForeignKey:
    """A foreign key to a table of the same `schema`; `target` are the columns of that table. MATCH
    is left out, because SQLite ignores it (https://sqlite.org/foreignkeys.html, 6)."""
    _, _, table, _, to, on_update, on_delete, _ = rows[0]
    key = tuple(row[1] for row in sorted(target, key=lambda row: row[5]) if row[5])
    as_named = {folded(row[1]): row[1] for row in target}
    return ForeignKey(
        tuple(row[3] for row in rows),
        name_in(schema, target[0][0] if target else table),
        key if to is None else tuple(as_named.get(folded(row[4]), row[4]) for row in rows),
        Action(on_delete),
        on_update,
        deferrable=deferrable,
        name=name,
    )


def _index(rows: list[Any], text: TableText) -> Iterator[Part]:
    _, name, unique, origin, _, sql, _, _ = rows[0]
    if origin == "u":
        columns = tuple(row[4] for row in rows)
        written = tuple(folded(one) for one in columns)
        options = _options(rows, text, text.conflicts.get(written, ""))
        yield Unique(columns, name=text.uniques.get(written), options=options)
    elif origin == "c":
        known = [(row[4], _collation(row[4], text)) for row in rows]
        keys, where = read_index(sql, known, text.columns)
        yield Index(keys, bool(unique), where=where, name=name)


def name_in(schema: str | None, table: str) -> Name:
    """Return the name of a table of an attached database."""
    return Name("" if schema in (None, "main") else schema or "", table)
