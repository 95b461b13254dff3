"""A row that the database refuses: one error with its place, and nothing is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import DbkitError, SeedError
from dbkit.fields import ColumnField

from .running import Seeds, is_postgres

ROWS = 3000
BAD = 2345


class Parent(pw.Model):
    code = pw.IntegerField(unique=True)


class Row(pw.Model):
    name = pw.TextField(null=True)
    value = pw.IntegerField(null=True)
    other = pw.CharField(null=True)
    address = ColumnField("inet", null=True)
    number = pw.FloatField(null=True)
    amount = pw.BareField(null=True)
    parent = pw.ForeignKeyField(Parent, field="code", null=True)


TABLE = {
    "postgres": """CREATE TABLE "row" (id integer PRIMARY KEY, name text NOT NULL,
        value int CHECK (value < 1000000), other text UNIQUE, address inet, number real,
        amount numeric(4, 2), parent_id int REFERENCES parent (code),
        late int UNIQUE DEFERRABLE INITIALLY DEFERRED)""",
    "sqlite": """CREATE TABLE "row" (id integer PRIMARY KEY, name text NOT NULL,
        value int CHECK (value < 1000000), other text UNIQUE, address text, number real,
        amount numeric, parent_id int REFERENCES parent (code), late int)""",
}
TRIGGERS = {
    "postgres": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN IF NEW.value = -1 THEN RAISE ''no % here'', NEW.value; END IF; RETURN NEW; END'",
        'CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON "row" FOR EACH ROW '
        "EXECUTE FUNCTION refuse()",
    ),
    "sqlite": (
        'CREATE TRIGGER refuse BEFORE INSERT ON "row" WHEN NEW.value = -1 '
        "BEGIN SELECT RAISE(ABORT, 'no -1 here'); END",
        'CREATE TRIGGER refuse_too BEFORE UPDATE ON "row" WHEN NEW.value = -1 '
        "BEGIN SELECT RAISE(ABORT, 'no -1 here'); END",
    ),
}


@pytest.fixture
def seeds(database: pw.Database, tmp_path: Path) -> Seeds:
    found = Seeds(database, tmp_path, [Parent, Row], create=False)
    Parent.create_table()
    dialect = "postgres" if is_postgres(database) else "sqlite"
    for statement in (TABLE[dialect], *TRIGGERS[dialect]):
        database.execute_sql(statement.replace("%", "%%") if is_postgres(database) else statement)
    Parent.create(code=1)
    Row.create(id=0, name="before", other="taken", parent=1)
    return found


def csv(changes: dict[str, str], padding: str = "") -> str:
    """A file of 3,000 rows; one of them has other values."""
    columns = ["id", "name", "value", "other", "address", "number", "amount", "parent_id"]
    lines = [",".join(columns)]
    for number in range(1, ROWS + 1):
        row = dict(id=number, name=f"n{number}{padding}", value=number, other=f"o{number}",
                   address="10.0.0.1", number="0.5", amount="1.25", parent_id=1)  # fmt: skip
        lines.append(",".join(str((row | (changes if number == BAD else {}))[name])
                              for name in columns))  # fmt: skip
    return "\n".join(lines) + "\n"


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a CHECK": ({"value": "1000001"}, r"(?i)check constraint"),
    "a NOT NULL": ({"name": ""}, r"(?i)null value in column \"name\"|NOT NULL constraint"),
    "a UNIQUE of the database": ({"other": "taken"}, r"(?i)unique"),
    "a UNIQUE of the file": ({"other": "o7"}, r"(?i)unique"),
    "a foreign key": ({"parent_id": "77"}, r"(?i)foreign key|matches no row"),
    "a trigger": ({"value": "-1"}, r"no -1 here"),
    "a text that is too long": ({"other": "x" * 256}, r"at most 255 characters"),
}
ON_POSTGRES: dict[str, tuple[dict[str, str], str]] = {
    "an address": ({"address": "10.0.0.256"}, r'row.address cannot be "10.0.0.256".*inet'),
    "a number of too many digits": ({"amount": "123.25"}, r'row.amount cannot be "123.25"'),
}


def refused(seeds: Seeds, words: str, line: int) -> None:
    before = seeds.table(Row), seeds.table(Parent)
    with pytest.raises(SeedError, match=words) as error:
        seeds.load()
    assert f"row.csv, line {line}: " in error.value.message, error.value.message
    assert "migration" not in str(error.value)
    assert "dbkit_seed" not in str(error.value)
    assert "\n" not in error.value.message
    assert (seeds.table(Row), seeds.table(Parent)) == before


@pytest.mark.parametrize("large", [False, True], ids=["small", "streamed"])
def test_the_row_is_found_among_thousands(seeds: Seeds, large: bool) -> None:
    padding = "x" * 400 if large else ""
    cases = REFUSED | (ON_POSTGRES if is_postgres(seeds.database) else {})
    for changes, words in cases.values():
        seeds.write(row_csv=csv(changes, padding))
        refused(seeds, words, BAD + 1)


def test_the_row_of_an_update_is_found(seeds: Seeds) -> None:
    Row.insert_many([{"id": number, "name": "old", "parent": 1} for number in range(1, ROWS + 1)]
                    ).execute()  # fmt: skip
    for changes, words in REFUSED.values():
        seeds.write(row_csv=csv(changes))
        refused(seeds, words, BAD + 1)


@pytest.mark.postgres
def test_constraints_of_several_rows(postgres: pw.Database, tmp_path: Path) -> None:
    """An exclusion constraint, and constraints that are checked at the end."""

    class Slot(pw.Model):
        during = ColumnField("int4range", null=True)
        late = pw.IntegerField(null=True)

    seeds = Seeds(postgres, tmp_path, [Slot], create=False)
    postgres.execute_sql(
        "CREATE TABLE slot (id int PRIMARY KEY, during int4range, EXCLUDE USING gist (during WITH "
        "&&), late int, UNIQUE (late) DEFERRABLE INITIALLY DEFERRED)"
    )
    row = '[[slot]]\nid = {}\nduring = "[{}, {})"\nlate = {}\n'.format
    seeds.twice(row(1, 1, 2, 1) + row(2, 2, 4, 2))
    with pytest.raises(SeedError, match=r"line 9: slot: .*exclusion constraint"):
        seeds.load(row(1, 1, 2, 1) + row(3, 5, 6, 3) + row(4, 3, 7, 4))
    with pytest.raises(SeedError, match=r"slot.*duplicate key value") as error:
        seeds.load(row(1, 1, 2, 1) + row(3, 5, 6, 2) + row(4, 7, 8, 4))
    assert "line 5: " in error.value.message
    assert Slot.select().count() == 2
    # rows may exchange unique values, if the constraint is checked at the end
    assert seeds.load(row(1, 1, 2, 2) + row(2, 2, 4, 1)).updated == {"slot": 2}


def test_a_foreign_key_that_is_checked_at_the_end(database: pw.Database, tmp_path: Path) -> None:
    """Rows may refer by their keys to rows that come later, but not to no row."""

    class Left(pw.Model):
        right = pw.DeferredForeignKey("Right", deferrable="INITIALLY DEFERRED")

    class Right(pw.Model):
        left = pw.ForeignKeyField(Left, deferrable="INITIALLY DEFERRED")

    seeds = Seeds(database, tmp_path, [Left, Right], create=False)
    database.bind([Left, Right])
    Left.create_table()
    Right.create_table()
    if is_postgres(database):
        Left._schema.create_foreign_key(Left.right)
    seeds.twice("[[left]]\nid = 1\nright = 2\n[[right]]\nid = 2\nleft = 1\n")
    with pytest.raises(SeedError, match=r'line 4: left.right = "7" matches no row of right'):
        seeds.load("[[left]]\nid = 1\nright = 2\n[[left]]\nid = 3\nright = 7\n")
    assert Left.select().count() == 1


def test_a_transaction_of_the_caller_goes_on(seeds: Seeds) -> None:
    with seeds.database.atomic():
        Parent.create(code=2)
        seeds.write(row_csv=csv({"value": "-1"}))
        with pytest.raises(SeedError):
            seeds.load()
        seeds.write(parent_csv="code\n3\n")
        seeds.load()
    assert {one.code for one in Parent} == {1, 2, 3}
    assert Row.select().count() == 1


@pytest.mark.postgres
def test_a_read_only_session(postgres: pw.Database, tmp_path: Path) -> None:
    seeds = Seeds(postgres, tmp_path, [Parent])
    seeds.write("[[parent]]\ncode = 1\n")
    postgres.execute_sql("SET default_transaction_read_only = on")
    try:
        for action in (seeds.load, seeds.check):
            with pytest.raises(DbkitError, match="read-only"):
                action()
    finally:
        postgres.execute_sql("SET default_transaction_read_only = off")
    assert seeds.load().inserted == {"parent": 1}


def test_the_table_does_not_exist(database: pw.Database, tmp_path: Path) -> None:
    seeds = Seeds(database, tmp_path, [Parent], create=False)
    seeds.write("[[parent]]\ncode = 1\n")
    for action in (seeds.load, seeds.check):
        with pytest.raises(DbkitError, match=r"table is missing: parent .*seeds.toml, line 1"):
            action()


def test_a_column_does_not_exist(database: pw.Database, tmp_path: Path) -> None:
    database.execute_sql("CREATE TABLE parent (id integer PRIMARY KEY)")
    seeds: Any = Seeds(database, tmp_path, [Parent], create=False)
    with pytest.raises(DbkitError, match=r"column is missing: parent.code"):
        seeds.load("[[parent]]\ncode = 1\n")
