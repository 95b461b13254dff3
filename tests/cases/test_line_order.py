"""A file runs in the order in which it is written: what it sends itself after an operation finds
the tables as the operation leaves them, in migrate and in rollback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent
from typing import Any

import peewee as pw
import pytest

from dbkit import DbkitError, migrate, rollback
from dbkit.schema.peewee_models import OWN_TABLES
from tests.conftest import EVERY_CASE, POSTGRES, opened, server_of

Case = tuple[str, str]  # lines of an operation; what is true after it, and was not before

BASE = """
import peewee as pw
from dbkit.fields import EnumField, ServerDefault

def migrate(migrator, database, *, fake=False):
    migrator.create_enum("mood", ("x", "z"))
    @migrator.create_model
    class Team(pw.Model):
        name = pw.TextField()
    @migrator.create_model
    class T(pw.Model):
        a = pw.IntegerField(null=True)
        b = pw.TextField(index=True)
        c = pw.IntegerField(constraints=[ServerDefault("DEFAULT 7")])
        mood = EnumField(("x", "z"), "mood", null=True)
        class Meta:
            indexes = ((("a", "c"), False),)
            constraints = [pw.Check("a < 100", "small"), pw.Check("c < 100", "tiny")]
    T.add_index(T.c, name="of_c")
    @migrator.create_model
    class Empty(pw.Model):
        a = pw.IntegerField()
    migrator.run(lambda: T.create(a=1, b="2", mood="x"))

def rollback(migrator, database, *, fake=False):
    migrator.remove_model("t")
    migrator.remove_model("empty")
    migrator.remove_model("team")
    migrator.drop_enum("mood")
"""
HELPERS = """
import peewee as pw
from dbkit.fields import EnumField, ServerDefault

def rows(database, sql):
    return [tuple(row) for row in database.execute_sql(sql).fetchall()]

def columns(database, table="t"):
    return {one.name: one for one in database.get_columns(table)}

def indexes(database, table="t"):
    return {one.name: one for one in database.get_indexes(table)}

def taken(database, sql):
    try:
        with database.atomic():
            database.execute_sql(sql)
    except pw.PeeweeException:
        return False
    return True
