"""Histories in which SQL makes tables, columns, indexes and constraints: every operation works on
them, given a table's name or the project's class, in peewee-migrate's forms too."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from textwrap import indent

import peewee as pw
import pytest

from dbkit import migrate, rollback
from dbkit.errors import DbkitError
from dbkit.schema.dialect import dialect_for
from dbkit.schema.values import Column, Index, PrimaryKey, Table

HEAD = "import peewee as pw\nfrom dbkit.fields import *\nX = \"DEFAULT 'x'\"\n"
BASE = '''
def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('CREATE TABLE "other" ("id" INTEGER NOT NULL PRIMARY KEY)')
    migrator.sql("""CREATE TABLE event ("id" INTEGER NOT NULL PRIMARY KEY, name text NOT NULL
        DEFAULT 'x', n integer, m integer UNIQUE, other_id integer REFERENCES other (id),
        CONSTRAINT ck CHECK (n > 0), CONSTRAINT two UNIQUE (n, m))""")
    migrator.sql("CREATE INDEX event_n ON event (n)")
    migrator.sql("CREATE UNIQUE INDEX odd ON event (name, n)")
    migrator.sql("INSERT INTO event (id, name, n, m) VALUES (1, 'one', 1, 1)")

def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE event")
    migrator.sql("DROP TABLE other")
'''
OWN = """
class Event(pw.Model):
    {}
    class Meta:
        table_name = "event"
