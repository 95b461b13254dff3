"""Columns: added, removed, and all that can change about one."""

from __future__ import annotations

from typing import Any

import peewee as pw
from playhouse import postgres_ext as pg

from dbkit import EnumField
from dbkit.fields import DateTimeTZField, server_default

from .pair import Pair, Pairs, a_is, default, insert, of_a, t, table

XY = of_a("'x'", "'y'")
NUMBERS = of_a("1", "2")
SAME: Any = {"idle": ("sqlite",)}  # which has one integer type, and no uuid
UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"


class Email(pw.Field):
    """A field class of somebody's own."""

    field_type = "VARCHAR"

    def __init__(self, length: int, **kwargs: Any) -> None:
        self.length = length
        super().__init__(**kwargs)

    def ddl_datatype(self, ctx: Any) -> Any:
        return pw.SQL(f"VARCHAR({self.length})")


def plus(**fields: Any) -> list[Any]:
    """t (a text) and more."""
    return t(a=pw.TextField(), **fields)


def with_parent(**fields: Any) -> list[Any]:
    parent = table("p", a=pw.TextField())
    made = {name: make(parent) for name, make in fields.items()}
    return [parent, table("t", a=pw.TextField(), **made)]


PARENT = (insert("p", "a", "'one'", "'two'"), *XY)


def added(field: Any, value: Any, *refuses: str, **options: Any) -> Pair:
    """A column b, where there are rows; they then hold `value` in it."""
    return Pair(
        plus, lambda: plus(b=field()), XY, {"SELECT b FROM t": [(value,), (value,)]},
        refuses=refuses, **options,
    )  # fmt: skip


def removed(field: Any, *values: str, **meta: Any) -> Pair:
    """A column b; its values are gone."""
    rows = [f"'{name}', {value}" for name, value in zip("xyz", values, strict=False)]
    return Pair(
        lambda: t(meta, a=pw.TextField(), b=field()), plus, (insert("t", "a, b", *rows),),
        lost=("t.b",),
    )  # fmt: skip


def retyped(old: Any, new: Any, *values: str, after: Any = None, **options: Any) -> Pair:
    """Column a with these values in it."""
    answers = {} if after is None else a_is(*after)
    return Pair(lambda: t(a=old()), lambda: t(a=new()), of_a(*values), answers, **options)


def char(length: int, **options: Any) -> Any:
    return lambda: pw.CharField(length, **options)


def number(clause: str) -> Any:
    return lambda: pw.IntegerField(**default(clause))


