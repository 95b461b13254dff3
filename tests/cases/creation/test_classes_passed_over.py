"""A table that a migration made is not dropped because of a guess about its class."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit import create, migrate, rollback, verify

Run = Callable[..., Result]


def user() -> Any:
    return type("User", (pw.Model,), {"name": pw.TextField()})


def with_subclass() -> tuple[list[Any], list[Any]]:
    base = user()
    return [type("Report", (base,), {"total": pw.IntegerField()})], [base]


def with_like_subclass() -> tuple[list[Any], list[Any]]:
    base = user()
    return [type("Admin", (base,), {})], [base]


def elsewhere() -> tuple[list[Any], list[Any]]:
    base = user()
    return [type("Visit", (pw.Model,), {"who": pw.ForeignKeyField(base)})], [base]


@pytest.mark.parametrize("later", [with_subclass, with_like_subclass, elsewhere])
def test_the_table_stays(
    database: pw.Database, tmp_path: Path, later: Callable[[], tuple[list[Any], Sequence[Any]]]
) -> None:
    assert create(database, [user()], tmp_path / "m", "one")
    migrate(database, tmp_path / "m")
    database.execute_sql("""INSERT INTO "user" (name) VALUES ('ada')""")
    models, passed_over = later()
    created = create(database, models, tmp_path / "m", "two", passed_over=passed_over)
    assert created
    migrate(database, tmp_path / "m")
    assert database.execute_sql('SELECT name FROM "user"').fetchall() == [("ada",)]
    assert create(database, models, tmp_path / "m", "three", passed_over=passed_over) is None
    report = verify(database, models, bases=passed_over)
    assert not report
    assert (report.tables, report.passed_over) == (2, ())
    database.execute_sql('ALTER TABLE "user" ADD more INTEGER')
    assert [
        str(change.item.name) for change in verify(database, models, bases=passed_over).changes
    ] == ["more"]
    database.execute_sql('ALTER TABLE "user" DROP COLUMN more')
    rollback(database, tmp_path / "m")
    assert database.execute_sql('SELECT name FROM "user"').fetchall() == [("ada",)]


def test_a_base_without_a_table_is_named(database: pw.Database, tmp_path: Path) -> None:
    models, bases = with_subclass()
    assert create(database, models, tmp_path / "m", "one", passed_over=bases)
    migrate(database, tmp_path / "m")
    assert {"user"}.isdisjoint(database.get_tables())
    report = verify(database, models, bases=bases)
    assert not report
    assert "base classes" not in str(report)
    assert "base classes without a table: " in report.to_text(verbose=True)
    assert [name.endswith("User") for name in json.loads(report.to_json())["passed_over"]] == [True]


def test_only_create_and_verify_with_verbose_name_a_base(url: str, dbkit: Run) -> None:
    Path("passed_over.py").write_text(
        "import peewee as pw\n"
        "class Base(pw.Model):\n    created_at = pw.DateTimeField(null=True)\n"
        "class Item(Base):\n    name = pw.TextField()\n"
    )
    options = ("--models", "passed_over", "--database", url)
    named = {}
    for command in (("create", "one"), ("create", "--check"), ("up",), ("prove",), ("verify",),
                    ("verify", "-v"), ("verify", "--format", "json")):  # fmt: skip
        here = options[:2] if command[0] == "prove" else options
        result = dbkit(*command, *here, env={"DATABASE_URL": url})
        assert result.exit_code == 0, result.output
        named[" ".join(command)] = "passed_over.Base" in result.output
    assert [command for command, is_named in named.items() if is_named] == [
        "create one", "create --check", "verify -v", "verify --format json"
    ]  # fmt: skip


def test_a_base_without_fields_of_its_own_is_not_named(database: pw.Database) -> None:
    base: Any = type("Base", (pw.Model,), {"id": pw.UUIDField(primary_key=True)})
    team = type("Team", (base,), {"name": pw.TextField()})
    database.bind([team])
    database.create_tables([team])
    assert verify(database, [team], bases=[base]).passed_over == ()
