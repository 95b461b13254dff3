"""`create` puts operations into `without_views` where a view of the history would block."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit import migrate, rollback
from tests.pairs.pair import table

VIEWS = """\
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE VIEW sizes AS SELECT size FROM note")
    migrator.sql('CREATE VIEW "S.s" AS SELECT * FROM sizes')
    migrator.sql("CREATE VIEW texts AS SELECT text FROM note")


def rollback(migrator, database, *, fake=False):
    for name in ('"S.s"', "sizes", "texts"):
        migrator.sql(f"DROP VIEW {name}")
"""
BLOCK = 'with migrator.without_views("S.s", "sizes"):'


def note(**fields: Any) -> Any:
    return table("note", text=pw.TextField(null=True), **fields)


def test_only_the_views_that_block_are_removed(
    database: pw.Database, tmp_path: Path, steps: Callable[..., Any]
) -> None:
    steps([note(size=pw.IntegerField())])
    files = tmp_path / "m"
    (files / "002_views.py").write_text(VIEWS, encoding="utf-8")
    migrate(database, files)
    before = database.get_views()
    database.execute_sql("INSERT INTO note (size) VALUES (7)")
    more = steps([note(size=pw.CharField(), more=pw.IntegerField(null=True))])
    on_postgres = isinstance(database, pw.PostgresqlDatabase)
    assert more.text.count(BLOCK) == 2 * on_postgres
    assert more.text.count("without_views") == 2 * on_postgres
    assert database.execute_sql('SELECT * FROM "S.s"').fetchall() == [("7",)]
    rollback(database, files)
    assert database.execute_sql('SELECT * FROM "S.s"').fetchall() == [(7,)]
    assert database.get_views() == before
    (files / f"{more.name}.py").unlink()
    assert "without_views" not in steps([note(size=pw.IntegerField(unique=True))]).text
