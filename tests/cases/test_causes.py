"""Each difference has its cause: a pending migration, the models, a change by hand, or two."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit import migrate, verify
from dbkit.models import MODELS
from tests.conftest import MIGRATIONS, opened

Run = Callable[..., Result]
FIRST = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class One(pw.Model):
        label = pw.CharField(20)
        size = pw.IntegerField(null=True)

        class Meta:
            table_name = "one"

def rollback(migrator, database, *, fake=False):
    migrator.remove_model("one")
"""
SECOND = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    migrator.add_fields("one", weight=pw.IntegerField(null=True))

def rollback(migrator, database, *, fake=False):
    migrator.remove_fields("one", "weight")
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Two migrations, of which tests apply the first."""
    path = tmp_path / "m"
    path.mkdir()
    (path / "001_one.py").write_text(FIRST)
    (path / "002_weight.py").write_text(SECOND)
    return path


def one(**fields: Any) -> Any:
    """The model of the table, with these fields beside its label."""
    meta = type("Meta", (), {"table_name": "one"})
    return type("One", (pw.Model,), {"label": pw.CharField(20), "Meta": meta, **fields})


def causes(database: pw.Database, model: Any, directory: Path) -> dict[str, list[str]]:
    report = verify(database, [model], directory)
    return {change["name"]: change["causes"] for change in json.loads(report.to_json())["changes"]}


def integer(**options: Any) -> Any:
    return pw.IntegerField(null=True, **options)


def test_a_pending_migration(database: pw.Database, directory: Path) -> None:
    migrate(database, directory, "001_one")
    model = one(size=integer(), weight=integer())
    assert causes(database, model, directory) == {"weight": ["pending"]}


def test_nothing_applied_at_all(database: pw.Database, directory: Path) -> None:
    model = one(size=integer(), weight=integer())
    assert causes(database, model, directory) == {"one": ["pending"]}


def test_models_that_went_on(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    model = one(size=integer(index=True), weight=integer(), color=integer())
    assert causes(database, model, directory) == {"color": ["models"], "one_size": ["models"]}


def test_a_change_by_hand(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    database.execute_sql("ALTER TABLE one ADD COLUMN nickname text")
    database.execute_sql("ALTER TABLE one DROP COLUMN size")
    model = one(size=integer(), weight=integer())
    assert causes(database, model, directory) == {"nickname": ["by hand"], "size": ["by hand"]}


def test_a_table_dropped_by_hand(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    database.execute_sql("DROP TABLE one")
    model = one(size=integer(), weight=integer())
    assert causes(database, model, directory) == {"one": ["by hand"]}


def test_each_its_own(database: pw.Database, directory: Path) -> None:
    migrate(database, directory, "001_one")
    database.execute_sql("ALTER TABLE one ADD COLUMN nickname text")
    model = one(size=integer(), weight=integer(), color=integer())
    assert causes(database, model, directory) == {
        "nickname": ["by hand"],
        "weight": ["pending"],
        "color": ["models"],
    }


def test_two_of_them(database: pw.Database, directory: Path) -> None:
    migrate(database, directory, "001_one")
    database.execute_sql("ALTER TABLE one DROP COLUMN size")
    database.execute_sql("ALTER TABLE one ADD COLUMN size text")
    model = one(
        size=pw.BigIntegerField(null=True) if not sqlite(database) else pw.DateField(null=True),
        weight=pw.TextField(null=True),
    )
    assert causes(database, model, directory) == {
        "size": ["by hand", "models"],
        "weight": ["pending", "models"],
    }


def sqlite(database: pw.Database) -> bool:
    return isinstance(database, pw.SqliteDatabase)


def test_nothing_is_replayed_where_nothing_differs(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    (directory / "001_one.py").write_text("this is no Python")
    report = verify(database, [one(size=integer(), weight=integer())], directory)
    assert not report.changes
    assert not report.notes  # for example, that the causes could not be determined


def test_a_history_that_does_not_replay_is_said(database: pw.Database, directory: Path) -> None:
    migrate(database, directory)
    (directory / "001_one.py").write_text("this is no Python")
    report = verify(database, [one()], directory)
    assert report.causes == ()
    assert "The causes could not be determined: " in str(report)
    assert "001_one.py, line 1" in str(report)


def test_the_next_step_is_said(url: str, dbkit: Run) -> None:
    with opened(url) as database:
        migrate(database, MIGRATIONS, "002_marketing")
        database.execute_sql("DROP INDEX idx_api_keys_user_id")
    result = dbkit(
        "verify", "--database", url, "--models", "dbkit.models", "--migrations", str(MIGRATIONS)
    )
    assert result.exit_code == 1
    assert "      cause: a migration is pending\n" in result.stdout
    assert "      cause: the database was changed by hand\n" in result.stdout
    assert result.stdout.endswith(
        "Apply the pending migrations: dbkit migrate\n"
        "Undo the manual change in the database, or make the same change in the models and "
        "create a migration.\n"
        "The SQL that undoes the change: dbkit verify --format sql\n"
    )


def test_no_scratch_database_is_left(postgres: pw.Database) -> None:
    migrate(postgres, MIGRATIONS, "001_accounts")
    assert verify(postgres, MODELS, MIGRATIONS).causes
    left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'dbkit_scratch%%'"
    assert postgres.execute_sql(left).fetchone() == (0,)
