"""`migrate --plan`: files, operations, hazards, sizes, locks, scans and rewrites."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit import migrate
from tests.cases.test_scripts import write
from tests.laws.test_scripts import opened, state

START = """migrator.sql("CREATE TABLE p (id int PRIMARY KEY)")
    migrator.sql("CREATE TABLE t (a int, b varchar(20), c int, CHECK (a <> 5) NOT VALID)")
    migrator.sql("CREATE INDEX i ON t (b)")"""

# the manual says so: chapter 13.3, ALTER TABLE, CREATE INDEX, COMMENT, CREATE TRIGGER
EXCLUSIVE, SHARED = "ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE"
STATEMENTS = [
    ("ALTER TABLE t ADD COLUMN d int", EXCLUSIVE, ""),
    ("ALTER TABLE t ADD COLUMN e int NOT NULL DEFAULT 3", EXCLUSIVE, ""),
    ("ALTER TABLE t ADD COLUMN f float DEFAULT random()", EXCLUSIVE, "rewrites"),
    ("ALTER TABLE t ALTER b TYPE text", EXCLUSIVE, ""),
    ("ALTER TABLE t ALTER c TYPE bigint", EXCLUSIVE, "rewrites"),
    ("ALTER TABLE t ALTER c SET NOT NULL", EXCLUSIVE, "scans"),
    ("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID", EXCLUSIVE, ""),
    ("ALTER TABLE t ADD CHECK (c > 0)", EXCLUSIVE, "scans"),
    ("ALTER TABLE t VALIDATE CONSTRAINT k", "SHARE UPDATE EXCLUSIVE", "scans"),
    ("ALTER TABLE t SET (fillfactor = 50)", "SHARE UPDATE EXCLUSIVE", ""),
    ("COMMENT ON TABLE t IS 'x'", "SHARE UPDATE EXCLUSIVE", ""),
    ("CREATE INDEX j ON t (a)", "SHARE", "scans"),
    ("DROP INDEX j", EXCLUSIVE, ""),
    ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p", SHARED, "scans"),
    ("UPDATE t SET a = 1", "ROW EXCLUSIVE", "scans"),
    ("LOCK TABLE t IN SHARE MODE", "SHARE", ""),
    ("TRUNCATE t", EXCLUSIVE, "rewrites"),
    ("ALTER TABLE t RENAME TO u", EXCLUSIVE, ""),
    ("DROP TABLE u", EXCLUSIVE, ""),
]


@pytest.fixture
def plan(url: str, dbkit: Callable[..., Result]) -> Callable[..., Any]:
    def run(*words: str) -> Any:
        result = dbkit("migrate", "--plan", "--database", url, *words)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout) if "json" in words else result.stdout

    return run


def test_locks_scans_and_rewrites_are_those_of_the_manual(
    postgres: pw.Database, dbkit: Callable[..., Result]
) -> None:
    write("001_start", START)
    migrate(postgres, "migrations")
    for number, (sql, _, _) in enumerate(STATEMENTS, 2):
        write(f"{number:03}_x", f"migrator.sql({sql!r})")
    port = postgres.connect_params["port"]
    url = f"postgresql://postgres@127.0.0.1:{port}/{postgres.database}"
    result = dbkit("migrate", "--plan", "--format", "json", "--database", url)
    found = []
    for file in json.loads(result.stdout)["files"]:
        (statement,) = file["statements"]
        effect = next(one for one in statement["effects"] if one["table"] == "t")
        more = "rewrites" if effect["rewrites"] else "scans" if effect["scans"] else ""
        found.append((statement["sql"], effect["lock"], more))
    assert found == STATEMENTS


def test_a_concurrent_index_takes_a_weak_lock(
    postgres: pw.Database, dbkit: Callable[..., Result]
) -> None:
    write("001_start", START)
    migrate(postgres, "migrations")
    write("002_index", "migrator.add_index('t', 'a', name='ia', concurrently=True)",
          head="ATOMIC = False\n")  # fmt: skip
    port = postgres.connect_params["port"]
    url = f"postgresql://postgres@127.0.0.1:{port}/{postgres.database}"
    text = dbkit("migrate", "--plan", "--database", url).stdout
    assert "      t: SHARE UPDATE EXCLUSIVE lock, scans the table\n" in text
    assert "could not observe" not in text


def test_a_plan_for_people(url: str, plan: Callable[..., Any]) -> None:
    write("001_start", "migrator.sql('CREATE TABLE t (a int, b text)')")
    database = opened(url)
    migrate(database, "migrations")
    for number in range(3):
        database.execute_sql(f"INSERT INTO t (a) VALUES ({number})")
    if url.startswith("postgres"):
        database.execute_sql("ANALYZE t")
    write("002_more", "migrator.add_fields('t', c=pw.IntegerField(default=3))\n    "
          "migrator.rename_field('t', 'a', 'd')\n    migrator.remove_fields('t', 'b')")  # fmt: skip
    write(
        "003_rows", "migrator.sql('DELETE FROM t')\n    migrator.add_index('t', 'd', unique=True)"
    )
    before = state(database)
    text = plan()
    assert state(database) == before
    lines = text.splitlines()
    first = lines[: lines.index("003_rows")]
    assert first[:4] == [
        "002_more",
        "  operation: add_fields t c",
        "  operation: rename_field t a d",
        "  operation: remove_fields t b",
    ]
    warnings = [line for line in lines if "warning" in line]
    assert len(warnings) == 3
    assert "loses data: " in warnings[0]
    assert " b " in warnings[0]
    assert warnings[1:] == [
        "  warning: may lose data: DELETE FROM t",
        "  warning: fails where values repeat: unique index t_d (d) of table t",
    ]
    assert any(line.startswith("  table t: about 3 rows") for line in first)
    assert any("rewrites the table" in line or "ACCESS EXCLUSIVE lock" in line for line in first)
    assert not any("migratehistory" in line for line in lines)
    assert [file["name"] for file in plan("--format", "json", "--to", "2")["files"]] == ["002_more"]
    migrate(database, "migrations")
    assert plan() == "migrate: nothing to apply\n"


def test_sqlite_rebuilds_a_table(tmp_path: Path, dbkit: Callable[..., Result]) -> None:
    write("001_start", "migrator.sql('CREATE TABLE t (a int, b text)')")
    migrate(opened("sqlite:///x.db"), "migrations")
    write("002_index", "migrator.sql('CREATE INDEX i ON t (a)')")
    write("003_rebuild", "migrator.add_check('t', 'a > 0', 'positive')")
    write("004_update", "migrator.sql('UPDATE t SET a = 1')")
    result = dbkit("migrate", "--plan", "--format", "json", "--database", "sqlite:///x.db")
    files = json.loads(result.stdout)["files"]
    effects = [[effect for one in file["statements"] for effect in one["effects"]]
               for file in files]  # fmt: skip
    assert [[(one["scans"], one["rewrites"]) for one in each] for each in effects] == [
        [(True, False)], [(True, True), (True, False)], [(True, True)],
    ]  # fmt: skip
    assert {file["locks"] for file in files} == {"the whole database"}


def test_options_that_exclude_each_other(dbkit: Callable[..., Result]) -> None:
    assert "--sql and --plan exclude each other" in dbkit("migrate", "--sql", "--plan").output
    both = dbkit("migrate", "--sql", "--format", "json")
    assert "--sql and --format exclude each other" in both.output