ADDED: Pairs = {
    "column added, nullable": added(lambda: pw.CharField(null=True), None),
    "column added, server default": added(
        lambda: pw.IntegerField(**default("5")), 5, insert("t", "a, b", "'z', NULL")
    ),
    "column added, filled": added(
        pw.CharField, "so far", insert("t", "a", "'z'"), fill={"t.b": "so far"}
    ),
    "column added, filled with a quote": added(pw.TextField, "it's", fill={"t.b": "it's"}),
    "column added, filled with a number": added(pw.IntegerField, 7, fill={"t.b": "7"}),
    "column added, filled with a time": Pair(
        plus, lambda: plus(b=pw.DateTimeField()), XY,
        {"SELECT CAST(b AS text) FROM t": [("2020-01-31 10:00:00",)] * 2},
        fill={"t.b": "2020-01-31 10:00:00"},
    ),
    "column added, filled with a boolean": added(pw.BooleanField, True, fill={"t.b": "true"}),
    "column added, Python default": added(
        lambda: pw.IntegerField(default=3), 3, insert("t", "a", "'z'")
    ),
    "column added, Python default of text": added(lambda: pw.CharField(default=""), ""),
    "column added, Python default of a boolean": added(
        lambda: pw.BooleanField(default=False), False
    ),
    "column added, default both here and there": added(
        lambda: pw.TextField(**server_default("100% 'sure'")), "100% 'sure'"
    ),
    "column added, unique": added(
        lambda: pw.CharField(null=True, unique=True), None, insert("t", "a, b", "'z', 1", "'z', 1")
    ),
    "column added, indexed": added(lambda: pw.IntegerField(index=True, **default("5")), 5),
    "column added, foreign key": Pair(
        lambda: with_parent(),
        lambda: with_parent(p=lambda m: pw.ForeignKeyField(m, null=True, on_delete="CASCADE")),
        PARENT,
        {"SELECT p_id FROM t": [(None,), (None,)]},
        refuses=(insert("t", "a, p_id", "'z', 7"),),
    ),
    "column added, foreign key that is filled": Pair(
        lambda: with_parent(),
        lambda: with_parent(p=lambda m: pw.ForeignKeyField(m)),
        PARENT,
        {"SELECT p_id FROM t": [(2,), (2,)]},
        fill={"t.p_id": "2"},
        refuses=(insert("t", "a, p_id", "'z', 7"), insert("t", "a", "'z'")),
    ),
    "column added, enum": added(
        lambda: EnumField(("x", "it's"), "mood", **default("'it''s'")), "it's",
        insert("t", "a, b", "'z', 'other'"),
    ),
    "column added, enum that is filled": added(
        lambda: EnumField(("x", "y"), "mood"), "y", insert("t", "a", "'z'"), fill={"t.b": "y"}
    ),
    "column added, enum with a Python default": added(
        lambda: EnumField(("x", "y"), "mood", default="y"), "y"
    ),
    "column added, JSON default": Pair(
        plus, lambda: plus(b=pw.JSONField(**server_default({"a": [1, "50%"]}))), XY,
        {"SELECT CAST(b AS text) FROM t": [('{"a": [1, "50%"]}',)] * 2},
    ),
    "column added, time of now": Pair(
        plus, lambda: plus(b=pw.DateTimeField(**default("CURRENT_TIMESTAMP"))), XY,
        {"SELECT count(*) FROM t WHERE b > '2020-01-01'": [(2,)]},
    ),
    "column added, expression": added(lambda: pw.TextField(**default("(lower('X'))")), "x"),
    "column added, check": added(
        lambda: pw.IntegerField(constraints=[pw.Check("b > 0"), pw.SQL("DEFAULT 1")]), 1,
        insert("t", "a, b", "'z', 0"),
    ),
    "column added, timestamp": added(lambda: pw.TimestampField(**default("0")), 0),
    "column added, decimal": added(lambda: pw.DecimalField(8, 3, **default("1.5")), 1.5),
    "column added, own class": added(lambda: Email(30, **default("'@'")), "@"),
    "column added, generated": Pair(
        lambda: t(a=pw.IntegerField()),
        lambda: t(a=pw.IntegerField(),
                  b=pw.IntegerField(null=True, constraints=[
                      pw.SQL("GENERATED ALWAYS AS (a * 2) STORED")])),
        NUMBERS,
        {"SELECT b FROM t ORDER BY id": [(2,), (4,)]},
    ),
    "columns added, in a check and an index together": Pair(
        plus,
        lambda: t({"constraints": [pw.Check("b <= c")], "indexes": ((("b", "c"), False),)},
                  a=pw.TextField(), b=pw.IntegerField(**default("1")),
                  c=pw.IntegerField(default=1)),
        XY,
        {"SELECT b, c FROM t": [(1, 1), (1, 1)]},
    ),
}  # fmt: skip

