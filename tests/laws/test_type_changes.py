"""Each change of a column's type between two types: where no warning is given, the server takes
every value and keeps what was different different. The values are the extremes of each type."""

from __future__ import annotations

import peewee as pw
import pytest

from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.values import Column, Schema, Table

NUMBERS = {
    "smallint": ("-32768", "32767"),
    "integer": ("-2147483648", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807", "9223372036854775806"),
    "numeric": ("99999999999999999999.5", "1.4", "1.3", "NaN"),
    "numeric(4,2)": ("99.99", "-0.01", "1.41", "1.42"),
    "numeric(5,1)": ("9999.9", "1.4"),
    "numeric(2,2)": ("-0.99", "0.98"),
    "numeric(9,0)": ("-999999999",),
    "numeric(2,-3)": ("99000",),
    "real": ("-3.4028235e+38", "1.1754944e-38", "1.25"),
    "double precision": ("-1.7976931348623157e+308", "1.3", "1.31", "2.2250738585072014e-308"),
}
TEXTS = {
    "text": ("a longer text", "a", "a ", "1", "01", "", "{}"),
    "character varying(3)": ("abc", "a", "a ", ""),
    "character varying(20)": ("12345678901234567890", "a ", "a"),
    "character(3)": ("abc", "a"),
    "character(20)": ("12345678901234567890",),
}
TIMES = {
    "date": ("2020-01-01", "4713-01-01 BC", "99999-12-31"),
    "timestamp without time zone": ("2020-01-01 10:00:00.123456", "4713-01-02 10:00:00.5 BC"),
    "timestamp(0) without time zone": ("2020-01-01 10:00", "2020-01-01 11:00"),
    "timestamp with time zone": ("2020-01-01 10:00:00.123456", "2020-01-01 11:00"),
    "time without time zone": ("23:59:59.999999", "10:00"),
    "time with time zone": ("23:59:59.999999+12:34", "10:00+01", "10:00+02"),
    "interval": ("-1 years -2 months 30:00:01.234567", "6 hours", "30 hours"),
}
OTHERS = {
    "boolean": ("true", "false"),
    "uuid": ("00000000-0000-0000-0000-000000000000",),
    "json": ('{"a": 1}', '{"a":1}', '{"a": 2, "a": 1}'),
    "jsonb": ('{"a": 1}', "[]"),
    "bytea": (r"\x00", r"\x01"),
    "inet": ("10.0.0.1/8", "10.0.0.2/8", "1111:2222:3333:4444:5555:6666:7777:8888/100"),
    "cidr": ("10.0.0.0/8", "::/0"),
    "bit(4)": ("1010",),
    "bit(8)": ("10101010", "10101011"),
    "bit varying(4)": ("1010", "1"),
    "macaddr": ("01:02:03:04:05:06",),
    "int4range": ("[1,3)",),
    "positive": ("1",),
    "mood": ("x", "y"),
    "other": ("x",),
}
ARRAYS = {
    "integer[]": ("{1,-2147483648}", "{}"),
    "bigint[]": ("{9223372036854775807}",),
    "numeric[]": ("{1.4}", "{1.3}"),
    "text[]": ("{a longer text}", "{a}"),
    "character varying(3)[]": ("{abc}", "{}"),
}
TYPES = {**NUMBERS, **TEXTS, **TIMES, **OTHERS, **ARRAYS}
NAMES = {type_: f"c{number}" for number, type_ in enumerate(TYPES)}
# reads as a number how often the statement failed and how many values are different
TRY = """
CREATE FUNCTION tried(source text, place text, clause text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE found integer;
BEGIN
  BEGIN
    EXECUTE format('ALTER TABLE %I ALTER %I TYPE %s', source, place, clause);
    EXECUTE format('SELECT count(DISTINCT %I::text) FROM %I', place, source) INTO found;
    RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
  EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN RETURN found; WHEN OTHERS THEN RETURN -1;
  END;
END $$
"""


def schema(of_each: bool) -> Schema:
    """A table for each type, with a column for each type: of the table's type, or of its own."""

    def table(source: str) -> Table:
        columns = (Column(NAMES[target], target if of_each else source) for target in TYPES)
        return Table(Name("", f"t{NAMES[source]}"), tuple(columns))

    return Schema(tables=tuple(map(table, TYPES)))


@pytest.fixture
def tables(database: pw.Database) -> pw.Database:
    if dialect_for(database).name == "sqlite":
        pytest.skip("SQLite's affinities are few, and among the examples")
    database.execute_sql("CREATE TYPE mood AS ENUM ('x', 'y'); CREATE TYPE other AS ENUM ('x')")
    database.execute_sql("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)")
    database.execute_sql(TRY.replace("%", "%%"))
    for source, values in TYPES.items():
        columns = ", ".join(f"{name} {source}" for name in NAMES.values())
        database.execute_sql(f"CREATE TABLE t{NAMES[source]} ({columns})")
        for value in values:
            listed = ", ".join(["%s"] * len(TYPES))
            database.execute_sql(
                f"INSERT INTO t{NAMES[source]} VALUES ({listed})", [value] * len(TYPES)
            )
    return database


def test_no_change_of_a_type_harms_in_silence(tables: pw.Database) -> None:
    dialect = dialect_for(tables)
    with dialect.reading(tables, None) as reading:
        live = reading.live()
    current = Schema(tables=schema(False).tables, enums=live.enums, domains=live.domains)
    desired = Schema(tables=schema(True).tables, enums=live.enums, domains=live.domains)
    effects = dialect.effects(current, desired)
    usings, misfits = effects.usings, effects.misfits
    losing = " ".join(one.loses for one in dialect.inside(current, desired) if one.loses)
    silent = []
    for source, values in TYPES.items():
        for target, column in NAMES.items():
            table = Name("", f"t{NAMES[source]}")
            place = (table, column)
            warned = place in misfits or f"column {column} of table {table}:" in losing
            if source == target or warned:
                continue
            clause = f"{target} USING {usings[place]}" if place in usings else target
            (found,) = tables.execute_sql(
                "SELECT tried(%s, %s, %s)", (table.bare, column, clause)
            ).fetchone()
            if found != len(values):
                silent.append((source, target, found))
    assert not silent, silent