"""
NEW_CHECK = "not taken(database, \"INSERT INTO t (a, b) VALUES (-1, 'y')\")"
SEEN: dict[str, Case] = {
    "create_model": (
        "@migrator.create_model\nclass New(pw.Model):\n    x = pw.TextField()",
        "rows(database, 'SELECT x FROM new') == []",
    ),
    "create_model of a model that comes later": (
        "@migrator.create_model\nclass A(pw.Model):\n    b = pw.DeferredForeignKey('B')\n"
        "@migrator.create_model\nclass B(pw.Model):\n    pass",
        "rows(database, 'SELECT b_id FROM a') == []",
    ),
    "remove_model": ("migrator.remove_model('empty')", "'empty' not in database.get_tables()"),
    "remove_model cascade": (
        "migrator.remove_model('empty', cascade=True)",
        "'empty' not in database.get_tables()",
    ),
    "rename_table": ("migrator.rename_table('t', 'u')", "rows(database, 'SELECT a FROM u')"),
    "add_fields": (
        "migrator.add_fields('t', d=pw.IntegerField(null=True), e=pw.TextField(default='y'))",
        "rows(database, 'SELECT d, e FROM t') == [(None, 'y')]",
    ),
    "add_fields with a foreign key": (
        "migrator.add_fields('t', team=pw.ForeignKeyField(migrator.orm['team'], null=True))",
        "[one.column for one in database.get_foreign_keys('t')] == ['team_id']",
    ),
    "change_fields": (
        "migrator.change_fields('empty', a=pw.TextField())",
        "columns(database, 'empty')['a'].data_type.lower() == 'text'",
    ),
    "alter_type": (
        "migrator.alter_type('t', 'b', pw.IntegerField(), using='b::integer')",
        "rows(database, 'SELECT b FROM t') == [(2,)]",
    ),
    "remove_fields": ("migrator.remove_fields('t', 'a')", "'a' not in columns(database)"),
    "remove_fields cascade": (
        "migrator.remove_fields('t', 'a', cascade=True)",
        "'a' not in columns(database)",
    ),
    "rename_field": (
        "migrator.rename_field('t', 'a', 'z')",
        "rows(database, 'SELECT z FROM t') == [(1,)]",
    ),
    "add_not_null": ("migrator.add_not_null('t', 'a')", "not columns(database)['a'].null"),
    "drop_not_null": ("migrator.drop_not_null('t', 'b')", "columns(database)['b'].null"),
    "set_default": (
        "migrator.set_default('t', 'a', '5')",
        "taken(database, \"INSERT INTO t (b) VALUES ('z')\")"
        " and rows(database, \"SELECT a FROM t WHERE b = 'z'\") == [(5,)]",
    ),
    "drop_default": (
        "migrator.drop_default('t', 'c')",
        "not taken(database, \"INSERT INTO t (b) VALUES ('z')\")",
    ),
    "fill": (
        "migrator.drop_not_null('t', 'c')\n"
        "database.execute_sql('UPDATE t SET c = NULL')\nmigrator.fill('t', c=9)",
        "rows(database, 'SELECT c FROM t') == [(9,)]",
    ),
    "set_primary_key": (
        "migrator.set_primary_key('t', 'c', 'b')",
        "database.get_primary_keys('t') == ['c', 'b']",
    ),
    "add_check": ("migrator.add_check('t', 'a > 0', 'positive')", NEW_CHECK),
    "drop_check": (
        "migrator.drop_check('t', 'small')",
        "taken(database, \"INSERT INTO t (a, b) VALUES (100, 'z')\")",
    ),
    "add_constraint": ("migrator.add_constraint('t', 'positive', 'CHECK (a > 0)')", NEW_CHECK),
    "drop_constraints": (
        "migrator.drop_constraints('t', 'small', 'tiny')",
        "taken(database, \"INSERT INTO t (a, b, c) VALUES (100, 'z', 100)\")",
    ),
    "add_index": (
        "migrator.add_index('t', 'c', unique=True, name='n')",
        "indexes(database)['n'].unique",
    ),
    "drop_index": ("migrator.drop_index('t', 'b')", "'t_b' not in indexes(database)"),
    "drop_index by name": (
        "migrator.drop_index('t', name='of_c')",
        "'of_c' not in indexes(database)",
    ),
    "rename_index": ("migrator.rename_index('t', 'of_c', 'o')", "'o' in indexes(database)"),
    "drop_index of an index that rename_index renamed": (
        "migrator.rename_index('t', 'of_c', 'o')\nmigrator.drop_index('t', name='o')",
        "'of_c' not in indexes(database)",
    ),
    "rename_index of an index that rename_index renamed": (
        "migrator.rename_index('t', 'of_c', 'p')\nmigrator.rename_index('t', 'p', 'o')",
        "'o' in indexes(database)",
    ),
    "remove_fields of an index that rename_index renamed": (
        "migrator.rename_index('t', 'of_c', 'o')\nmigrator.drop_check('t', 'tiny')\n"
        "migrator.remove_fields('t', 'c')",
        "not {'o', 'of_c'} & {*indexes(database)} and 'c' not in columns(database)",
    ),
    "add_index with the name of an index of SQL": (
        "migrator.sql('CREATE INDEX q ON t (a)')\nmigrator.drop_index('t', name='q')\n"
        "migrator.add_index('t', 'b', name='q')",
        "indexes(database)['q'].columns == ['b']",
    ),
    "add_enum_value": (
        "migrator.add_enum_value('mood', 'y', after='x')",
        "taken(database, \"INSERT INTO t (b, mood) VALUES ('z', 'y')\")",
    ),
    "add_enum_value before another operation": (
        "migrator.add_enum_value('mood', 'y')\nmigrator.rename_field('t', 'a', 'z')",
        "taken(database, \"INSERT INTO t (b, mood) VALUES ('z', 'y')\")",
    ),
    "rename_enum_value": (
        "migrator.rename_enum_value('mood', 'x', 'first')",
        "rows(database, 'SELECT mood FROM t') == [('first',)]",
    ),
    "change_enum": (
        "migrator.change_enum('mood', ('x', 'w'))",
        "taken(database, \"INSERT INTO t (b, mood) VALUES ('z', 'w')\")",
    ),
    "sql": ("migrator.sql('UPDATE t SET a = 3')", "rows(database, 'SELECT a FROM t') == [(3,)]"),
    "run": (
        "migrator.run(lambda: database.execute_sql('UPDATE t SET a = 3'))",
        "rows(database, 'SELECT a FROM t') == [(3,)]",
    ),
    "recreate": (
        "migrator.recreate('CREATE VIEW v AS SELECT a FROM t', 'DROP VIEW v',"
        " 'CREATE VIEW v AS SELECT b FROM t')",
        "rows(database, 'SELECT b FROM v') == [('2',)]",
    ),
    "two operations": (
        "migrator.add_fields('t', d=pw.TextField(null=True))\n"
        "migrator.rename_field('t', 'd', 'e')\nmigrator.add_index('t', 'e')",
        "'t_e' in indexes(database)",
    ),
    "add_fields after remove_fields": (
        "migrator.remove_fields('t', 'a')\nmigrator.add_fields('t', a=pw.IntegerField(null=True))",
        "rows(database, 'SELECT a FROM t') == [(None,)]",
    ),
    "add_fields of a column that a statement dropped": (
        "migrator.add_fields('empty', q=pw.TextField(null=True))\n"
        "migrator.sql('ALTER TABLE empty DROP COLUMN q')\n"
        "migrator.add_fields('empty', q=pw.IntegerField(null=True))",
        "columns(database, 'empty')['q'].data_type.lower() == 'integer'",
    ),
    "create_model of a table that a statement dropped": (
        "migrator.sql('DROP TABLE empty')\n@migrator.create_model\n"
        "class Empty(pw.Model):\n    q = pw.TextField()\nmigrator.add_index('empty', 'q')",
        "'empty_q' in indexes(database, 'empty')",
    ),
    "operation on a table that a statement renamed": (
        "migrator.sql('ALTER TABLE t RENAME TO u')\nmigrator.drop_not_null('u', 'b')\n"
        "migrator.rename_table('u', 't')",
        "columns(database)['b'].null",
    ),
    "operations that run() calls": (
        "migrator.run(lambda: migrator.rename_field('t', 'a', 'z'))",
        "rows(database, 'SELECT z FROM t') == [(1,)]",
    ),
    "operations that are faked": (
        "with migrator.fake():\n    migrator.add_fields('t', q=pw.TextField(null=True))\n"
        "migrator.sql('ALTER TABLE t ADD q text')\nmigrator.add_index('t', 'q')",
        "'t_q' in indexes(database)",
    ),
    "a field of JSON": (
        "migrator.add_fields('t', q=pw.JSONField(null=True))\nT = migrator.orm['t']\n"
        "T.update(q={'x': 1}).execute()",
        "[one.q for one in T.select()] == [{'x': 1}]",
    ),
    "a reference to the same table": (
        "migrator.add_fields('t', up=pw.ForeignKeyField('self', null=True, backref='below'))\n"
        "T = migrator.orm.T\nT.update(up=1).execute()",
        "[list(one.below) for one in T.select()] == [[T.get()]]",
    ),
    "operation after a statement": (
        "database.execute_sql('ALTER TABLE t ADD q text')\n"
        "migrator.add_index('t', 'c', 'b', name='n')",
        "'n' in indexes(database) and 'q' in columns(database)",
    ),
}  # fmt: skip
POSTGRES_SEEN: dict[str, Case] = {
    "drop_default after a statement": (
        "migrator.sql('ALTER TABLE t ALTER a SET DEFAULT 5')\nmigrator.drop_default('t', 'a')",
        "columns(database)['a'].default is None",
    ),
    "drop_not_null after a statement": (
        "migrator.sql('ALTER TABLE t ALTER a SET NOT NULL')\nmigrator.drop_not_null('t', 'a')",
        "columns(database)['a'].null",
    ),
    "change_fields after a statement": (
        "migrator.sql('ALTER TABLE empty ALTER a TYPE text')\n"
        "migrator.sql('UPDATE empty SET a = NULL')\n"
        "migrator.alter_type('empty', 'a', pw.IntegerField(), using='a::integer')",
        "columns(database, 'empty')['a'].data_type == 'integer'",
    ),
    "add_not_null after a change of the type": (
        "migrator.sql('ALTER TABLE empty ALTER a TYPE bigint')\n"
        "migrator.drop_not_null('empty', 'a')",
        "columns(database, 'empty')['a'].data_type == 'bigint'",
    ),
    "remove_fields cascade with a view": (
        "migrator.sql('CREATE VIEW v AS SELECT a FROM t')\n"
        "migrator.remove_fields('t', 'a', cascade=True)",
        "'a' not in columns(database) and not database.get_views()",
    ),
    "move_table": (
        "migrator.create_schema('other')\nmigrator.move_table('t', 'other')",
        "rows(database, 'SELECT a FROM other.t') == [(1,)]",
    ),
    "create_schema": (
        "migrator.create_schema('one')",
        "taken(database, 'CREATE TABLE one.x ()')",
    ),
    "drop_schema": (
        "migrator.create_schema('one')\nmigrator.drop_schema('one')",
        "not taken(database, 'CREATE TABLE one.x ()')",
    ),
    "create_enum": (
        "migrator.create_enum('size', ('s', 'm'))",
        "taken(database, 'CREATE TABLE sized (s size)')",
    ),
    "drop_enum": (
        "migrator.create_enum('size', ('s', 'm'))\nmigrator.drop_enum('size')",
        "not taken(database, 'CREATE TABLE sized (s size)')",
    ),
    "create_foreign_key": (
        "@migrator.create_model\nclass A(pw.Model):\n    b = pw.DeferredForeignKey('B')\n"
        "@migrator.create_model\nclass B(pw.Model):\n    pass\n"
        "migrator.create_foreign_key('a', 'b')",
        "[one.dest_table for one in database.get_foreign_keys('a')] == ['b']",
    ),
}
SQLITE_SEEN: dict[str, Case] = {
    "change_options": (
        "migrator.change_options('empty', strict_tables=True)",
        "not taken(database, \"INSERT INTO empty (a) VALUES ('x')\")",
    ),
}
# what is first sent after the operation
WAYS = {
    "execute_sql": "seen = {seen}",
    "cursor": "database.cursor().execute('SELECT * FROM team')\nseen = {seen}",
    "orm": "for one in migrator.orm: list(one.select())\nseen = {seen}",
    "run": "answers = []\nmigrator.run(lambda: answers.append({seen}))\n(seen,) = answers or [1]",
    "atomic": "with database.atomic():\n    seen = {seen}",
}
HEAD = "(migrator, database, *, fake=False):\n"


def cases(table: dict[str, Case]) -> list[Any]:
    """(operation, way in migrate, way in rollback): a way of the five each, or all of them."""
    ways = list(WAYS)
    return [
        pytest.param(case, ways[(number + shift) % 5], ways[(number + shift + 2) % 5],
                     id=name if not shift else f"{name}-{shift}")
        for number, (name, case) in enumerate(table.items())
        for shift in range(5 if EVERY_CASE else 1)
    ]  # fmt: skip


def source(case: Case, way: str) -> str:
    """The body of a function: the operation, and the assertion that it is seen."""
    lines, seen = case
    after = WAYS[way].format(seen=seen) + "\nassert seen"
    return indent(f"{lines}\nif not fake:\n{indent(after, '    ')}", "    ")


def check(database: pw.Database, directory: Path, case: Case, *ways: str) -> None:
    """Neither the function that migrates nor the one that rolls back fails."""
    (directory / "001_base.py").write_text(BASE)
    for number, (name, other) in enumerate((("migrate", "rollback"), ("rollback", "migrate"))):
        text = f"{HELPERS}\ndef {name}{HEAD}{source(case, ways[number])}\n"
        (directory / "002_it.py").write_text(f"{text}\ndef {other}{HEAD}    pass\n")
        with undone(database):
            migrate(database, directory)
            if number:
                rollback(database, directory)


@contextmanager
def undone(database: pw.Database) -> Iterator[None]:
    """What the block does is taken back; of a database in memory nothing stays."""
    if isinstance(database, pw.SqliteDatabase):
        with database.connection_context():
            yield
        return
    with database.atomic() as transaction:
        yield
        transaction.rollback()


@pytest.fixture(scope="module", params=POSTGRES)
def postgres(request: Any) -> Iterator[pw.Database]:
    """One database for all rows of the table."""
    server = server_of(request.param)
    with opened(server.url(server.create_database())) as database:
        yield database


@pytest.mark.parametrize(("case", "up", "down"), cases(SEEN | POSTGRES_SEEN))
def test_postgres_sees_each_operation(
    postgres: pw.Database, tmp_path: Path, case: Case, up: str, down: str
) -> None:
    check(postgres, tmp_path, case, up, down)


@pytest.mark.sqlite
@pytest.mark.parametrize(("case", "up", "down"), cases(SEEN | SQLITE_SEEN))
def test_sqlite_sees_each_operation(tmp_path: Path, case: Case, up: str, down: str) -> None:
    check(pw.SqliteDatabase(":memory:"), tmp_path, case, up, down)


PASSED_OVER = """
def migrate(migrator, database, *, fake=False):
    migrator.add_check("empty", "a > 0", "positive")
    try:
        migrator.sql("SELECT nothing FROM t")
    except Exception:
        pass
    migrator.rename_table("empty", "full")

def rollback(migrator, database, *, fake=False):
    pass
"""


def test_a_failure_that_a_file_passes_over_is_its_own(
    database: pw.Database, tmp_path: Path
) -> None:
    """Nothing of the file is kept, on SQLite as on PostgreSQL."""
    (tmp_path / "001_base.py").write_text(BASE)
    migrate(database, tmp_path)
    (tmp_path / "002_it.py").write_text(PASSED_OVER)
    with pytest.raises(DbkitError, match=r"002_it failed and was rolled back.*nothing"):
        migrate(database, tmp_path)
    assert sorted({*database.get_tables()}.difference(OWN_TABLES)) == ["empty", "t", "team"]
    assert database.execute_sql("INSERT INTO empty (a) VALUES (-1)")
