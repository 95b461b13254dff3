"""`reset` works on every database that the migrations made: neither a row nor a new label of an
enum type can stop it."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from dbkit import DbkitError, migrate, rollback, status
from dbkit.migration import reset
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name

from .test_migration import write

TABLE = """
import peewee as pw
from dbkit.fields import EnumField
def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Item(pw.Model):
        status = EnumField(["new", "old"], "item_status")
        name = pw.CharField(3, unique=True)
        size = pw.IntegerField(default=1)
        class Meta:
            table_name = "item"
            constraints = [pw.Check("size > 0", name="size_is_positive")]
def rollback(migrator, database, *, fake=False):
    migrator.remove_model("item")
    migrator.drop_enum("item_status")
"""
FILE = """
import peewee as pw
def migrate(migrator, database, *, fake=False):
    {up}
def rollback(migrator, database, *, fake=False):
    {down}
"""
LABEL = (
    'migrator.add_enum_value("item_status", "held")',
    'migrator.change_enum("item_status", ["new", "old"])',
)
ROWS = "SELECT 1 FROM item"
# what the second file does, how it is rolled back, and rows that make the roll-back fail
CAUSES = {
    "a label": (*LABEL, "('held', 'a', 1)"),
    "NOT NULL": (
        'migrator.drop_not_null("item", "size")',
        'migrator.add_not_null("item", "size")',
        "('new', 'a', NULL)",
    ),
    "UNIQUE": (
        'migrator.drop_index("item", "name")',
        'migrator.add_index("item", "name", unique=True)',
        "('new', 'a', 1), ('new', 'a', 1)",
    ),
    "a narrower type": (
        'migrator.alter_type("item", "name", pw.TextField(unique=True))',
        'migrator.alter_type("item", "name", pw.CharField(3, unique=True))',
        "('new', 'abcd', 1)",
    ),
    "CHECK": (
        'migrator.drop_constraints("item", "size_is_positive")',
        'migrator.add_constraint("item", "size_is_positive", pw.Check("size > 0"))',
        "('new', 'a', 0)",
    ),
    "a data migration": (
        "pass",
        f'if not fake and database.execute_sql("{ROWS}").fetchone(): raise ValueError("a row")',
        "('new', 'a', 1)",
    ),
}
FOREIGN = "CREATE TABLE other (id int PRIMARY KEY, item int {})"
CASCADE = "REFERENCES item (id) ON DELETE CASCADE"


def applied(database: pw.Database, directory: Path, up: str, down: str, **files: str) -> list[str]:
    second = FILE.format(up=up, down=down)
    write(directory, m001_item=TABLE, m002_change=second, **files)
    return migrate(database, directory)


def insert(database: pw.Database, rows: str) -> None:
    database.execute_sql(f"INSERT INTO item (status, name, size) VALUES {rows}")


def rows_of(database: pw.Database, table: str) -> int:
    (number,) = database.execute_sql(f"SELECT count(*) FROM {table}").fetchone()
    return int(number)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_row_does_not_stop_a_reset(database: pw.Database, tmp_path: Path, cause: str) -> None:
    up, down, rows = CAUSES[cause]
    database.execute_sql(FOREIGN.format(""))
    database.execute_sql("INSERT INTO other VALUES (1, 1)")
    if cause == "a narrower type" and isinstance(database, pw.SqliteDatabase):
        return  # it has no lengths
    names = applied(database, tmp_path / "m", up, down)
    for more in ({}, {"m003_last": "ATOMIC = False" + FILE.format(up="pass", down="pass")}):
        write(tmp_path / "m", **more)
        names = [*names, *migrate(database, tmp_path / "m")]
        insert(database, rows)
        if not more:
            with pytest.raises(DbkitError):  # a roll-back keeps the rows
                rollback(database, tmp_path / "m")
        assert reset(database, tmp_path / "m") == names
        assert (rows_of(database, "item"), rows_of(database, "other")) == (0, 1)


def test_a_failed_reset_keeps_the_rows(database: pw.Database, tmp_path: Path) -> None:
    up, down, rows = CAUSES["a label"]
    applied(database, tmp_path / "m", up, down, m003_last=FILE.format(up="pass", down="pass"))
    insert(database, rows)
    write(tmp_path / "m", m003_last=FILE.format(up="fake or 1 / 0", down="pass"))
    with pytest.raises(DbkitError, match="003_last failed and was rolled back"):
        reset(database, tmp_path / "m")
    assert rows_of(database, "item") == 1
    write(tmp_path / "m", m003_last=FILE.format(up="pass", down="pass"))
    assert status(database, tmp_path / "m").pending == ()


USE = "migrator.sql(\"UPDATE item SET status = 'held' WHERE status = 'new'\")"


def test_a_label_that_a_later_file_uses(database: pw.Database, tmp_path: Path) -> None:
    use = FILE.format(up=USE, down="pass")
    files = {"m003_use": use, "m004_label": FILE.format(up=LABEL[0].replace("held", "gone"), down=
             'migrator.change_enum("item_status", ["new", "old", "held"])'),
             "m005_use": use.replace("held", "gone")}  # fmt: skip
    names = applied(database, tmp_path / "m", *LABEL, **files)
    insert(database, "('held', 'a', 1)")
    assert reset(database, tmp_path / "m") == names
    write(tmp_path / "m", m005_use=FILE.format(up=f"{USE}; fake or 1 / 0", down="pass"))
    insert(database, "('held', 'a', 1)")
    with pytest.raises(DbkitError, match="005_use failed") as raised:
        reset(database, tmp_path / "m")
    kept = "Earlier migrations of this run were kept: .*migrate 001_item, migrate 002_change"
    if isinstance(database, pw.SqliteDatabase):
        kept = "Nothing was committed"
    raised.match(kept)
    raised.match("(?!.*migrate 003_use)")
    assert rows_of(database, "item") == isinstance(database, pw.SqliteDatabase)
    write(tmp_path / "m", m005_use=files["m005_use"])
    pending = migrate(database, tmp_path / "m")
    assert pending == ([] if isinstance(database, pw.SqliteDatabase) else names[2:])


def test_a_label_that_its_own_file_uses_is_an_error(database: pw.Database, tmp_path: Path) -> None:
    if isinstance(database, pw.PostgresqlDatabase):
        applied(database, tmp_path / "m", *LABEL)
        add = "migrator.sql(\"ALTER TYPE item_status ADD VALUE 'held'\")"
        write(tmp_path / "m", m002_change=FILE.format(up=f"{add}; {USE}", down=LABEL[1]))
        with pytest.raises(DbkitError, match="use the label in the next migration"):
            reset(database, tmp_path / "m")


def test_no_row_of_another_table_is_deleted(database: pw.Database, tmp_path: Path) -> None:
    """A foreign key of another table says CASCADE."""
    up, down, rows = CAUSES["a label"]
    applied(database, tmp_path / "m", up, down)
    insert(database, rows)
    database.execute_sql(FOREIGN.format(CASCADE))
    database.execute_sql("INSERT INTO other SELECT 1, id FROM item")
    with pytest.raises(DbkitError, match="status"):
        reset(database, tmp_path / "m")
    assert (rows_of(database, "item"), rows_of(database, "other")) == (1, 1)


LOG = {
    pw.SqliteDatabase: """
