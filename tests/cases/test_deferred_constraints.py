"""Rows that a file writes have unchecked deferred constraints, and its tables are changed after."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import peewee as pw
import pytest

from dbkit import DbkitError, create, migrate, rollback, verify
from tests.pairs.pair import table

from .test_migration import write

TABLES = (
    "CREATE TABLE p (id integer PRIMARY KEY)",
    "CREATE TABLE c (id integer PRIMARY KEY, p_id integer, old text,"
    " FOREIGN KEY (p_id) REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
    "INSERT INTO p VALUES (1), (2)",
    "INSERT INTO c VALUES (1, NULL, 'x')",
)
WAYS = {
    "execute_sql": "database.execute_sql('UPDATE c SET p_id = 1')",
    "sql": "migrator.sql('UPDATE c SET p_id = 1')",
    "cursor": "database.cursor().execute('UPDATE c SET p_id = 1')",
    "run": "migrator.run(lambda: database.execute_sql('UPDATE c SET p_id = 1'))",
    "orm": "migrator.orm['c'].update(p=1).execute()",
    "fill": "migrator.fill('c', p=1)",
    "children before parents": "database.execute_sql('INSERT INTO c SELECT 2, 3, old FROM c')\n"
    "migrator.sql('INSERT INTO p VALUES (3)')",
}
OPERATIONS = (
    "migrator.add_not_null('c', 'old')",
    "migrator.add_fields('c', n=pw.IntegerField(null=True))",
    "migrator.rename_field('c', 'old', 'new')",
    "migrator.rename_table('c', 'd')",
    "migrator.remove_fields('c', 'p', cascade=True)",
    "migrator.remove_model('c', cascade=True)",
    "migrator.remove_model('c')",
    "migrator.move_table('c', 'public')",
    "migrator.add_check('c', 'id < 10', 'small')",
    "migrator.add_index('c', 'old')",
)
SOURCE = """
import peewee as pw

def {}(migrator, database, *, fake=False):
    if fake:
        return
{}

def {}(migrator, database, *, fake=False): pass
"""


@pytest.mark.parametrize("way", WAYS)
def test_a_table_is_changed_after_its_rows(postgres: pw.Database, tmp_path: Path, way: str) -> None:
    for sql in TABLES:
        postgres.execute_sql(sql)
    for number, operation in enumerate(OPERATIONS):
        for function in ("migrate", "rollback"):
            lines = indent(f"{WAYS[way]}\n{operation}", "    ")
            other = "rollback" if function == "migrate" else "migrate"
            text = SOURCE.format(function, lines, other)
            directory = write(tmp_path / f"{function}{number}", m001_a=text)
            with postgres.atomic() as transaction:
                migrate(postgres, directory)
                if function == "rollback":
                    rollback(postgres, directory)
                transaction.rollback()


def test_a_row_that_points_nowhere_is_named(postgres: pw.Database, tmp_path: Path) -> None:
    for sql in TABLES:
        postgres.execute_sql(sql)
    lines = (
        "    migrator.sql('UPDATE c SET p_id = 9')\n    migrator.rename_field('c', 'old', 'new')"
    )
    directory = write(tmp_path / "m", m001_a=SOURCE.format("migrate", lines, "rollback"))
    with pytest.raises(DbkitError, match=r"reference rows that do not exist(?s:.*)missing parents"):
        migrate(postgres, directory)


def test_a_deferred_foreign_key_is_filled(database: pw.Database, tmp_path: Path) -> None:
    """The column, its value for the rows, NOT NULL and the foreign key are of one migration."""
    owner = table("owner", n=pw.TextField())
    directory = tmp_path / "m"
    create(database, [owner, table("item", n=pw.TextField())], directory, "first")
    migrate(database, directory)
    database.execute_sql("INSERT INTO owner (n) VALUES ('a')")
    database.execute_sql("INSERT INTO item (n) VALUES ('b')")
    key = pw.ForeignKeyField(owner, deferrable="INITIALLY DEFERRED")
    models = [owner, table("item", n=pw.TextField(), owner=key)]
    create(database, models, directory, "owner", fill={"item.owner_id": "1"})
    migrate(database, directory)
    assert not verify(database, models)
    assert database.execute_sql("SELECT owner_id FROM item").fetchall() == [(1,)]
    rollback(database, directory)
    assert [one.name for one in database.get_columns("item")] == ["id", "n"]
    migrate(database, directory)
    assert not verify(database, models)
