"""Statements at random that make a database: much of it broken, and the history too.

They are not meant to make sense. A server refuses many of them; what it takes is the database.
"""

from __future__ import annotations

from random import Random

from .any_models import NONSENSE, some
from .any_models import name as any_name

POSTGRES = (
    # views, functions and tables that go away under each other
    "CREATE TABLE {n} (a integer, b text)",
    "CREATE TABLE {n} ()",
    "CREATE TABLE {n} (a serial PRIMARY KEY, {m} text {junk})",
    "CREATE TABLE {n} (a int GENERATED ALWAYS AS IDENTITY, b int GENERATED ALWAYS AS (1) STORED)",
    "CREATE FUNCTION {f}() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
    "CREATE FUNCTION {f}(integer) RETURNS integer LANGUAGE plpgsql AS 'nonsense' ",
    "SET check_function_bodies TO off; CREATE FUNCTION {f}(text) RETURNS SETOF t LANGUAGE sql "
    "AS 'SELECT * FROM nowhere'; RESET check_function_bodies",
    "CREATE TABLE t (a integer, b text); CREATE INDEX ON t (lower(b))",
    "CREATE VIEW {v} AS SELECT {f}() AS {m}, * FROM {n}",
    "CREATE VIEW {v} AS SELECT {f}(1) AS x, 1 / 0 AS y",
    "CREATE VIEW {v} AS SELECT * FROM {w}",
    "CREATE OR REPLACE RECURSIVE VIEW {v} (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM {v}",
    "CREATE MATERIALIZED VIEW {v} AS SELECT {f}(a) FROM {n} WITH NO DATA",
    "CREATE TABLE {n} (a int DEFAULT {f}(), CHECK ({f}(a) > 0))",
    "CREATE INDEX {m} ON {n} ({f}()) WHERE {f}() > 0",
    "CREATE TABLE {n} PARTITION OF {w} DEFAULT",
    "CREATE TABLE {n} (a int, b text) PARTITION BY LIST (a)",
    "CREATE TABLE {n} () INHERITS ({w})",
    "DROP TABLE {n}", "DROP TABLE {n} CASCADE", "DROP VIEW {v}", "DROP FUNCTION {f}() CASCADE",
    "ALTER TABLE {n} DROP COLUMN a CASCADE",
    "ALTER TABLE {n} RENAME COLUMN b TO {m}", "ALTER TABLE {n} RENAME TO {w}",
    "ALTER TABLE {n} ADD FOREIGN KEY (a) REFERENCES {w} NOT VALID",
    "ALTER TABLE {n} ADD CONSTRAINT {m} CHECK (a > 0) NOT VALID",
    "ALTER TABLE {n} ADD UNIQUE NULLS NOT DISTINCT (a)", "ALTER TABLE {n} ADD PRIMARY KEY (a)",
    "ALTER TABLE {n} DISABLE TRIGGER ALL", "ALTER TABLE {n} ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY {m} ON {n} USING (a = {f}())",
    "CREATE RULE {m} AS ON INSERT TO {n} DO INSTEAD NOTHING",
    "CREATE TRIGGER {m} AFTER INSERT ON {n} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "INSERT INTO {n} VALUES (1, 'a'), (1, 'a')",
    "CREATE TYPE {m}", "CREATE TYPE {m} AS ENUM ()", "CREATE TYPE {m} AS ENUM ('a', {l})",
    "CREATE TYPE {m} AS (a integer, b text)", "CREATE TYPE {m} AS RANGE (subtype = date)",
    "CREATE DOMAIN {m} AS text CHECK (VALUE <> {l})", "CREATE TABLE {n} (a {m}, b {w})",
    "CREATE SEQUENCE {m}", "CREATE SCHEMA {m}", "CREATE TABLE {m}.{n} (a int)",
    "CREATE AGGREGATE {m} (int) (sfunc = int4pl, stype = int)",
    "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)",
    "CREATE COLLATION {m} FROM \"C\"", "CREATE TABLE {n} (a text COLLATE {m})",
    "CREATE STATISTICS {m} ON a, b FROM {n}", "CREATE PUBLICATION {m} FOR ALL TABLES",
    "CREATE TEXT SEARCH CONFIGURATION {m} (COPY = simple)",
    "CREATE FOREIGN DATA WRAPPER {m}; CREATE SERVER {m} FOREIGN DATA WRAPPER {m}; "
    "CREATE FOREIGN TABLE {n} (a int) SERVER {m}",
    "COMMENT ON TABLE {n} IS {l}", "COMMENT ON COLUMN {n}.a IS {l}",
    "SECURITY LABEL ON TABLE {n} IS {l}",
    "CREATE UNLOGGED TABLE {n} (a int) WITH (fillfactor = 10)", "CREATE TEMP TABLE {n} (a int)",
    # what no server does by itself: a catalog with holes in it
    "DELETE FROM pg_catalog.pg_proc WHERE proname = {g}",
    "DELETE FROM pg_catalog.pg_attribute WHERE attrelid = '{n}'::regclass AND attname = 'a'",
    "DELETE FROM pg_catalog.pg_class WHERE relname = 't'",
    "DELETE FROM pg_catalog.pg_attrdef", "DELETE FROM pg_catalog.pg_rewrite WHERE ev_type = '1'",
    "DELETE FROM pg_catalog.pg_type WHERE typname = 't'",
    "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indrelid = '{n}'::regclass",
)  # fmt: skip
SQLITE = (
    "CREATE TABLE {n} (a integer, b text)", "CREATE TABLE {n} (a, {m} {junk})",
    "CREATE TABLE {n} (a INTEGER PRIMARY KEY AUTOINCREMENT, b DECIMAL(5, 2) NOT NULL DEFAULT {l})",
    "CREATE TABLE {n} (a TEXT PRIMARY KEY, b) WITHOUT ROWID", "CREATE TABLE {n} (a ANY) STRICT",
    "CREATE TABLE {n} (a, b AS (a + 1), c AS (lower(b)) STORED)",
    "CREATE TABLE {n} (a REFERENCES {w}, b REFERENCES nowhere (x), FOREIGN KEY (a) REFERENCES {n})",
    "CREATE TABLE {n} (a UNIQUE ON CONFLICT IGNORE, CHECK (a > 0), CONSTRAINT {m} CHECK (a <> ''))",
    "CREATE TABLE {n} AS SELECT 1 AS {m}, 2", "CREATE TABLE [{x}] ([a b] 'some type', `c` \"d\")",
    "CREATE TABLE t (a /* , b */, -- {x}\n c)",
    "CREATE VIEW {v} AS SELECT * FROM nowhere", "CREATE VIEW {v} AS SELECT nothing(a) FROM {n}",
    "CREATE VIEW {v} AS SELECT z FROM {n}", "CREATE VIEW {v} (a, b) AS SELECT * FROM {w}",
    "CREATE VIEW {v} AS SELECT * FROM {v}", "CREATE VIEW {v} AS WITH x AS (SELECT 1) SELECT 1",
    "CREATE TRIGGER {m} AFTER INSERT ON {n} BEGIN INSERT INTO nowhere VALUES (new.a); END",
    "CREATE TRIGGER {m} INSTEAD OF INSERT ON {v} BEGIN SELECT nothing(); END",
    "CREATE INDEX {m} ON {n} (a DESC, lower(b)) WHERE a > 0", "CREATE UNIQUE INDEX {m} ON {n} (b)",
    "CREATE INDEX {m} ON {n} (\"nowhere\")", "CREATE INDEX {m} ON {n} (a COLLATE NOCASE)",
    "CREATE VIRTUAL TABLE {n} USING fts5(a, b)", "CREATE VIRTUAL TABLE {n} USING fts4(a, b)",
    "CREATE VIRTUAL TABLE {n} USING rtree(i, a, b)",
    "DROP TABLE {n}", "DROP VIEW {v}", "ALTER TABLE {n} DROP COLUMN b",
    "ALTER TABLE {n} RENAME TO {w}", "ALTER TABLE {n} RENAME COLUMN a TO {m}", "ANALYZE",
    "INSERT INTO {n} VALUES ({l}, 'a')", "INSERT INTO {n} VALUES (x'00ff', 9e999)",
    "CREATE TEMP TABLE {n} (a)", "CREATE TEMP VIEW {v} AS SELECT 1",
    # what SQLite itself does not write
    "INSERT INTO sqlite_master VALUES ('table', {l}, {l}, 0, 'CREATE TABLE nonsense')",
    "INSERT INTO sqlite_master VALUES ('view', 'z', 'z', 0, 'CREATE VIEW z AS SELECT zz(1)')",
    "INSERT INTO sqlite_master VALUES ('index', 'z', 't', 0, 'CREATE INDEX z ON t (zz(a))')",
    "INSERT INTO sqlite_master VALUES ('trigger', 'z', 't', 0, 'CREATE TRIGGER')",
    "INSERT INTO sqlite_master VALUES ('table', 'm', 'm', 0, 'CREATE VIRTUAL TABLE m USING zz(a)')",
    "UPDATE sqlite_master SET sql = {l} WHERE name = 't'",
    "UPDATE sqlite_master SET sql = replace(sql, 'a', 'zz')",
    "UPDATE sqlite_master SET sql = NULL WHERE type = 'view'",
    "DELETE FROM sqlite_master WHERE name = 't'", "PRAGMA user_version = 5",
)  # fmt: skip
HISTORIES = (
    "CREATE TABLE migratehistory (id {key}, name VARCHAR(255) NOT NULL, migrated_at {time})",
    "CREATE TABLE migratehistory (id {key}, name VARCHAR(255) NOT NULL, migrated_at {time})",
    "CREATE TABLE migratehistory (id {key}, name VARCHAR(255) NOT NULL, migrated_at {time})",
    "CREATE TABLE migratehistory (id {key}, name {any}, migrated_at {any})",
    "CREATE TABLE migratehistory (id {any}, name {any}, migrated_at {any}, checksum {any})",
    "CREATE TABLE migratehistory (name {any})", "CREATE TABLE migratehistory (x {any})",
    "CREATE TABLE migratehistory (id {key}, name text, migrated_at {time}, x int NOT NULL)",
    "CREATE VIEW migratehistory AS SELECT 1 AS id, '001_one' AS name, 'x' AS migrated_at",
    "CREATE VIEW migratehistory AS SELECT 1 AS id, 1 / 0 AS name, 'x' AS migrated_at",
    "CREATE INDEX migratehistory ON t (a)", "CREATE TABLE \"MigrateHistory\" (id int, name text)",
    "CREATE SEQUENCE migratehistory", "CREATE TYPE migratehistory AS ENUM ('a')",
)  # fmt: skip
TYPES = ("integer", "text", "varchar(3)", "boolean", "real", "timestamp", "bytea", "json", "blob",
         "date", "numeric(3)", "text COLLATE \"C\"", "uuid")  # fmt: skip