"""
# name -> (the operation on {t}, the one that takes it back, a part of the table after it)
OPERATIONS = {
    "add_fields": ("add_fields({t}, a=pw.BooleanField(default=True))", "remove_fields({t}, 'a')",
                   "a"),
    "add a foreign key": ("add_fields({t}, o=pw.ForeignKeyField(migrator.orm['other'], null=True))",
                          "remove_fields({t}, 'o')", "o_id"),
    "remove_fields": ("remove_fields({t}, 'm', cascade=True)",
                      "add_fields({t}, m=pw.IntegerField(null=True))", "-m"),
    "remove a foreign key": ("remove_fields({t}, 'other')",
                             "add_fields({t}, other_id=pw.IntegerField(null=True))", "-other_id"),
    "rename_field": ("rename_field({t}, 'n', 'number')", "rename_field({t}, 'number', 'n')",
                     "number"),
    "rename a foreign key": ("rename_field({t}, 'other', 'o', column_name='o_id')",
                             "rename_field({t}, 'o', 'other', column_name='other_id')", "o_id"),
    "change_fields": ("change_fields({t}, n=pw.BigIntegerField())",
                      "change_fields({t}, n=pw.IntegerField(null=True))", "n NOT NULL"),
    "alter_type": ("alter_type({t}, 'name', pw.CharField(50), using='name::varchar(50)')",
                   "alter_type({t}, 'name', pw.TextField(constraints=[ServerDefault(X)]))",
                   "name DEFAULT None"),
    "add_not_null": ("add_not_null({t}, 'n')", "drop_not_null({t}, 'n')", "n NOT NULL"),
    "drop_not_null": ("drop_not_null({t}, 'name')", "add_not_null({t}, 'name')", "name NULL"),
    "set_default": ("set_default({t}, 'n', '5')", "drop_default({t}, 'n')", "n DEFAULT 5"),
    "add_default": ("add_default({t}, 'm', 5)", "add_default({t}, 'm', 5)", "m"),
    "fill": ("fill({t}, m=5)", "fill({t}, m=5)", "m"),
    "set_primary_key": ("set_primary_key({t}, 'id', 'name')", "set_primary_key({t}, 'id')",
                        "key id name"),
    "add_check": ("add_check({t}, 'n < 100', 'low')", "drop_check({t}, 'low')", "low"),
    "drop_check": ("drop_check({t}, 'ck')", "add_check({t}, 'n > 0', 'ck')", "-ck"),
    "drop_constraints": ("drop_constraints({t}, 'ck', 'two')",
                         "add_constraint({t}, 'two', 'UNIQUE (n, m)')\n"
                         "migrator.add_check({t}, 'n > 0', 'ck')", "-two"),
    "add_constraint": ("add_constraint({t}, 'u', 'UNIQUE (name, m)')",
                       "drop_constraints({t}, 'u')", "u"),
    "add_index": ("add_index({t}, 'm', 'name', unique=True)", "drop_index({t}, 'm', 'name')",
                  "event_m_name"),
    "drop_index": ("drop_index({t}, 'n')", "add_index({t}, 'n')", "-event_n"),
    "drop_index by name": ("drop_index({t}, name='odd')",
                           "add_index({t}, 'name', 'n', name='odd')", "-odd"),
    "rename_index": ("rename_index({t}, 'odd', 'even')", "rename_index({t}, 'even', 'odd')",
                     "even"),
    "remove_model": ("remove_model({t}, cascade=True)",
                     "sql('CREATE TABLE event (id integer NOT NULL PRIMARY KEY)')", "-"),
    "rename_table": ("rename_table({t}, 'events')", "rename_table('events', 'event')", "events"),
    "old names": ("add_columns({t}, b=pw.TextField(null=True))\nmigrator.rename_column({t}, 'b',"
                  " 'c')", "drop_columns({t}, 'c')", "c"),
}  # fmt: skip


def found(database: pw.Database, name: str) -> Table | None:
    with dialect_for(database).reading(database, ()) as reading:
        tables = reading.live().tables
    return next((one for one in tables if str(one.name) == name), None)


def words(table: Table | None) -> set[str]:
    """What is in a table, by name and by what is said of it."""
    said: set[str] = set()
    for part in table.parts if table else ():
        said.add(str(part.name))
        if isinstance(part, Column):
            said |= {f"{part.name} {part.type}", f"{part.name} DEFAULT {part.default}",
                     f"{part.name} {'NULL' if part.nullable else 'NOT NULL'}"}  # fmt: skip
        if isinstance(part, PrimaryKey):
            said.add(f"key {' '.join(part.columns)}")
    return said


def is_true(database: pw.Database, word: str) -> bool:
    table = found(database, "event")
    if word in ("-", "events"):
        return table is None and (word == "-" or found(database, "events") is not None)
    return (word.lstrip("-") in words(table)) != word.startswith("-")


def write(name: str, up: str, down: str, head: str = HEAD) -> None:
    both = "".join(
        f"def {function}(migrator, database, fake=False, **kwargs):\n{indent(body, '    ')}\n\n"
        for function, body in (("migrate", up), ("rollback", down))
    )
    Path("migrations", f"{name}.py").write_text(head + both)


@pytest.fixture(autouse=True)
def _history(tmp_path: Path) -> None:
    Path("migrations").mkdir()
    Path("migrations/001_event.py").write_text(BASE)


def test_each_operation_works_on_a_table_that_sql_made(database: pw.Database) -> None:
    """The class is the end of the history: it has fields that the table has not yet."""
    head = HEAD + OWN.format("a = pw.BooleanField(default=True)\n    number = pw.IntegerField()")
    wrong = []
    for number, (name, (up, down, word)) in enumerate(OPERATIONS.items()):
        target = ("'event'", "Event")[number % 2]
        write(
            "002_it", f"migrator.{up.format(t=target)}", f"migrator.{down.format(t=target)}", head
        )
        write("003_more", "migrator.add_fields('other', p=pw.TextField(null=True))",
              "migrator.remove_fields('other', 'p')")  # fmt: skip
        try:
            migrate(database, "migrations", "001_event")
            assert not is_true(database, word) or word == "m"
            migrate(database)
            if not is_true(database, word):
                wrong.append(f"{name}: {words(found(database, 'event'))}")
            assert "p" in words(found(database, "other"))
            rollback(database, "migrations", 2)
            if is_true(database, word) and word != "m":
                wrong.append(f"{name}: rollback")
            migrate(database)
        except DbkitError as error:
            wrong.append(f"{name}: {error} {error.__cause__!r}")
        for table in database.get_tables():
            database.execute_sql(f"DROP TABLE {table}" + " CASCADE" * (
                isinstance(database, pw.PostgresqlDatabase)))  # fmt: skip
    assert not wrong, "\n".join(wrong)


MIXED = """
def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Thing(pw.Model):
        a = pw.IntegerField(null=True)
    migrator.sql("ALTER TABLE thing ADD COLUMN q integer")
    migrator.add_check("thing", "a > 0", "positive")
    database.execute_sql("ALTER TABLE thing ADD COLUMN r text")
    migrator.rename_field("thing", "q", "s")
    migrator.add_index("thing", "a", "s")
    migrator.sql("CREATE INDEX by_sql ON thing (r)")
