"""Rows that refer to rows of other tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit.errors import SeedError
from tests.conftest import opened

from .running import Seeds, is_postgres, name, quoted


class Base(pw.Model):
    class Meta:
        legacy_table_names = False


class Country(Base):
    code = pw.CharField(unique=True)
    name = pw.CharField(null=True)


class City(Base):
    country = pw.ForeignKeyField(Country)
    name = pw.CharField()
    year = pw.IntegerField(null=True)
    nick = pw.CharField(null=True, unique=True)

    class Meta:
        indexes = ((("country", "name"), True), (("name", "year"), True))


class Street(Base):
    name = pw.CharField(unique=True)
    city = pw.ForeignKeyField(City, null=True)
    other = pw.ForeignKeyField(City, null=True, backref="others")


PLACES = [Country, City, Street]
CITIES = """
[[country]]
code = "DE"
[[country]]
code = "FR"
[[city]]
id = 1
country = { code = "DE" }
name = "Springfield"
year = 1
nick = "one"
[[city]]
id = 2
country = { code = "FR" }
name = "Springfield"
year = 2
"""


@pytest.fixture
def places(database: pw.Database, tmp_path: Path) -> Seeds:
    return Seeds(database, tmp_path, PLACES)


def street(name: str, **values: str) -> str:
    lines = [f"{column} = {value}" for column, value in values.items()]
    return "\n".join(["[[street]]", f'name = "{name}"', *lines, ""])


REFERENCES = {
    "the raw key": ("2", 2),
    "the raw key in braces": ("{ id = 2 }", 2),
    "a unique column": ('{ nick = "one" }', 1),
    "a unique pair": ('{ name = "Springfield", year = 2 }', 2),
    "a reference in a reference": ('{ country = { code = "FR" }, name = "Springfield" }', 2),
    "more columns than necessary": ('{ nick = "one", name = "Springfield", id = 1 }', 1),
    "one column that only one row has": ("{ year = 2 }", 2),
}


def test_rows_of_one_file_refer_by_different_columns(places: Seeds) -> None:
    """The columns of some references are among the columns of others."""
    rows = [street(name, city=value, other=value) for name, (value, _) in REFERENCES.items()]
    places.twice(CITIES + "".join(rows) + street("nowhere"))
    found = {one.name: (one.city_id, one.other_id) for one in Street.select()}
    expected = {name: (number, number) for name, (_, number) in REFERENCES.items()}
    assert found == {**expected, "nowhere": (None, None)}


WRONG = {
    "no row": ('{ nick = "two" }', r'street.city = { nick = "two" } matches no row of city'),
    "no row of a raw key": ("7", r'city = "7" matches no row of city|violates|refers|FOREIGN'),
    "two rows": ('{ name = "Springfield" }', r"matches more than one row of city"),
    "no row of two columns": (
        '{ name = "Springfield", year = 3 }',
        r'city = { name = "Springfield", year = "3" } matches no row',
    ),
    "no row in a reference": (
        '{ country = { code = "XX" }, name = "Springfield" }',
        r'city = { country.code = "XX", name = "Springfield" } matches no row',
    ),
}


@pytest.mark.parametrize(("value", "words"), WRONG.values(), ids=WRONG)
def test_a_reference_to_no_row_or_two_is_refused_with_its_line(
    places: Seeds, value: str, words: str
) -> None:
    text = CITIES + street("fine", city='{ nick = "one" }') + street("bad", city=value)
    with pytest.raises(SeedError, match=words) as error:
        places.load(text)
    line = text.splitlines().index('name = "bad"')
    assert f"seeds.toml, line {line}: " in error.value.message
    assert Country.select().count() == Street.select().count() == 0


def test_references_in_csv(places: Seeds) -> None:
    places.write(
        CITIES,
        street_csv="name,city.country.code,city.name,other.name,other.year\n"
        "a,DE,Springfield,Springfield,2\nb,,,,\n",
    )
    places.twice()
    assert [(one.name, one.city_id, one.other_id) for one in Street.select().order_by(Street.name)
            ] == [("a", 1, 2), ("b", None, None)]  # fmt: skip


def test_a_reference_with_a_null_means_the_row_with_the_null(places: Seeds) -> None:
    places.write(
        CITIES + '[[city]]\nid = 3\ncountry = { code = "DE" }\nname = "Bonn"\n',
        street_csv="name,city.name,city.year\na,Bonn,\nb,,\n",
    )
    places.twice()
    assert [one.city_id for one in Street.select().order_by(Street.name)] == [3, None]


def test_rows_of_the_database_and_of_later_files(places: Seeds) -> None:
    Country.create(code="XX")
    places.write(
        a_toml=street("a", city='{ name = "Old", country = { code = "XX" } }')
        + street("b", city='{ nick = "new" }'),
        b_toml='[[city]]\nname = "Old"\ncountry = { code = "XX" }\n',
        c_toml='[[city]]\nname = "New"\nnick = "new"\ncountry = { code = "YY" }\n'
        '[[country]]\ncode = "YY"\n',
    )
    places.twice()
    assert [one.city.country.code for one in Street.select().order_by(Street.name)] == ["XX", "YY"]


def test_a_row_moves_to_another_parent_and_to_none(places: Seeds) -> None:
    places.load(CITIES + street("a", city="1"))
    assert places.twice(CITIES + street("a", city='{ name = "Springfield", year = 2 }')
                        ).updated["street"] == 1  # fmt: skip
    assert Street.get().city_id == 2
    places.write(CITIES, street_csv="name,city.nick\na,\n")
    assert places.twice().updated["street"] == 1
    assert Street.get().city_id is None


ODD = ["order", 'say "it"', "50% off", "a.b", "größe 🎄", "it's", "line", "n", "c0", "s", "x" * 60]


@pytest.mark.parametrize("long", [False, True], ids=["short", "of more than 63 bytes"])
def test_names_with_all_characters(database: pw.Database, tmp_path: Path, long: bool) -> None:
    """Tables and columns are named alike, and like those of the temporary tables."""
    if long and not is_postgres(database):
        pytest.skip("only PostgreSQL truncates names")
    models: list[Any] = []
    for number, word in enumerate(["t", "shape", *ODD] if not long else ["ü" * 40]):
        parent = made(
            f"Parent{number}", f"p {word}", key=pw.CharField(unique=True, column_name=word)
        )
        child = made(
            f"Child{number}",
            word,
            name=pw.CharField(unique=True, column_name=f"name {word}"),
            value=pw.CharField(null=True, column_name=word),
            parent=pw.ForeignKeyField(parent, column_name=f"up: {word}"),
        )
        models += [parent, child]
    with database.atomic():
        for model in models:
            _create(database, model)
    seeds = Seeds(database, tmp_path, models, create=False)
    rows = [
        f"[[{_toml(parent._meta.table_name)}]]\nkey = 'it %s'\n"
        f"[[{_toml(child._meta.table_name)}]]\n{_toml(child.name.column_name)} = 'a'\n"
        f"{_toml(child.value.column_name)} = '1'\n"
        f"parent = {{ {_toml(parent.key.column_name)} = 'it %s' }}\n"
        for parent, child in zip(models[::2], models[1::2], strict=True)
    ]
    seeds.twice("".join(rows))
    seeds.load("".join(rows).replace("= '1'", "= '2'"))
    assert all(seeds.table(child)[0][2] == "2" for child in models[1::2])
    assert len(seeds.write("".join(rows)).changes()) == len(models[1::2])
    seeds.load("# nothing\n" + "".join(rows[1:]), prune=True)
    assert seeds.table(models[0]) == seeds.table(models[1]) == []


def _create(database: pw.Database, model: Any) -> None:
    """Create the table without names of indexes, which would clash."""
    own = [f"{quoted(field.column_name)} {'integer NOT NULL' if key else 'text'}"
           f"{' UNIQUE' if field.unique else ''}"
           for field in model._meta.sorted_fields[1:]
           for key in [isinstance(field, pw.ForeignKeyField)]]  # fmt: skip
    number = "serial" if is_postgres(database) else "integer"
    sql = f"CREATE TABLE {name(model)} (id {number} PRIMARY KEY, {', '.join(own)})"
    database.execute_sql(sql.replace("%", "%%") if is_postgres(database) else sql)


def made(class_name: str, table: str, **fields: pw.Field) -> Any:
    class Meta:
        table_name = table
        legacy_table_names = False

    return type(class_name, (pw.Model,), {**fields, "Meta": Meta})


def _toml(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def test_tables_of_other_schemas(url: str, tmp_path: Path) -> None:
    """They may have the same table names; on SQLite they are attached databases."""

    class Plan(Base):
        code = pw.CharField(unique=True)

    class OtherPlan(Base):
        code = pw.CharField(unique=True)

        class Meta:
            schema = "more"
            table_name = "plan"

    class Item(Base):
        code = pw.CharField(unique=True)
        plan = pw.ForeignKeyField(OtherPlan)

        class Meta:
            schema = "more"

    with opened(url) as database:
        if is_postgres(database):
            database.execute_sql("CREATE SCHEMA more")
            key = "serial PRIMARY KEY"
        else:
            database.attach(str(tmp_path / "more.db"), "more")
            key = "integer PRIMARY KEY"
        for table, columns in (
            ("plan", "code text UNIQUE"),
            ("more.plan", "code text UNIQUE"),
            ("more.item", "code text UNIQUE, plan_id integer NOT NULL"),
        ):
            database.execute_sql(f"CREATE TABLE {table} (id {key}, {columns})")
        seeds = Seeds(database, tmp_path, [Plan, OtherPlan, Item], create=False)
        seeds.twice(
            "[[item]]\ncode = 'i'\nplan = { code = 'x' }\n"
            "[['more.plan']]\ncode = 'x'\n[[plan]]\ncode = 'y'\n"
        )
        assert (Item.get().plan.code, Plan.get().code) == ("x", "y")
