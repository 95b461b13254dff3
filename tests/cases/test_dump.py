"""Rows that are dumped into a seed file load back identically, by the server's own judgment."""

from __future__ import annotations

import datetime as dt
import tomllib
import uuid
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse import postgres_ext

from dbkit import DbkitError, migrate, seed
from dbkit.fields import ColumnField, DateTimeTZField, EnumField, server_default
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


class Computed(pw.Model):
    """With a column that the database computes, and columns that the model does not know."""

    a = pw.IntegerField()
    double = pw.IntegerField(constraints=[pw.SQL("GENERATED ALWAYS AS (a * 2) STORED")])

    class Meta:
        table_name = "computed"


def test_the_file_has_no_computed_and_no_unknown_columns(
    own: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = own(Computed)
    database.execute_sql("INSERT INTO computed (a) VALUES (3), (4)")
    assert_loads_back(database, [Computed], "csv", tmp_path)
    database.execute_sql("ALTER TABLE computed ADD COLUMN later integer")
    assert "double" not in dumped(database, [Computed], "toml")
    assert "the model has no field for later" in caplog.text


class Special(pw.Model):
    """Types of PostgreSQL."""

    id = pw.IntegerField(primary_key=True)
    numbers = postgres_ext.ArrayField(pw.IntegerField, null=True, index=False)
    texts = postgres_ext.ArrayField(pw.TextField, dimensions=2, null=True, index=False)
    moments = postgres_ext.ArrayField(DateTimeTZField, null=True, index=False)
    old = postgres_ext.JSONField(null=True)
    document = postgres_ext.BinaryJSONField(null=True, index=False)
    words = postgres_ext.TSVectorField(null=True, index=False)
    interval = postgres_ext.IntervalField(null=True)
    address = ColumnField("inet", null=True)
    period = ColumnField("tstzrange", null=True)
    wide = ColumnField("numeric", null=True)
    clock = ColumnField("timetz", null=True)
    forever = ColumnField("timestamptz", null=True)
    bits = ColumnField("bit(3)", null=True)
    colours = ColumnField("text[]", null=True)
    bytes = ColumnField("bytea", null=True)
    ratio = pw.DoubleField(null=True)
    single = pw.FloatField(null=True)
    price = pw.DecimalField(null=True)

    class Meta:
        table_name = "special"


SPECIAL = """
INSERT INTO special VALUES
(1, '{1,NULL,-3}', '{{a,NULL},{"x,\\"y",""}}', '{"2024-01-01 00:00:00.5+02"}', '{"a": [1, null]}',
 '{"a": 1e400, "b": 1.5}', 'a:1 ''b c'':2', '1 mon -2 days 03:04:05.6', '10.0.0.0/8',
 '[2024-01-01 00:00+00,infinity)', '123456789012345678901234567890.00100', '10:00:00.1+05:30',
 'infinity', B'101', '{red,NULL,"NULL"}', '\\x00ff', 'NaN',
 '-Infinity', 'NaN'),
(2, '{}', '{}', '{}', 'null', 'null', '', '0', '::1', 'empty', 'NaN', '00:00Z', '0044-03-15 BC',
 B'000', '{}', '', 'Infinity', '-0', '-0.00001'),
(3, NULL, NULL, NULL, '[]', '"null"', NULL, NULL, NULL, NULL, 'Infinity', NULL, NULL, NULL, NULL,
 NULL, 1e308, 1e-30, NULL)
"""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_types_of_postgresql(postgres: pw.Database, layout: str, tmp_path: Path) -> None:
    postgres.bind([Special])
    postgres.create_tables([Special])
    postgres.execute_sql(SPECIAL)
    assert_loads_back(postgres, [Special], layout, tmp_path)


def test_all_tables_are_of_one_moment(postgres: pw.Database, server: Any) -> None:
    postgres.bind([Parent, Child, Part])
    postgres.create_tables([Parent, Child, Part])
    Parent.create(code="a")
    Child.insert_many([("a", "x" * 100_000)] * 3, ["parent", "name"]).execute()
    pieces: list[str] = []

    def write(text: str) -> None:
        pieces.append(text)
        late = f"INSERT INTO part (child_id, name) VALUES (1, 'late {len(pieces)}')"
        server.execute(late, postgres.database)

    counts = dump(postgres, [Parent, Child, Part], write)
    assert counts == {"keys": 1, "child": 3, "part": 0}
    assert Part.select().count() == len(pieces) > 1


@pytest.mark.parametrize(
    ("where", "count"),
    [("note LIKE '%a%'", 1), ("note = '%s'", 1), ("note = ')' OR note = 'a'", 2), ("1=1 --", 3),
     ("note IN ('a') /* ( */", 1)],
)  # fmt: skip
def test_a_condition(own: Any, where: str, count: int) -> None:
    database = own(Plain)
    Plain.insert_many([("a", None), ("%s", None), (")", None)]).execute()
    assert dumped(database, [Plain], "json", where=where).count('"other"') == count + 1


@pytest.mark.parametrize(
    "where", ["note =", "nothing = 1", "note = 'a", "1=1) OR (1=1", "1=1; DELETE FROM plain", "("]
)
def test_a_wrong_condition_is_named(own: Any, where: str) -> None:
    database = own(Plain)
    with pytest.raises(DbkitError, match=r"^The condition .* (fails|is not a single)") as error:
        dumped(database, [Plain], "toml", where=where)
    assert where in str(error.value)
    assert "--where" in str(error.value)


class Person(pw.Model):
    email = pw.CharField(unique=True)
    nick = pw.CharField(6, unique=True)
    born = pw.DateField(null=True)
    note = pw.TextField(null=True)

    class Meta:
        table_name = "person"


class Letter(pw.Model):
    person = pw.ForeignKeyField(Person, field="email")
    text = pw.TextField()

    class Meta:
        table_name = "letter"


@pytest.mark.parametrize("layout", LAYOUTS[:2])
def test_anonymized_columns_load_and_joins_hold(own: Any, layout: str, tmp_path: Path) -> None:
    database = own(Person, Letter)
    count = 300
    Person.insert_many([
        {"email": f"ré{n}@host{n}.org", "nick": f"ré{n}", "born": dt.date(1990, 1, 1 + n % 28),
         "note": f"ré {n % 3}" if n % 4 else None} for n in range(count)
    ]).execute()  # fmt: skip
    Letter.insert_many([(f"ré{n}@host{n}.org", str(n)) for n in range(count)],
                       ["person", "text"]).execute()  # fmt: skip
    columns = ["person.id", "letter.person", "person.nick", "person.born", "person.note"]
    text = dumped(database, [Person, Letter], layout, anonymize=columns)
    assert "ré" not in text
    assert dumped(database, [Person], layout, anonymize=columns[:1]) != dumped(
        database, [Person], layout, anonymize=columns[:1]
    )
    before = {letter.text: letter.person.note for letter in Letter.select()}
    Letter.delete().execute()
    Person.delete().execute()
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / f"01.{layout}").write_bytes(text.encode())
    seed(database, [Person, Letter], tmp_path / "seeds")
    after = {letter.text: letter.person.note for letter in Letter.select()}
    assert after.keys() == before.keys()
    fakes = {before[text]: after[text] for text in before}
    assert {before[text] for text in before} == {None, "ré 0", "ré 1", "ré 2"}
    assert all(after[text] == fakes[before[text]] for text in before)
    assert fakes[None] is None
    assert Person.select(pw.fn.count(Person.nick.distinct())).scalar() == count


