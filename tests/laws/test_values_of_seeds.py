"""What the conversion of seed values promises, by the judgement of the database itself."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import peewee as pw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extras import NumericRange

from dbkit.schema.dialect import dialect_for
from dbkit.schema.postgres.cells import as_text
from dbkit.seeding.field_values import kind_of
from dbkit.transactions import rolled_back
from tests.unit.seeding.test_field_values import KEY, MODELS, TEXTS, All, Parent

ONCE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
QUICK = [
    *("small", "integer", "big", "real", "double", "decimal", "text", "char", "fixed", "flag"),
    *("uuid", "naive", "zoned", "zoned_too", "day", "clock", "colour", "json", "blob"),
]


def copy(database: pw.Database, rows: Sequence[Sequence[str | None]], columns: str = "") -> None:
    """Copy rows into the table `pair`, as the seeds are copied."""
    file = io.StringIO()
    for row in rows:
        file.write(",".join("" if one is None else '"' + one.replace('"', '""') + '"'
                            for one in row) + "\n")  # fmt: skip
    file.seek(0)
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.copy_expert(f"COPY pair {columns} FROM STDIN (FORMAT csv)", file)


def type_of(database: pw.Database, name: str) -> str:
    if name == "colour":
        return "text"
    context = database.get_sql_context()
    return str(context.sql(All._meta.fields[name].ddl_datatype(context)).query()[0])


@ONCE
@given(data=st.data())
def test_the_database_reads_a_text_as_the_field_does(database: pw.Database, data: Any) -> None:
    """Where a whole column of CSV passes the quick check, PostgreSQL reads the texts as the values
    that the slow conversion makes of them, and SQLite stores the quick values as the slow ones."""
    name = data.draw(st.sampled_from(QUICK))
    with database.bind_ctx(MODELS), rolled_back(database):
        kind = kind_of(All._meta.fields[name], dialect_for(database).cells)
        texts = [text for text in data.draw(st.lists(TEXTS, min_size=10, max_size=30))
                 if kind.quickly([text]) is not None]  # fmt: skip
        quick = kind.quickly(texts)
        assert quick is not None
        slow = [kind.read(text, True) for text in texts]
        type_name = type_of(database, name)
        database.execute_sql(f"CREATE TABLE pair (quick {type_name}, slow {type_name})")
        if dialect_for(database).cells.text:
            copy(
                database, [(text, as_text(value)) for text, value in zip(texts, slow, strict=True)]
            )
            differ = "quick IS DISTINCT FROM slow"
        else:
            pairs = list(zip(quick, slow, strict=True))
            database.connection().executemany("INSERT INTO pair VALUES (?, ?)", pairs)
            differ = "quick IS NOT slow OR typeof(quick) <> typeof(slow)"
        found = database.execute_sql(f"SELECT quick, slow FROM pair WHERE {differ}").fetchall()
        count = database.execute_sql("SELECT count(*) FROM pair").fetchone()[0]
    assert (found, count) == ([], len(texts))


VALUES: dict[str, Any] = {
    **dict(small=-5, integer=7, big=2**40, real=0.1, double=Decimal("0.1"), decimal="1.005"),
    **dict(rounded="1.009", text="a'\\N\n😀\"", char="äöü", fixed=" b ", flag=True, uuid=KEY),
    **dict(uuid_bytes=uuid.UUID(KEY), blob=b"\0\xff", bits=b"\1", flags=5, ip="192.0.2.1"),
    **dict(stamp=dt.datetime(2026, 1, 2), naive=dt.datetime(2026, 1, 2, 3, 4, 5, 6)),
    **dict(zoned=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), day=dt.date(2026, 1, 2)),
    **dict(clock=dt.time(1, 2, 3, 4), colour="red", json={"a b": [1.5, "é ", None, {}]}),
    **dict(old_json=[1], numbers=[1, None], texts=["a", '"\\'], matrix=[[1, 2]], bare="x"),
    **dict(even="4", upper="x", unsigned=2**40, parent=1, parent_code="abc", typed=1),
}
OF_SQLITE = ("bare",)  # its column has no type
OF_POSTGRES = ("old_json", "numbers", "texts", "matrix")


def test_a_value_is_stored_as_peewee_stores_it(database: pw.Database) -> None:
    """The other judge is an INSERT by the model; it gets the numbers as they are stored."""
    cells, values = dialect_for(database).cells, dict(VALUES)
    for name in OF_SQLITE if cells.text else OF_POSTGRES:
        del values[name]
    pair = type("Pair", (pw.Model,), {name: All._meta.fields[name].clone() for name in values})
    with database.bind_ctx([Parent, pair]):
        database.create_tables([Parent, pair])
        Parent.insert(id=1, code="abc").execute()
        pair.insert({**values, "decimal": Decimal("1.01"), "double": 0.1}).execute()
        fields = [pair._meta.fields[name] for name in values]
        row = [kind_of(field, cells).read(values[field.name], False) for field in fields]
    columns = [f'"{field.column_name}"' for field in fields]
    if cells.text:
        copy(database, [["2", *map(cells.text, row)]], f"(id, {', '.join(columns)})")
    else:
        insert = f"INSERT INTO pair (id, {', '.join(columns)}) VALUES (2{', ?' * len(row)})"
        database.connection().execute(insert, row)
    for column in columns:
        shown = f"{column}::text" if cells.text else f"{column}, typeof({column})"
        found = database.execute_sql(f"SELECT {shown} FROM pair ORDER BY id").fetchall()
        assert (column, found[0]) == (column, found[1])


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
HARD = st.sampled_from(["", "NULL", "null", '"', "\\", "\\N", "\\.", "{}", "a,b", "'", " ", "\n"])
TEXT = WORDS | HARD
EXACT = st.floats(-1e15, 1e15)  # above, psycopg reads the number of a JSON document as an integer
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | EXACT | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
WEST = dt.timezone(dt.timedelta(hours=-23, minutes=-59))
YEARS = (dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1))
MATRIX = st.integers(1, 3).flatmap(
    lambda size: st.lists(
        st.lists(HARD | st.none(), min_size=size, max_size=size), min_size=1, max_size=3
    )
)
TYPES: dict[str, st.SearchStrategy[Any]] = {
    "double precision": st.floats(),
    "real": st.floats(width=32),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False),
    "bytea": st.binary(max_size=9),
    "text": TEXT,
    "boolean": st.booleans(),
    "timestamp": st.datetimes(),
    "timestamptz": st.datetimes(*YEARS, timezones=st.just(WEST)),
    "date": st.dates(),
    "time": st.times(),
    "interval": st.timedeltas(dt.timedelta(-1000), dt.timedelta(1000)),
    "text[]": st.lists(st.none() | TEXT, max_size=4),
    "text[][]": MATRIX,
    "double precision[]": st.lists(st.floats() | st.none(), max_size=4),
    "bytea[]": st.lists(st.binary(max_size=4), max_size=3),
    "int4range": st.builds(
        NumericRange, st.none() | st.integers(-9, 0), st.none() | st.integers(1, 9)
    ),
    "jsonb": JSON,
}


@ONCE
@given(data=st.data())
def test_a_value_is_read_back_as_it_was(postgres: pw.Database, data: Any) -> None:
    type_name = data.draw(st.sampled_from(sorted(TYPES)))
    values = data.draw(st.lists(TYPES[type_name] | st.none(), min_size=1, max_size=20))
    with rolled_back(postgres):
        postgres.execute_sql(f"CREATE TABLE pair (number int, value {type_name})")
        wrap = pw.Json_pg2 if type_name == "jsonb" else lambda value: value
        cells = [None if value is None else as_text(wrap(value)) for value in values]
        copy(postgres, [(str(number), cell) for number, cell in enumerate(cells)])
        read = "value::double precision" if type_name == "real" else "value"
        found = postgres.execute_sql(f"SELECT {read} FROM pair ORDER BY number").fetchall()
    assert [plain(value) for (value,) in found] == [plain(value) for value in values]


def plain(value: Any) -> Any:
    """A value that compares equal to itself, NaN too."""
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, NumericRange):
        return value.lower, value.upper  # PostgreSQL writes its bounds in its own way
    if isinstance(value, list):
        return [plain(part) for part in value]
    return "NaN" if value != value else value
