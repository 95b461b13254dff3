"""Enum types, points in time and server defaults, on every dialect."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import peewee as pw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbkit import EnumField, verify
from dbkit.errors import ModelsError
from dbkit.fields import DateTimeTZField, server_default, utcnow
from tests.conftest import SQLITE, opened

# examples run one after another on one database; each makes its tables and drops them
examples = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
UTC = dt.UTC


class Color(Enum):
    RED = "red"
    DARK_BLUE = "dark blue"


class Shade(StrEnum):
    RED = "red"
    PALE = "pale"


@contextmanager
def table(database: pw.Database, schema: str | None = None, **fields: pw.Field) -> Iterator[Any]:
    """A model of these fields whose table exists inside the block."""
    meta = type("Meta", (), {"database": database, "table_name": "thing", "schema": schema})
    model: Any = type("Thing", (pw.Model,), {**fields, "Meta": meta})
    model.create_table()
    try:
        yield model
    finally:
        model.drop_table()


@pytest.fixture(params=[SQLITE])
def sqlite() -> Iterator[pw.SqliteDatabase]:
    with opened("sqlite:///:memory:") as database:
        yield database


def is_postgres(database: pw.Database) -> bool:
    return isinstance(database, pw.PostgresqlDatabase)


def mark(database: pw.Database) -> str:
    return "%s" if is_postgres(database) else "?"


def enum_types(database: pw.Database) -> list[tuple[str, str, list[str]]]:
    """(schema, name, labels in order) of the enum types of a PostgreSQL database."""
    return database.execute_sql(
        "SELECT n.nspname, t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)"
        " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
        " GROUP BY n.nspname, t.typname ORDER BY 1, 2"
    ).fetchall()


# EnumField: values


def test_members_and_their_labels_are_written_and_members_read(database: pw.Database) -> None:
    with table(database, color=EnumField(Color)) as thing:
        thing.create(color=Color.RED)
        thing.create(color="dark blue")
        assert [row.color for row in thing.select().order_by(thing.id)] == [
            Color.RED,
            Color.DARK_BLUE,
        ]
        stored = database.execute_sql("SELECT color FROM thing ORDER BY id").fetchall()
        assert stored == [("red",), ("dark blue",)]


def test_labels_without_an_enum_read_back_as_str(database: pw.Database) -> None:
    with table(database, color=EnumField(("red", "dark blue"), "color")) as thing:
        thing.create(color="dark blue")
        thing.create(color=Color.RED)
        assert [row.color for row in thing.select().order_by(thing.id)] == ["dark blue", "red"]
        with pytest.raises(
            ValueError, match="'pink' is not a color: use one of 'red', 'dark blue'"
        ):
            thing.create(color="pink")


def test_none_is_null_and_refused_where_null_is(database: pw.Database) -> None:
    with table(database, color=EnumField(Color, null=True)) as thing:
        thing.create(color=None)
        assert thing.get().color is None
    with table(database, color=EnumField(Color)) as thing, pytest.raises(pw.IntegrityError):
        thing.create(color=None)


@pytest.mark.parametrize("wrong", ["pink", "RED", "Red", "", "red ", 1, b"red", Shade.RED, 1.5])
def test_a_wrong_value_is_refused_with_the_right_ones(database: pw.Database, wrong: Any) -> None:
    """A member of another enum is wrong even where its label is right."""
    with table(database, color=EnumField(Color)) as thing:
        with pytest.raises(ValueError, match="use one of 'red', 'dark blue'") as caught:
            thing.create(color=wrong)
        assert str(caught.value).startswith(f"{wrong!r} is not a color: ")
        with pytest.raises(ValueError, match="use one of 'red', 'dark blue'"):
            list(thing.select().where(thing.color == wrong))
        assert thing.select().count() == 0


def test_the_server_refuses_a_wrong_value_from_elsewhere(database: pw.Database) -> None:
    with table(database, color=EnumField(Color)):
        with pytest.raises((pw.DataError, pw.IntegrityError)):
            database.execute_sql("INSERT INTO thing (color) VALUES ('pink')")


def test_a_wrong_value_in_the_database_is_not_read_as_if_right(database: pw.Database) -> None:
    """The model knows less than the database: a label was added, the code is older."""
    with table(database, color=EnumField(("red", "dark blue", "pink"), "color")) as thing:
        thing.create(color="pink")
        older: Any = type(
            "Older",
            (pw.Model,),
            {
                "color": EnumField(Color),
                "Meta": type("Meta", (), {"database": database, "table_name": "thing"}),
            },
        )
        with pytest.raises(
            ValueError, match="'pink' is not a color: use one of 'red', 'dark blue'"
        ):
            older.get()


def test_queries_take_members_and_labels(database: pw.Database) -> None:
    with table(database, color=EnumField(Color, null=True)) as thing:
        thing.insert_many([{"color": Color.RED}, {"color": "dark blue"}, {"color": None}]).execute()

        def count(condition: Any) -> int:
            return int(thing.select().where(condition).count())

        assert count(thing.color == Color.RED) == 1
        assert count(thing.color == "red") == 1
        assert count(thing.color != "red") == 1
        assert count(thing.color.in_([Color.RED, "dark blue"])) == 2
        assert count(thing.color.is_null()) == 1
        assert thing.select(pw.fn.COUNT(thing.color)).scalar() == 2
        assert thing.select(pw.fn.COALESCE(thing.color, "red")).where(
            thing.color.is_null()
        ).scalar() in (Color.RED, "red")


def test_bulk_update_changes_enums(database: pw.Database) -> None:
    """Its CASE is text to PostgreSQL unless each value says its type."""
    with table(database, color=EnumField(Color, 'Weird "type"', null=True)) as thing:
        rows = [thing.create(color=color) for color in (Color.RED, Color.RED, Color.RED)]
        rows[0].color, rows[1].color, rows[2].color = Color.DARK_BLUE, None, "dark blue"
        assert thing.bulk_update(rows, [thing.color]) == 3
        found = [row.color for row in thing.select().order_by(thing.id)]
        assert found == [Color.DARK_BLUE, None, Color.DARK_BLUE]
        rows[0].color = "pink"
        with pytest.raises(ValueError, match="use one of"):
            thing.bulk_update(rows, [thing.color])


def test_a_default_is_a_member(database: pw.Database) -> None:
    with table(database, color=EnumField(Color, default=Color.RED)) as thing:
        assert thing.create().color is Color.RED
        assert thing.get().color is Color.RED


# a label is at most 63 bytes on PostgreSQL, which has no NUL character either
LABELS = st.lists(
    st.one_of(
        st.sampled_from(
            ["it's", '"', "100%", "%s", "%(x)s", "a b", " ", "é", "日本", "\\", "$$", "\n"]
        ),
        st.text(
            st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1
        ).filter(lambda text: len(text.encode()) < 64),
    ),
    min_size=1,
    max_size=4,
    unique=True,
)


@examples
@given(labels=LABELS)
def test_any_label_survives(database: pw.Database, labels: list[str]) -> None:
    enum: Any = Enum("Anything", {f"M{number}": label for number, label in enumerate(labels)})
    field = EnumField(enum, **server_default(enum.M0))
    with table(database, value=field) as thing:
        for member in enum:
            thing.create(value=member)
        assert [row.value for row in thing.select().order_by(thing.id)] == list(enum)
        assert thing.get(thing.value == labels[-1]).value is list(enum)[-1]
        database.execute_sql("DELETE FROM thing")
        database.execute_sql("INSERT INTO thing DEFAULT VALUES")
        assert database.execute_sql("SELECT value FROM thing").fetchall() == [(labels[0],)]
        if is_postgres(database):
            assert enum_types(database) == [("public", "anything", labels)]
        assert not verify(database, [thing])
    assert not is_postgres(database) or enum_types(database) == []


# EnumField: its declaration


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (IntEnum("Number", "ONE TWO"), None),
        ([], "empty"),
        (Enum("Empty", []), None),
        (["a", None], "holed"),
        (("a", "b"), None),
        (("a", "b"), ""),
    ],
)
def test_what_is_no_enum_of_strings_is_refused(values: Any, name: str | None) -> None:
    with pytest.raises(TypeError, match="EnumField"):
        EnumField(values, name)


def test_arguments_have_the_documented_names(database: pw.Database) -> None:
    with table(database, color=EnumField(enum_class=Color, type_name="hue", index=True)) as thing:
        assert thing.create(color="red").id == 1


# EnumField: the type


@pytest.mark.parametrize(
    ("type_name", "made"),
    [
        (None, "color"),
        ("hue", "hue"),
        ('Weird "Name"', 'Weird "Name"'),
        ("it's", "it's"),
        ("a.b", "a.b"),
        ("größe", "größe"),
        ("select", "select"),
        ("l" * 70, "l" * 63),
    ],
)
def test_the_type_has_its_name(postgres: pw.Database, type_name: str | None, made: str) -> None:
    """The class name in lower case, or the one given, as far as PostgreSQL keeps it."""
    with table(postgres, color=EnumField(Color, type_name)) as thing:
        assert enum_types(postgres) == [("public", made, ["red", "dark blue"])]
        thing.create(color=Color.RED)
        [(used,)] = postgres.execute_sql(
            "SELECT t.typname FROM pg_catalog.pg_attribute a"
            " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
            " WHERE a.attrelid = 'thing'::regclass AND a.attname = 'color'"
        ).fetchall()
        assert used == made
        thing.bulk_update(list(thing), [thing.color])
        assert not verify(postgres, [thing])
    assert enum_types(postgres) == []


@pytest.mark.parametrize("name", ["path", "date", "any"])
def test_a_type_of_postgres_s_own_is_not_shadowed(postgres: pw.Database, name: str) -> None:
    """Unqualified, the name means the built-in type: the column would silently be one of those."""
    with pytest.raises(ModelsError, match=f"a built-in type named {name}"):
        with table(postgres, value=EnumField(["a"], name)):
            pass
    postgres.execute_sql("CREATE SCHEMA shop")
    with table(postgres, "shop", value=EnumField(["a"], name)) as thing:
        assert thing.create(value="a").id == 1


def test_sqlite_has_text_with_a_check(sqlite: pw.SqliteDatabase) -> None:
    with table(sqlite, color=EnumField(Color, column_name='the "color"')) as thing:
        [(sql,)] = sqlite.execute_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'thing'"
        ).fetchall()
        assert """"the ""color\""" TEXT NOT NULL CHECK (""" in sql
        assert """IN ('red', 'dark blue')""" in sql
        assert thing.create(color=Color.RED).id == 1