REMOVED: Pairs = {
    "column removed": removed(lambda: pw.CharField(null=True), "'one'", "NULL"),
    "column removed, not null": removed(pw.CharField, "'one'", "'two'"),
    "column removed, server default": removed(lambda: pw.IntegerField(**default("5")), "1", "2"),
    "column removed, indexed": removed(lambda: pw.CharField(null=True, index=True), "'one'"),
    "column removed, unique": removed(lambda: pw.CharField(null=True, unique=True), "'one'"),
    "column removed, in a check": removed(
        lambda: pw.IntegerField(null=True), "1", "2", constraints=[pw.Check("b > 0 AND a <> ''")]
    ),
    "column removed, in an index of two": removed(
        lambda: pw.IntegerField(null=True), "1", "2", indexes=((("a", "b"), True),)
    ),
    "column removed, enum": removed(
        lambda: EnumField(("x", "y"), "mood", null=True, **default("'y'")), "'x'", "'y'"
    ),
    "column removed, foreign key": Pair(
        lambda: with_parent(p=lambda m: pw.ForeignKeyField(m, null=True)),
        lambda: with_parent(),
        (PARENT[0], insert("t", "a, p_id", "'x', 1", "'y', 2")),
        lost=("t.p_id",),
    ),
    "column removed, generated": Pair(
        lambda: t(a=pw.IntegerField(), b=pw.IntegerField(
            null=True, constraints=[pw.SQL("GENERATED ALWAYS AS (a * 2) STORED")])),
        lambda: t(a=pw.IntegerField()),
        NUMBERS,
    ),
    "column removed, another added": Pair(
        lambda: plus(b=pw.IntegerField(null=True)), lambda: plus(c=pw.IntegerField(null=True)),
        (insert("t", "a, b", "'x', 1"),), {"SELECT c FROM t": [(None,)]},
        lost=("t.b",), no_rename=True,
    ),
}  # fmt: skip

TYPES: Pairs = {
    "varchar widened": retyped(char(10), char(20), "'x'", "'y'"),
    "varchar narrowed": retyped(char(20), char(10), "'x'", "'y'", after=["x", "y"]),
    "varchar to text": retyped(char(20), pw.TextField, "'x'", after=["x"]),
    "int to bigint": retyped(pw.IntegerField, pw.BigIntegerField, "1", "2", **SAME),
    "bigint to int": retyped(pw.BigIntegerField, pw.IntegerField, "1", "2", **SAME),
    "int to text": retyped(pw.IntegerField, pw.TextField, "1", "23", after=["1", "23"]),
    "text to int": retyped(pw.TextField, pw.IntegerField, "'1'", "'23'", after=[1, 23]),
    "text to double": retyped(pw.TextField, pw.DoubleField, "'1.5'", after=[1.5]),
    "text to boolean": retyped(pw.TextField, pw.BooleanField, "'1'", "'0'", after=[1, 0],
                               lost=("t.a",)),  # 1 comes back as 'true'
    "boolean to int": retyped(pw.BooleanField, pw.IntegerField, "TRUE", "FALSE", after=[1, 0],
                              **SAME),
    "int to boolean": retyped(pw.IntegerField, pw.BooleanField, "1", "0", after=[1, 0], **SAME),
    "text to uuid": Pair(
        lambda: t(a=pw.TextField()), lambda: t(a=pw.UUIDField()), of_a(f"'{UUID}'"),
        {"SELECT CAST(a AS text) FROM t": [(UUID,)]}, **SAME,
    ),
    "date to time": Pair(
        lambda: t(a=pw.DateField()), lambda: t(a=pw.DateTimeField()), of_a("'2020-01-31'"),
        {"SELECT substr(CAST(a AS text), 1, 10) FROM t": [("2020-01-31",)]},
    ),
    "time to time with a zone": Pair(
        lambda: t(a=pw.DateTimeField()), lambda: t(a=DateTimeTZField()),
        of_a("'2020-01-31 10:00:00'"),
        {"SELECT substr(CAST(a AS text), 1, 19) FROM t": [("2020-01-31 10:00:00",)]},
    ),
    "int to double": retyped(pw.IntegerField, pw.DoubleField, "1", after=[1.0]),
    "real to decimal": retyped(
        pw.FloatField, lambda: pw.DecimalField(10, 2), "1.5", "-2", after=[1.5, -2]
    ),
    "decimal's precision": retyped(
        lambda: pw.DecimalField(8, 2), lambda: pw.DecimalField(12, 4), "1.25", after=[1.25]
    ),
    "decimal's precision narrowed": retyped(
        lambda: pw.DecimalField(12, 4), lambda: pw.DecimalField(8, 2), "1.25", after=[1.25]
    ),
    "fixed length changed": retyped(
        lambda: pw.FixedCharField(3), lambda: pw.FixedCharField(5), "'abc'"
    ),
    "fixed to varying": retyped(
        lambda: pw.FixedCharField(3), char(5), "'abc'", after=["abc"]
    ),
    "own class, another length": retyped(
        lambda: Email(30), lambda: Email(60), "'a@b'", after=["a@b"]
    ),
    "own class to a plain one": retyped(lambda: Email(30), pw.TextField, "'a@b'", after=["a@b"]),
    "timestamp of another resolution": retyped(
        pw.TimestampField, lambda: pw.BigIntegerField(**default("0")), "5", after=[5]
    ),
    "type and default": retyped(
        number("5"), lambda: pw.TextField(**default("'five'")), "1", after=["1"]
    ),
    "type and index": retyped(
        lambda: pw.IntegerField(index=True), lambda: pw.BigIntegerField(index=True), "1",
        **SAME,
    ),
    "type and unique": retyped(
        lambda: pw.CharField(10, unique=True), lambda: pw.TextField(unique=True), "'x'"
    ),
    "type and check": retyped(
        lambda: pw.IntegerField(constraints=[pw.Check("a > 0")]),
        lambda: pw.BigIntegerField(constraints=[pw.Check("a > 0")]),
        "1", "2", after=[1, 2], refuses=of_a("0"), **SAME,
    ),
    "type and nullability": retyped(
        lambda: pw.IntegerField(null=True), pw.TextField, "1", "NULL", after=["1", "0"],
        fill={"t.a": "0"}, lost=("t.a",),
    ),
    "text to enum": retyped(
        pw.TextField, lambda: EnumField(("x", "y"), "mood"), "'x'", "'y'", after=["x", "y"],
        refuses=of_a("'z'"),
    ),
    "text to enum, with a default": retyped(
        lambda: pw.CharField(**default("'x'")),
        lambda: EnumField(("x", "y"), "mood", **default("'x'")),
        "'x'", "'y'", after=["x", "y"],
    ),
    "enum to text": retyped(
        lambda: EnumField(("x", "y"), "mood"), char(20), "'x'", "'y'", after=["x", "y"],
        accepts=of_a("'z'"),
    ),
}  # fmt: skip


