"""Running migrations: order, failures, two runs at once, and what reading must not write."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result

from dbkit import DbkitError, migrate, rollback, status
from dbkit.migration import reset
from dbkit.migration.intercept import silenced
from dbkit.schema.peewee_models import OWN_TABLES
from tests.conftest import MIGRATIONS, ROOT, opened

NAMES = ["001_accounts", "002_marketing", "003_add_billing_tables"]
MODEL = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class {name}(pw.Model):
        label = pw.TextField()

        class Meta:
            table_name = "{name}"

def rollback(migrator, database, *, fake=False):
    migrator.remove_model("{name}")
"""


def write(directory: Path, **files: str) -> Path:
    """A directory of migrations: number_name=source."""
    directory.mkdir(exist_ok=True)
    for name, source in files.items():
        (directory / f"{name.removeprefix('m')}.py").write_text(source, encoding="utf-8")
    return directory


def tables(database: pw.Database) -> list[str]:
    return sorted(set(database.get_tables()).difference(OWN_TABLES))


def test_applied_once_and_in_order(database: pw.Database) -> None:
    assert migrate(database, MIGRATIONS) == NAMES
    assert migrate(database, MIGRATIONS) == []
    assert status(database, MIGRATIONS).applied == tuple(NAMES)


def test_up_to_a_name(database: pw.Database) -> None:
    assert migrate(database, MIGRATIONS, NAMES[1]) == NAMES[:2]
    assert migrate(database, MIGRATIONS, NAMES[0]) == []
    assert status(database, MIGRATIONS).pending == (NAMES[2],)


def test_an_unknown_name_applies_nothing(database: pw.Database) -> None:
    with pytest.raises(DbkitError, match="no migration 004_none"):
        migrate(database, MIGRATIONS, "004_none")
    assert tables(database) == []


def test_rolled_back_newest_first(database: pw.Database) -> None:
    migrate(database, MIGRATIONS)
    assert rollback(database, MIGRATIONS, 2) == [NAMES[2], NAMES[1]]
    assert status(database, MIGRATIONS).applied == (NAMES[0],)
    assert len(tables(database)) == 8


def test_more_than_is_applied_is_not_rolled_back_at_all(database: pw.Database) -> None:
    migrate(database, MIGRATIONS, NAMES[0])
    with pytest.raises(DbkitError, match=r"Cannot roll back 2 migrations: 1 migration is applied"):
        rollback(database, MIGRATIONS, 2)
    assert status(database, MIGRATIONS).applied == (NAMES[0],)


def test_fake_only_marks(database: pw.Database) -> None:
    assert migrate(database, MIGRATIONS, fake=True) == NAMES
    assert status(database, MIGRATIONS).pending == ()
    assert tables(database) == []


def test_a_failure_keeps_those_before_and_nothing_of_its_own(
    database: pw.Database, tmp_path: Path
) -> None:
    directory = write(
        tmp_path / "m",
        m001_one=MODEL.format(name="one"),
        m002_two=MODEL.format(name="two").replace(
            "def rollback", "    migrator.sql('SELECT * FROM nowhere')\n\ndef rollback"
        ),
    )
    with pytest.raises(DbkitError, match=r"Migration 002_two failed and was rolled back.*nowhere"):
        migrate(database, directory)
    assert tables(database) == ["one"]
    assert status(database, directory).applied == ("001_one",)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def migrate(:", "001_bad.py, line 1: invalid syntax"),
        ("import nothing_like_it", "001_bad.py: ModuleNotFoundError: No module named"),
        ("1/0", "001_bad.py: ZeroDivisionError"),
        ("raise SystemExit(0)", "001_bad.py: SystemExit"),
        (
            "def migrate(migrator, database, *, fake=False):\n    migrator.drop_index('x', 'y')",
            "001_bad: Neither the earlier migrations nor the database has a table x",
        ),
    ],
)
def test_a_broken_file_is_named(
    database: pw.Database, tmp_path: Path, source: str, words: str
) -> None:
    directory = write(tmp_path / "m", m001_bad=source)
    with pytest.raises(DbkitError, match=words):
        migrate(database, directory)
    assert tables(database) == []


def test_a_file_without_rollback_says_so(database: pw.Database, tmp_path: Path) -> None:
    directory = write(
        tmp_path / "m", m001_one=MODEL.format(name="one").partition("def rollback")[0]
    )
    migrate(database, directory)
    with pytest.raises(DbkitError, match=r"001_one has no rollback\(\)"):
        rollback(database, directory)
    assert tables(database) == ["one"]


def test_an_applied_file_that_is_gone_is_named(database: pw.Database, tmp_path: Path) -> None:
    directory = write(
        tmp_path / "m", m001_one=MODEL.format(name="one"), m002_two=MODEL.format(name="two")
    )
    migrate(database, directory)
    (directory / "001_one.py").unlink()
    for function in (migrate, rollback, reset):
        with pytest.raises(DbkitError, match=r"001_one is applied .* but its file is gone"):
            function(database, directory)
    assert tables(database) == ["one", "two"]