def test_the_type_is_in_the_schema_of_the_model(postgres: pw.Database) -> None:
    """Though public has one of that name, with other labels."""
    postgres.execute_sql("CREATE SCHEMA shop; CREATE TYPE color AS ENUM ('green')")
    with table(postgres, schema="shop", color=EnumField(Color)) as thing:
        assert enum_types(postgres) == [
            ("public", "color", ["green"]),
            ("shop", "color", ["red", "dark blue"]),
        ]
        thing.create(color=Color.DARK_BLUE)
        row = thing.get()
        assert row.color is Color.DARK_BLUE
        row.color = Color.RED
        assert thing.bulk_update([row], [thing.color]) == 1
        assert thing.get().color is Color.RED
    assert enum_types(postgres) == [("public", "color", ["green"])]


def two_models(database: pw.Database, schema: str | None = None) -> list[Any]:
    return [
        type(
            name,
            (pw.Model,),
            {
                "color": EnumField(Color),
                "Meta": type("Meta", (), {"database": database, "schema": schema}),
            },
        )
        for name in ("First", "Second")
    ]


def test_a_shared_type_is_made_once_and_dropped_with_the_last(database: pw.Database) -> None:
    models = two_models(database)
    database.create_tables(models)
    database.create_tables(models)  # again: all of it is there
    for model in models:
        model.create(color=Color.RED)
    models[0].drop_table()
    assert models[1].get().color is Color.RED
    if is_postgres(database):
        assert [name for _, name, _ in enum_types(database)] == ["color"]
    models[1].drop_table()
    assert not is_postgres(database) or enum_types(database) == []
    models[1].drop_table()  # is gone already
    assert database.get_tables() == []


