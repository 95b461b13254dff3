"""What a live database holds, asked of its catalog with SQL of the tests' own, not dbkit's reader.

Expectations are written in PostgreSQL's words; for SQLite they are translated here, by hand.
"""

from __future__ import annotations

from typing import NamedTuple

import peewee as pw

# what the columns of the documents are called on SQLite, where a type is only a word; enum types
# are text
SQLITE_TYPES = {
    "bigint": "INTEGER",
    "boolean": "INTEGER",
    "character": "CHAR",
    "character varying": "VARCHAR",
    "date": "DATE",
    "double precision": "REAL",
    "integer": "INTEGER",
    "jsonb": "TEXT",
    "numeric": "DECIMAL",
    "smallint": "INTEGER",
    "text": "TEXT",
    "timestamp with time zone": "TIMESTAMPTZ",
    "uuid": "TEXT",
}


class Col(NamedTuple):
    """A column: its type, whether NULL is refused, its default in the server's spelling."""

    type: str
    required: bool = True
    default: str | None = None


class Key(NamedTuple):
    """A foreign key of one column."""

    column: str
    target: str
    target_column: str
    on_delete: str


def is_postgres(database: pw.Database) -> bool:
    return isinstance(database, pw.PostgresqlDatabase)


def tables(database: pw.Database) -> set[str]:
    if is_postgres(database):
        sql = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public'"
    else:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return {name for (name,) in database.execute_sql(sql)}


def columns(database: pw.Database, table: str) -> dict[str, Col]:
    if is_postgres(database):
        rows = database.execute_sql(
            """
            SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                   pg_get_expr(d.adbin, d.adrelid)
            FROM pg_catalog.pg_attribute a
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
            """,
            (table,),
        )
        return {name: Col(*rest) for name, *rest in rows}
    rows = database.execute_sql(f"PRAGMA table_info({table})")
    return {name: Col(type_, bool(no), default) for _, name, type_, no, default, _ in rows}


def expected(database: pw.Database, wanted: dict[str, Col]) -> dict[str, Col]:
    """The wanted columns in the words of this database."""
    if is_postgres(database):
        return wanted
    translated = {}
    for name, (type_, required, default) in wanted.items():
        word, parenthesis, size = type_.partition("(")
        if default and default.startswith("nextval"):
            default = None
        elif default:
            default = default.partition("::")[0].replace("true", "TRUE").replace("false", "FALSE")
        translated[name] = Col(
            SQLITE_TYPES.get(word, "TEXT") + parenthesis + size.replace(",", ", "),
            required,
            default,
        )
    return translated


def primary_key(database: pw.Database, table: str) -> list[str]:
    if is_postgres(database):
        sql = """
            SELECT a.attname FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
            WHERE k.conrelid = %s::regclass AND k.contype = 'p'
            """
        return [name for (name,) in database.execute_sql(sql, (table,))]
    rows = database.execute_sql(f"PRAGMA table_info({table})")
    return [name for _, name, _, _, _, key in rows if key]


def foreign_keys(database: pw.Database, table: str) -> set[Key]:
    if not is_postgres(database):
        rows = database.execute_sql(f"PRAGMA foreign_key_list({table})")
        return {Key(row[3], row[2], row[4], row[6]) for row in rows}
    rows = database.execute_sql(
        """
        SELECT own.attname, target.relname, other.attname,
               CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                    WHEN 'r' THEN 'RESTRICT' WHEN 'a' THEN 'NO ACTION' ELSE 'SET DEFAULT' END
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class target ON target.oid = k.confrelid
        JOIN pg_catalog.pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = k.conkey[1]
        JOIN pg_catalog.pg_attribute other
          ON other.attrelid = k.confrelid AND other.attnum = k.confkey[1]
        WHERE k.conrelid = %s::regclass AND k.contype = 'f' AND k.convalidated
        """,
        (table,),
    )
    return {Key(*row) for row in rows}


def indexes(database: pw.Database, table: str) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Name -> (columns in order, unique), without the primary key's."""
    if is_postgres(database):
        rows = database.execute_sql(
            """
            SELECT x.relname,
                   ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY u (n, place)
                         JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid
                          AND a.attnum = u.n ORDER BY place),
                   i.indisunique
            FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
            WHERE i.indrelid = %s::regclass AND NOT i.indisprimary AND i.indisvalid
              AND i.indpred IS NULL
            """,
            (table,),
        )
        return {name: (tuple(keys), unique) for name, keys, unique in rows}
    found = {}
    for _, name, unique, origin, partial in database.execute_sql(f"PRAGMA index_list({table})"):
        if origin != "pk" and not partial:
            rows = database.execute_sql(f"PRAGMA index_info({name})")
            found[name] = (tuple(row[2] for row in rows), bool(unique))
    return found


def enums(database: pw.Database) -> dict[str, list[str]]:
    """Native enum types, PostgreSQL only: name -> labels in order."""
    return dict(
        database.execute_sql(
            """
            SELECT t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
            FROM pg_catalog.pg_type t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
            JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE n.nspname = 'public' GROUP BY t.typname
            """
        ).fetchall()
    )


def insert(database: pw.Database, table: str, **values: object) -> object:
    """Insert a row as a program without the models would, and give its key."""
    names, mark = ", ".join(values), "%s" if is_postgres(database) else "?"
    marks = ", ".join([mark] * len(values))
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id"
    with database.atomic():  # a refused row must not end the test's transaction
        return database.execute_sql(sql, tuple(values.values())).fetchone()[0]


def count(database: pw.Database, table: str) -> int:
    return database.execute_sql(f"SELECT count(*) FROM {table}").fetchone()[0]


def delete(database: pw.Database, table: str, key: object) -> None:
    mark = "%s" if is_postgres(database) else "?"
    with database.atomic():
        database.execute_sql(f"DELETE FROM {table} WHERE id = {mark}", (key,))
