"""A second run finds nothing to write, whatever the types of the columns."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from enum import Enum
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import SeedError
from dbkit.fields import DateTimeTZField, EnumField
from dbkit.models.base import TimestampedModel
from tests.conftest import listening

from .running import Seeds, is_postgres, total


class Base(pw.Model):
    class Meta:
        legacy_table_names = False


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class Every(Base):
    """A column of every kind."""

    name = pw.CharField(unique=True)
    char = pw.CharField(10, null=True)
    fixed = pw.FixedCharField(5, null=True)
    text = pw.TextField(null=True)
    small = pw.SmallIntegerField(null=True)
    big = pw.BigIntegerField(null=True)
    real = pw.FloatField(null=True)
    double = pw.DoubleField(null=True)
    money = pw.DecimalField(10, 2, null=True)
    flag = pw.BooleanField(null=True)
    at = pw.DateTimeField(null=True)
    zoned = DateTimeTZField(null=True)
    day = pw.DateField(null=True)
    time = pw.TimeField(null=True)
    stamp = pw.TimestampField(null=True, default=None)
    data = pw.JSONField(null=True)
    blob = pw.BlobField(null=True)
    key = pw.UUIDField(null=True)
    short = pw.BinaryUUIDField(null=True)
    colour = EnumField(Colour, null=True)
    address = pw.IPField(null=True)


VALUES = {
    "char": ["'%s %% \\N'", "''", "'größe 🎄'"],
    "fixed": ["'ab'", "'ab   '", "'     '", "''"],
    "text": ["\"a\\\\b\\n'c'\\tz\"", "'\\.'"],
    "small": ["-5"],
    "big": ["9223372036854775807"],
    "real": ["0.1", "-0.0", "3e38", "16777217", "inf"],
    "double": ["0.1", "-0.0", "1e-300", "0.30000000000000004", "-inf"],
    "money": ["1.005", "'2.675'", "-0.0", "7", "1e3"],
    "flag": ["true", "false"],
    "at": ["2026-01-02T03:04:05.678901", "2026-01-02", "'2026-01-02 03:04:05.1234560'"],
    "zoned": ["2026-01-02T03:04:05.6+02:00", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05"],
    "day": ["2026-01-02", "'0001-01-01'", "'9999-12-31'"],
    "time": ["03:04:05.5", "'23:59:59.999999'"],
    "stamp": ["0", "2026-01-02T03:04:05"],
    "data": ["{ b = 1, a = [1.0, 1e2, 'x', { }] }", "'text'", "1", "false", "[]"],
    "blob": ["'\\x00ff'", "'base64:AAE='", "'\\x'"],
    "key": ["'0B8F5C1E-6A5B-4E0E-9D0A-4C1F5B6A7D01'", "'0b8f5c1e6a5b4e0e9d0a4c1f5b6a7d01'"],
    "short": ["'0B8F5C1E-6A5B-4E0E-9D0A-4C1F5B6A7D01'"],
    "colour": ["'red'"],
    "address": ["'192.0.2.1'"],
}


def every_value() -> str:
    return "".join(
        f"[[every]]\nname = '{column} {number}'\n{column} = {value}\n"
        for column, values in VALUES.items()
        for number, value in enumerate(values)
    )


def test_every_kind_of_value(database: pw.Database, tmp_path: Path) -> None:
    seeds = Seeds(database, tmp_path, [Every])
    text = every_value()
    if is_postgres(database):
        text += "[[every]]\nname = 'nan'\nreal = nan\ndouble = nan\n"
    count = text.count("[[every]]")
    assert seeds.twice(text).inserted == {"every": count}
    changed = seeds.load(text.replace("[[every]]\n", "[[every]]\nfixed = 'other'\n").replace(
        "\nfixed = 'ab", "\ntext = 'ab").replace("\nfixed = ' ", "\ntext = ' ").replace(
        "\nfixed = ''", "\ntext = ''"))  # fmt: skip
    assert changed.updated == {"every": count}
    assert len(seeds.write(text).changes()) == 4
    one = Every.get(name="data 0")
    assert one.data == {"b": 1, "a": [1.0, 100.0, "x", {}]}
    assert Every.get(name="zoned 0").zoned == dt.datetime(2026, 1, 2, 1, 4, 5, 600000, dt.UTC)


def test_every_kind_of_value_in_csv(database: pw.Database, tmp_path: Path) -> None:
    seeds = Seeds(database, tmp_path, [Every])
    columns = ["char", "fixed", "real", "double", "money", "flag", "at", "zoned", "day", "time",
               "data", "blob", "key", "colour"]  # fmt: skip
    row = ["größe", "ab ", "0.1", "-0.0", "1.005", "t", "2026-01-02 03:04:05.5",
           "2026-01-02T03:04Z", "2026-01-02", "03:04", '"{""a"" : 1.50}"', "\\x00FF",
           str(uuid.UUID(int=7)), "red"]  # fmt: skip
    seeds.write(every_csv=f"name,{','.join(columns)}\na,{','.join(row)}\nb{',' * len(columns)}\n")
    assert seeds.twice().inserted == {"every": 2}


ELSEWHERE = {  # the types of four columns, and values for them
    "wider": ("bigint, numeric(20,5), text, text", "12345, 0.1, '1.5', 2026-01-02T03:04:05.5"),
    "narrower": ("numeric(6,1), real, varchar(30), timestamp(0)",
                 "12345, 0.1, 'ab ', 2026-01-02T03:04:05.5"),
    "exact": ("numeric, numeric, json, timestamptz",
              """12345, 0.1, '{"b": 1, "b": 2}', 2026-01-02T03:04:05.5"""),
    "other": ("text, text, jsonb, text",
              """12345, 0.1, '{"b": 1, "b": 2}', 2026-01-02T03:04:05.5"""),
    "lists": ("oid, money, text[], date", "12345, 0.1, '{a,NULL}', 2026-01-02T03:04:05.5"),
}  # fmt: skip


@pytest.mark.parametrize(("types", "values"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_columns_whose_types_differ_from_the_model(
    database: pw.Database, tmp_path: Path, types: str, values: str
) -> None:
    class Loose(Base):
        name = pw.CharField(unique=True)
        a = pw.IntegerField(null=True)
        b = pw.DoubleField(null=True)
        c = pw.TextField(null=True)
        d = pw.DateTimeField(null=True)

    seeds = Seeds(database, tmp_path, [Loose], create=False)
    columns = ", ".join(f"{name} {kind}" for name, kind in zip("abcd", types.split(", ")))  # noqa: B905
    if not is_postgres(database):
        columns = columns.replace("[]", "")
    key = "serial" if is_postgres(database) else "integer"
    database.execute_sql(
        f"CREATE TABLE loose (id {key} PRIMARY KEY, name varchar(20) UNIQUE, {columns})"
    )
    lines = [f"{name} = {value}" for name, value in zip("abcd", re.split(r", (?!\")", values))]  # noqa: B905
    text = "\n".join(["[[loose]]", "name = 'x'", *lines, "[[loose]]", "name = 'y'"])
    seeds.twice(text)
    assert len(seeds.write(text.replace("12345", "12346")).changes()) == 1


def test_columns_that_ignore_case(database: pw.Database, tmp_path: Path) -> None:
    """A change of case is a change; both spellings of a key are the same row."""

    class Word(Base):
        code = pw.CharField(unique=True)
        label = pw.CharField(null=True)

    if is_postgres(database):
        try:
            database.execute_sql(
                "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', "
                "deterministic = false)"
            )
        except pw.NotSupportedError as error:
            pytest.skip(str(error))
    column = "varchar(20) COLLATE nocase"
    key = "serial" if is_postgres(database) else "integer"
    database.execute_sql(
        f"CREATE TABLE word (id {key} PRIMARY KEY, code {column} NOT NULL UNIQUE, label {column})"
    )
    seeds = Seeds(database, tmp_path, [Word], create=False)
    seeds.twice("[[word]]\ncode = 'a'\nlabel = 'x'\n")
    assert seeds.twice("[[word]]\ncode = 'A'\nlabel = 'X'\n").updated == {"word": 1}
    assert (Word.get().code, Word.get().label) == ("A", "X")
    assert seeds.load("[[word]]\ncode = 'a'\n").updated == {"word": 1}
    assert Word.get().code == "a"
    with pytest.raises(SeedError, match=r"line 3: the row of word has the same key as the row in"):
        seeds.load("[[word]]\ncode = 'b'\n[[word]]\ncode = 'B'\n")
    with pytest.raises(SeedError, match=r"line 3: the row of word has the same key as the row in"):
        seeds.check()


class Stamped(TimestampedModel):
    name = pw.CharField(unique=True)
    note = pw.CharField(null=True)
    created = pw.DateTimeField(default=dt.datetime.now)
    count = pw.IntegerField(default=7)
    state = pw.CharField(constraints=[pw.SQL("DEFAULT 'new'")])


def test_updated_at_moves_for_changed_rows_only(database: pw.Database, tmp_path: Path) -> None:
    seeds = Seeds(database, tmp_path, [Stamped])
    rows = [f"[[stamped]]\nname = '{name}'\nnote = 'old'\n" for name in "abc"]
    seeds.twice("".join(rows))
    before = {one.name: (one.created_at, one.updated_at, one.created) for one in Stamped}
    seeds.load("".join(rows).replace("'a'\nnote = 'old'", "'a'\nnote = 'new'"))
    after = {one.name: (one.created_at, one.updated_at, one.created) for one in Stamped}
    assert after.pop("a")[1] > before["a"][1]
    del before["a"]
    assert before == after


def test_rows_with_different_columns(database: pw.Database, tmp_path: Path) -> None:
    """On an update a missing column keeps its value; on an insert it has its default."""
    seeds = Seeds(database, tmp_path, [Stamped])
    Stamped.create(name="old", note="kept", count=1, state="kept", created=dt.datetime(2020, 1, 1))
    result = seeds.twice(
        "[[stamped]]\nname = 'old'\ncount = 2\n[[stamped]]\nname = 'a'\nstate = 'x'\n"
        "[[stamped]]\nname = 'b'\ncount = 3\nnote = 'n'\n[[stamped]]\nname = 'c'\n"
    )
    assert (total(result, "inserted"), total(result, "updated")) == (3, 1)
    found = {one.name: (one.note, one.count, one.state) for one in Stamped}
    assert found == {
        "old": ("kept", 2, "kept"), "a": (None, 7, "x"), "b": ("n", 3, "new"), "c": (None, 7, "new")
    }  # fmt: skip


def test_existing_rows_are_kept(database: pw.Database, tmp_path: Path) -> None:
    seeds = Seeds(database, tmp_path, [Stamped])
    Stamped.create(name="a", note="by hand", state="x")
    seeds.write(
        a_toml="mode = 'keep'\n[[stamped]]\nname = 'a'\nnote = 'file'\n[[stamped]]\nname = 'b'\n",
        b_toml="[[stamped]]\nname = 'c'\nnote = 'file'\n",
    )
    assert seeds.twice().inserted == {"stamped": 2}
    Stamped.update(note="by hand").execute()
    assert seeds.load().updated == {"stamped": 1}
    assert {one.name: one.note for one in Stamped} == {"a": "by hand", "b": "by hand", "c": "file"}


def test_rows_of_a_table_have_different_keys(database: pw.Database, tmp_path: Path) -> None:
    class Item(Base):
        code = pw.CharField(null=True, unique=True)
        place = pw.CharField(null=True)
        shelf = pw.IntegerField(null=True)
        note = pw.CharField(null=True)

        class Meta:
            indexes = ((("place", "shelf"), True),)

    seeds = Seeds(database, tmp_path, [Item])
    text = (
        "[[item]]\nid = 10\nnote = 'a'\n[[item]]\ncode = 'x'\nnote = 'a'\n"
        "[[item]]\nplace = 'p'\nshelf = 1\nnote = 'a'\n"
    )
    assert seeds.twice(text).inserted == {"item": 3}
    assert seeds.twice(text.replace("'a'", "'b'")).updated == {"item": 3}
    assert {one.note for one in Item} == {"b"}
    with pytest.raises(
        SeedError, match=r"line 11: the row of item matches the same row of the database"
    ):
        seeds.load(text + f"[[item]]\nid = {Item.get(code='x').id}\nnote = 'other'\n")


def test_a_key_that_may_be_null(database: pw.Database, tmp_path: Path) -> None:
    class Price(Base):
        product = pw.CharField()
        region = pw.CharField(null=True)
        price = pw.DecimalField(10, 2)

        class Meta:
            indexes = ((("product", "region"), True),)

    seeds = Seeds(database, tmp_path, [Price])
    seeds.write(price_csv='product,region,price\na,,1\na,"",2\na,x,3\nb,,4\n')
    assert seeds.twice().inserted == {"price": 4}
    seeds.write(price_csv='product,region,price\na,,1.5\na,"",2\na,x,3\nb,,4\n')
    assert seeds.twice().updated == {"price": 1}
    seeds.write(price_csv="product,region,price\nc,,1\nc,,2\n")
    with pytest.raises(SeedError, match=r"line 3: the row of price has the same key"):
        seeds.load()


class Order(Base):
    region = pw.CharField()
    number = pw.IntegerField()
    note = pw.CharField(null=True)

    class Meta:
        primary_key = pw.CompositeKey("region", "number")


class Detail(Order):
    """The columns are inherited; the key is the foreign key."""

    order_region = pw.CharField()
    order_number = pw.IntegerField()

    class Meta:
        primary_key = pw.CompositeKey("region", "number")
        constraints = [
            pw.SQL('FOREIGN KEY (order_region, order_number) REFERENCES "order" (region, number)')
        ]


class Tag(Base):
    name = pw.CharField(primary_key=True)


class Tagged(Base):
    """A table between two others, whose key is both foreign keys."""

    tag = pw.ForeignKeyField(Tag)
    other = pw.ForeignKeyField(Tag, backref="others")

    class Meta:
        primary_key = pw.CompositeKey("tag", "other")


class Profile(Base):
    tag = pw.ForeignKeyField(Tag, primary_key=True)
    text = pw.CharField(null=True)


class Keyless(Base):
    name = pw.CharField(null=True)
    value = pw.IntegerField(null=True)

    class Meta:
        primary_key = False


def test_keys_of_all_kinds(database: pw.Database, tmp_path: Path) -> None:
    models = [Order, Detail, Tag, Tagged, Profile, Keyless]
    seeds = Seeds(database, tmp_path, [], create=False)
    seeds.models = [*reversed(models)]
    database.bind(models)
    for model in models:
        model.create_table()
    text = """
    [keys]
    keyless = ["name"]
    [[keyless]]
    name = "a"
    value = 1
    [[profile]]
    tag = "red"
    text = "x"
    [[profile]]
    tag = { name = "blue" }
    [[tagged]]
    tag = "red"
    other = { name = "blue" }
    [[tagged]]
    tag = "blue"
    other = "red"
    [[tag]]
    name = "red"
    [[tag]]
    name = "blue"
    [[order]]
    region = "eu"
    number = 1
    note = "x"
    [[detail]]
    region = "eu"
    number = 1
    order_region = "eu"
    order_number = 1
    """
    assert total(seeds.twice(text), "inserted") == 9
    assert total(seeds.twice(text.replace('"x"', '"y"')), "updated") == 2
    assert total(seeds.load("# nothing", prune=True), "deleted") == 8
    assert [model.select().count() for model in models] == [0, 0, 0, 0, 0, 1]


def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    database: pw.Database, tmp_path: Path
) -> None:
    class Parent(Base):
        name = pw.CharField(unique=True)

    class Child(Base):
        name = pw.CharField(unique=True)
        parent = pw.ForeignKeyField(Parent)
        value = pw.IntegerField()

    seeds = Seeds(database, tmp_path, [Parent, Child])
    seeds.load("# creates the record")
    counts: dict[int, list[int]] = {}
    for rows in (10, 5000):
        for value in (1, 1, 2):
            parents = "".join(f"p{number}\n" for number in range(rows))
            children = "".join(f"c{number},p{number},{value}\n" for number in range(rows))
            seeds.write(
                parent_csv=f"name\n{parents}", child_csv=f"name,parent.name,value\n{children}"
            )
            with listening(database) as sent, copying(database) as copied:
                seeds.load()
            counts.setdefault(rows, []).append(len(sent) + len(copied))
    assert max(counts[5000]) <= max(counts[10]) + 3, counts
    if is_postgres(database):
        assert max(counts[10]) <= 12, counts


def copying(database: pw.Database) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def counted() -> Any:
        copied: list[str] = []
        cursor = database.cursor

        class Counting:
            def __init__(self, inner: Any) -> None:
                self.inner = inner

            def __getattr__(self, name: str) -> Any:
                return getattr(self.inner, name)

            def copy_expert(self, sql: str, *rest: Any) -> Any:
                copied.append(sql)
                return self.inner.copy_expert(sql, *rest)

            def executemany(self, sql: str, rows: Any) -> Any:
                return self.inner.executemany(sql, rows)

        database.cursor = lambda *rest: Counting(cursor(*rest))
        try:
            yield copied
        finally:
            del database.cursor

    return counted()
