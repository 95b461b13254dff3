"""SQLite: the pragmas, completed by the stored DDL; an in-memory database judges the models."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import count, groupby
from typing import Any

import peewee as pw

from dbkit.errors import DatabaseFailed, MigrationError, ModelsError
from dbkit.transactions import is_open, rolled_back

from ..models import Model, described, made_up_index_names
from ..objects import Object
from ..statements import Hints, Misfits, Statement, Using, folded, quoted, runnable
from ..values import (
    Attached,
    Check,
    Column,
    ForeignKey,
    Index,
    Nameable,
    Part,
    PrimaryKey,
    Schema,
    Table,
    Trigger,
    Unique,
)
from . import session
from .casts import misfits
from .creating import full_name
from .ddl import (
    ColumnText,
    TableText,
    normal,
    read_default,
    read_index,
    read_table,
    read_type,
    tokens,
)
from .statements import statements

TABLES = """
SELECT name, type, sql FROM {schema}.sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
"""

# the tables in which virtual tables keep their data
SHADOWS = """
SELECT name FROM pragma_table_list WHERE schema = {name} AND type = 'shadow'
"""

# hidden: 1 is a virtual table's own, 2 and 3 are generated columns, virtual and stored
COLUMNS = """
SELECT m.name AS "table", c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM {schema}.sqlite_master m JOIN pragma_table_xinfo(m.name, {name}) c
WHERE m.type IN ('table', 'view') AND c.hidden <> 1 AND m.name = coalesce(?, m.name)
ORDER BY m.name, c.cid
"""

# the last one written has the id 0
FOREIGN_KEYS = """
SELECT m.name AS owner, f.id, f."table", f."from", f."to", f.on_update, f.on_delete, f."match"
FROM {schema}.sqlite_master m JOIN pragma_foreign_key_list(m.name, {name}) f
WHERE m.type = 'table' ORDER BY m.name, f.id DESC, f.seq
"""

# origin: c is CREATE INDEX, u a UNIQUE constraint, pk the primary key, unless that is the rowid
INDEXES = """
SELECT m.name AS "table", i.name, i."unique", i.origin, x.name AS "column", s.sql, x."desc",
       lower(x.coll)
