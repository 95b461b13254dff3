"""`--sql`: what the script says, and what it warns of."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit import migrate
from dbkit.schema.sqlite.recording import bound
from tests.laws.test_scripts import copied, opened, send, state

HEAD = "import peewee as pw\n"
TABLE = "migrator.sql('CREATE TABLE t (a text, b double precision)')"
VALUES = 'it\'s 5% \\\\ "a" -- no; :b ?'
ROW = f"""
    class T(pw.Model):
        a, b = pw.TextField(), pw.FloatField()
        class Meta:
            primary_key = False
            database = None
    T._meta.set_database(database)
    T.insert(a={VALUES!r}, b=0.1 + 0.2).execute()
    database.execute_sql("INSERT INTO t (a) VALUES ('100%') -- the end")"""


def write(name: str, up: str, down: str = "pass", head: str = HEAD) -> None:
    Path("migrations").mkdir(exist_ok=True)
    Path(f"migrations/{name}.py").write_text(
        f"{head}\ndef migrate(migrator, database, *, fake=False):\n    {up}\n"
        f"\ndef rollback(migrator, database, *, fake=False):\n    {down}\n"
    )


@pytest.fixture
def script(url: str, dbkit: Callable[..., Result]) -> Callable[..., tuple[str, str]]:
    def run(*words: str) -> tuple[str, str]:
        result = dbkit(*words, "--sql", "--database", url)
        assert result.exit_code == 0, result.output
        return result.stdout, result.stderr

    return run


def test_values_are_in_the_script_and_code_is_warned_of(
    url: str, script: Callable[..., tuple[str, str]]
) -> None:
    write("001_t", TABLE, "migrator.sql('DROP TABLE t')")
    write("002_rows", ROW.replace("100%", "100%%") if url.startswith("postgres") else ROW)
    text, warnings = script("migrate")
    assert "warning: 002_rows runs Python code that uses the database" in warnings
    assert "001_t runs" not in warnings
    database = opened(url)
    copy = copied(url, database)
    send(copy, text)
    other = opened(copy)
    rows = other.execute_sql("SELECT a, b FROM t ORDER BY b").fetchall()
    other.close()
    assert (VALUES, 0.1 + 0.2) in rows
    assert ("100%", None) in rows
    assert script("migrate", "--to", "1")[0].count("\n-- 00") == 0
    migrate(opened(url), "migrations")
    text, warnings = script("migrate")
    assert text == "-- nothing to send\n"
    text, warnings = script("rollback", "--count", "2")
    assert text.index("-- 002_rows") < text.index("-- 001_t") < text.index("DROP TABLE t;")
    assert warnings.count("warning") == 0


def test_a_squash_and_a_file_marked_as_applied(
    url: str, script: Callable[..., tuple[str, str]]
) -> None:
    write("001_t", TABLE)
    write("002_u", "migrator.sql('CREATE TABLE u (a int)')")
    migrate(opened(url), "migrations")
    squash = HEAD + "REPLACES = ('001_t', '002_u')\n"
    write("003_all", f"{TABLE}\n    migrator.sql('CREATE TABLE u (a int)')", head=squash)
    write("004_v", "migrator.sql('CREATE TABLE v (a int)')")
    for words in ((), ("--fake",)):
        text, _ = script("migrate", *words)
        assert text.startswith("-- 004_v\n")
        assert ("CREATE TABLE v" in text) == (not words)
        database = opened(url)
        copy = copied(url, database)
        send(copy, text)
        other = opened(copy)
        names = [row[0] for row in other.execute_sql("SELECT name FROM migratehistory ORDER BY id")]
        other.close()
        assert names == ["003_all", "004_v"]


def test_a_database_that_differs_from_its_history(
    url: str, script: Callable[..., tuple[str, str]]
) -> None:
    write("001_t", TABLE)
    write("002_u", "migrator.sql('CREATE TABLE u (a int)')")
    database = opened(url)
    migrate(database, "migrations", "1")
    database.execute_sql("CREATE TABLE of_others (a int)")
    assert "warning" not in script("migrate")[1]
    database.execute_sql("ALTER TABLE t ADD COLUMN by_hand int")
    before = state(database)
    assert "The database differs from its migrations" in script("migrate")[1]
    assert "column by_hand of table t" in script("migrate")[1]
    assert state(database) == before


def test_privileges_that_the_real_run_would_restore(
    postgres: pw.Database, dbkit: Callable[..., Result]
) -> None:
    """No migration grants them, and a view that is created again loses them."""
    write("001_t", f"{TABLE}\n    migrator.sql('CREATE VIEW w AS SELECT a FROM t')")
    write("002_wider", "with migrator.without_views('w'):\n        "
          "migrator.change_fields('t', b=pw.DecimalField(null=True))")  # fmt: skip
    migrate(postgres, "migrations", "1")
    postgres.execute_sql("GRANT SELECT ON w TO PUBLIC")
    url = f"postgresql://postgres@127.0.0.1:{postgres.connect_params['port']}/{postgres.database}"
    result = dbkit("migrate", "--sql", "--database", url)
    assert result.exit_code == 0, result.output
    assert "GRANT SELECT ON" in result.stdout
    assert "warning" not in result.stderr


def test_a_file_without_a_transaction(url: str, script: Callable[..., tuple[str, str]]) -> None:
    """The script does not put a concurrent index into a transaction."""
    write("001_t", "migrator.sql('CREATE TABLE t (a int, b int)')")
    migrate(opened(url), "migrations")
    both = "CONCURRENTLY " if url.startswith("postgres") else ""
    write("002_index", "migrator.add_index('t', 'a', name='ia', concurrently=True)\n    "
          f"migrator.sql('CREATE INDEX {both}ib ON t (b)')\n    "
          "migrator.add_fields('t', c=pw.IntegerField(null=True))",
          head=f"{HEAD}ATOMIC = False\n")  # fmt: skip
    text, warnings = script("migrate")
    assert "warning" not in warnings
    assert text.count("CONCURRENTLY") == 2 * bool(both)
    assert "BEGIN;\nCOMMIT;" not in text
    assert "SAVEPOINT" not in text or not both
    database = opened(url)
    copy = copied(url, database)
    send(copy, text)
    database = opened(url)
    migrate(database, "migrations")
    other = opened(copy)
    assert state(other) == state(database)
    other.close()


VALUES_OF_SQLITE: list[Any] = [
    None, True, 0, -(2**62), 0.1 + 0.2, 1e300, float("inf"), "a'b", "a\0b", b"\0'", "?", ":x",
]  # fmt: skip


# Python 3.12.0 to 3.12.3 take ?1 for a name
@pytest.mark.filterwarnings("ignore:Binding 1:DeprecationWarning")
@pytest.mark.parametrize("value", VALUES_OF_SQLITE)
def test_sqlite_reads_each_value_as_it_was_bound(value: Any) -> None:
    database = sqlite3.connect(":memory:")
    for sql, values in (
        ('SELECT ?, \'?\', "?" FROM (SELECT 1 AS "?") -- ?', (value,)),
        ("SELECT ?1, '?', 1 /* ? */", [value]),
        ("SELECT :x, ':x', 1", {"x": value}),
        ("SELECT @x, '?', 1 WHERE [a] IS $y OR 1", {"x": value, "y": 1}),
    ):
        sql = sql.replace("[a]", "1")
        assert database.execute(bound(sql, values)).fetchone() == tuple(
            database.execute(sql, values).fetchone()
        )


def test_sqlite_adapts_a_value_as_the_driver_does() -> None:
    assert bound("SELECT ?, ?", [datetime(2024, 1, 2), "x"]) == "SELECT '2024-01-02 00:00:00', 'x'"
