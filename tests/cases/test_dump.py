"""Rows that are dumped into a seed file load back identically, by the server's own judgment."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, seed
from dbkit.fields import DateTimeTZField, EnumField, server_default
from dbkit.models import MODELS
from dbkit.schema.dialect import dialect_for
from dbkit.schema.sql import quoted
from dbkit.seeding import dump
from tests.conftest import MIGRATIONS, SEEDS

LAYOUTS = ["toml", "json", "csv"]


class Colour(Enum):
    RED = "red"
    BLUE = 'bl\'ue \\ "x"'


class Upper(pw.TextField):
    """A field of a project: lower case in Python, upper case in the database."""

    def db_value(self, value: Any) -> Any:
        return None if value is None else value.upper()

    def python_value(self, value: Any) -> Any:
        return None if value is None else value.lower()


class Cents(pw.IntegerField):
    """A field of a project that is a text in Python."""

    def db_value(self, value: Any) -> Any:
        return None if value is None else int(value.removesuffix(" ct"))

    def python_value(self, value: Any) -> Any:
        return None if value is None else f"{value} ct"


class Sample(pw.Model):
    """Every kind of field."""

    small = pw.SmallIntegerField(null=True)
    number = pw.IntegerField(null=True, **server_default(7))
    big = pw.BigIntegerField(null=True, default=8)
    single = pw.FloatField(null=True)
    ratio = pw.DoubleField(null=True)
    price = pw.DecimalField(20, 6, null=True)
    short = pw.CharField(30, null=True)
    fixed = pw.FixedCharField(5, null=True)
    text = pw.TextField(null=True, default="a default")
    flag = pw.BooleanField(null=True, default=True)
    unique = pw.UUIDField(null=True)
    binary = pw.BinaryUUIDField(null=True)
    blob = pw.BlobField(null=True)
    moment = pw.DateTimeField(null=True)
    zoned = DateTimeTZField(null=True)
    day = pw.DateField(null=True)
    clock = pw.TimeField(null=True)
    stamp = pw.TimestampField(null=True, resolution=1000, utc=True)
    address = pw.IPField(null=True)
    bits = pw.BitField(null=True)
    colour = EnumField(Colour, null=True)
    data = pw.JSONField(null=True)
    upper = Upper(null=True)
    cents = Cents(null=True)

    class Meta:
        table_name = 'A "sämple". of [all]\n#'


FULL: dict[str, Any] = {
    "small": -32768,
    "number": 2147483647,
    "big": -(2**63),
    "single": 0.1,
    "ratio": 1e-300,
    "price": "12345678901234.123456",
    "short": "",
    "fixed": "ab",
    "text": "now - 1 day",
    "flag": False,
    "unique": uuid.UUID(int=2**127 + 1),
    "binary": uuid.UUID(int=5),
    "blob": b"\x00\xff'\\",
    "moment": dt.datetime(1, 1, 1, 0, 0, 0, 1),
    "zoned": dt.datetime(2024, 2, 29, 23, 59, 59, 999999, dt.timezone(dt.timedelta(hours=-3))),
    "day": dt.date(9999, 12, 31),
    "clock": dt.time(23, 59, 59, 999999),
    "stamp": dt.datetime(2024, 1, 2, 3, 4, 5, 678000),
    "address": "192.0.2.1",
    "bits": 5,
    "colour": Colour.BLUE,
    "data": {"é": [1, 1.5, "x", {"y": True}], "": "🎄", "a b": {}},
    "upper": "shout",
    "cents": "99 ct",
}
# texts that a format may misread
HOSTILE = ["", " ", "null", "NULL", "\\N", "\\.", "#", "# key = 1", ",", '"', '""', "'", "''", "\\",
           "\\x00", "\t", "\r", "\n", "\r\n", "\n\n", "a\rb", "\x01\x1f\x7f", "{ null = true }",
           "[x]", "🎄é\u2028\x85\ufeff", "%s %% %", "true", "1", "2024-01-01", "x" * 100_000,
           '"""', "'''"]  # fmt: skip
DOCUMENTS: list[Any] = [
    [], {}, [[]], "text", "", 5, 1.5, True, -0.5, [None], {"a": None}, {"null": True},
    [{"null": True}], {"json": "1"}, [{"json": "x"}], {"null": False}, {"a": {"null": True}},
    10**30, 1e22, "now", {"a\"b": "\\ \n \u2028"}, "\u0001", [1, "x", [2.5, {"k": []}]],
]  # fmt: skip


