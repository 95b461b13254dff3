"""`migrator.without_views` removes views for the block, and restores them exactly or refuses.

The judges are `pg_dump` and `sqlite_master`. Also: an operation reads and changes only the tables
that it names, so an object that no migration knows blocks it, and the error says how to continue.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee as pw
import pytest

from dbkit.errors import MigrationError
from dbkit.migration.migrator import Migrator
from dbkit.schema.dialect import dialect_for
from tests.cases.test_attached import OLD, ROLES, SCHEMA, dump
from tests.conftest import listening, opened
from tests.laws.test_statements import databases
from tests.servers import Server

ALL = ("v", "S 1.W %", "full_one", "empty_one")
WHOLE = ROLES + SCHEMA.format(**OLD)


def note() -> type[pw.Model]:
    """A model of its own for each history, because operations edit it."""

    class Note(pw.Model):
        size = pw.IntegerField()
        text = pw.TextField(null=True)

    return Note


@contextmanager
def migrating(database: pw.Database) -> Iterator[Migrator]:
    """A migration's transaction; the history knows the table note, if it exists."""
    migrator = Migrator(database)
    if database.table_exists("note"):
        with migrator.fake():
            migrator.create_model(note())
    with dialect_for(database).migrating(database):
        yield migrator
        migrator()


def widened(database: pw.Database) -> None:
    with migrating(database) as migrator:
        migrator.change_fields("note", size=pw.BigIntegerField())


def without_text(database: pw.Database) -> None:
    with migrating(database) as migrator, migrator.without_views("texts"):
        migrator.remove_fields("note", "text")


def test_everything_of_a_view_comes_back(server: Server) -> None:
    with databases(server, WHOLE) as (url,):
        before = dump(server, url)
        with opened(url) as database:
            with migrating(database) as migrator, migrator.without_views(*ALL):
                migrator.sql("ALTER TABLE t ALTER b TYPE varchar(8000)")
                assert not database.get_views()
            assert len(database.get_views()) == 1  # of the default schema
            with migrating(database) as migrator, migrator.without_views("full_one"):
                migrator.sql("ALTER TABLE t ALTER b TYPE varchar(9000)")
                migrator.sql("ALTER TABLE t ALTER b SET STORAGE EXTERNAL")
        assert dump(server, url) == before


REFUSED = {
    "a view that depends on it is not named": (["v"], "view \"W %\" depends on view v"),
    "there is no such view": (["v", "W"], "There is no view W."),
    "a table is no view": (["t"], "There is no view t."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_before_anything_changes(server: Server, case: str) -> None:
    names, said = REFUSED[case]
    with databases(server, WHOLE) as (url,), opened(url) as database:
        oid = "SELECT 'v'::regclass::oid"
        before = database.execute_sql(oid).fetchone()
        with migrating(database) as migrator:
            with pytest.raises(MigrationError) as caught, migrator.without_views(*names):
                raise AssertionError("the block must not run")
            assert said in str(caught.value)
            migrator.failed = None  # look at the transaction as it is
            if "no such" not in case and "is no view" not in case:
                assert database.execute_sql(oid).fetchone() == before


def test_a_view_that_lost_a_column_is_an_error(database: pw.Database) -> None:
    with migrating(database) as migrator:
        migrator.create_model(note())
        migrator.sql("CREATE VIEW texts AS SELECT text FROM note")
    with pytest.raises(MigrationError, match="The view texts cannot be created again"):
        with migrating(database) as migrator, migrator.without_views("texts"):
            migrator.remove_fields("note", "text")
    assert database.get_views()[0].name == "texts"
    assert [column.name for column in database.get_columns("note")] == ["id", "size", "text"]


@pytest.mark.sqlite
def test_views_and_triggers_of_sqlite_come_back_word_for_word(tmp_path: Path) -> None:
    database = pw.SqliteDatabase(str(tmp_path / "one.db"))
    text = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('view', 'trigger') ORDER BY 2"
    with database.connection_context():
        with migrating(database) as migrator:
            migrator.create_model(note())
            migrator.sql('CREATE  VIEW "a ""b""" AS -- all\n SELECT Size FROM [note]')
            migrator.sql('CREATE VIEW c AS SELECT * FROM "a ""b"""')
            migrator.sql("CREATE TRIGGER t INSTEAD OF INSERT ON c BEGIN SELECT 1; END")
        before = database.execute_sql(text).fetchall()
        with migrating(database) as migrator, migrator.without_views('a "b"', "c"):
            migrator.change_fields("note", size=pw.TextField())
            assert not database.get_views()
        assert database.execute_sql(text).fetchall() == before
        assert database.get_columns("note")[1].data_type == "TEXT"


STRANGERS = {
    "view": ("CREATE VIEW v AS SELECT size FROM note", "without_views('v'):"),
    "view of a view": (
        "CREATE VIEW v AS SELECT size FROM note; CREATE MATERIALIZED VIEW \"W.w\" AS TABLE v",
        "without_views('v'):",
    ),
    "rule of another table": (
        "CREATE TABLE other (a int); CREATE RULE r AS ON INSERT TO other "
        "DO ALSO INSERT INTO note (size) VALUES (NEW.a)",
        "rule r on table other",
    ),
    "policy of another table": (
        "CREATE TABLE other (a int); CREATE POLICY p ON other "
        "USING (EXISTS (SELECT FROM note WHERE size = a))",
        "policy p on table other",
    ),
    "function": (
        "CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT sum(size) FROM note; END",
        "function f()",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STRANGERS)
def test_a_strangers_object_blocks_and_is_named(server: Server, case: str) -> None:
    sql, said = STRANGERS[case]
    with databases(server, "") as (url,), opened(url) as database:
        with migrating(database) as migrator:
            migrator.create_model(note())
        database.execute_sql(sql)
        before = dump(server, url)
        with pytest.raises(MigrationError) as caught:
            with migrating(database) as migrator:
                migrator.change_fields("note", size=pw.BigIntegerField())
        assert said in str(caught.value)
        assert dump(server, url) == before


NEIGHBOURS = """
CREATE TABLE a (note_id int REFERENCES note, size int); CREATE INDEX note_text ON a (size);
CREATE VIEW b AS SELECT id FROM note; CREATE MATERIALIZED VIEW c AS SELECT size FROM a;
CREATE DOMAIN d AS int; CREATE TABLE e (size d) PARTITION BY RANGE (size);
CREATE SCHEMA other; CREATE TABLE other.note (id int PRIMARY KEY, size int);
"""


def test_neighbours_do_not_change_the_statements(server: Server) -> None:
    """The same table gives the same SQL, whatever else the database has."""
    assert _sent(server, "") == _sent(server, NEIGHBOURS)


def _sent(server: Server, neighbours: str) -> list[str]:
    """The statements that are no reading of the catalog."""
    with databases(server, "") as (url,), opened(url) as database:
        with migrating(database) as migrator:
            migrator.create_model(note())
        for sql in filter(str.strip, neighbours.split(";")):
            database.execute_sql(sql)
        with listening(database) as sent, migrating(database) as migrator:
            migrator.add_fields("note", more=pw.IntegerField(null=True, index=True))
            migrator.change_fields("note", size=pw.BigIntegerField(unique=True))
    return [sql for sql in sent if sql.startswith(("ALTER", "CREATE", "DROP", "COMMENT"))]