CREATE TRIGGER log_of_items AFTER DELETE ON item BEGIN INSERT INTO log VALUES (old.id); END""",
    pw.PostgresqlDatabase: """
CREATE FUNCTION log_item() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO log VALUES (OLD.id); RETURN OLD; END';
CREATE TRIGGER log_of_items AFTER DELETE ON item FOR EACH ROW EXECUTE FUNCTION log_item()""",
}


def test_no_trigger_runs(database: pw.Database, tmp_path: Path) -> None:
    up, down, rows = CAUSES["a label"]
    applied(database, tmp_path / "m", up, down)
    insert(database, rows)
    database.execute_sql("CREATE TABLE log (id int)")
    database.execute_sql(next(sql for kind, sql in LOG.items() if isinstance(database, kind)))
    assert reset(database, tmp_path / "m") == ["001_item", "002_change"]
    assert rows_of(database, "log") == 0


TABLES = """
CREATE TABLE plain (id int PRIMARY KEY);
CREATE TABLE heir () INHERITS (plain);
CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9);
CREATE TABLE "100%; "" ä" (id int REFERENCES parts, plain int REFERENCES plain);
CREATE TABLE used (id int PRIMARY KEY);
CREATE TABLE below_used (id int PRIMARY KEY REFERENCES used);
CREATE TABLE stranger (id int REFERENCES below_used ON DELETE CASCADE);
CREATE TABLE guarded (id int);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
CREATE TRIGGER refuse BEFORE TRUNCATE ON guarded EXECUTE FUNCTION refuse();
CREATE VIEW seen AS SELECT id FROM guarded;
INSERT INTO plain VALUES (1); INSERT INTO heir VALUES (2); INSERT INTO parts VALUES (1);
INSERT INTO "100%; "" ä" VALUES (1, 1); INSERT INTO used VALUES (1);
INSERT INTO below_used VALUES (1);
INSERT INTO stranger VALUES (1); INSERT INTO guarded VALUES (1);
"""
GIVEN = ["plain", "parts", '100%; " ä', "used", "below_used", "guarded", "seen", "missing"]


def test_only_tables_that_nobody_else_uses_are_emptied(postgres: pw.Database) -> None:
    postgres.execute_sql(TABLES.replace("%", "%%"))
    names = [Name("", name) for name in GIVEN]
    with postgres.atomic():
        assert {*dialect_for(postgres).empty(postgres, names)} == {*names[:3]}
    rows = {name.bare: rows_of(postgres, name.sql.replace("%", "%%")) for name in names[:-1]}
    assert rows == {**dict.fromkeys(GIVEN[:-1], 1), "parts": 0, GIVEN[2]: 0}
    assert (rows_of(postgres, "ONLY plain"), rows_of(postgres, "stranger")) == (0, 1)
