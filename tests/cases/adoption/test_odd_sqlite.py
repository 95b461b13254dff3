"""init on SQLite databases that are unusual or partly broken: it works, or says why not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from .test_hostile_names import assert_adopted

pytestmark = pytest.mark.sqlite
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);"
HISTORY = (
    "CREATE TABLE migratehistory (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255), "
    f"migrated_at DATETIME); {TABLE} INSERT INTO migratehistory VALUES "
)
ADOPTED = {
    "fts5": f"{TABLE} CREATE VIRTUAL TABLE f USING fts5(a, content='t', content_rowid='id'); "
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO f(rowid, a) VALUES (new.id, new.a); END",
    "rtree": f"{TABLE} CREATE VIRTUAL TABLE r USING rtree(id, a, b)",
    "utf16": """PRAGMA encoding = 'UTF-16le'; CREATE TABLE "tä" ("ö日" TEXT DEFAULT 'é')""",
    "view_of_nothing": f"{TABLE} CREATE TABLE u (x); CREATE VIEW v AS SELECT x FROM u; "
    "CREATE VIEW w AS SELECT a FROM t; DROP TABLE u",
    "view_of_no_function": f"{TABLE} CREATE VIEW v AS SELECT nosuch(id) FROM t",
    "views_in_a_circle": f"{TABLE} CREATE VIEW v AS SELECT * FROM w; "
    "CREATE VIEW w AS SELECT * FROM v",
    "trigger_of_nothing": f"{TABLE} CREATE TABLE u (x); CREATE TRIGGER g AFTER INSERT ON t "
    "BEGIN INSERT INTO u VALUES (1); END; DROP TABLE u",
    "foreign_key_to_no_key": f"{TABLE} CREATE TABLE u (x REFERENCES t(a), y REFERENCES t)",
    "foreign_key_to_no_column": "CREATE TABLE t (id INTEGER PRIMARY KEY, a REFERENCES t(x), "
    "b REFERENCES T(ID), c REFERENCES u(x)); CREATE TABLE u (id INTEGER PRIMARY KEY)",
    "texts_in_double_quotes": """CREATE TABLE t (s TEXT CHECK ("s" IN ("a", "b c", "it's")),
    n INT CHECK ("t"."n" > 0 OR "rowid" = 1), g TEXT AS ("s" || "x" COLLATE "nocase"));
    CREATE INDEX i ON t ("s", lower("s" || "z")) WHERE "s" <> "q";
    INSERT INTO t (s, n) VALUES ('a', 1)""",
    "types_in_quotes": 'CREATE TABLE t (a [] UNINDEXED, b "a""b" c, c [a\'b], d [primary key], '
    "e [not null], f [default 5], g [-- ], h [,], i [)], j int[], k [x$])",
    "foreign_key_to_nothing": "CREATE TABLE t (a REFERENCES nosuch(x))",
    "generated": "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c AS (a + 1))",
    "without_rowid": "CREATE TABLE t (a TEXT PRIMARY KEY, n ANY) WITHOUT ROWID, STRICT",
    "indexes": f"{TABLE} CREATE INDEX i ON t (lower(a), id DESC); CREATE INDEX k ON t (a || '%'); "
    "CREATE UNIQUE INDEX j ON t (a COLLATE NOCASE) WHERE id IS NOT NULL",
    "history_of_strange_names": f"{HISTORY} (1, '', ''), (2, '../x', 'no date'), (3, 'a b', 1)",
}
REFUSED = {
    "history_without_a_name": f"{HISTORY} (1, NULL, NULL)",
    "history_without_text": f"{HISTORY} (1, x'ff00', NULL)",
    "nonsense": f"{TABLE} PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'nonsense'",
}


def made(path: Path, sql: str) -> str:
    connection = sqlite3.connect(path)
    connection.executescript(sql)
    connection.close()
    return f"sqlite:///{path}"


@pytest.mark.parametrize("what", ADOPTED)
def test_it_is_adopted(dbkit: Callable[..., Result], tmp_path: Path, what: str) -> None:
    url = made(tmp_path / "odd.db", ADOPTED[what])
    assert_adopted(dbkit, url, f"sqlite:///{tmp_path / 'fresh.db'}")


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_in_a_sentence(
    dbkit: Callable[..., Result], tmp_path: Path, what: str
) -> None:
    url = made(tmp_path / "odd.db", REFUSED[what])
    result = dbkit("init", "--models", "adopted_nothing", "--database", url)
    assert result.exit_code == 2, result.output
    assert "unexpected" not in result.output
    assert not Path("adopted_nothing.py").exists()


def test_shadow_tables_are_those_that_sqlite_says(
    dbkit: Callable[..., Result], tmp_path: Path
) -> None:
    """A table may be called as if it were a virtual table's; FTS5 has no segments."""
    own = ["f_segments", "r_data", "f_config_old", "r_node_1"]
    tables = "".join(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY);" for name in own)
    script = "CREATE VIRTUAL TABLE f USING fts5(a); CREATE VIRTUAL TABLE r USING rtree(id, a, b);"
    url = made(tmp_path / "odd.db", f"{script} {tables}")
    fresh = tmp_path / "fresh.db"
    assert_adopted(dbkit, url, f"sqlite:///{fresh}")
    with sqlite3.connect(fresh) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert {*own, "f_config", "r_node"} <= found
    connection.close()
    (models,) = Path().glob("adopted_*.py")
    assert "class FSegment(" in models.read_text()
    assert "class FDocsize" not in models.read_text()