def nullable(**options: Any) -> Any:
    return lambda: pw.IntegerField(null=True, **options)


OPTIONS: Pairs = {
    "not null": retyped(
        nullable(), pw.IntegerField, "1", "2", fill={"t.a": "7"}, refuses=of_a("NULL")
    ),
    "not null, filled": retyped(
        nullable(), pw.IntegerField, "1", "NULL", after=[1, 5],
        fill={"t.a": "5"}, changed=("t.a",), lost=("t.a",),
    ),
    "not null, server default": retyped(
        nullable(), number("5"), "1", "NULL", after=[1, 5], changed=("t.a",), lost=("t.a",)
    ),
    "not null, Python default": retyped(
        nullable(), lambda: pw.IntegerField(default=5), "1", "NULL", after=[1, 5],
        changed=("t.a",), lost=("t.a",),
    ),
    "null": retyped(pw.IntegerField, nullable(), "1", "2", accepts=of_a("NULL")),
    "null, indexed": retyped(
        lambda: pw.CharField(unique=True), lambda: pw.CharField(unique=True, null=True), "'x'"
    ),
    "default set": retyped(
        pw.IntegerField, number("5"), "1", accepts=("INSERT INTO t DEFAULT VALUES",)
    ),
    "default changed": retyped(number("5"), number("6"), "1", "2"),
    "default dropped": retyped(
        number("5"), pw.IntegerField, "1", refuses=("INSERT INTO t DEFAULT VALUES",)
    ),
    "default made an expression": retyped(
        lambda: pw.TextField(**default("'x'")), lambda: pw.TextField(**default("(lower('X'))")),
        "'y'",
    ),
    "default with quotes": retyped(
        pw.TextField, lambda: pw.TextField(**server_default('it\'s 50% "ü"')), "'y'"
    ),
    "default of a boolean": retyped(
        lambda: pw.BooleanField(**default("FALSE")), lambda: pw.BooleanField(**default("TRUE")),
        "FALSE",
    ),
    "default of a decimal": retyped(
        lambda: pw.DecimalField(10, 2, **default("0")),
        lambda: pw.DecimalField(10, 2, **default("-1.50")), "2",
    ),
    "default of a time": retyped(
        pw.DateTimeField, lambda: pw.DateTimeField(**default("CURRENT_TIMESTAMP")),
        "'2020-01-31 10:00:00'",
    ),
    "default of JSON": retyped(
        pw.JSONField, lambda: pw.JSONField(**server_default({"a": "it's"})), "'{}'"
    ),
    "field renamed in Python, and its default changed": Pair(
        lambda: t(a=pw.IntegerField(**default("5"))),
        lambda: t(total=pw.IntegerField(column_name="a", **default("6"))),
        NUMBERS,
    ),
    "generated expression changed": Pair(
        lambda: t(a=pw.IntegerField(), b=pw.IntegerField(
            null=True, constraints=[pw.SQL("GENERATED ALWAYS AS (a * 2) STORED")])),
        lambda: t(a=pw.IntegerField(), b=pw.IntegerField(
            null=True, constraints=[pw.SQL("GENERATED ALWAYS AS (a * 3) STORED")])),
        NUMBERS,
        {"SELECT b FROM t ORDER BY id": [(3,), (6,)]},
    ),
}  # fmt: skip

