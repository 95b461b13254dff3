"""Rows of seed files as values: names, references, defaults, relative times, and messages."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import SeedError
from dbkit.fields import DateTimeTZField, server_default
from dbkit.seeding.columns import Converter, Values
from dbkit.seeding.rows import Batch

POSTGRES = pw.PostgresqlDatabase("never_opened")
SQLITE = pw.SqliteDatabase(":memory:")
NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
COUNTER = iter(range(10**6))


class Country(pw.Model):
    name = pw.CharField(unique=True)


class Town(pw.Model):
    name = pw.CharField()
    country = pw.ForeignKeyField(Country)


class Shop(pw.Model):
    name = pw.CharField(max_length=5)
    town = pw.ForeignKeyField(Town)
    rival = pw.ForeignKeyField("self", null=True)
    dotted = pw.IntegerField(column_name="town.size", null=True)
    price = pw.DecimalField(4, 2, null=True)
    opened = DateTimeTZField(null=True)
    since = pw.DateTimeField(null=True)
    day = pw.DateField(null=True)
    extra = pw.JSONField(null=True)


class Defaults(pw.Model):
    key = pw.UUIDField(default=uuid.uuid4, primary_key=True)
    name = pw.CharField()
    number = pw.IntegerField(default=lambda: next(COUNTER))
    options = pw.JSONField(default=dict)
    word = pw.CharField(default='a "b", c')
    server = pw.IntegerField(**server_default(5))
    by_sql = pw.IntegerField(default=1, constraints=[pw.SQL("default 1")])
    checked = pw.IntegerField(default=1, constraints=[pw.Check("checked > 0")])


class Wrong(pw.Model):
    name = pw.CharField()
    number = pw.IntegerField(default="none")


class Swapped(pw.Model):
    a = pw.IntegerField(column_name="b")
    b = pw.TextField(column_name="a")
    c = pw.TextField(column_name="d")


class Failing(pw.Model):
    name = pw.CharField()
    number = pw.IntegerField(default=lambda: 1 // 0)


MODELS = [Country, Town, Shop, Defaults, Wrong, Swapped, Failing]


@pytest.fixture(params=[POSTGRES, SQLITE], ids=["postgres", "sqlite"], autouse=True)
def bound(request: pytest.FixtureRequest) -> Iterator[pw.Database]:
    with request.param.bind_ctx(MODELS):
        yield request.param


def rows_of(
    model: Any, columns: Sequence[str], *rows: Sequence[Any], is_text: bool = False
) -> list[Values]:
    texts = (
        [",".join("" if one is None else one for one in row) for row in rows] if is_text else None
    )
    lines = range(10, 10 + len(rows))
    batch = Batch(model._meta.table_name, tuple(columns), rows, lines, 0, texts)
    return list(Converter(NOW, texts=is_text).convert(model, Path("seeds/1.csv"), batch))


def one(model: Any, columns: Sequence[str], *rows: Sequence[Any]) -> Values:
    (values,) = rows_of(model, columns, *rows)
    return values


def names(values: Values) -> dict[str, list[str]]:
    return {column.name: [f"{field.model.__name__}.{field.name}" for field in column.path]
            for column in values.columns}  # fmt: skip


def test_a_name_is_a_field_or_a_column_or_a_column_of_a_parent() -> None:
    columns = ("name", "town_id", "town.size")
    assert names(one(Shop, columns, ["x", 1, 2])) == {
        "name": ["Shop.name"],
        "town_id": ["Shop.town"],
        "town.size": ["Shop.dotted"],
    }
    (values,) = rows_of(
        Shop, ("town.name", "town_id.country.name", "rival.town"), ["a", "b", None], is_text=True
    )
    assert names(values) == {
        "town.name": ["Shop.town", "Town.name"],
        "town_id.country.name": ["Shop.town", "Town.country", "Country.name"],
        "rival.town": ["Shop.rival", "Shop.town"],
    }


def test_a_dictionary_is_a_reference_or_a_json_value() -> None:
    town = {"name": "Ulm", "country": {"name": "Germany"}}
    values = one(Shop, ("town", "extra"), [town, {"a": {}}], [town, None])
    assert names(values) == {
        "town.name": ["Shop.town", "Town.name"],
        "town.country.name": ["Shop.town", "Town.country", "Country.name"],
        "extra": ["Shop.extra"],
    }
    assert [list(row[:2]) for row in values.rows] == [["Ulm", "Germany"]] * 2


def test_rows_with_other_columns_of_a_parent_are_apart_and_in_order() -> None:
    first, second = {"name": "Ulm"}, {"country": {"name": "France"}}
    found = rows_of(Shop, ("town",), [first], [first], [second], [5], [first])
    assert [(list(names(values)), list(values.lines)) for values in found] == [
        (["town.name"], [10, 11]),
        (["town.country.name"], [12]),
        (["town"], [13]),
        (["town.name"], [14]),
    ]


@pytest.mark.parametrize("is_text", [False, True])
def test_relative_times_are_for_new_rows(is_text: bool) -> None:
    rows = [["a", "now - 1 month", None], ["b", "2026-01-01T00:00:00", "today"],
            ["c", "NOW", "2026-01-01"]]  # fmt: skip
    found = rows_of(Shop, ("name", "opened", "day"), *rows, is_text=is_text)
    assert [(values.initial, list(values.lines)) for values in found] == [
        ({1}, [10]),
        ({2}, [11]),
        ({1}, [12]),
    ]
    assert [values.texts for values in found] == [None] * 3
    assert found[0].rows[0][1] == dt.datetime(2026, 2, 28, 12, tzinfo=dt.UTC)
    assert found[1].rows[0][2] == dt.date(2026, 3, 31)


def test_now_in_a_column_without_time_zone_is_the_time_in_utc() -> None:
    values = one(Shop, ("since",), ["now + 1 year 2 days"])
    assert values.rows[0][0] == dt.datetime(2027, 4, 2, 12)


def test_defaults_of_python_are_for_new_rows(bound: pw.Database) -> None:
    (first,) = rows_of(Defaults, ("name",), ["a"], ["b"], is_text=True)
    assert [column.name for column in first.columns] == [
        "name", "key", "number", "options", "word", "checked"
    ]  # fmt: skip
    assert first.initial == {1, 2, 3, 4, 5}
    if bound is POSTGRES:
        assert first.texts is not None
        start, end = first.texts[0].split(",", 1)
        assert start == "a"
        assert end.endswith(',"{}","a ""b"", c","1"')
    second = one(Defaults, ("name", "word"), ["a", "given"], ["b", "given"])
    (key, number, *rest), (other_key, other_number, *_) = (row[2:] for row in second.rows)
    assert key != other_key
    assert [uuid.UUID(one).version for one in (key, other_key)] == [4, 4]
    assert other_number == number + 1
    assert rest == ["{}", 1]


def test_rows_that_postgresql_can_read_keep_their_text(bound: pw.Database) -> None:
    columns = ("name", "town", "price", "opened", "extra")
    row = ["a", "1", "1.5", "2026-01-01T00:00:00Z", None]
    (values,) = rows_of(Shop, columns, row, row, is_text=True)
    assert values.texts == (["a,1,1.5,2026-01-01T00:00:00Z,"] * 2 if bound is POSTGRES else None)
    (values,) = rows_of(Shop, columns, row, ["b", "1", "+1.5", *row[3:]], is_text=True)
    assert values.texts is None
    assert [row[2] for row in values.rows] == [Decimal("1.5")] * 2


def test_no_row_gives_no_values() -> None:
    assert [row for values in rows_of(Shop, ("name",)) for row in values.rows] == []


# (columns, rows, the message, the hint)
MESSAGES: list[tuple[tuple[str, ...], list[list[Any]], str, str]] = [
    (("nam",), [["x"]], "line 10: shop has no column nam.", "Did you mean name?"),
    (("town.nam",), [["x"]], "line 10: town has no column nam.", "Did you mean name?"),
    (("name.x",), [["x"]], "line 10: shop has no column name.x.", "Did you mean name?"),
    (("name",), [["a"], ["123456"]], 'line 11: shop.name cannot be "123456".',
     "A text of at most 5 characters, and this text has 6."),
    (("name",), [["x" * 900]], f'shop.name cannot be "{"x" * 56}...".', "this text has 900."),
    (("name",), [[None]], "shop.name cannot be NULL.", "The column cannot be NULL."),
    (("name", "price"), [["a", "abc"], ["123456", 1]], 'line 10: shop.price cannot be "abc".',
     "A number, such as 12.5, of at most 4 digits, 2 after the point."),
    (("price",), [[10**5000]], "price cannot be an integer of more than 4000 digits.", "4 digits"),
    (("town", "town_id"), [[1, 1]], "town and town_id are the same column.", "Keep one"),
    (("town", "town.name"), [[1, "x"]], "town and town.name are the same column.", "Keep one"),
    (("town",), [[{}]], "town cannot be {}.", "Give columns that identify a row of town."),
    (("town",), [[{"nam": "x"}]], "line 10: town has no column nam.", "Did you mean name?"),
    (("town",), [[1], [{"name": "x", "country": {"id": 1, "nam": 2}}]],
     "line 11: country has no column nam.", "Did you mean name?"),
    (("town",), [[{"name": None}]], "shop.town.name cannot be NULL.", "cannot be NULL"),
    (("town",), [[{"country": 1, "country_id": 2}]],
     "town.country and town.country_id are the same column.", "Keep one"),
    (("opened",), [["now - 3 moons"]], 'opened cannot be "now - 3 moons": moons is not a unit.',
     "A duration in years, months"),
    (("day",), [["now - 9999 years"]], 'cannot be "now - 9999 years": the time is out of range.',
     "A date"),
    (("extra",), [[{"at": dt.date(2026, 1, 1)}]],
     'shop.extra cannot be {"at": 2026-01-01}: JSON has no dates and times', "A JSON value."),
    (("name",), [[object()]], "shop.name cannot be a Python object of type object.", "A text"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "rows", "message", "hint"), MESSAGES)
def test_the_message_of_a_bad_row(
    columns: tuple[str, ...], rows: list[list[Any]], message: str, hint: str
) -> None:
    with pytest.raises(SeedError) as caught:
        rows_of(Shop, columns, *rows)
    assert caught.value.message.startswith("seeds/1.csv, line 1")
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


def test_a_reference_may_be_null_in_part_or_if_the_key_may_be_null() -> None:
    rows = [[None, None, None], ["a", None, "x"]]
    columns = ("rival.name", "rival.town.name", "name")
    with pytest.raises(SeedError, match=r"line 10: shop\.name cannot be NULL"):
        rows_of(Shop, columns, *rows, is_text=True)
    rows[0][2] = "x"
    (values,) = rows_of(Shop, columns, *rows, is_text=True)
    assert [list(row) for row in values.rows] == rows
    (values,) = rows_of(Shop, ("town.name", "town.country"), ["a", None], is_text=True)
    assert list(values.rows[0]) == ["a", None]


def test_a_default_that_its_own_field_refuses() -> None:
    with pytest.raises(SeedError) as caught:
        rows_of(Wrong, ("name",), ["a"])
    assert caught.value.message == (
        'seeds/1.csv, line 10: wrong.number cannot be "none": that is the default of the model.'
    )


def test_a_default_that_fails() -> None:
    with pytest.raises(SeedError) as caught:
        rows_of(Failing, ("name",), ["a"])
    assert "line 10: failing.number has a default that fails: " in caught.value.message
    assert "Failing.number" in caught.value.hint


def test_the_name_of_a_column_comes_before_the_name_of_a_field() -> None:
    assert names(one(Swapped, ("a", "b", "c"), ["x", 1, "y"])) == {
        "a": ["Swapped.b"],
        "b": ["Swapped.a"],
        "c": ["Swapped.c"],
    }


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("name", None, 'In CSV, "" is an empty text.'),
        ("town", None, "The column cannot be NULL. An integer"),
        ("price", "", "An empty cell without quotation marks is NULL."),
        ("town", "", "An integer"),
    ],
)
def test_an_empty_cell_and_an_empty_text(column: str, cell: str | None, words: str) -> None:
    with pytest.raises(SeedError) as caught:
        rows_of(Shop, (column,), [cell], is_text=True)
    assert words in caught.value.hint
    assert ("without quotation marks" in caught.value.hint) == (column == "price")
    assert ("empty text" in caught.value.hint) == (column == "name")


class Unequal:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("value", [Unequal(), Shop.day, pw.SQL("now()"), {1: 2}, Ellipsis, 1 + 2j])
@pytest.mark.parametrize("column", ["name", "town", "price", "opened", "day"])
def test_any_object_of_python_is_refused_with_its_place(column: str, value: Any) -> None:
    with pytest.raises(SeedError, match=rf"line 10: (shop\.)?{column} cannot be "):
        rows_of(Shop, (column,), [value])