"""
AFTER = """
def migrate(migrator, database, fake=False, **kwargs):
    migrator.drop_index("thing", name="by_sql")
    migrator.change_fields("thing", r=pw.IntegerField(null=True))
    migrator.drop_index("thing", "a", "s")
    migrator.remove_fields("thing", "s")
"""


def test_a_table_is_changed_by_sql_and_by_operations(database: pw.Database) -> None:
    nothing = "def rollback(*_, **__):\n    pass\n"
    Path("migrations/002_mixed.py").write_text(HEAD + MIXED + nothing)
    Path("migrations/003_after.py").write_text(HEAD + AFTER + nothing)
    migrate(database, name="002_mixed")
    assert {"s integer", "r text", "positive", "by_sql"} <= words(found(database, "thing"))
    migrate(database)
    table = found(database, "thing")
    assert {one.name for one in table.parts if isinstance(one, Column)} == {"id", "a", "r"}
    assert "r integer" in words(table)
    assert not any(isinstance(one, Index) for one in table.parts)


def test_a_projects_class_is_as_it_was(database: pw.Database, tmp_path: Path) -> None:
    """What a history does to its table is not done to the class that the project goes on using."""
    name = f"project_{tmp_path.name}".replace("-", "_")
    Path(f"{name}.py").write_text(HEAD + "class Own(pw.Model):\n    a = pw.TextField()\n")
    head = f"{HEAD}from {name} import Own\n"
    write("002_own", "migrator.create_model(Own)", "migrator.remove_model(Own)", head)
    up = "migrator.rename_field(Own, 'a', 'b')\nmigrator.rename_table(Own, 'mine')"
    down = "migrator.rename_table('mine', 'own')\nmigrator.rename_field('own', 'b', 'a')"
    write("003_own", up, down, head)
    sys.path.insert(0, str(tmp_path))
    try:
        migrate(database)
        assert "b text" in words(found(database, "mine"))
        own = importlib.import_module(name).Own
        assert (own._meta.table_name, list(own._meta.fields)) == ("own", ["id", "a"])
        rollback(database, count=2)
        assert found(database, "own") is None
    finally:
        sys.path.remove(str(tmp_path))


def test_a_table_that_nothing_made_is_named(database: pw.Database) -> None:
    write("002_it", "migrator.add_not_null('evnet', 'n')", "pass")
    with pytest.raises(
        DbkitError,
        match="002_it: Neither the earlier migrations nor the database has a table evnet",
    ):
        migrate(database)


def test_the_orm_reads_a_table_that_sql_made(database: pw.Database) -> None:
    write("002_it", """
Event = migrator.orm["event"]
if not fake:
    assert [one.name for one in Event.select()] == ["one"]
    Event.insert(id=2, name="two", n=2, m=2).execute()
    assert Event.select().where(Event.n > 1).get().id == 2
""", "pass")  # fmt: skip
    assert migrate(database) == ["001_event", "002_it"]