ROWS = (
    "INSERT INTO migratehistory (name, migrated_at) VALUES ({file}, CURRENT_TIMESTAMP)",
    "INSERT INTO migratehistory (id, name, migrated_at) VALUES ({value}, {file}, {value})",
    "INSERT INTO migratehistory (name, migrated_at) VALUES ({value}, {value})",
    "INSERT INTO migratehistory (id, name) VALUES ({value}, {value})",
    "INSERT INTO migratehistory (name) VALUES ({value})",
    "UPDATE migratehistory SET migrated_at = {value}", "UPDATE migratehistory SET name = {value}",
)  # fmt: skip
VALUES = ("NULL", "0", "-1", "1", "1e300", "''", "'x'", "'9999-12-31'", "'infinity'", "'-infinity'",
          "'0001-01-01 BC'", "'24:00'", "x'00'", "x'ff'", "99999999999999999999", "'\x01'",
          "CURRENT_TIMESTAMP", "'294276-12-31'")  # fmt: skip
FILES = ("001_one", "002_two", "003_three", "001_two", "000_zero", "one", "001_One", "999_x",
         "../001_one", "001_one.py", "", " 001_one", "001_one\n")  # fmt: skip


def statements(random: Random, postgres: bool) -> list[str]:
    """A database, and perhaps a history in it."""
    made = POSTGRES if postgres else SQLITE
    found = [_filled(random, random.choice(made)) for _ in range(random.choice((1, 3, 8, 20)))]
    return found + (history(random) if some(random, 0.3) else [])