def test_a_type_that_something_else_uses_is_left(postgres: pw.Database) -> None:
    with table(postgres, color=EnumField(Color)):
        postgres.execute_sql("CREATE SCHEMA other; CREATE TABLE other.t (c public.color[])")
    assert [name for _, name, _ in enum_types(postgres)] == ["color"]


def test_a_proxy_stands_for_its_database(database: pw.Database) -> None:
    """The model is declared before the database is known."""
    proxy = pw.DatabaseProxy()
    with_proxy = two_models(proxy)[0]
    proxy.initialize(database)
    with_proxy.create_table()
    with_proxy.create(color=Color.RED)
    assert with_proxy.get().color is Color.RED
    with_proxy.drop_table()
    assert not is_postgres(database) or enum_types(database) == []


def test_a_field_inherited_from_a_base_makes_its_type(database: pw.Database) -> None:
    class Base(pw.Model):
        color = EnumField(Color)

        class Meta:
            database = None

    class Child(Base):
        pass

    with database.bind_ctx([Child]):
        Child.create_table()
        assert Child.create(color="red").id == 1
        Child.drop_table()


# DateTimeTZField

MOMENTS = st.datetimes(
    dt.datetime(1, 1, 2),
    dt.datetime(9999, 12, 30),
    timezones=st.one_of(
        st.none(),
        st.just(UTC),
        st.integers(-14 * 60, 14 * 60).map(lambda m: dt.timezone(dt.timedelta(minutes=m))),
        st.timezones(),
    ),
    allow_imaginary=False,
)


