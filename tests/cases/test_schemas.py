"""Schemas that migrations create and drop: others may have made them, or put tables in them."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from dbkit import migrate, rollback
from tests.conftest import opened
from tests.servers import Server

from .test_migration import write

SOURCE = """
def migrate(migrator, database, *, fake=False):
    migrator.create_schema({name!r})

def rollback(migrator, database, *, fake=False):
    migrator.drop_schema({name!r})
    migrator.sql("CREATE TABLE after (a integer)")
"""


def has_schema(database: pw.Database, name: str) -> bool:
    sql = "SELECT FROM pg_namespace WHERE nspname = %s"
    return bool(database.execute_sql(sql, (name,)).fetchall())


@pytest.mark.parametrize(
    ("name", "before", "between", "kept"),
    [
        ("s", None, None, False),
        ("s", 'CREATE SCHEMA "s"', None, False),
        ("s", None, "CREATE TABLE s.t (a integer)", True),
        ("s", "CREATE SCHEMA s; CREATE TABLE s.t (a integer)", None, True),
        ("s", None, "CREATE FUNCTION s.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", True),
        ("s", None, "DROP SCHEMA s", False),
        ('Größe."a" 10%s', None, None, False),
        ('Größe."a" 10%s', 'CREATE SCHEMA "Größe.""a"" 10%%s"', None, False),
        ("x" * 70, f"CREATE SCHEMA {'x' * 63}", None, False),
    ],
)
def test_only_an_empty_schema_is_dropped(
    postgres: pw.Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    before: str | None,
    between: str | None,
    kept: bool,
) -> None:
    directory = write(tmp_path / "m", m001_a=SOURCE.format(name=name))
    if before:
        postgres.execute_sql(before)
    migrate(postgres, directory)
    assert has_schema(postgres, name[:63])
    if between:
        postgres.execute_sql(between)
    rollback(postgres, directory)
    assert has_schema(postgres, name[:63]) == kept
    assert postgres.table_exists("after")
    assert (f"warning: Schema {name} is kept: it is not empty" in caplog.text) == kept


def test_a_role_without_the_privilege_uses_a_schema_that_exists(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = write(tmp_path / "m", m001_a=SOURCE.format(name="s"))
    name = server.create_database()
    server.execute("DROP ROLE IF EXISTS schema_user")
    server.execute("CREATE ROLE schema_user LOGIN")
    server.execute("GRANT ALL ON SCHEMA public TO schema_user; CREATE SCHEMA s", name)
    with opened(server.url(name, user="schema_user")) as database:
        migrate(database, directory)
        rollback(database, directory)
        assert has_schema(database, "s")
    assert "warning: Schema s is kept: another role owns it" in caplog.text
