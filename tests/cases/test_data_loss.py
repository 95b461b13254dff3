"""In production, no migration and no rollback loses data unless a person accepts it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import CliRunner, Result

from dbkit.cli.commands import main
from tests.conftest import opened

Run = Callable[..., Result]
FIRST = """\
import peewee as pw


def migrate(migrator, database, **_):
    @migrator.create_model
    class Note(pw.Model):
        text = pw.TextField(null=True)
        size = pw.IntegerField(null=True)

    @migrator.create_model
    class Empty(pw.Model):
        pass


def rollback(migrator, database, **_):
    migrator.remove_model("empty")
    migrator.remove_model("note")
"""
FILE = """\
import peewee as pw


def migrate(migrator, database, **_):
    {}


def rollback(migrator, database, **_):
    {}
"""
ROW = "INSERT INTO note (text) VALUES ('a'), ('b')"
COUNT = "SELECT count(*) FROM note"
# operation -> what the refusal names; none if nothing is lost
LOSSES = {
    'migrator.remove_model("note")': "table note; note has 2 rows",
    'migrator.remove_fields("note", "text")': "table note; 2 rows of note have a value in text",
    'migrator.remove_fields("note", "size", "text")': "2 rows of note have a value in text, size",
    'migrator.remove_fields("note", "size")': "",
    'migrator.remove_model("note", cascade=True)': 'DROP TABLE "note"',
    'migrator.sql("DELETE FROM note")': "DELETE FROM note",
    'database.execute_sql("/* all */ drop table note")': "drop table note",
    'database.execute_sql(sql="DELETE FROM note")': "DELETE FROM note",
    'migrator.orm["note"].delete().execute()': 'DELETE FROM "note"',
    'migrator.remove_model("empty")': "",
    'migrator.rename_field("note", "text", "words")': "",
    'migrator.rename_table("note", "notes"); migrator.rename_table("notes", "note")': "",
    'migrator.change_fields("note", size=pw.BigIntegerField(null=True))': "",
    'migrator.add_fields("note", more=pw.TextField(null=True))': "",
    'migrator.sql("UPDATE note SET size = 1 -- DROP TABLE note")': "",
}  # fmt: skip


@pytest.fixture
def production(url: str, dbkit: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A project in production whose table note has two rows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    directory = tmp_path / "migrations"
    directory.mkdir()
    (directory / "001_first.py").write_text(FIRST)
    assert dbkit("migrate").exit_code == 0
    with opened(url) as database:
        database.execute_sql(ROW)
    monkeypatch.setenv("DBKIT_ENV", "production")
    return directory


def rows(url: str) -> int:
    with opened(url) as database:
        return int(database.execute_sql(COUNT).fetchone()[0])


@pytest.mark.parametrize("operation", LOSSES)
def test_a_migration_that_loses_data_is_refused(
    production: Path, dbkit: Run, url: str, operation: str
) -> None:
    (production / "002_more.py").write_text(FILE.format(operation, "pass"))
    result = dbkit("migrate")
    loss = LOSSES[operation]
    if not loss:
        assert result.exit_code == 0, result.output
        return
    assert result.exit_code == 2
    assert "Migration 002_more would lose data" in result.output
    assert loss in result.output
    assert "--accept-data-loss" in result.output
    assert rows(url) == 2
    assert "[ ] 002_more" in dbkit("status").output
    assert dbkit("migrate", "--accept-data-loss").exit_code == 0


def test_a_rollback_that_loses_data_is_refused(
    production: Path, dbkit: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (production / "002_more.py").write_text(FILE.format("pass", "pass"))
    assert dbkit("migrate").exit_code == 0
    result = dbkit("rollback", "--count", "2")
    assert (result.exit_code, "Migration 001_first would lose data" in result.output) == (2, True)
    assert rows(url) == 2
    monkeypatch.setenv("DBKIT_ACCEPT_DATA_LOSS", "1")
    assert "\nrollback: 001_first: " in dbkit("rollback").output


def test_a_person_is_asked(
    production: Path, url: str, dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbkit.prompts.is_terminal", lambda: True)
    for name in ("002_a", "003_b"):
        (production / f"{name}.py").write_text(FILE.format("pass", "pass"))
    assert dbkit("migrate").exit_code == 0
    no = CliRunner().invoke(main, ["rollback", "--to", "2"], input="n\n")
    assert (no.exit_code, no.output.count("lose data")) == (0, 0)
    no = CliRunner().invoke(main, ["rollback", "--count", "2"], input="n\n")
    assert (no.exit_code, "note has 2 rows" in no.output, rows(url)) == (2, True, 2)
    assert "Earlier migrations of this run were kept: 002_a." in no.output
    yes = CliRunner().invoke(main, ["rollback", "--count", "1"], input="y\n")
    assert yes.exit_code == 0
    assert "\nrollback: 001_first: " in yes.output
    with opened(url) as database, pytest.raises(pw.PeeweeException):
        database.execute_sql(COUNT)