def test_no_directory_is_not_nothing_to_do(database: pw.Database, tmp_path: Path) -> None:
    with pytest.raises(DbkitError, match="There is no migrations directory"):
        migrate(database, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_numbers_beyond_999_come_last_and_are_applied(
    database: pw.Database, tmp_path: Path
) -> None:
    names = ["two", "one", "three"]
    numbers = ["m999_two", "m998_one", "m1000_three"]
    directory = write(
        tmp_path / "m",
        **{number: MODEL.format(name=name) for number, name in zip(numbers, names, strict=True)},
    )
    assert migrate(database, directory) == ["998_one", "999_two", "1000_three"]


def test_names_that_are_not_plain_work(database: pw.Database, tmp_path: Path) -> None:
    source = MODEL.replace('table_name = "{name}"', "table_name = 'Weird \"Näme\"'").replace(
        'remove_model("{name}")', "remove_model('Weird \"Näme\"')"
    )
    directory = write(tmp_path / "m", m001_ünïcode=source.format(name="Order"))
    assert migrate(database, directory) == ["001_ünïcode"]
    assert tables(database) == ['Weird "Näme"']
    rollback(database, directory)
    assert tables(database) == []


def test_reading_creates_nothing(url: str, dbkit: Callable[..., Result]) -> None:
    with opened(url) as database:
        database.execute_sql("CREATE TABLE stray (id integer)")
        result = dbkit("status", "--database", url, "--migrations", str(MIGRATIONS))
        assert result.exit_code == 1
        assert "[ ] 001_accounts" in result.output
        assert database.get_tables() == ["stray"]


def test_two_runs_at_once_apply_each_file_once(url: str) -> None:
    def run(_: int) -> list[str]:
        with opened(url) as database:
            return migrate(database, MIGRATIONS)

    with ThreadPoolExecutor(4) as threads:
        applied = [name for names in threads.map(run, range(4)) for name in names]
    assert sorted(applied) == NAMES  # each said by the run that did it
    with opened(url) as database:
        history = database.execute_sql("SELECT name FROM migratehistory ORDER BY id").fetchall()
        assert [name for (name,) in history] == NAMES


def test_rebuilding_a_parent_on_sqlite_keeps_its_children(tmp_path: Path) -> None:
    first = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Parent(pw.Model):
        label = pw.TextField()
    @migrator.create_model
    class Child(pw.Model):
        parent = pw.ForeignKeyField(Parent, on_delete="CASCADE")
"""
    second = """
def migrate(migrator, database, *, fake=False):
    migrator.drop_not_null("parent", "label")
"""
    directory = write(tmp_path / "m", m001_first=first)
    with opened(f"sqlite:///{tmp_path / 'test.db'}") as database:
        migrate(database, directory)
        database.execute_sql("INSERT INTO parent (id, label) VALUES (1, 'x')")
        database.execute_sql("INSERT INTO child (parent_id) VALUES (1), (1)")
        write(directory, m002_second=second)
        migrate(database, directory)
        assert database.execute_sql("SELECT count(*) FROM child").fetchone() == (2,)
        assert database.foreign_keys == 1


def test_a_migration_that_leaves_an_orphan_on_sqlite_is_undone(tmp_path: Path) -> None:
    directory = write(
        tmp_path / "m",
        m001_orphan="""
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    migrator.sql("CREATE TABLE child (parent_id INTEGER REFERENCES parent)")
    migrator.sql("INSERT INTO child VALUES (1)")
""",
    )
    with opened("sqlite:///:memory:") as database:
        with pytest.raises(DbkitError, match="reference a missing row of parent"):
            migrate(database, directory)
        assert tables(database) == []


def test_a_migration_inside_a_transaction_is_refused_on_sqlite(tmp_path: Path) -> None:
    directory = write(tmp_path / "m", m001_one=MODEL.format(name="one"))
    with opened("sqlite:///:memory:") as database, database.atomic():
        with pytest.raises(DbkitError, match="A transaction is open"):
            migrate(database, directory)
        assert tables(database) == []


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("then", ["", "    raise RuntimeError('boom')\n"])
def test_a_migration_that_ends_its_transaction_is_said(
    database: pw.Database, tmp_path: Path, end: str, then: str
) -> None:
    source = (
        "def migrate(migrator, database, *, fake=False):\n"
        "    database.execute_sql('CREATE TABLE one (id integer)')\n"
        f"    database.execute_sql('{end}')\n" + then
    )
    directory = write(tmp_path / "m", m001_one=source)
    with pytest.raises(DbkitError, match="001_one: It ended its own transaction") as caught:
        migrate(database, directory)
    assert "may have been kept" in str(caught.value)
    assert ("boom" in str(caught.value)) == bool(then)


READING = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    database.cursor().execute("INSERT INTO one (label) VALUES ('again')")
    for row in database.execute_sql("SELECT label FROM one").fetchall():
        pass
    with database.atomic():
        migrator.orm["one"].insert(label="x").execute()
"""


def test_following_an_applied_file_runs_nothing_of_it_again(
    database: pw.Database, tmp_path: Path
) -> None:
    directory = write(tmp_path / "m", m001_one=MODEL.format(name="one"), m002_fill=READING)
    migrate(database, directory)
    write(directory, m003_more=MODEL.format(name="three"))
    migrate(database, directory)
    labels = database.execute_sql("SELECT label FROM one ORDER BY label").fetchall()
    assert labels == [("again",), ("x",)]


def test_following_leaves_other_threads_alone(database: pw.Database) -> None:
    with silenced(database), ThreadPoolExecutor(1) as threads:
        assert database.execute_sql("SELECT 1").fetchone() != (1,)

        def ask() -> tuple[int, ...]:
            with database.connection_context():
                return tuple(database.execute_sql("SELECT 1").fetchone())

        assert threads.submit(ask).result() == (1,)
    assert database.execute_sql("SELECT 1").fetchone() == (1,)


def test_a_file_that_cannot_be_followed_says_how(database: pw.Database, tmp_path: Path) -> None:
    source = (
        "def migrate(migrator, database, *, fake=False):\n"
        "    assert database.execute_sql('SELECT 1').fetchone()[0] == 1\n"
    )
    directory = write(tmp_path / "m", m001_one=source)
    migrate(database, directory)
    write(directory, m002_two=MODEL.format(name="two"))
    with pytest.raises(
        DbkitError, match="001_one fails when it is replayed without a database"
    ) as caught:
        migrate(database, directory)
    assert "if not fake" in str(caught.value)


@pytest.mark.parametrize("name", ["2_b", "003-c", "004_d.v2", "005"])
def test_a_file_that_would_never_run_is_named(
    database: pw.Database, tmp_path: Path, name: str
) -> None:
    directory = write(
        tmp_path / "m", m001_one=MODEL.format(name="one"), **{name: MODEL.format(name="two")}
    )
    for function in (migrate, status):
        with pytest.raises(DbkitError, match=f"{name}.py would never run"):
            function(database, directory)


def test_a_file_without_migrate_is_not_applied(database: pw.Database, tmp_path: Path) -> None:
    directory = write(tmp_path / "m", m001_one="def migrat(migrator, database): pass")
    with pytest.raises(DbkitError, match=r"has no function migrate\(\)"):
        migrate(database, directory)
    assert status(database, directory).applied == ()


def test_an_applied_file_that_is_gone_is_marked_by_status(
    database: pw.Database, tmp_path: Path
) -> None:
    directory = write(tmp_path / "m", m001_one=MODEL.format(name="one"))
    migrate(database, directory)
    (directory / "001_one.py").unlink()
    assert status(database, directory).gone == ("001_one",)


def test_reset_is_all_or_nothing(database: pw.Database, tmp_path: Path) -> None:
    directory = write(
        tmp_path / "m", m001_one=MODEL.format(name="one"), m002_two=MODEL.format(name="two")
    )
    migrate(database, directory)
    database.execute_sql("INSERT INTO one (label) VALUES ('kept')")
    write(directory, m002_two=MODEL.format(name="two").replace("TextField()", "Nonsense()"))
    with pytest.raises(DbkitError):
        reset(database, directory)
    assert database.execute_sql("SELECT label FROM one").fetchall() == [("kept",)]
    write(directory, m002_two=MODEL.format(name="two"))
    assert reset(database, directory) == ["001_one", "002_two"]
    assert database.execute_sql("SELECT label FROM one").fetchall() == []


def test_reset_leaves_other_tables_alone(database: pw.Database) -> None:
    migrate(database, MIGRATIONS)
    database.execute_sql("CREATE TABLE other AS SELECT 1 AS id")
    reset(database, MIGRATIONS)
    assert database.execute_sql("SELECT id FROM other").fetchall() == [(1,)]


def pw_migrate(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """peewee-migrate's own command, in a process of its own, in the project's directory."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("pw_migrate")), *arguments],
        cwd=ROOT,
        text=True,
        capture_output=True,
        env={**os.environ, "DATABASE_URL": url},
    )


def test_pw_migrate_does_the_same(url: str) -> None:
    for _ in range(2):
        done = pw_migrate(url, "migrate")
        assert done.returncode == 0, done.stderr
    assert "Done: 3, Pending: 0" in pw_migrate(url, "list").stdout
    assert pw_migrate(url, "rollback", "--count", "3").returncode == 0
    with opened(url) as database:
        assert tables(database) == []
    too_many = pw_migrate(url, "rollback", "--count", "1")
    assert too_many.returncode == 2
    assert "Cannot roll back 1 migration: 0 migrations are applied." in too_many.stderr
    assert "Traceback" not in too_many.stderr


def test_pw_migrate_takes_its_database_flag_first(tmp_path: Path) -> None:
    named, other = (f"sqlite:///{tmp_path / name}.db" for name in ("named", "other"))
    done = pw_migrate(other, "migrate", "--database", named)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "other.db").exists()
    missing = pw_migrate(other, "list")
    assert (missing.returncode, "Traceback" in missing.stderr) == (2, False)
    assert not (tmp_path / "other.db").exists()