def in_utc(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@examples
@given(moment=MOMENTS)
def test_any_moment_survives(database: pw.Database, moment: dt.datetime) -> None:
    """Aware or naive, of any zone, to the microsecond; always read in UTC, found by itself."""
    with table(database, at=DateTimeTZField()) as thing:
        thing.create(at=moment)
        found = thing.get(thing.at == moment).at
        assert found == in_utc(moment)
        assert found.utcoffset() == dt.timedelta(0)
        assert found.microsecond == moment.microsecond


@examples
@given(moments=st.lists(MOMENTS, min_size=2, max_size=5))
def test_moments_are_ordered_as_in_python(
    database: pw.Database, moments: list[dt.datetime]
) -> None:
    with table(database, at=DateTimeTZField()) as thing:
        for moment in moments:
            thing.create(at=moment)
        ordered = [row.at for row in thing.select().order_by(thing.at)]
        assert ordered == sorted(in_utc(moment) for moment in moments)
        for moment in moments:
            later = thing.select().where(thing.at >= moment).count()
            assert later == sum(in_utc(other) >= in_utc(moment) for other in moments)


@pytest.mark.parametrize(
    ("given_", "read"),
    [
        (dt.datetime(2025, 1, 2, 3, 4, 5), dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (dt.date(2025, 1, 2), dt.datetime(2025, 1, 2, tzinfo=UTC)),
        ("2025-01-02", dt.datetime(2025, 1, 2, tzinfo=UTC)),
        ("2025-01-02 03:04:05", dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2025-01-02T03:04:05.5Z", dt.datetime(2025, 1, 2, 3, 4, 5, 500000, tzinfo=UTC)),
        ("2025-01-02 03:04:05+05:30", dt.datetime(2025, 1, 1, 21, 34, 5, tzinfo=UTC)),
        (
            dt.datetime(2025, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=-8))),
            dt.datetime(2025, 1, 2, 11, tzinfo=UTC),
        ),
        (None, None),
    ],
)
def test_moments_in_all_their_forms(database: pw.Database, given_: Any, read: Any) -> None:
    """Whatever the zone of the session is: naive is UTC."""
    if is_postgres(database):
        database.execute_sql("SET TIME ZONE 'Asia/Tokyo'")
    with table(database, at=DateTimeTZField(null=True)) as thing:
        thing.create(at=given_)
        assert thing.get().at == read


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_postgres_stores_the_moment_and_not_the_clock(postgres: pw.Database, zone: str) -> None:
    postgres.execute_sql(f"SET TIME ZONE '{zone}'")
    with table(postgres, at=DateTimeTZField()) as thing:
        thing.create(at=dt.datetime(2025, 7, 1, 12, tzinfo=UTC))
        [(type_, epoch)] = postgres.execute_sql(
            "SELECT pg_typeof(at)::text, extract(epoch FROM at)::bigint FROM thing"
        ).fetchall()
        assert (type_, epoch) == ("timestamp with time zone", 1751371200)
        assert thing.get().at.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize("fraction", ["", ".000001", ".500000"])
def test_sqlite_stores_the_form_of_current_timestamp(
    sqlite: pw.SqliteDatabase, fraction: str
) -> None:
    """So a moment from Python and the same one from the server default are equal text."""
    with table(sqlite, at=DateTimeTZField()) as thing:
        thing.create(at=f"2025-01-02 03:04:05{fraction}+00:00")
        stored = sqlite.execute_sql("SELECT at FROM thing").fetchall()
        assert stored == [(f"2025-01-02 03:04:05{fraction}",)]


def test_moments_of_python_and_of_the_server_are_in_order(database: pw.Database) -> None:
    field = DateTimeTZField(**server_default(utcnow, "CURRENT_TIMESTAMP"))
    with table(database, at=field, name=pw.CharField()) as thing:
        database.execute_sql("INSERT INTO thing (name) VALUES ('server')")
        server = thing.get().at
        assert server.utcoffset() == dt.timedelta(0)
        assert abs(server - utcnow()) < dt.timedelta(minutes=1)
        tick = dt.timedelta(microseconds=1)
        for name, at in (("before", server - tick), ("same", server), ("after", server + tick)):
            thing.create(name=name, at=at.astimezone(dt.timezone(dt.timedelta(hours=9))))
        names = [row.name for row in thing.select().order_by(thing.at, thing.id)]
        assert names == ["before", "server", "same", "after"]
        found = thing.select().where(thing.at == server).order_by(thing.id)
        assert [row.name for row in found] == ["server", "same"]
        since = thing.select().where(thing.at >= server)
        assert {row.name for row in since} == {"server", "same", "after"}
        until = thing.select().where(thing.at <= server)
        assert {row.name for row in until} == {"server", "same", "before"}


# server_default

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
).filter(lambda value: isinstance(value, (dict, list)) and "\\u0000" not in str(value))
DEFAULTS = st.one_of(
    st.tuples(st.just(pw.BooleanField), st.booleans()),
    st.tuples(st.just(pw.IntegerField), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(pw.BigIntegerField), st.integers(-(2**63) + 1, 2**63 - 1)),
    st.tuples(st.just(pw.DoubleField), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(
        st.just(lambda **options: pw.DecimalField(14, 4, **options)),
        st.decimals(-(10**9), 10**9, places=4),
    ),
    st.tuples(st.just(pw.TextField), TEXT),
    st.tuples(st.just(lambda **options: EnumField(Color, **options)), st.sampled_from(Color)),
    st.tuples(st.just(pw.JSONField), JSON),
    st.tuples(st.just(pw.DateField), st.dates()),
)


@settings(examples, max_examples=60)
@given(kind=DEFAULTS)
def test_the_server_and_the_model_have_the_same_default(
    database: pw.Database, kind: tuple[Any, Any]
) -> None:
    field, value = kind
    with table(database, value=field(**server_default(value))) as thing:
        database.execute_sql("INSERT INTO thing DEFAULT VALUES")
        assert thing.get().value == value
        assert thing().value == value
        thing.create()
        assert thing.select().where(thing.value == value).count() == 2 or field is pw.JSONField
        assert not verify(database, [thing])


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        (pw.BooleanField, True, True),
        (pw.BooleanField, False, False),
        (pw.IntegerField, -5, -5),
        (pw.DoubleField, 1e-7, 1e-7),
        (pw.TextField, 'it\'s 100% "so" \\ %s', 'it\'s 100% "so" \\ %s'),
        (pw.TextField, Shade.PALE, "pale"),
        (pw.TextField, "", ""),
        (pw.IntegerField, IntEnum("Number", "ONE TWO").TWO, 2),
        (lambda **o: pw.TextField(null=True, **o), None, None),
    ],
)
def test_rows_from_elsewhere_get_the_default(
    database: pw.Database, field: Any, value: Any, stored: Any
) -> None:
    with table(database, value=field(**server_default(value))):
        database.execute_sql("INSERT INTO thing DEFAULT VALUES")
        assert database.execute_sql("SELECT value FROM thing").fetchall() == [(stored,)]


