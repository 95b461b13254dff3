"""A database that was adopted, adopted again for another module of models."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from dbkit import config


@pytest.fixture
def adopted(dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///old.db")
    monkeypatch.syspath_prepend(".")
    with sqlite3.connect("old.db") as connection:
        connection.execute("CREATE TABLE team (id integer PRIMARY KEY, name text NOT NULL)")
    result = dbkit("init", "--models", "again_one", "--migrations", "first")
    assert result.exit_code == 0, result.output
    return dbkit


def history() -> list[str]:
    with sqlite3.connect("old.db") as connection:
        return [name for (name,) in connection.execute("SELECT name FROM migratehistory")]


def test_the_directory_of_other_models_is_left_alone(adopted: Callable[..., Result]) -> None:
    result = adopted("init", "--models", "again_two")
    assert result.exit_code == 0, result.output
    assert [path.name for path in Path("first").glob("0*")] == ["001_baseline.py"]
    assert "REPLACES" not in Path("migrations", "001_baseline.py").read_text(encoding="utf-8")
    assert history() == ["001_baseline"]
    again = ("--models", "again_two", "--migrations", "migrations")
    assert adopted("verify", *again).exit_code == 0
    assert adopted("status", "--migrations", "migrations").exit_code == 0


def test_a_flag_names_the_directory(adopted: Callable[..., Result]) -> None:
    settings = config.load(models="again_two")
    assert config.adopting(settings, None) == Path("migrations")
    assert config.adopting(settings, "first") == Path("first")
    assert config.adopting(config.load(models="again_one"), None) == Path("first")


def test_another_database_of_the_project(adopted: Callable[..., Result]) -> None:
    """`init` is for the first database; the migrations are marked as applied in the others."""
    with sqlite3.connect("production.db") as connection:
        connection.execute("CREATE TABLE team (id integer PRIMARY KEY, name text NOT NULL)")
    production = ("--database", "sqlite:///production.db")
    result = adopted("init", *production)
    assert result.exit_code == 2
    assert "they are not marked as applied here: 001_baseline." in result.output
    assert "dbkit migrate --fake" in result.output
    assert [path.name for path in Path("first").glob("0*")] == ["001_baseline.py"]
    assert adopted("migrate", "--fake", *production).exit_code == 0
    assert adopted("verify", *production).exit_code == 0
    assert "init: nothing to do" in adopted("init", *production).output


def test_migrations_that_no_database_ran_are_replaced(
    dbkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new database runs only the baseline."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:///old.db")
    monkeypatch.syspath_prepend(".")
    Path("migrations").mkdir()
    Path("migrations", "001_tried.py").write_text(
        "def migrate(migrator, database, *, fake=False):\n"
        "    migrator.sql('CREATE TABLE team (id integer PRIMARY KEY)')\n"
    )
    with sqlite3.connect("old.db") as connection:
        connection.execute("CREATE TABLE team (id integer PRIMARY KEY, name text NOT NULL)")
    for command in ("init --models replacing", "verify", "status", "create --check"):
        result = dbkit(*command.split())
        assert result.exit_code == 0, result.output
    monkeypatch.setenv("DATABASE_URL", "sqlite:///new.db")
    assert "applied 002_baseline" in dbkit("migrate").output
    assert dbkit("verify").exit_code == 0


def test_a_rollback_does_not_drop_the_tables_that_were_adopted(
    adopted: Callable[..., Result],
) -> None:
    refused = adopted("rollback")
    assert refused.exit_code == 2
    assert "001_baseline was only marked as applied" in refused.output
    with sqlite3.connect("old.db") as connection:
        assert connection.execute("SELECT count(*) FROM team").fetchone() == (0,)
    new = ("--database", "sqlite:///new.db")
    assert adopted("migrate", *new).exit_code == 0
    assert adopted("rollback", *new).exit_code == 0  # dbkit created these tables


def test_init_after_its_files_were_deleted(adopted: Callable[..., Result]) -> None:
    with sqlite3.connect("old.db") as connection:
        connection.execute("CREATE TABLE cart (id integer PRIMARY KEY)")
    for path in (*Path("first").glob("*.py"), Path("again_one.py")):
        path.unlink()
    sys.modules.pop("again_one", None)
    again = ("--models", "again_three", "--migrations", "first")
    refused = adopted("init", *again)
    assert refused.exit_code == 2
    assert "already has a migration 001_baseline" in refused.output
    assert not [*Path("first").glob("0*.py"), *Path().glob("again_three.py")]
    assert "repair --pending 001_baseline` and then init again" in refused.output
    assert adopted("repair", "--pending", "001_baseline", "--yes", *again[2:]).exit_code == 0
    result = adopted("init", *again)
    assert result.exit_code == 0, result.output
    for command in ("status", "verify", "migrate"):
        result = adopted(command, "--migrations", "first", *again[:2] * (command == "verify"))
        assert result.exit_code == 0, result.output
