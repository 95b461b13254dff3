"""SQLite: the pragmas, completed by the stored DDL; an in-memory database judges the models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import groupby
from typing import Any

import peewee as pw

from dbkit.errors import DatabaseFailed, ModelsError
from dbkit.transactions import is_open, rolled_back

from ..models import Model, chosen_index_names
from ..values import (
    Check,
    Column,
    ForeignKey,
    Index,
    Nameable,
    Part,
    PrimaryKey,
    Schema,
    Table,
    Unique,
)
from .ddl import ColumnText, TableText, normal, read_index, read_table

TABLES = """
SELECT name, type, sql FROM sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
"""

# hidden: 2 and 3 are generated columns, virtual and stored
COLUMNS = """
SELECT m.name AS "table", c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c
WHERE m.type IN ('table', 'view') AND c.hidden <> 1 ORDER BY m.name, c.cid
"""

FOREIGN_KEYS = """
SELECT m.name AS owner, f.id, f."table", f."from", f."to", f.on_update, f.on_delete, f."match"
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq
"""

# origin: c is CREATE INDEX, u a UNIQUE constraint, pk the primary key
INDEXES = """
SELECT m.name AS "table", i.name, i."unique", i.origin, x.name AS "column", s.sql
FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) x
LEFT JOIN sqlite_master s ON s.type = 'index' AND s.name = i.name
WHERE m.type = 'table' ORDER BY m.name, i.name, x.seqno
"""


class Sqlite:
    """The SQLite dialect."""

    name = "sqlite"

    @contextmanager
    def reading(self, database: pw.Database, schemas: Iterable[str]) -> Iterator[Reading]:
        with rolled_back(database):
            yield Reading(database)

    def transaction(self, database: pw.Database) -> AbstractContextManager[Any]:
        return database.atomic("IMMEDIATE")  # type: ignore[no-any-return]

    @contextmanager
    def migrating(self, database: pw.Database) -> Iterator[None]:
        """Foreign keys are off inside, or rebuilding a table would delete its children's rows
        (https://sqlite.org/lang_altertable.html, 7); instead all are checked at the end."""
        enforced = database.foreign_keys
        if enforced and is_open(database):
            raise DatabaseFailed(
                "A transaction is open, and SQLite can switch foreign keys off only outside one.",
                "Commit it first: a migration rebuilds tables, which would delete the children.",
            )
        database.foreign_keys = 0
        try:
            with self.transaction(database):
                before = _orphans(database)
                yield
                broken = _orphans(database) - before
                for child, row, parent in sorted(broken, key=str):
                    raise DatabaseFailed(
                        f"Row {row} of table {child} would be left pointing at no row of table "
                        f"{parent}.",
                        "On SQLite foreign keys are off inside a migration: delete children first.",
                    )
        finally:
            if enforced:
                database.foreign_keys = 1

    def lock(self, database: pw.Database, name: str) -> None:
        """BEGIN IMMEDIATE has already locked the whole database."""

    def advance_key(self, database: pw.Database, model: Model) -> None:
        """SQLite takes the largest key there is plus one."""


def _orphans(database: pw.Database) -> set[tuple[Any, ...]]:
    return {tuple(row[:3]) for row in database.execute_sql("PRAGMA foreign_key_check").fetchall()}


class Reading:
    """One look at a database, in a transaction that the caller rolls back."""

    def __init__(self, database: pw.Database) -> None:
        self.database = database

    def live(self, comments: bool = False) -> Schema:
        return _catalog(self.database)

    def models(self, models: Iterable[Model], live: Schema) -> Schema:
        return _from_models(self.database, list(models))


def _catalog(database: pw.Database) -> Schema:
    rows = {name: (type_, sql or "") for name, type_, sql in database.execute_sql(TABLES)}
    texts = {
        name: read_table(sql) if type_ == "table" else TableText()
        for name, (type_, sql) in rows.items()
    }
    parts: dict[str, list[Part]] = defaultdict(list)
    for name, columns in groupby(database.execute_sql(COLUMNS).fetchall(), lambda row: row[0]):
        parts[name] += _columns(list(columns), texts.get(name, TableText()))
    for _, keys in groupby(database.execute_sql(FOREIGN_KEYS).fetchall(), lambda row: row[:2]):
        group = list(keys)
        parts[group[0][0]].append(_foreign_key(group))
    for _, columns in groupby(database.execute_sql(INDEXES).fetchall(), lambda row: row[:2]):
        group = list(columns)
        parts[group[0][0]] += _index(group)
    for name, text in texts.items():
        parts[name] += [Check(expression, name=chosen) for chosen, expression in text.checks]
    return Schema(
        tuple(
            Table(name, tuple(parts[name]), type_, texts[name].options)
            for name, (type_, _) in rows.items()
        )
    )


def _columns(rows: list[Any], text: TableText) -> Iterator[Part]:
    for _, name, type_, notnull, default, _, hidden in rows:
        extra = text.columns.get(name.lower(), ColumnText())
        yield Column(
            name,
            _type(type_),
            not notnull,
            default=None if hidden else normal(default),
            identity="autoincrement" if extra.autoincrement else "",
            generated=extra.generated,
            collation=extra.collation,
        )
    key = sorted((row[5], row[1]) for row in rows if row[5])
    if key:
        yield PrimaryKey(tuple(name for _, name in key))


def _type(declared: str) -> str:
    return (normal(declared) or "").replace(" ( ", "(").replace(" )", ")").replace(" , ", ",")


def _foreign_key(rows: list[Any]) -> ForeignKey:
    _, _, target, _, to, on_update, on_delete, match = rows[0]
    return ForeignKey(
        tuple(row[3] for row in rows),
        target,
        tuple(row[4] for row in rows) if to is not None else (),
        on_delete,
        on_update,
        "SIMPLE" if match == "NONE" else match,
    )


def _index(rows: list[Any]) -> Iterator[Part]:
    _, name, unique, origin, _, sql = rows[0]
    if origin == "u":
        yield Unique(tuple(row[4] for row in rows))
    elif origin == "c":
        keys, where = read_index(sql)
        yield Index(keys, bool(unique), where=where, name=name)


def _from_models(live: pw.Database, models: list[Model]) -> Schema:
    scratch = pw.SqliteDatabase(":memory:")
    for registry in ("_collations", "_functions", "_extensions", "_attached"):
        setattr(scratch, registry, getattr(live, registry))
    with scratch.connection_context():
        for model in pw.sort_models(models):
            try:
                type(model._schema)(model, scratch).create_all(safe=False)
            except pw.PeeweeException as error:
                raise ModelsError(
                    f"SQLite cannot make table {model._meta.table_name} of model "
                    f"{model.__name__}: {error}",
                    "Correct the model.",
                ) from error
        made = _catalog(scratch)
    chosen = {model._meta.table_name: chosen_index_names(model) for model in models}
    return Schema(
        tuple(
            Table(
                table.name,
                tuple(_with_named(part, chosen[table.name]) for part in table.parts),
                table.kind,
                table.options,
            )
            for table in made.tables
        )
    )


def _with_named(part: Part, indexes: set[str]) -> Part:
    if not isinstance(part, Nameable):
        return part
    return replace(part, named=part.name in indexes if isinstance(part, Index) else bool(part.name))