def test_a_decimal_default_is_exact(postgres: pw.Database) -> None:
    field = pw.DecimalField(20, 10, **server_default(Decimal("1234567890.0123456789")))
    with table(postgres, value=field):
        postgres.execute_sql("INSERT INTO thing DEFAULT VALUES")
        [(stored,)] = postgres.execute_sql("SELECT value FROM thing").fetchall()
        assert stored == Decimal("1234567890.0123456789")


def test_a_callable_needs_the_server_s_expression(database: pw.Database) -> None:
    with pytest.raises(TypeError, match="sql="):
        server_default(dt.date.today)
    field = pw.DateField(**server_default(dt.date.today, "CURRENT_DATE"))
    with table(database, value=field) as thing:
        database.execute_sql("INSERT INTO thing DEFAULT VALUES")
        [(same,)] = database.execute_sql("SELECT value = CURRENT_DATE FROM thing").fetchall()
        assert same
        assert thing().value == dt.date.today()


def test_an_expression_may_hold_a_percent_sign(database: pw.Database) -> None:
    with table(database, value=pw.IntegerField(**server_default(lambda: 1, "(10 % 3)"))) as thing:
        database.execute_sql("INSERT INTO thing DEFAULT VALUES")
        assert thing.get().value == 1


@pytest.mark.parametrize("value", [b"x", utcnow(), uuid.uuid4(), object()])
def test_what_the_databases_write_differently_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=f"type {type(value).__name__} needs sql="):
        server_default(value)


@pytest.mark.parametrize("value", [{"a": [1]}, [{"a": 1}]])
def test_a_default_that_can_change_is_each_row_s_own(database: pw.Database, value: Any) -> None:
    wanted = deepcopy(value)
    with table(database, value=pw.JSONField(**server_default(value))) as thing:
        first, second = thing(), thing()
        (first.value["a"] if isinstance(value, dict) else first.value).append("changed")
        assert second.value == wanted
        assert thing().value == wanted


def test_errors_of_the_server_come_through(postgres: pw.Database) -> None:
    """A label of more than 63 bytes: PostgreSQL says so, and no type is left."""
    with pytest.raises(pw.PeeweeException, match="Labels must be 63 bytes or less"):
        with table(postgres, c=EnumField(["x" * 64], "t")):
            pass
    assert enum_types(postgres) == []
