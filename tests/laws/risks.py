"""Changes that can fail on existing rows or lose what is in them, and changes that cannot.

Each has a table of its own, so that one migration holds them all. `{t}` is that table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import peewee as pw

from dbkit.fields import ColumnField, EnumField
from tests.pairs.pair import table

BOTH, POSTGRES, SQLITE = ("postgresql", "sqlite"), ("postgresql",), ("sqlite",)
Models = Callable[[str], list[Any]]
BEFORE = """
import peewee as pw
def migrate(migrator, database, *, fake=False):
    if isinstance(database, pw.PostgresqlDatabase):
        migrator.sql("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
        migrator.sql("CREATE DOMAIN small AS positive")
"""


@dataclass(frozen=True)
class Risk:
    """`good` are rows with which the migration works and keeps all values, `bad` more rows with
    which it does not; `words` are in the warning."""

    v1: Models
    v2: Models
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    on: tuple[str, ...] = BOTH
    fill: Mapping[str, str] = field(default_factory=dict)


def model(meta: dict[str, Any] | None = None, /, **fields: Callable[[], Any]) -> Models:
    """A table with new instances of these fields."""
    return lambda name: [table(name, meta, **{key: make() for key, make in fields.items()})]


def of(new: Any, *given: Any, **options: Any) -> Callable[[], Any]:
    return lambda: new(*given, **options)


def typed(sql: str) -> Callable[[], Any]:
    return lambda: ColumnField(sql, null=True)


def rows(*values: str, columns: str = "a") -> tuple[str, ...]:
    return tuple(f"INSERT INTO {{t}} ({columns}) VALUES ({value})" for value in values)


def retyped(
    old: str, new: str, good: str, *bad: str, words: tuple[str, ...] = ("column a",)
) -> Risk:
    """Another type on PostgreSQL."""
    return Risk(model(a=typed(old)), model(a=typed(new)), rows(good), rows(*bad), words, POSTGRES)


def kept(old: str, new: str, *values: str) -> Risk:
    return Risk(model(a=typed(old)), model(a=typed(new)), rows(*values), on=POSTGRES)


def ab(meta: dict[str, Any] | None = None, /) -> Models:
    return model(meta, a=NUMBER, b=NUMBER)


def indexed(*keys: str, where: Any = None, **options: Any) -> Models:
    def models(name: str) -> list[Any]:
        (made,) = ab()(name)
        condition = {"where": where(made)} if where else {}
        made.add_index(*(getattr(made, key) for key in keys), name=f"{name}_i", **condition,
                       **options)  # fmt: skip
        return [made]

    return models


def expression(function: str) -> Models:
    """An index over a function of the column, twice."""

    def models(name: str) -> list[Any]:
        (made,) = model(a=NUMBER)(name)
        made.add_index(getattr(pw.fn, function)(made.a, made.a), name=f"{name}_i")
        return [made]

    return models


def ruled(*clauses: str) -> Models:
    return lambda name: ab({"constraints": [pw.SQL(one.format(t=name)) for one in clauses]})(name)


def child(key: bool, **options: Any) -> Models:
    """A table and its parent; the column p_id may be a foreign key."""

    def models(name: str) -> list[Any]:
        parent = table(f"{name}_p", a=pw.IntegerField(null=True))
        if key:
            return [parent, table(name, p=pw.ForeignKeyField(parent, **options))]
        return [parent, table(name, p=pw.IntegerField(column_name="p_id", index=True, **options))]

    return models


def with_child(name: str) -> list[Any]:
    """The same, with one column more."""
    parent = table(f"{name}_p", a=pw.IntegerField(null=True))
    return [parent, table(name, a=pw.IntegerField(), p=pw.ForeignKeyField(parent, null=True))]


NUMBER = of(pw.IntegerField, null=True)
TEXT = of(pw.TextField, null=True)
ENUM = {label: of(EnumField, tuple(label), "mood", null=True) for label in ("xy", "x")}
P = ("INSERT INTO {t}_p (id) VALUES (1)",)
POINTING = rows("1", columns="p_id")
REPEAT = ("fails where values repeat",)


def generated(sql: str) -> Callable[[], Any]:
    clause = pw.SQL(f"GENERATED ALWAYS AS ({sql}) STORED")
    return of(pw.IntegerField, null=True, constraints=[clause])


def checked(*rules: str) -> Callable[[], Any]:
    return lambda: pw.IntegerField(null=True, constraints=[pw.Check(rule) for rule in rules])


RISKS: dict[str, Risk] = {
    "check added": Risk(model(a=NUMBER), model(a=checked("a > 0")), rows("1", "NULL"), rows("-1"),
                        ("fails where a row breaks it",)),
    "check changed": Risk(model(a=checked("a > -5")), model(a=checked("a > 0")), rows("1"),
                          rows("-1"), ("fails where a row breaks it",)),
    "unique field": Risk(model(a=NUMBER), model(a=of(pw.IntegerField, null=True, unique=True)),
                         rows("1", "2"), rows("3", "3"), REPEAT),
    "index becomes unique": Risk(indexed("a"), indexed("a", unique=True), rows("1", "2"),
                                 rows("3", "3"), REPEAT),
    "two columns together": Risk(ab(), ab({"indexes": ((("a", "b"), True),)}),
                                 rows("1, 1", "1, 2", columns="a, b"),
                                 rows("5, 5", "5, 5", columns="a, b"), REPEAT),
    "unique over fewer columns": Risk(indexed("a", "b", unique=True), indexed("a", unique=True),
                                      rows("1, 1", "2, 1", columns="a, b"),
                                      rows("3, 1", "3, 2", columns="a, b"), REPEAT),
    "unique for more rows": Risk(indexed("a", unique=True, where=lambda one: one.b > 0),
                                 indexed("a", unique=True), rows("1, 1", columns="a, b"),
                                 rows("1, 0", columns="a, b"), REPEAT),
    "unique for other rows": Risk(indexed("a", unique=True, where=lambda one: one.b > 0),
                                  indexed("a", unique=True, where=lambda one: one.b < 0),
                                  rows("1, 1", columns="a, b"),
                                  rows("2, -1", "2, -2", columns="a, b"), REPEAT),
    "unique constraint": Risk(ab(), ruled("UNIQUE (a, b)"), rows("1, 1", columns="a, b"),
                              rows("1, 1", columns="a, b"), REPEAT),
    "another primary key": Risk(
        model({"primary_key": False}, a=of(pw.IntegerField), b=of(pw.IntegerField)),
        lambda name: [table(name, {"primary_key": pw.CompositeKey("a", "b")},
                            a=pw.IntegerField(), b=pw.IntegerField())],
        rows("1, 1", columns="a, b"), rows("1, 1", columns="a, b"), REPEAT),
    "foreign key": Risk(child(False), child(True), P + POINTING, rows("7", columns="p_id"),
                        ("fails where the referenced row is missing",)),
    "fill of a unique column": Risk(
        model(a=of(pw.IntegerField, null=True, unique=True)),
        model(a=of(pw.IntegerField, unique=True)),
        rows("1", "NULL"), rows("NULL"), REPEAT, fill={"a": "5"}),
    "fill of a foreign key": Risk(
        child(True, null=True), child(True), P + POINTING, rows("NULL", columns="p_id"),
        ("fails where the referenced row is missing",), fill={"p_id": "7"}),
    "unique column that is new": Risk(
        model(a=NUMBER), model(a=NUMBER, b=of(pw.IntegerField, unique=True)), rows("1"), rows("2"),
        REPEAT, fill={"b": "5"}),
    "text to a number": Risk(model(a=TEXT), model(a=NUMBER), rows("'1'"), rows("'x'", "'007'"),
                             ("column a",)),
    "label removed": Risk(model(a=ENUM["xy"]), model(a=ENUM["x"]), rows("'x'"), rows("'y'"),
                          ("a row has the label: y",)),
    "text to an enum": Risk(
        model(a=TEXT), model(a=of(EnumField, ("x",), "other", null=True)), rows("'x'"),
        rows("'y'"), ("fails where",)),
    "column that becomes generated": Risk(model(a=NUMBER, b=NUMBER),
                                          model(a=NUMBER, b=generated("a * 2")),
                                          rows("1, 2", columns="a, b"),
                                          rows("1, 3", columns="a, b"), ("loses data", "b")),
    "generated column": Risk(model(a=NUMBER), model(a=NUMBER, b=generated("1 / a")), rows("1"),
                             rows("0"), ("fails where the expression fails: column b",), POSTGRES),
    "another generated column": Risk(
        model(a=NUMBER, b=generated("a")), model(a=NUMBER, b=generated("a * 1000")), rows("1"),
        rows("2147483647"), ("fails where the expression fails: column b",), POSTGRES),
    "index of an expression": Risk(
        model(a=NUMBER), expression("mod"), rows("1"), rows("0"),
        ("fails where the expression fails: index of_index_of_an_expression_i",), POSTGRES),
    "new column of nulls that repeat": Risk(
        model(a=NUMBER),
        model({"constraints": [pw.SQL("UNIQUE NULLS NOT DISTINCT (b)")]}, a=NUMBER, b=NUMBER),
        rows("1"), rows("2"), REPEAT, POSTGRES),
    "nulls not distinct": Risk(indexed("a", unique=True),
                               indexed("a", unique=True, nulls_distinct=False), rows("1", "NULL"),
                               rows("NULL"), REPEAT, POSTGRES),
    "exclusion": Risk(
        model(a=typed("int4range")),
        model({"constraints": [pw.SQL("EXCLUDE USING gist (a WITH &&)")]}, a=typed("int4range")),
        rows("'[1,3)'"), rows("'[2,4)'"), ("fails where two rows conflict",), POSTGRES),
    "bigint to integer": retyped("bigint", "integer", "1", "3000000000"),
    "integer to smallint": retyped("integer", "smallint", "1", "40000"),
    "numeric to integer": retyped("numeric(5, 2)", "integer", "1", "1.5", words=("loses data",)),
    "numeric to smallint": retyped("numeric", "smallint", "1", "40000"),
    "fewer digits": retyped("numeric(6, 2)", "numeric(4, 2)", "1", "100",
                            words=("fails where a value does not fit: column a",)),
    "fewer decimals": retyped("numeric(6, 2)", "numeric(6, 1)", "1", "1.55",
                              words=("loses data",)),
    "decimals that are rounded up": retyped(
        "numeric(4, 2)", "numeric(3, 1)", "1", "99.99",
        words=("fails where a value does not fit: column a",)),
    "integer to numeric": retyped("integer", "numeric(3, 1)", "1", "100"),
    "double to real": retyped("double precision", "real", "1", "1e300"),
    "double to numeric": retyped("double precision", "numeric(5, 2)", "1", "1000"),
    "double to short text": retyped("double precision", "varchar(5)", "1", "1.23456"),
    "timestamp to short text": retyped("timestamp", "varchar(10)", "NULL", "'2020-01-01'"),
    "uuid to short text": retyped("uuid", "char(8)", "NULL",
                                  "'00000000-0000-0000-0000-000000000000'"),
    "boolean to short text": retyped("boolean", "varchar(4)", "true", "false"),
    "inet to short text": retyped("inet", "varchar(15)", "NULL", "'::1234:5678:9abc'"),
    "shorter": retyped("varchar(20)", "varchar(5)", "'x'", "'123456'"),
    "text to short text": retyped("text", "varchar(5)", "'x'", "'123456'"),
    "text to padded text": retyped("text", "char(3)", "'x'", "'y  '"),
    "shorter elements": retyped("varchar(20)[]", "varchar(5)[]", "'{{x}}'", "'{{123456}}'"),
    "smaller elements": retyped("bigint[]", "integer[]", "'{{1}}'", "'{{3000000000}}'"),
    "fewer bits": retyped("bit varying(8)", "bit varying(4)", "'1'", "'10101010'"),
    "other bits": retyped("bit(4)", "bit(8)", "NULL", "'1010'"),
    "timestamp to date": retyped("timestamp", "date", "NULL", "'2020-01-01 10:00'",
                                 words=("loses data",)),
    "moment to date": retyped("timestamptz", "date", "NULL", "'2020-01-01 10:00'",
                              words=("loses data",)),
    "moment to timestamp": retyped("timestamptz", "timestamp", "NULL", "'2020-01-01 10:00'",
                                   words=("loses data",)),
    "seconds rounded": retyped("timestamp(3)", "timestamp(0)", "'2020-01-01'",
                               "'2020-01-01 10:00:00.5'", words=("loses data",)),
    "interval to time": retyped("interval", "time", "NULL", "'30 hours'", words=("loses data",)),
    "json to jsonb": retyped("json", "jsonb", "'1'", """'{{"a": 1, "a": 2}}'""",
                             words=("loses keys that repeat",)),
    "json with a null character": retyped("json", "jsonb", "'1'", "'\"\\u0000\"'",
                                          words=("fails on null characters",)),
    "text to json": retyped("text", "json", "'1'", "'x'"),
    "text to bytea": retyped("text", "bytea", "'x'", "'\\9'"),
    "text to uuid": retyped("text", "uuid", "NULL", "'x'"),
    "text to a date": retyped("text", "date", "'2020-01-01'", "'x'"),
    "text to boolean": retyped("text", "boolean", "NULL", "'x'"),
    "network": retyped("inet", "cidr", "'10.0.0.0/8'", "'10.0.0.1/8'", words=("loses data",)),
    "number to boolean": retyped("bigint", "boolean", "NULL", "3000000000"),
    "number to a domain": retyped("integer", "positive", "1", "-1"),
    "number to a domain of a domain": retyped("integer", "small", "1", "-1"),
    "strict": Risk(model(a=NUMBER), model({"strict_tables": True}, a=NUMBER), rows("1"),
                   rows("'x'"), ("fails where a value does not have its column's type",), SQLITE),
    "another type of a strict table": Risk(
        model({"strict_tables": True}, a=TEXT), model({"strict_tables": True}, a=NUMBER),
        rows("'1'"), rows("'x'"), ("fails where a value is not valid for the new type: column a",),
        SQLITE),
    "key that becomes the rowid": Risk(
        model(id=of(pw.CharField, primary_key=True)), model(id=of(pw.AutoField)),
        rows("'1'", columns="id"), rows("'x'", columns="id"),
        ("fails where a value is not valid for the new type: column id",), SQLITE),
    "collation of a unique column": Risk(
        model(a=of(pw.TextField, null=True, unique=True)),
        model(a=of(pw.TextField, null=True, unique=True, collation="NOCASE")),
        rows("'a'"), rows("'A'"), REPEAT, SQLITE),
    "repeated rows that are left out": Risk(
        ab(), ruled("UNIQUE (a) ON CONFLICT IGNORE"), rows("1"), rows("1"),
        ("loses rows where values repeat",), SQLITE),
    "large integers": Risk(model(a=NUMBER), model(a=of(pw.FloatField, null=True)), rows("1"),
                           rows("9007199254740993"), ("loses data",), SQLITE),
}  # fmt: skip

HARMLESS: dict[str, Risk] = {
    "index of an expression": Risk(model(a=NUMBER), expression("coalesce"), rows("1")),
    "index of a column whose name looks like a sum": Risk(
        model(a=of(pw.IntegerField, null=True, column_name="a-b (c)")),
        model(a=of(pw.IntegerField, null=True, column_name="a-b (c)", index=True)),
        rows("1", columns='"a-b (c)"')),
    "nullable column": Risk(model(a=NUMBER), model(a=NUMBER, b=NUMBER), rows("1")),
    "filled column": Risk(model(a=NUMBER), model(a=NUMBER, b=of(pw.IntegerField)), rows("1"),
                          fill={"b": "1"}),
    "filled null": Risk(model(a=NUMBER), model(a=of(pw.IntegerField)), rows("1", "NULL"),
                        fill={"a": "2"}),
    "column with a default": Risk(
        model(a=NUMBER),
        model(a=NUMBER, b=of(pw.IntegerField, constraints=[pw.SQL("DEFAULT 1")])), rows("1")),
    "unique column of nulls": Risk(
        model(a=NUMBER), model(a=NUMBER, b=of(pw.IntegerField, null=True, unique=True)),
        rows("1", "2")),
    "check of a column of nulls": Risk(model(a=NUMBER), model(a=NUMBER, b=checked("b > 0")),
                                       rows("1")),
    "default": Risk(model(a=NUMBER),
                    model(a=of(pw.IntegerField, null=True, constraints=[pw.SQL("DEFAULT 5")])),
                    rows("1", "NULL")),
    "index": Risk(model(a=NUMBER), model(a=of(pw.IntegerField, null=True, index=True)),
                  rows("1", "1")),
    "no more not null": Risk(model(a=of(pw.IntegerField)), model(a=NUMBER), rows("1")),
    "no more check": Risk(model(a=checked("a > 0")), model(a=NUMBER), rows("1")),
    "no more unique": Risk(indexed("a", unique=True), indexed("a"), rows("1", "2")),
    "unique over more columns": Risk(indexed("a", unique=True), indexed("a", "b", unique=True),
                                     rows("1", "2")),
    "unique for fewer rows": Risk(indexed("a", unique=True),
                                  indexed("a", unique=True, where=lambda one: one.b > 0),
                                  rows("1", "2")),
    "unique by constraint": Risk(indexed("a", unique=True), ruled("UNIQUE (a)"), rows("1", "2")),
    "longer": Risk(model(a=of(pw.CharField, 5, null=True)), model(a=of(pw.CharField, 9, null=True)),
                   rows("'12345'")),
    "no length": Risk(model(a=of(pw.CharField, 5, null=True)), model(a=TEXT), rows("'12345'")),
    "larger": Risk(model(a=NUMBER), model(a=of(pw.BigIntegerField, null=True)), rows("1")),
    "label added": Risk(model(a=of(EnumField, ("x",), "more", null=True)),
                        model(a=of(EnumField, ("x", "y"), "more", null=True)), rows("'x'")),
    "foreign key of nulls": Risk(
        lambda name: [*child(False)(name)[:1], table(name, a=pw.IntegerField())], with_child,
        P + rows("1")),
    "foreign key that cascades": Risk(child(True), child(True, on_delete="CASCADE"), P + POINTING),
    "generated column": Risk(
        model(a=TEXT),
        model(a=TEXT, b=of(pw.TextField, null=True, constraints=[
            pw.SQL("GENERATED ALWAYS AS (lower(a) || 'x') STORED")])), rows("'X'", "NULL")),
    "nulls distinct": Risk(indexed("a", unique=True, nulls_distinct=False),
                           indexed("a", unique=True), rows("1", "NULL"), on=POSTGRES),
    "smallint to integer": kept("smallint", "integer", "32767"),
    "integer to numeric": kept("integer", "numeric(10, 0)", "2147483647", "-2147483648"),
    "numeric to integer": kept("numeric(9, 0)", "integer", "999999999"),
    "more digits": kept("numeric(5, 2)", "numeric(8, 3)", "999.99", "-0.01"),
    "numeric to text": kept("numeric(5, 2)", "varchar(7)", "-999.99", "-0.01"),
    "small numeric to text": kept("numeric(2, 2)", "varchar(5)", "-0.01"),
    "real to double": kept("real", "double precision", "3e38", "'NaN'"),
    "double to text": kept("double precision", "varchar(24)", "-2.2250738585072014e-308"),
    "integer to text": kept("integer", "varchar(11)", "-2147483648"),
    "date to text": kept("date", "varchar(13)", "'5874897-12-31'", "'4713-01-01 BC'"),
    "timestamp to text": kept("timestamp", "varchar(29)", "'4713-01-01 00:00:00.123456 BC'"),
    "moment to text": kept("timestamptz", "varchar(38)", "'4713-01-02 00:00:00.123456 BC'"),
    "time to text": kept("time", "varchar(15)", "'23:59:59.999999'"),
    "uuid to text": kept("uuid", "char(36)", "'00000000-0000-0000-0000-000000000000'"),
    "boolean to text": kept("boolean", "varchar(5)", "true", "false"),
    "network to text": kept("inet", "varchar(43)",
                            "'1111:2222:3333:4444:5555:6666:7777:8888/100'"),
    "boolean to integer": kept("boolean", "integer", "true", "false"),
    "date to timestamp": kept("date", "timestamp", "'2020-01-01'"),
    "timestamp to a moment": kept("timestamp", "timestamptz", "'2020-01-01 10:00'"),
    "jsonb to json": kept("jsonb", "json", """'{{"a": 1}}'"""),
    "cidr to inet": kept("cidr", "inet", "'10.0.0.0/8'"),
    "longer elements": kept("varchar(5)[]", "varchar(9)[]", "'{{12345}}'"),
    "bytea to text": kept("bytea", "text", "'\\x00'"),
    "more bits": kept("bit(4)", "bit varying(4)", "'1010'"),
}  # fmt: skip

# rows with which the rollback fails; `good` came before the migration, `bad` after it
BACK: dict[str, Risk] = {
    "label added": Risk(model(a=of(EnumField, ("x",), "fewer", null=True)),
                        model(a=of(EnumField, ("x", "y"), "fewer", null=True)), rows("'x'"),
                        rows("'y'"), ("the rollback fails where a row has the label: y",)),
    "no more check": Risk(model(a=checked("a > 0")), model(a=NUMBER), rows("1"), rows("-1"),
                          ("the rollback fails where a row breaks it",)),
    "no more unique": Risk(indexed("a", unique=True), indexed("a"), rows("1"), rows("1"),
                           ("the rollback fails where values repeat",)),
    "unique over more columns": Risk(
        indexed("a", unique=True), indexed("a", "b", unique=True), rows("1, 1", columns="a, b"),
        rows("1, 2", columns="a, b"), ("the rollback fails where values repeat",)),
    "no more foreign key": Risk(
        child(True), child(False), P + POINTING, rows("7", columns="p_id"),
        ("the rollback fails where the referenced row is missing",)),
    "unique column dropped": Risk(
        model(a=NUMBER, b=of(pw.IntegerField, unique=True)), model(a=NUMBER), (), rows("1"),
        ("the rollback fails if the table has rows: column b",)),
}  # fmt: skip