def test_what_cannot_be_anonymized(own: Any) -> None:
    database = own(Person, Letter)
    for tables, column, words in [
        ([Person], "person.emial", "Did you mean person.email"),
        ([Letter], "letter.person_id", "person.email is anonymized, but its table is not dumped"),
    ]:
        with pytest.raises(DbkitError, match=words):
            dumped(database, tables, "toml", anonymize=[column])


def test_the_command(own: Any, url: str, dbkit: Any, tmp_path: Path) -> None:
    own(Person, Letter)
    Person.create(email="a@b.c", nick="n")
    (tmp_path / "people.py").write_text(
        "from tests.cases.test_dump import Letter, Person\nMODELS = [Person, Letter]\n"
    )
    common = "--database", url, "--models", "people"
    done = dbkit("dump", "person", *common)
    assert tomllib.loads(done.stdout)["person"] == [
        {"id": 1, "email": "a@b.c", "nick": "n", "born": {"null": True}, "note": {"null": True}}
    ]
    assert done.stderr.endswith("dump: person: 1 row\n")
    assert dbkit("dump", "person", "-q", "--format", "csv", *common).output == (
        '# table = "person"\n# key = ["id"]\nid,email,nick,born,note\n1,a@b.c,n,,\n'
    )
    file = tmp_path / "01_person.csv"
    for force, code in ([], 0), ([], 2), (["--force"], 0):
        assert dbkit("dump", "person", "-o", str(file), *force, *common).exit_code == code
    assert file.read_text().startswith("# key = ")
    for arguments, words in [
        (["persons"], "Did you mean person?"),
        (["person", "letter", "--format", "csv"], "has one table"),
        (["person", "letter", "--where", "1=1"], "single table"),
        (["person", "-o", "new/x.toml", "--where", "x"], "The condition x fails"),
        (["person", "-o", "new/x.txt"], "must end in"),
        (["person", "-o", "new/x.csv", "--format", "toml"], "must end in"),
    ]:
        done = dbkit("dump", *arguments, *common)
        assert done.exit_code == 2
        assert words in done.stderr
        assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".db") == [
        "01_person.csv", "people.py",
    ]  # fmt: skip
