"""A merged file has a setting of PostgreSQL only if it creates a function, so that a history which
runs on SQLite still does so after it is merged on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from dbkit import migrate
from dbkit.migration.squash import merge

FIRST = """
import peewee as pw
from dbkit.fields import EnumField

def migrate(migrator, database, *, fake=False):
    migrator.create_enum("state", ("new", "done"))
    @migrator.create_model
    class T(pw.Model):
        a = EnumField(("new", "done"), "state", constraints=[pw.Default("'new'")])

def rollback(migrator, database, *, fake=False):
    migrator.remove_model("t")
    migrator.drop_enum("state")
"""
FUNCTION = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")

def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP FUNCTION one()")
"""


@pytest.mark.parametrize("with_function", [False, True])
def test_the_setting_of_functions(
    postgres: pw.Database, tmp_path: Path, with_function: bool
) -> None:
    directory = tmp_path / "m"
    directory.mkdir()
    (directory / "001_first.py").write_text(FIRST)
    if with_function:
        (directory / "002_function.py").write_text(FUNCTION)
    made = merge(postgres, directory)
    assert ("check_function_bodies" in made.text) == with_function
    if not with_function:
        sqlite = pw.SqliteDatabase(tmp_path / "other.db")
        with sqlite.connection_context():
            assert migrate(sqlite, directory) == [made.name]
            assert sqlite.get_tables()[-1:] == ["t"]