BOTH: Pairs = ADDED | REMOVED | TYPES | OPTIONS

POSTGRES: Pairs = {
    "column with a sequence added": Pair(
        lambda: t(a=pw.TextField()),
        lambda: t(a=pw.TextField(), n=pw.IntegerField(sequence="numbers")),
        of_a("'x'"), {"SELECT n FROM t": [(1,)]}, accepts=of_a("'y'"),
    ),
    "table with a sequence added": Pair(
        lambda: t(a=pw.TextField()),
        lambda: [*t(a=pw.TextField()), table("u", n=pw.IntegerField(sequence="numbers"),
                                             a=pw.TextField())],
        accepts=(insert("u", "a", "'y'"),),
    ),
    "json to jsonb": retyped(pg.JSONField, pg.BinaryJSONField, "'{\"a\": 1}'"),
    "text to json": retyped(pw.TextField, pw.JSONField, "'{\"a\": 1}'"),
    "int to an array": Pair(
        lambda: plus(b=pw.IntegerField(null=True)),
        lambda: plus(b=pg.ArrayField(pw.IntegerField, null=True)),
        XY,
        no_rename=True,
    ),
    "text to an array": retyped(
        pw.TextField, lambda: pg.ArrayField(pw.TextField), "'{x,y}'", after=[["x", "y"]]
    ),
    "array's type": retyped(
        lambda: pg.ArrayField(pw.IntegerField), lambda: pg.ArrayField(pw.BigIntegerField),
        "'{1,2}'", after=[[1, 2]],
    ),
    "text to interval": retyped(pw.TextField, pg.IntervalField, "'01:00:00'"),
    "collation set": retyped(char(20), char(20, collation='"C"'), "'x'"),
    "collation changed": retyped(
        char(20, collation='"C"'), char(20, collation='"POSIX"'), "'x'"
    ),
    "collation dropped, indexed": retyped(
        char(20, collation='"C"', index=True), char(20, index=True), "'x'"
    ),
    "default of another function": retyped(
        pw.UUIDField, lambda: pw.UUIDField(**default("gen_random_uuid()")), f"'{UUID}'"
    ),
}  # fmt: skip

SQLITE: Pairs = {
    "collation set, here": retyped(char(20), char(20, collation="NOCASE"), "'x'", after=["x"]),
    "collation dropped, here": retyped(
        char(20, collation="NOCASE", unique=True), char(20, unique=True), "'x'",
        accepts=of_a("'X'"),
    ),
    "names with a percent sign": Pair(
        lambda: [table("50% off", a=pw.TextField())],
        lambda: [table("50% off", a=pw.TextField(index=True),
                       b=pw.IntegerField(column_name="100%", **default("1")))],
        (insert('"50% off"', "a", "'x'"),),
        {'SELECT "100%" FROM "50% off"': [(1,)]},
    ),
}  # fmt: skip