class Parent(pw.Model):
    code = pw.CharField(primary_key=True)
    mother = pw.ForeignKeyField("self", null=True)
    favourite = pw.DeferredForeignKey("Child", null=True)

    class Meta:
        table_name = "keys"


class Child(pw.Model):
    parent = pw.ForeignKeyField(Parent)
    name = pw.TextField()

    class Meta:
        table_name = "child"


class Part(pw.Model):
    child = pw.ForeignKeyField(Child)
    name = pw.TextField()

    class Meta:
        table_name = "part"
        primary_key = pw.CompositeKey("name", "child")


class Plain(pw.Model):
    """Without a key."""

    note = pw.TextField(null=True)
    other = pw.TextField(null=True)

    class Meta:
        table_name = "plain"
        primary_key = False


def stored(database: pw.Database, model: Any) -> list[Any]:
    """The rows as the server itself prints them."""
    table = quoted(model._meta.table_name)
    shown = "t::text"
    if isinstance(database, pw.SqliteDatabase):
        names = map(quoted, model._meta.columns)
        shown = ", ".join(f"typeof({name}), quote({name})" for name in names)
    found = dialect_for(database).execute(database, f"SELECT {shown} FROM {table} t")
    return sorted(found.fetchall())


def dumped(database: pw.Database, models: Iterable[Any], layout: str, **options: Any) -> str:
    pieces: list[str] = []
    dump(database, models, pieces.append, layout=layout, **options)
    return "".join(pieces)


def assert_loads_back(
    database: pw.Database, models: list[Any], layout: str, tmp_path: Path
) -> list[str]:
    """Dump, delete all rows, load, and dump again. Return the texts."""
    before = [stored(database, model) for model in models]
    parts = [[model] for model in models] if layout == "csv" else [models]
    texts = [dumped(database, part, layout) for part in parts]
    folder = tmp_path / f"seeds_{layout}"
    folder.mkdir()
    for number, text in enumerate(texts, 1):
        (folder / f"{number:02}_x.{layout}").write_bytes(text.encode())
    for model in reversed(models):
        model.delete().execute()
    seed(database, models, folder)
    assert [stored(database, model) for model in models] == before
    assert [dumped(database, part, layout) for part in parts] == texts
    assert not sum(seed(database, models, folder).updated.values())
    return texts


@pytest.fixture
def own(database: pw.Database) -> Iterable[Callable[..., pw.Database]]:
    """A function that creates tables."""

    def create(*models: Any) -> pw.Database:
        database.bind(models)
        database.create_tables(models)
        return database

    return create


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_reference_tables(database: pw.Database, layout: str, tmp_path: Path) -> None:
    migrate(database, MIGRATIONS)
    seed(database, MODELS, SEEDS)
    assert_loads_back(database, pw.sort_models(MODELS), layout, tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_kind_of_field_and_hostile_texts(own: Any, layout: str, tmp_path: Path) -> None:
    database = own(Sample)
    Sample.insert_many([
        FULL,
        {name: None for name in FULL},
        *({**dict.fromkeys(FULL), "text": text} for text in HOSTILE),
        *({**dict.fromkeys(FULL), "data": value} for value in DOCUMENTS),
    ]).execute()  # fmt: skip
    assert_loads_back(database, [Sample], layout, tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS[:2])
def test_parents_come_first_and_cycles_load(own: Any, layout: str, tmp_path: Path) -> None:
    database = own(Parent, Child, Part)
    Parent.insert_many([("z", None), ("a", "z"), ("b", "b")], ["code", "mother"]).execute()
    Child.insert_many([("a", "x"), ("b", "y\n")], ["parent", "name"]).execute()
    Parent.update(favourite=2).where(Parent.code == "a").execute()
    Part.insert_many([(1, "x"), (2, "x"), (1, "")], ["child", "name"]).execute()
    assert_loads_back(database, [Parent, Child, Part], layout, tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_table_without_a_key(own: Any, layout: str, tmp_path: Path) -> None:
    database = own(Plain)
    Plain.insert_many([("b", "c"), ("a", None), (None, "d"), ("", "")]).execute()
    (text,) = assert_loads_back(database, [Plain], layout, tmp_path)
    assert '["note", "other"]' in text