def history(random: Random) -> list[str]:
    """A table of migrations, or what is called so, and rows."""
    found = [_filled(random, random.choice(HISTORIES))]
    return found + [_filled(random, random.choice(ROWS)) for _ in range(random.choice((0, 1, 3)))]


def _filled(random: Random, sql: str) -> str:
    while "{" in sql:
        before, _, rest = sql.partition("{")
        key, _, after = rest.partition("}")
        sql = before + _one(random, key).replace("{", "(") + after
    return sql.replace("\ud800", "").replace("\0", "")


def _one(random: Random, key: str) -> str:
    if key in CHOICES:
        return random.choice(CHOICES[key])
    made = any_name(random)
    match key:
        case "n" | "w":
            return random.choice(("t", "t", "u", '"a.b"', _quoted(made)))
        case "m":
            return _quoted(made)
        case "x":
            return made.replace("]", "").replace("\n", "")
        case "value" if some(random, 0.8):
            return random.choice(VALUES)
        case _:
            return _literal(made)


CHOICES = {
    "v": ("v", "w"),
    "f": ("f", "g"),
    "g": ("'f'", "'g'"),
    "junk": NONSENSE,
    "key": ("integer PRIMARY KEY", "serial PRIMARY KEY", "integer"),
    "time": ("timestamp", "timestamp DEFAULT CURRENT_TIMESTAMP", "text"),
    "any": TYPES,
    "file": [f"'{one}'" for one in FILES],
}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
