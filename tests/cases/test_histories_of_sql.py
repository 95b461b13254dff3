"""Histories in which statements made the tables, the columns and the indexes that later operations
name, by a string or by a class of the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import peewee as pw
import pytest

from dbkit import create, migrate, rollback, verify
from dbkit.migration import merge
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.values import Schema
from tests.conftest import POSTGRES, SQLITE, opened, server_of

FIRST = """
def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('CREATE TABLE team (id integer NOT NULL PRIMARY KEY, name text)')
    migrator.sql('''CREATE TABLE event (id integer NOT NULL PRIMARY KEY, a integer DEFAULT 5,
        b varchar(20) NOT NULL, team_id integer REFERENCES team,
        CONSTRAINT positive CHECK (a > 0))''')
    migrator.sql('CREATE INDEX event_b ON event (b)')
    migrator.sql('CREATE INDEX event_a_b ON event (a, b)')
    migrator.sql("INSERT INTO team VALUES (1, 'us')")
    migrator.sql("INSERT INTO event VALUES (1, 1, 'x', 1)")

def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DROP TABLE event')
    migrator.sql('DROP TABLE team')
"""


class Team(pw.Model):
    name = pw.TextField(null=True)

    class Meta:
        table_name = "team"


class Event(pw.Model):
    """As the project has it after all of its migrations."""

    a = pw.IntegerField(null=True)
    text = pw.CharField(20, column_name="b")
    team = pw.ForeignKeyField(Team, null=True)
    has_clip = pw.BooleanField(default=True)
    happened = pw.DateField(null=True)

    class Meta:
        table_name = "event"


# (what migrates, what rolls back); E is the class or the table's name
BOTH_WAYS = {
    "add and remove a field": (
        "migrator.add_fields(E, has_clip=pw.BooleanField(default=True))",
        "migrator.remove_fields(E, 'has_clip')",
    ),
    "remove and add a field": (
        "migrator.remove_fields(E, 'a')",
        "migrator.add_fields(E, a=pw.IntegerField(null=True, constraints=[pw.SQL('DEFAULT 5')]))\n"
        "migrator.add_constraint(E, 'positive', 'CHECK (a > 0)')\n"
        "migrator.add_index(E, 'a', 'b', name='event_a_b')",
    ),
    "remove with cascade": (
        "migrator.remove_fields(E, 'team', cascade=True)",
        "migrator.add_fields(E, team=pw.ForeignKeyField(migrator.orm['team'], null=True,"
        " index=False))",
    ),
    "rename a field": (
        "migrator.rename_field(E, 'a', 'amount')",
        "migrator.rename_field(E, 'amount', 'a')",
    ),
    "rename by the field of the class": (
        "migrator.rename_field(Event, 'text', 'words')",
        "migrator.rename_field('event', 'words', 'b')",
    ),
    "a column that SQL adds to the table of an operation": (
        "@migrator.create_model\nclass Own(pw.Model):\n    pass\n"
        "migrator.sql('ALTER TABLE own ADD COLUMN x integer')\nmigrator.add_index('own', 'x')",
        "migrator.remove_model('own')",
    ),
    "rename a foreign key by its column": (
        "migrator.rename_field(E, 'team_id', 'side')",
        "migrator.rename_field(E, 'side', 'team')",
    ),
    "change a type": (
        "migrator.change_fields(E, a=pw.BigIntegerField(null=True,"
        " constraints=[pw.SQL('DEFAULT 5')]))",
        "migrator.change_fields(E, a=pw.IntegerField(null=True,"
        " constraints=[pw.SQL('DEFAULT 5')]))",
    ),
    "change a field by its column": (
        "migrator.change_fields(E, b=pw.CharField(50, index=True, column_name='b'))",
        "migrator.change_fields(E, b=pw.CharField(20, index=True, column_name='b'))",
    ),
    "NOT NULL": ("migrator.add_not_null(E, 'a')", "migrator.drop_not_null(E, 'a')"),
    "default": ("migrator.drop_default(E, 'a')", "migrator.set_default(E, 'a', '5')"),
    "index by columns": (
        "migrator.drop_index(E, 'a', 'b')",
        "migrator.add_index(E, 'a', 'b', name='event_a_b')",
    ),
    "index by name": (
        "migrator.drop_index(E, name='event_b')",
        "migrator.add_index(E, 'b', name='event_b')",
    ),
    "index of one column": ("migrator.drop_index(E, 'b')", "migrator.add_index(E, 'b')"),
    "unique index": (
        "migrator.add_index(E, 'a', unique=True)",
        "migrator.drop_index(E, 'a')",
    ),
    "index renamed": (
        "migrator.rename_index(E, 'event_b', 'i')",
        "migrator.rename_index(E, 'i', 'event_b')",
    ),
    "check": (
        "migrator.drop_constraints(E, 'positive')",
        "migrator.add_constraint(E, 'positive', 'CHECK (a > 0)')",
    ),
    "table": ("migrator.rename_table(E, 'news')", "migrator.rename_table('news', 'event')"),
    "primary key": ("migrator.set_primary_key(E, 'id', 'b')", "migrator.set_primary_key(E, 'id')"),
    "fill": (
        "migrator.drop_not_null(E, 'b')\nmigrator.sql('UPDATE event SET b = NULL')\n"
        "migrator.fill(E, b='x')",
        "migrator.add_not_null(E, 'b')",
    ),
    "new table that points to it": (
        "@migrator.create_model\nclass Photo(pw.Model):\n"
        "    event = pw.ForeignKeyField(migrator.orm['event'])\n"
        "if not fake: assert list(Photo.select().join(migrator.orm['event'])) == []",
        "migrator.remove_model('photo')",
    ),
    "new tables that point to each other's classes": (
        "@migrator.create_model\nclass Camera(pw.Model):\n    pass\n"
        "@migrator.create_model\nclass Photo(pw.Model):\n"
        "    event = pw.ForeignKeyField(Event, backref='pictures')\n"
        "    camera = pw.ForeignKeyField(Camera, backref='taken')\n"
        "Own = migrator.orm['event']\n"
        "migrator.rename_field('photo', 'event', 'of')\n"
        "if not fake:\n"
        "    made = Photo.create(of=1, camera=Camera.create())\n"
        "    assert list(Photo.select().join(Own)) == [made]\n"
        "    assert list(Own.get().pictures) == list(made.camera.taken) == [made]",
        "migrator.remove_model('photo')\nmigrator.remove_model('camera')",
    ),
    "rows by the ORM": (
        "E = migrator.orm['event']\nE.insert(id=2, a=3, b='y').execute()\n"
        "if not fake: assert [(one.a, one.team) for one in E.select().where(E.b == 'y')]"
        " == [(3, None)]",
        "E = migrator.orm['event']\nE.delete().where(E.b == 'y').execute()",
    ),
}  # fmt: skip
LATER = """
import peewee as pw
def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields("event", later=pw.TextField(null=True))
def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields("event", "later")
"""
HEAD = "(migrator, database, fake=False, **kwargs):\n"


@pytest.fixture(scope="module", params=[SQLITE, *POSTGRES])
def place(request: Any) -> Iterator[pw.Database]:
    """One database for all rows of a table."""
    if request.param == "sqlite":
        yield pw.SqliteDatabase(":memory:")
        return
    server = server_of(request.param)
    with opened(server.url(server.create_database())) as database:
        yield database


@pytest.fixture
def database(place: pw.Database) -> Iterator[pw.Database]:
    """What a test does is taken back; of a database in memory nothing stays."""
    if isinstance(place, pw.SqliteDatabase):
        with place.connection_context():
            yield place
        return
    with place.atomic() as transaction:
        yield place
        transaction.rollback()


def live(database: pw.Database) -> Schema:
    with dialect_for(database).reading(database, None) as reading:
        return reading.live()


def write(directory: Path, number: int, up: str, down: str, by: str = "'event'") -> None:
    head = f"import peewee as pw\nfrom {__name__} import Event\nE = {by}\n"
    functions = (f"def {name}{HEAD}{indent(lines, '    ')}\n"
                 for name, lines in (("migrate", up), ("rollback", down)))  # fmt: skip
    (directory / f"{number:03}_it.py").write_text(head + "".join(functions))


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_operations_on_a_table_of_sql(database: pw.Database, tmp_path: Path, name: str) -> None:
    """They migrate, roll back to what was before, and later files go on from there."""
    (tmp_path / "001_first.py").write_text(FIRST)
    migrate(database, tmp_path)
    before = live(database)
    by_name = list(BOTH_WAYS).index(name) % 2 == isinstance(database, pw.SqliteDatabase)
    by = "'event'" if by_name else "Event"
    write(tmp_path, 2, *BOTH_WAYS[name], by)
    migrate(database, tmp_path)
    changed = live(database)
    rollback(database, tmp_path)
    assert not diff(live(database), before)
    migrate(database, tmp_path)
    assert not diff(live(database), changed)
    if name != "table":
        (tmp_path / "003_later.py").write_text(LATER)
        migrate(database, tmp_path)
        rollback(database, tmp_path)
        assert not diff(live(database), changed)


class Later(pw.Model):
    """Event after another change of the project."""

    a = pw.IntegerField(null=True, index=True)
    text = pw.CharField(30, column_name="b")
    team = pw.ForeignKeyField(Team, null=True)

    class Meta:
        table_name = "event"


def test_create_goes_on_from_tables_of_sql(url: str, tmp_path: Path) -> None:
    """The files are proven, run in another process each, and taken back."""
    (tmp_path / "001_first.py").write_text(FIRST)
    with opened(url) as database, database.bind_ctx([Team, Event, Later]):
        migrate(database, tmp_path)
        first = live(database)
        for number, models in enumerate(([Team, Event], [Team, Later])):
            assert create(database, models, tmp_path, f"no_{number}", no_rename=True)
            migrate(database, tmp_path)
            assert not verify(database, models)
            assert create(database, models, tmp_path, "nothing") is None
        rollback(database, tmp_path, 2)
        assert not diff(live(database), first)
        migrate(database, tmp_path)
        assert merge(database, tmp_path).name == "004_initial"
