"""The statements that repair a table leave alone what the setting `ignore` names in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result

from dbkit import verify

OPTIONS = ["t.table options"]
SQLITE = {
    "strict": ("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a TEXT NOT NULL) STRICT",
               "SELECT strict FROM pragma_table_list WHERE name = 't'"),
    "without rowid": ("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a TEXT NOT NULL) "
                      "WITHOUT ROWID", "SELECT wr FROM pragma_table_list WHERE name = 't'"),
}  # fmt: skip
POSTGRES = {
    "row-level security": ("ENABLE ROW LEVEL SECURITY", "relrowsecurity"),
    "forced security": ("FORCE ROW LEVEL SECURITY", "relforcerowsecurity"),
    "identity": ("REPLICA IDENTITY FULL", "relreplident = 'f'"),
    "storage": ("SET (fillfactor = 70)", "reloptions IS NOT NULL"),
}


def model(field: pw.Field) -> type[pw.Model]:
    meta = type("Meta", (), {"table_name": "t"})
    return type("T", (pw.Model,), {"a": field, "Meta": meta})


def assert_kept(database: pw.Database, is_set: str) -> None:
    """The statements of the report change the column, and only the column."""
    changed = model(pw.IntegerField(null=True))
    with database.bind_ctx([changed]):
        report = verify(database, [changed], ignore=OPTIONS)
        assert report.ignored == ("t.table options",)
        assert len(report.changes) >= 1
        for statement in report.statements():
            database.execute_sql(statement.sql)
        assert database.execute_sql(is_set).fetchone()[0]
        report = verify(database, [changed], ignore=OPTIONS)
        assert not report, str(report)
        assert not report.statements()


@pytest.mark.parametrize("option", SQLITE)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_options_of_sqlite(database: pw.Database, option: str) -> None:
    created, is_set = SQLITE[option]
    database.execute_sql(created)
    assert_kept(database, is_set)


@pytest.mark.parametrize("option", POSTGRES)
def test_options_of_postgres(postgres: pw.Database, option: str) -> None:
    words, is_set = POSTGRES[option]
    postgres.execute_sql("CREATE TABLE t (id serial PRIMARY KEY, a bigint NOT NULL)")
    postgres.execute_sql(f"ALTER TABLE t {words}")
    assert_kept(postgres, f"SELECT {is_set} FROM pg_class WHERE oid = 't'::regclass")


PARTS = ["t.extra", "t.mine", "t.trg"]
HAS_ALL = {
    "sqlite": "SELECT name FROM sqlite_master WHERE name IN ('mine', 'trg') ORDER BY name",
    "postgres": "SELECT indexname FROM pg_indexes WHERE indexname = 'mine' UNION ALL "
                "SELECT tgname FROM pg_trigger WHERE tgname = 'trg' ORDER BY 1",
}  # fmt: skip
TRIGGER = {
    "sqlite": ["CREATE TRIGGER trg AFTER UPDATE ON t BEGIN SELECT 1; END"],
    "postgres": ["CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
                 "CREATE TRIGGER trg AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"],
}  # fmt: skip


@pytest.fixture
def kind(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgres"


@pytest.fixture
def with_parts(database: pw.Database, kind: str) -> pw.Database:
    """A table with a column, an index and a trigger that are ignored, and a row."""
    key = {"sqlite": "INTEGER NOT NULL PRIMARY KEY", "postgres": "serial PRIMARY KEY"}[kind]
    for sql in (f"CREATE TABLE t (id {key}, a text NOT NULL, extra integer)",
                "CREATE INDEX mine ON t (extra)", *TRIGGER[kind],
                "INSERT INTO t (a, extra) VALUES ('2', 3)"):  # fmt: skip
        database.execute_sql(sql)
    return database


def test_parts_of_a_table(with_parts: pw.Database, kind: str) -> None:
    """SQLite rebuilds the table, with the column, its values, the index and the trigger."""
    changed = model(pw.IntegerField(null=True))
    with with_parts.bind_ctx([changed]):
        report = verify(with_parts, [changed], ignore=PARTS)
        assert sorted(report.ignored) == PARTS
        for statement in report.statements():
            with_parts.execute_sql(statement.sql)
        assert with_parts.execute_sql(HAS_ALL[kind]).fetchall() == [("mine",), ("trg",)]
        assert with_parts.execute_sql("SELECT a, extra FROM t").fetchall() == [(2, 3)]
        assert not verify(with_parts, [changed], ignore=PARTS)


def test_a_script_whose_lossy_statements_are_left_out(with_parts: pw.Database, kind: str) -> None:
    """The trigger that would be in the way of the rebuild is still there."""
    changed = model(pw.IntegerField(null=True))
    with with_parts.bind_ctx([changed]):
        script = verify(with_parts, [changed], ignore=PARTS).to_sql()
        lines = [line for line in script.splitlines() if not line.startswith("--")]
        for sql in "\n".join(lines).split(";\n"):
            if sql and "--" not in sql:
                with_parts.execute_sql(sql.removesuffix(";"))
        assert with_parts.execute_sql(HAS_ALL[kind]).fetchall() == [("mine",), ("trg",)]


@pytest.mark.sqlite
def test_a_table_of_two_databases(dbkit: Callable[..., Result]) -> None:
    """The entry names a table, and its columns differ."""
    for name, column in (("a", "x integer"), ("b", "y text")):
        with sqlite3.connect(f"{name}.db") as connection:
            connection.execute(f"CREATE TABLE t (id integer PRIMARY KEY, {column})")
            connection.execute("CREATE TABLE u (id integer PRIMARY KEY)")
    Path("setup.cfg").write_text("[dbkit]\nmodels = nowhere\nignore = t\n")
    for format_, printed in (
        ("text", "ignored: t\n1 table compared: no difference\n"),
        ("sql", ""),
    ):
        result = dbkit("diff", "sqlite:///a.db", "sqlite:///b.db", "--format", format_)
        assert (result.exit_code, result.stdout) == (0, printed)