FROM {schema}.sqlite_master m JOIN pragma_index_list(m.name, {name}) i
JOIN pragma_index_xinfo(i.name, {name}) x
LEFT JOIN {schema}.sqlite_master s ON s.type = 'index' AND s.name = i.name
WHERE m.type = 'table' AND x."key" ORDER BY m.name, i.name, x.seqno
"""

# with the tables in which ANALYZE keeps its statistics
TEXTS = """
SELECT type, tbl_name, name, sql FROM {schema}.sqlite_master
WHERE sql IS NOT NULL
AND (type IN ('trigger', 'view', 'index') OR name LIKE 'sqlite\\_stat%' ESCAPE '\\')
ORDER BY name
"""

NUMBERS = count()
# how the names of shadows end, for SQLite before 3.37 (https://sqlite.org/vtab.html, 2.17)
ENDINGS = ("content", "docsize", "segments", "segdir", "stat", "data", "idx", "config", "node",
           "parent", "rowid")  # fmt: skip


class Sqlite:
    """The SQLite dialect."""

    name = "sqlite"
    equal = "="

    @contextmanager
    def reading(self, database: pw.Database, schemas: Iterable[str] | None) -> Iterator[Reading]:
        with rolled_back(database):
            yield Reading(database, schemas)

    def require_names(self, database: pw.Database, models: Iterable[Model]) -> None:
        session.require_schemas(database, models)
        session.require_no_sequences(models)

    def cut(self, name: str) -> str:
        return name

    def transaction(self, database: pw.Database) -> AbstractContextManager[Any]:
        return database.atomic("IMMEDIATE")  # type: ignore[no-any-return]

    @contextmanager
    def migrating(self, database: pw.Database) -> Iterator[None]:
        """Foreign keys are off inside, or rebuilding a table would delete its children's rows
        (https://sqlite.org/lang_altertable.html, 7); instead all are checked at the end."""
        enforced = database.foreign_keys
        if enforced and is_open(database):
            raise DatabaseFailed(
                "A transaction is open, and SQLite cannot disable foreign keys in a transaction.",
                "Commit the transaction first: otherwise rebuilding a table deletes child rows.",
            )
        database.foreign_keys = 0
        try:
            with self.transaction(database):
                before = _orphans(database)
                yield
                broken = _orphans(database) - before
                for child, row, parent in sorted(broken, key=str):
                    raise DatabaseFailed(
                        f"Row {row} of table {child} would reference a missing row of {parent}.",
                        "On SQLite, migrations run with foreign keys off: delete child rows first.",
                    ) from pw.IntegrityError(
                        f"row {row} of {child} references a missing row of {parent}"
                    )
        finally:
            if enforced:
                database.foreign_keys = 1

    def statements(self, current: Schema, desired: Schema) -> list[Statement]:
        return statements(current, desired)

    def inside(
        self, current: Schema, desired: Schema, hints: Hints | None = None
    ) -> list[Statement]:
        return statements(current, desired, wrapped=False)

    def run(self, database: pw.Database, current: Schema, desired: Schema, hints: Hints) -> None:
        broken = _broken(database, current)
        for statement in runnable(self.inside(current, desired)):
            try:
                self.execute(database, statement.sql)
            except pw.OperationalError as error:
                if statement.sql.startswith(("CREATE VIEW", "CREATE TRIGGER")):
                    raise _in_the_way(_told(statement.sql), error) from error
                raise
        for name, reason in _broken(database, desired).items() - broken.items():
            raise _in_the_way(name, reason)

    def recreate(self, database: pw.Database, statements: Iterable[str]) -> None:
        for sql in statements:  # nothing is attached to an object of SQLite
            self.execute(database, sql)

    def usings(self, current: Schema, desired: Schema) -> Using:
        return {}

    def misfits(self, current: Schema, desired: Schema) -> Misfits:
        return misfits(current, desired)

    def execute(self, database: pw.Database, sql: str) -> Any:
        return database.execute_sql(sql)

    def lock(self, database: pw.Database, name: str) -> None:
        """BEGIN IMMEDIATE has already locked the whole database."""

    def find_table(
        self, database: pw.Database, name: str, schema: str | None, write: bool
    ) -> tuple[str | None, bool]:
        return schema, database.table_exists(name, schema)

    def keeping(self, database: pw.Database) -> AbstractContextManager[None]:
        return session.keeping(database)

    def advance_key(self, database: pw.Database, model: Model) -> None:
        """SQLite takes the largest key there is plus one."""


def _broken(database: pw.Database, schema: Schema) -> dict[str, str]:
    """Views, and tables with triggers, that can no longer be used, with the reason: SQLite looks at
    what is in them when they are."""
    found = {}
    for table in schema.tables:
        name = full_name(table.name)
        tried = [f"SELECT * FROM {name}"] if table.kind == "view" else []
        if any(isinstance(part, Trigger) for part in table.parts) and table.kind == "table":
            column = quoted(next(part.name for part in table.parts if isinstance(part, Column)))
            tried = [f"UPDATE {name} SET {column} = {column}", f"DELETE FROM {name}",
                     f"INSERT INTO {name} ({column}) VALUES (NULL)"]  # fmt: skip
        for sql in tried:
            try:
                # the driver keeps statements by their text, and one that is only explained stays
                # what it was before the tables changed
                database.execute_sql(f"EXPLAIN {sql} -- {next(NUMBERS)}")
            except pw.OperationalError as error:
                found[f"{'view' if table.kind == 'view' else 'a trigger of'} {table.name}"] = str(
                    error
                )
    return found


def _told(sql: str) -> str:
    """What a CREATE VIEW or CREATE TRIGGER makes: its kind and its name."""
    words = tokens(sql)[1:6]
    return f"{words[0]} {''.join(words[1:4] if words[2] == '.' else words[1:2])}"


def _in_the_way(name: str, error: Any) -> MigrationError:
    return MigrationError(
        f"{name} would no longer work: {error}.",
        "Drop it in an earlier migration, and create it again in a later migration.",
    )


def _orphans(database: pw.Database) -> set[tuple[Any, ...]]:
    """Without those of tables that have a foreign key to columns that are no key: SQLite refuses to
    check them."""
    try:
        rows = database.execute_sql("PRAGMA foreign_key_check").fetchall()
    except pw.OperationalError:
        rows = [row for table in database.get_tables() for row in _orphans_of(database, table)]
    return {tuple(row[:3]) for row in rows}


def _orphans_of(database: pw.Database, table: str) -> list[Any]:
    try:
        return list(database.execute_sql(f"PRAGMA foreign_key_check({quoted(table)})").fetchall())
    except pw.OperationalError:
        return []


class Reading:
    """One look at a database, in a transaction that the caller rolls back."""

    def __init__(self, database: pw.Database, schemas: Iterable[str] | None) -> None:
        self.unverified: list[tuple[str, str]] = []
        self.database, self.schemas = database, ["main", *sorted(set(schemas or ()) - {"main"})]

    def expect(self, models: Iterable[Model]) -> None:
        """Nothing: SQLite itself judges the models."""

    def live(self, comments: bool = False) -> Schema:
        return _catalog(self.database, self.schemas)

    def whole(self) -> Schema:
        return self.live(comments=True)

    def spelled(self) -> tuple[Table, ...]:
        return self.live(comments=True).tables

    def attached(self) -> Attached:
        return self.live().attached

    def objects(self, schema: Schema) -> list[Object]:
        return []

    def name(self, model: Model) -> str:
        return _name(model)

    def models(self, models: Iterable[Model], live: Schema, beside: Iterable[Model] = ()) -> Schema:
        return _from_models(self.database, list(models))


def _catalog(database: pw.Database, schemas: Iterable[str]) -> Schema:
    """All that these attached databases hold; names of others than main carry it in front."""
    attached: dict[tuple[str, str, str], tuple[str, ...]] = {}
    tables = [table for schema in schemas for table in _tables(database, schema, attached)]
    return Schema(tables=tuple(tables), attached=attached)


def _tables(
    database: pw.Database, schema: str, attached: dict[tuple[str, str, str], tuple[str, ...]]
) -> Iterator[Table]:
    """The tables of an attached database; `attached` gets the text of all that is not a table."""
    literal = "'" + schema.replace("'", "''") + "'"

    def rows(sql: str, *values: str | None) -> list[Any]:
        whole = sql.format(schema=quoted(schema), name=literal)
        return list(database.execute_sql(whole, values).fetchall())

    found = {name: (kind, sql or "") for name, kind, sql in rows(TABLES)}
    virtual = {name for name, (_, sql) in found.items() if sql[:14].upper() == "CREATE VIRTUAL"}
    shadows = _shadows(rows, virtual) if virtual else set()
    texts = {name: read_table(sql) if kind == "table" else TableText(options=(normal(sql) or "",))
             for name, (kind, sql) in found.items()}  # fmt: skip
    columns = {
        table: list(some)
        for table, some in groupby(_described(rows, sorted(found)), lambda row: row[0])
    }
    indexes = [list(some) for _, some in groupby(rows(INDEXES), lambda row: row[:2])]
    keys = {index[0][0]: index for index in indexes if index[0][3] == "pk"}
    parts: dict[str, list[Part]] = defaultdict(list)
    for table, some in columns.items():
        parts[table] += _columns(some, keys.get(table, []), texts.get(table, TableText()))
    by_name = {folded(table): some for table, some in columns.items()}
    for table, of_table in groupby(rows(FOREIGN_KEYS), lambda row: row[0]):
        one_each = [list(key) for _, key in groupby(of_table, lambda row: row[1])]
        for key, (name, deferrable) in zip(one_each, texts[table].references, strict=True):
            target = by_name.get(folded(key[0][2]), [])
            parts[table].append(_foreign_key(key, target, name, deferrable))
    for index in indexes:
        parts[index[0][0]] += _index(index, texts[index[0][0]])
    as_named = {folded(table): table for table in found}
    for kind, table, name, sql in rows(TEXTS):
        owner = as_named.get(folded(table), table)  # which may be written in another case
        attached[kind, _qualified(schema, owner), name] = (sql,)
        if kind == "trigger":
            parts[owner].append(Trigger(name, normal(sql) or ""))
    for table, text in texts.items():
        parts[table] += [Check(expression, name=chosen) for chosen, expression in text.checks]
    for table, (kind, _) in found.items():
        if table not in shadows:
            yield Table(
                _qualified(schema, table),
                tuple(parts[table]),
                "virtual table" if table in virtual else kind,
                texts[table].options,
            )


def _shadows(rows: Callable[..., list[Any]], virtual: set[str]) -> set[str]:
    if sqlite3.sqlite_version_info < (3, 37):
        return {f"{name}_{ending}" for name in virtual for ending in ENDINGS}
    return {name for (name,) in rows(SHADOWS)}


def _described(rows: Callable[..., list[Any]], names: list[str]) -> list[Any]:
    """The columns of these tables. SQLite cannot describe a view of a table that is gone, or a
    virtual table whose module is missing: it has no columns here."""
    try:
        return rows(COLUMNS, names[0] if len(names) == 1 else None)
    except pw.OperationalError:
        if len(names) == 1:
            return []
        return [row for name in names for row in _described(rows, [name])]


def _columns(rows: list[Any], index: list[Any], text: TableText) -> Iterator[Part]:
    """`index` is the primary key's. Where it needs none it is the rowid, which is never null
    (https://sqlite.org/lang_createtable.html, 5)."""
    key = [name for _, name in sorted((row[5], row[1]) for row in rows if row[5])]
    for _, name, type_, notnull, default, _, hidden in rows:
        extra = text.columns.get(folded(name), ColumnText())
        yield Column(
            name,
            read_type(type_),
            not notnull and not (key == [name] and not index),
            default=None if hidden else read_default(default),
            identity="autoincrement" if extra.autoincrement else "",
            generated=extra.generated and extra.generated + " stored" * (hidden == 3),
            collation=extra.collation,
            options=_on_conflict(extra.conflict),
        )
    if key:
        name, conflict = text.key
        options = (*_unusual(index, text), *_on_conflict(conflict))
        yield PrimaryKey(tuple(key), name=name, options=options)


def _on_conflict(action: str) -> tuple[str, ...]:
    return (f"ON CONFLICT {action.upper()}",) if action else ()


def _unusual(index: list[Any], text: TableText) -> Iterator[str]:
    """What a UNIQUE or PRIMARY KEY says of its columns but their names."""
    for row in index:
        if row[7] != _collation(row[4], text):
            yield f"{row[4]} COLLATE {row[7]}"
        if row[6]:
            yield f"{row[4]} DESC"


def _collation(column: str | None, text: TableText) -> str | None:
    """A column's own collation; an expression's is not known."""
    if column is None:
        return None
    return text.columns.get(folded(column), ColumnText()).collation or "binary"


def _foreign_key(
    rows: list[Any], target: list[Any], name: str | None, deferrable: str
) -> ForeignKey:
    """`target` are the columns of the other table. MATCH is left out: SQLite ignores it
    (https://sqlite.org/foreignkeys.html, 6)."""
    _, _, table, _, to, on_update, on_delete, _ = rows[0]
    key = tuple(row[1] for row in sorted(target, key=lambda row: row[5]) if row[5])
    as_named = {folded(row[1]): row[1] for row in target}
    return ForeignKey(
        tuple(row[3] for row in rows),
        target[0][0] if target else table,
        key if to is None else tuple(as_named.get(folded(row[4]), row[4]) for row in rows),
        on_delete,
        on_update,
        deferrable=deferrable,
        name=name,
    )


def _index(rows: list[Any], text: TableText) -> Iterator[Part]:
    _, name, unique, origin, _, sql, _, _ = rows[0]
    if origin == "u":
        columns = tuple(row[4] for row in rows)
        written = tuple(folded(one) for one in columns)
        options = (*_unusual(rows, text), *_on_conflict(text.conflicts.get(written, "")))
        yield Unique(columns, name=text.uniques.get(written), options=options)
    elif origin == "c":
        keys, where = read_index(sql, [_collation(row[4], text) for row in rows])
        yield Index(keys, bool(unique), where=where, name=name)


def _from_models(live: pw.Database, models: list[Model]) -> Schema:
    """What SQLite makes of the models, in memory, with the functions that the live one has."""
    scratch = pw.SqliteDatabase(":memory:")
    for registry in ("_collations", "_functions", "_extensions"):
        setattr(scratch, registry, getattr(live, registry))
    by_name = {_name(model): model for model in models}
    schemas = sorted({model._meta.schema for model in models if model._meta.schema} - {"main"})
    with scratch.connection_context():
        for schema in schemas:
            scratch.attach(":memory:", schema)
        for model in pw.sort_models(models):
            try:
                type(model._schema)(model, scratch).create_all(safe=False)
            except Exception as error:  # Peewee and the driver let through errors of all classes
                raise ModelsError(
                    f"SQLite cannot create table {_name(model)} of model {model.__name__}: "
                    f"{described(error)}",
                    "Correct the model.",
                ) from error
        made = _catalog(scratch, ["main", *schemas])
    return Schema(tables=tuple(_with_named(table, by_name[table.name]) for table in made.tables))


def _name(model: Model) -> str:
    return _qualified(model._meta.schema or "main", model._meta.table_name)


def _qualified(schema: str, table: str) -> str:
    """The name in a Schema. It has main in front where a dot of its own would be taken for the
    end of a schema."""
    return table if schema == "main" and "." not in table else f"{schema}.{table}"


def _with_named(table: Table, model: Model) -> Table:
    made_up = made_up_index_names(model)

    def marked(part: Part) -> Part:
        if not isinstance(part, Nameable):
            return part
        chosen = part.name not in made_up if isinstance(part, Index) else bool(part.name)
        return replace(part, named=chosen)

    return replace(table, parts=tuple(map(marked, table.parts)))
