"""The values that each kind of field takes from a seed file, and how it refuses others."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import peewee as pw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playhouse import postgres_ext

from dbkit.fields import ColumnField, DateTimeTZField, EnumField, TypedForeignKeyField
from dbkit.schema.dialect import dialect_for
from dbkit.schema.postgres.cells import as_text
from dbkit.seeding.field_values import Invalid, Kind, kind_of
from dbkit.seeding.json_text import document

DATABASES = {"postgres": pw.PostgresqlDatabase("never_opened"),
             "sqlite": pw.SqliteDatabase(":memory:")}  # fmt: skip
BOTH = tuple(DATABASES)
POSTGRES, SQLITE = BOTH
UTC = dt.UTC
KEY = "0b8f5c1e-6a5b-4e0e-9d0a-4c1f5b6a7d01"
DEPTH = 100_000  # too deep for json on every version of Python
DEEP: Any = []
for _ in range(DEPTH):
    DEEP = [DEEP]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    SMALL = 1


class Other(Enum):
    RED = "red"


class Even(pw.IntegerField):
    """A field of an application, which raises an error of several lines."""

    def db_value(self, value: Any) -> Any:
        if value == "nothing":
            return None
        if int(value) % 2:
            raise KeyError("odd numbers\n  are not even")
        return int(value)


class Unsigned(pw.IntegerField):
    field_type = "BIGINT"


class Upper(pw.CharField):
    def adapt(self, value: Any) -> Any:
        return super().adapt(value).upper()


class Parent(pw.Model):
    code = pw.CharField(max_length=3, unique=True)


class All(pw.Model):
    """One field of each class."""

    small = pw.SmallIntegerField()
    integer = pw.IntegerField()
    big = pw.BigIntegerField()
    real = pw.FloatField()
    double = pw.DoubleField()
    decimal = pw.DecimalField(5, 2)
    rounded = pw.DecimalField(5, 2, auto_round=True, rounding="ROUND_DOWN")
    text = pw.TextField()
    char = pw.CharField(max_length=3)
    fixed = pw.FixedCharField(max_length=3)
    flag = pw.BooleanField()
    uuid = pw.UUIDField()
    uuid_bytes = pw.BinaryUUIDField()
    blob = pw.BlobField()
    bits = pw.BigBitField()
    flags = pw.BitField()
    ip = pw.IPField()
    stamp = pw.TimestampField(utc=True)
    naive = pw.DateTimeField()
    zoned = DateTimeTZField()
    zoned_too = postgres_ext.DateTimeTZField()
    day = pw.DateField()
    german = pw.DateField(formats=["%d.%m.%Y"])
    clock = pw.TimeField()
    colour = EnumField(Colour)
    json = pw.JSONField()
    old_json = postgres_ext.BinaryJSONField()
    numbers = postgres_ext.ArrayField(pw.IntegerField)
    texts = postgres_ext.ArrayField(pw.CharField, {"max_length": 3})
    matrix = postgres_ext.ArrayField(pw.IntegerField, dimensions=2)
    pairs = postgres_ext.HStoreField()
    any = ColumnField("citext")
    document = ColumnField("jsonb")
    bare = pw.BareField()
    unsigned = Unsigned()
    even = Even()
    upper = Upper(max_length=3)
    parent = pw.ForeignKeyField(Parent)
    parent_code = pw.ForeignKeyField(Parent, field="code", backref="+")
    typed = TypedForeignKeyField(Parent, sql_type="bigint", backref="+")


MODELS = [Parent, All]


def kind(name: str, dialect: str) -> Kind:
    return kind_of(All._meta.fields[name], dialect_for(DATABASES[dialect]).cells)


def read(name: str, dialect: str, value: Any, is_text: bool = False) -> Any:
    with DATABASES[dialect].bind_ctx(MODELS):
        return kind(name, dialect).read(value, is_text)


# (field, value of TOML or Python, the value for the driver)
TAKEN: list[tuple[str, Any, Any]] = [
    ("small", -(2**15), -(2**15)),
    ("integer", 2**31 - 1, 2**31 - 1),
    ("integer", Size.SMALL, 1),
    ("big", 2**63 - 1, 2**63 - 1),
    ("double", 3, 3.0),
    ("double", Decimal("0.1"), 0.1),
    ("double", float("inf"), float("inf")),
    ("real", Decimal("1e30"), 1e30),
    ("decimal", Decimal("1.005"), Decimal("1.01")),
    ("decimal", "-999.994", Decimal("-999.99")),
    ("decimal", 0.1, Decimal("0.10")),
    ("rounded", "1.009", Decimal("1.00")),
    ("text", "a'\\N\n😀", "a'\\N\n😀"),
    ("char", "äöü", "äöü"),
    ("char", Colour.RED, "red"),
    ("fixed", "ab ", "ab"),
    ("flag", True, True),
    ("uuid", KEY, KEY.replace("-", "")),
    ("uuid", uuid.UUID(KEY), KEY.replace("-", "")),
    ("ip", "192.0.2.1", 0xC0000201),
    ("flags", 5, 5),
    ("stamp", dt.datetime(1970, 1, 2), 86400),
    ("stamp", "1970-01-01T00:00:01", 1),
    ("stamp", 7, 7),
    ("naive", dt.datetime(2026, 1, 2, 3), dt.datetime(2026, 1, 2, 3)),
    ("naive", "2026-01-02", dt.datetime(2026, 1, 2)),
    ("naive", dt.date(2026, 1, 2), dt.datetime(2026, 1, 2)),
    ("zoned", "2026-01-02T03:00:00", dt.datetime(2026, 1, 2, 3, tzinfo=UTC)),
    ("zoned", "2026-01-02 03:00:00+05:00", dt.datetime(2026, 1, 1, 22, tzinfo=UTC)),
    ("zoned", "2026-01-02T03:00:00.1234560Z", dt.datetime(2026, 1, 2, 3, 0, 0, 123456, UTC)),
    ("day", "2026-01-02", dt.date(2026, 1, 2)),
    ("german", "02.01.2026", dt.date(2026, 1, 2)),
    ("clock", "03:04", dt.time(3, 4)),
    ("colour", "red", "red"),
    ("colour", Colour.BLUE, "blue"),
    ("unsigned", 2**40, 2**40),
    ("any", "x", "x"),
    ("any", Decimal("1.5"), 1.5),
    ("bare", 5, 5),
    ("even", "4", 4),
    ("even", 2.0, 2),
    ("upper", "abc", "ABC"),
    ("parent", 5, 5),
    ("parent", Parent(id=5), 5),
    ("parent_code", "abc", "abc"),
    ("typed", 5, 5),
]
OF_POSTGRES: list[tuple[str, Any, Any]] = [
    ("numbers", [1, None, 2], [1, None, 2]),
    ("numbers", [], []),
    ("matrix", [[1, 2], [3, None]], [[1, 2], [3, None]]),
    ("pairs", {"a": 'x"\\', "b": None}, '"a"=>"x\\"\\\\", "b"=>NULL'),
    ("any", ["a"], ["a"]),
    ("decimal", "NaN", Decimal("NaN")),
    ("naive", "2026-01-02T03:00:00Z", dt.datetime(2026, 1, 2, 3)),
    ("json", {"a": [Decimal("1.5"), Decimal("0.12345678901234567890")]},
     '{"a": [1.5, 0.12345678901234567890]}'),
    ("blob", "\\x00fF", "\\x00ff"),
    ("document", [1], "[1]"),
]  # fmt: skip
OF_SQLITE: list[tuple[str, Any, Any]] = [
    ("integer", 2**40, 2**40),
    ("real", 1e300, 1e300),
    ("text", "a\0b", "a\0b"),
    ("json", {"a b": ["é ", 1]}, '{"a b":["\\u00e9 ",1]}'),
    ("blob", "base64:AP8=", b"\0\xff"),
    ("blob", b"\0\xff", b"\0\xff"),
    ("uuid_bytes", KEY, uuid.UUID(KEY).bytes),
    ("bits", "\\x01", b"\1"),
]


def same(value: Any, wanted: Any) -> bool:
    if isinstance(value, memoryview):
        value = bytes(value)
    return repr(value) == repr(wanted) or value == wanted


@pytest.mark.parametrize(
    ("dialect", "name", "value", "stored"),
    [(dialect, *row) for row in TAKEN for dialect in BOTH]
    + [(POSTGRES, *row) for row in OF_POSTGRES]
    + [(SQLITE, *row) for row in OF_SQLITE],
)
def test_a_value_that_the_field_takes(dialect: str, name: str, value: Any, stored: Any) -> None:
    assert same(read(name, dialect, value), stored)


# (field, value of TOML or Python, words of the hint and the reason)
REFUSED: list[tuple[str, Any, str]] = [
    ("integer", True, "An integer"),
    ("integer", "5", "An integer"),
    ("integer", 1.0, "An integer"),
    ("big", 2**63, "An integer"),
    ("double", "1.5", "A number, such as 12.5."),
    ("double", True, "A number"),
    ("double", Decimal("1e400"), "too large"),
    ("double", Decimal("1e-400"), "too small"),
    ("double", 10**400, "A number"),
    ("decimal", "abc", "A number, such as 12.5, of at most 5 digits, 2 after the point."),
    ("decimal", 1000, "at most 5 digits"),
    ("decimal", "999.995", "at most 5 digits"),
    ("decimal", "Infinity", "at most 5 digits"),
    ("decimal", "1e999999999", "at most 5 digits"),
    ("text", 5, "A text."),
    ("text", {"a": 1}, "A text."),
    ("text", "\ud800", "half of a surrogate pair"),
    ("char", "abcd", "A text of at most 3 characters, and this text has 4."),
    ("fixed", "abcd", "and this text has 4."),
    ("flag", "true", "true or false."),
    ("flag", 1, "true or false."),
    ("uuid", "abc", "A UUID"),
    ("uuid", 5, "A UUID"),
    ("uuid_bytes", "abc", "A UUID"),
    ("blob", "abc", '"\\x" and hexadecimal digits, or as "base64:"'),
    ("blob", "\\x0", "base64"),
    ("blob", "base64:?", "base64"),
    ("ip", "3232235777", "An IPv4 address"),
    ("ip", "example.com", "An IPv4 address"),
    ("stamp", "soon", "A date and time"),
    ("naive", "garbage", "A date and time"),
    ("naive", 5, "A date and time"),
    ("naive", "", "A date and time"),
    ("zoned", "2026-02-30", "A date and time"),
    ("zoned", "0001-01-01T00:00:00+05:00", "A date and time"),
    ("zoned", "2026-01-02T03:00:00.1234567Z", "A date and time"),
    ("day", "2026-01-02T03:00:00", "A date"),
    ("day", dt.datetime(2026, 1, 2), "A date"),
    ("clock", "25:00", "A time of day"),
    ("clock", "2026-01-02 03:00:00", "A time of day"),
    ("clock", "1111", "A time of day"),
    ("german", "31.02.2026", "A date"),
    ("naive", "20260102", "A date and time"),
    ("zoned", "2026-W01-1", "A date and time"),
    ("colour", "green", "One of red, blue."),
    ("colour", Other.RED, "One of red, blue."),
    ("colour", 5, "One of red, blue."),
    ("json", {"at": dt.date(2026, 1, 1)}, "no dates and times"),
    ("json", {"at": [float("nan")]}, "A JSON value."),
    ("json", {"at": {1, 2}}, "no values of type set"),
    ("json", Decimal("1e99999"), "A JSON value."),
    ("json", DEEP, "A JSON value."),
    ("even", 3, "odd numbers are not even"),
    ("even", "nothing", "makes it NULL"),
    ("upper", "abcd", "at most 3 characters"),
    ("parent", "x", "An integer"),
    ("parent", Parent(), "no key yet"),
    ("parent_code", "abcd", "at most 3 characters"),
]
REFUSED_BY_POSTGRES: list[tuple[str, Any, str]] = [
    ("small", 2**15, "An integer from -32768 to 32767."),
    ("integer", 2**31, "An integer from -2147483648 to 2147483647."),
    ("typed", 2**31, "An integer"),
    ("real", 1e39, "32 bits"),
    ("text", "a\0b", "NUL"),
    ("json", "a\0b", "NUL"),
    ("json", ["\ud800"], "surrogate"),
    ("naive", "2026-01-02T03:00:00+05:00", "no time zone"),
    ("clock", "03:00:00+05:00", "no time zone"),
    ("numbers", [1, "x"], 'the element "x" is not valid\nA list, [...]. Each element: an integer'),
    ("numbers", "1", "A list"),
    ("numbers", DEEP, "A list"),
    ("texts", ["abcd"], "at most 3 characters"),
    ("zoned_too", dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=5))), "A date"),
    ("matrix", [[1], [2, 3]], "the same lengths"),
    ("matrix", [1], "A list"),
    ("pairs", {"a": 1}, "Texts by text"),
    ("any", object(), "cannot store a value of the Python type object"),
    ("any", pw.SQL("1"), "cannot store a value of the Python type SQL"),
]
REFUSED_BY_SQLITE: list[tuple[str, Any, str]] = [
    ("double", float("nan"), "cannot store NaN"),
    ("decimal", "NaN", "at most 5 digits"),
    ("bare", 2**63, "64 bits"),
    ("bare", [1], "cannot store a value of this type"),
]


@pytest.mark.parametrize(
    ("dialect", "name", "value", "words"),
    [(dialect, *row) for row in REFUSED for dialect in BOTH]
    + [(POSTGRES, *row) for row in REFUSED_BY_POSTGRES]
    + [(SQLITE, *row) for row in REFUSED_BY_SQLITE],
)
def test_a_value_that_the_field_refuses(dialect: str, name: str, value: Any, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(name, dialect, value)
    error = caught.value
    assert words in f"{error.reason}\n{error.hint}"
    assert not any(sign in f"{error.reason}{error.hint}" for sign in ("<", ">", "0x", "Error"))


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("name", sorted(set(All._meta.fields) - {"rounded"}))
def test_a_number_of_thousands_of_digits(dialect: str, name: str) -> None:
    for value, is_text in ((10**5000, False), (Decimal("1" * 5000), False), ("1" * 5000, True)):
        try:
            stored = read(name, dialect, value, is_text)
        except Invalid:
            continue
        assert str(stored) in ("1" * 5000, document(Decimal("1" * 5000)))


# (field, text of CSV, the value for the driver, or None if it is refused)
CSV: list[tuple[str, str, Any]] = [
    ("integer", "+007", 7),
    ("integer", "1e3", None),
    ("integer", " 1", None),
    ("integer", "1_000", None),
    ("integer", "", None),
    ("integer", "9" * 5000, None),
    ("double", "1e-5", 1e-5),
    ("double", "-Infinity", float("-inf")),
    ("double", "1_0.5", None),
    ("double", "٢", None),
    ("decimal", "1.005", Decimal("1.01")),
    ("flag", "T", True),
    ("flag", "False", False),
    ("flag", "1", True),
    ("flag", "yes", None),
    ("text", "", ""),
    ("day", "tomorrow", None),
    ("naive", "infinity", None),
    ("clock", "12:30", dt.time(12, 30)),
    ("stamp", "86400", 86400),
    ("stamp", "1970-01-02", 86400),
    ("json", "[1", None),
    ("json", "NaN", None),
    ("json", "[" * DEPTH + "]" * DEPTH, None),
    ("even", "4", 4),
    ("upper", "x", "X"),
    ("any", "5", "5"),
]


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(("name", "text", "stored"), CSV)
def test_the_text_of_csv(dialect: str, name: str, text: str, stored: Any) -> None:
    if stored is not None:
        assert same(read(name, dialect, text, is_text=True), stored)
        return
    with pytest.raises(Invalid):
        read(name, dialect, text, is_text=True)


PIECES = st.sampled_from(
    ["0", "1", "9", "00", "2026", "-", "--", ":", ".", "T", " ", "Z", "z", "+", "e", "E", "inf",
     "nan", "f", "t", "true", "[", "]", "{", "}", '"', ",", "\n", "\\", "\\u0000", "null", "\0",
     "01", "12", "24", "60", "+05:30", "+16:00", "Ü", "٢", "x", "\\x", KEY, "red", "\ud800",
     "2026-01-31", "23:59:60", "12:30:00", "10000000000", "999.99"]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=6).map("".join),
    st.integers(-(2**65), 2**65).map(str),
    st.floats().map(repr),
    st.decimals(allow_nan=False, places=3).map(str),
    st.uuids().map(str),
    st.datetimes(timezones=st.sampled_from([None, UTC, dt.timezone(dt.timedelta(hours=16))])).map(
        str
    ),
    st.times().map(str),
    st.recursive(st.none() | st.floats() | st.text(), st.lists).map(
        lambda value: pw.json.dumps(value)
    ),
)


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("name", sorted(All._meta.fields))
def test_a_line_break_is_no_gap_between_two_texts(dialect: str, name: str) -> None:
    with DATABASES[dialect].bind_ctx(MODELS):
        field = kind(name, dialect)
        for text in ("\n", "1\n2", f"{KEY}\n{KEY}", "2026-01-31\n2026-01-31", "12:30:00\n12:30:00"):
            if field.quickly([text]) is not None:
                field.read(text, True)


@pytest.mark.parametrize("dialect", BOTH)
@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(sorted(All._meta.fields)), column=st.lists(TEXTS, min_size=1, max_size=3)
)
def test_a_quick_column_has_the_values_of_its_texts(
    dialect: str, name: str, column: list[str]
) -> None:
    with DATABASES[dialect].bind_ctx(MODELS):
        field = kind(name, dialect)
        values = field.quickly(column)
        if values is not None:
            slow = [field.read(text, True) for text in column]
            assert [comparable(name, value) for value in slow] == [
                comparable(name, value) for value in values
            ]


def comparable(name: str, value: Any) -> Any:
    """A value as its column has it: texts of times in UTC, numbers and JSON by value."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    if name in ("json", "old_json", "document"):
        return pw.json.loads(value)
    text = str(as_text(value))
    if name == "decimal":  # the column rounds
        return Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)
    try:
        number = float(text)
    except ValueError:
        return text
    return text.lower() if math.isnan(number) else number  # NaN does not equal itself
