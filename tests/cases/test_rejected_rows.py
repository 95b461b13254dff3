"""How many rows a new rule would reject is counted, with a query that shows them."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import Result

from dbkit.errors import DbkitError
from dbkit.fields import EnumField
from dbkit.migration import create, migrate
from dbkit.migration.rejected_rows import Rejected, RowCounter
from tests.conftest import opened

Dbkit = Callable[..., Result]
ODD = 'o"d s.d'


def model(table: str, fields: dict[str, Any], **meta: Any) -> Any:
    options = {"table_name": table, **meta}
    return type("M", (pw.Model,), {**fields, "Meta": type("Meta", (), options)})


def changed(
    database: pw.Database, old: Any, new: Any, rows: list[dict[str, Any]], **decisions: Any
) -> list[Rejected]:
    """What is counted on a database with rows in the old model's table."""
    directory = Path("m")
    create(database, [old], directory)
    migrate(database, directory)
    with database.bind_ctx([old]):
        for row in rows:
            old.insert(**row).execute()
    created = create(database, [new], directory, **decisions)
    assert created is not None
    return RowCounter(database).of_all(created)


def shown(database: pw.Database, query: str) -> list[tuple[Any, ...]]:
    database.connection().rollback()
    percent = "%%" if database.param == "%s" else "%"
    return [tuple(row) for row in database.execute_sql(query.replace("%", percent)).fetchall()]


def age(**options: Any) -> dict[str, Any]:
    return {"age": pw.IntegerField(**options), "name": pw.CharField(null=True)}


def check(sql: str) -> dict[str, Any]:
    return {"constraints": [pw.SQL(f"CHECK ({sql})")]}


AGES = [{"age": one} for one in (1, 1, 1, 2, None, None, -3)]
CASES: dict[str, tuple[Any, Any, list[dict[str, Any]], dict[str, Any], int, int]] = {
    # old, new, rows, decisions; how many rows break the rule; how many rows the query shows
    "unique": (age(null=True), age(null=True, unique=True), AGES, {}, 2, 1),
    "unique, no row": (age(null=True), age(null=True, unique=True), AGES[3:], {}, 0, 0),
    "not null": (age(null=True), age(), AGES, {"fill": {"t.age": "0"}}, 2, 2),
    "check": (age(null=True), (age(null=True), check("age > 1")), AGES, {}, 4, 4),
    "check of two columns": (
        age(null=True), (age(null=True), check("age > 0 OR name = 'ab'")),
        [*AGES, {"age": -5, "name": "ab"}, {"age": -5, "name": "b"}], {}, 1, 1,
    ),
    "renamed and unique": (
        age(null=True), {"years": pw.IntegerField(null=True, unique=True), "name": age()["name"]},
        AGES, {"rename": {"t.age": "years"}}, 2, 1,
    ),
    "renamed and checked": (
        age(null=True), ({"years": pw.IntegerField(null=True), "name": age()["name"]},
                         check("years <> 2")),
        AGES, {"rename": {"t.age": "years"}}, 1, 1,
    ),
    "two columns": (
        age(null=True), (age(null=True), {"indexes": ((("age", "name"), True),)}),
        [{"age": 1, "name": "a"}, {"age": 1, "name": "a"}, {"age": 1}, {"age": 1}], {}, 1, 1,
    ),
    "odd names": (
        {"x": pw.IntegerField(null=True, column_name=ODD)},
        {"x": pw.IntegerField(null=True, column_name=ODD, unique=True)},
        [{"x": 1}, {"x": 1}], {}, 1, 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_rows_are_counted(url: str, case: str) -> None:
    old, new, rows, decisions, count, more = CASES[case]
    fields, meta = new if isinstance(new, tuple) else (new, {})
    table = ODD if case == "odd names" else "t"
    with opened(url) as database:
        old, new = model(table, old), model(table, fields, **meta)
        (rejected,) = changed(database, old, new, rows, **decisions)
        assert (rejected.rows, rejected.reason) == (count, "")
        assert len(shown(database, rejected.query)) == more
        assert rejected.are_filled == (case == "not null")
        left = {name for name in database.get_tables() if not name.endswith("history")}
        assert left == {table}


def test_rows_without_a_parent_are_counted(url: str) -> None:
    """Also if the other table and its key get other names."""
    old, new = model("owner", {"name": pw.CharField()}), model("people", {"name": pw.CharField()})
    fields = {"owner_id": pw.IntegerField(null=True), "name": pw.CharField(null=True)}
    pointing = {**fields, "owner_id": pw.ForeignKeyField(new, null=True, column_name="owner_id",
                                                         object_id_name="owner_key")}  # fmt: skip
    before, after = model("t", fields), model("t", pointing)
    with opened(url) as database:
        create(database, [old, before], "m")
        migrate(database, "m")
        with database.bind_ctx([old, before]):
            old.insert(name="a").execute()
            for owner in (1, 1, 7, 8, None):
                before.insert(owner_id=owner).execute()
        created = create(database, [new, after], "m", rename={"owner": "people"})
        assert created is not None
        (rejected,) = RowCounter(database).of_all(created)
        assert (rejected.rows, rejected.rule[:11]) == (2, "foreign key")
        assert len(shown(database, rejected.query)) == 2
        Path("m/002_auto.py").unlink()
        team = model("team", {})
        fields["team"] = pw.ForeignKeyField(team, null=True, column_name="owner_id")
        del fields["owner_id"]
        created = create(database, [team, old, model("t", fields)], "m")
        assert created is not None
        (rejected,) = RowCounter(database).of_all(created)
        assert (rejected.rows, "does not have yet" in rejected.reason) == (None, True)


TYPES = {
    # old and new field, values, and how many of them the new type refuses
    "varchar": (pw.TextField, lambda: pw.CharField(max_length=3),
                ["abc", "abcd", "abc  ", "äöü"], 1),
    "varchar of a number": (pw.IntegerField, lambda: pw.CharField(max_length=3), [1, 1000, -12], 1),
    "smallint": (pw.IntegerField, pw.SmallIntegerField, [1, 32767, 32768, -32768, -32769], 2),
    "integer": (pw.DoubleField, pw.IntegerField, [1.5, 2147483647.4, 2147483647.6, 1e20], 2),
    "numeric": (pw.DoubleField, lambda: pw.DecimalField(max_digits=4, decimal_places=1),
                [1.25, 999.94, 999.96, 1000, -1000], 3),
    "enum": (pw.CharField, lambda: EnumField(Mood), ["good", "bad", "ugly"], 1),
}  # fmt: skip


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


@pytest.mark.postgres
def test_values_that_a_new_type_refuses_are_counted(postgres: pw.Database) -> None:
    """PostgreSQL judges: it refuses the change exactly while such rows are left."""
    old = model("t", {f"f{n}": case[0](null=True) for n, case in enumerate(TYPES.values())})
    new = model("t", {f"f{n}": case[1]() for n, case in enumerate(TYPES.values())})
    for field in new._meta.sorted_fields[1:]:
        field.null = True
    rows = [{f"f{n}": one} for n, case in enumerate(TYPES.values()) for one in case[2]]
    rejected = changed(postgres, old, new, rows)
    counts = {one.rule.partition(" of column ")[2][:2]: one.rows for one in rejected}
    assert counts == {f"f{n}": case[3] for n, case in enumerate(TYPES.values())}
    for one in rejected:
        assert len(shown(postgres, one.query)) == one.rows
        with pytest.raises(DbkitError):
            migrate(postgres, "m")
        condition = one.query.partition(" WHERE ")[2]
        postgres.execute_sql(f"DELETE FROM t WHERE {condition}".replace("%", "%%"))
    migrate(postgres, "m")


def test_partial_and_expression_indexes(url: str) -> None:
    class T(pw.Model):
        name = pw.CharField()
        gone = pw.IntegerField(null=True)

        class Meta:
            table_name = "t"

    class Partial(T):
        class Meta:
            table_name = "t"

    Partial.add_index(Partial.index(Partial.name, unique=True, where=pw.SQL("gone IS NULL")))

    class Lower(T):
        class Meta:
            table_name = "t"

    Lower.add_index(pw.SQL("CREATE UNIQUE INDEX t_lower ON t (lower(name))"))
    rows = [{"name": "a"}, {"name": "a"}, {"name": "A"}, {"name": "a", "gone": 1}]
    with opened(url) as database:
        (rejected,) = changed(database, T, Partial, rows)
        assert (rejected.rows, shown(database, rejected.query)) == (1, [("a", 2)])
        Path("m/002_auto.py").unlink()
        created = create(database, [Lower], "m")
        assert created is not None
        (rejected,) = RowCounter(database).of_all(created)
        assert (rejected.rows, shown(database, rejected.query)) == (3, [("a", 4)])


def test_a_percent_sign_in_a_rule(url: str) -> None:
    with opened(url) as database:
        sign = "%%" if database.param == "%s" else "%"
        new = model("t", age(null=True), **check(f"age {sign} 2 = 1 AND name <> 'a{sign}s'"))
        (rejected,) = changed(database, model("t", age(null=True)), new, AGES)
        assert (rejected.rows, len(shown(database, rejected.query))) == (2, 2)


def test_a_renamed_table(url: str) -> None:
    old, new = model("t", age(null=True)), model("people", age(null=True, unique=True))
    with opened(url) as database:
        (rejected,) = changed(database, old, new, AGES, rename={"t": "people"})
        assert (rejected.rows, 'FROM "t"' in rejected.query) == (2, True)


def test_what_cannot_be_counted(url: str) -> None:
    """A column that is new, and a database that lacks the table or the column."""
    old = model("t", {"name": pw.CharField()})
    new = model("t", {"name": pw.CharField(), "age": pw.IntegerField(null=True)},
                indexes=((("name", "age"), True),))  # fmt: skip
    unique = model("t", {"name": pw.CharField(unique=True)})
    with opened(url) as database:
        (rejected,) = changed(database, old, new, [])
        assert (rejected.rows, "does not have yet" in rejected.reason) == (None, True)
        Path("m/002_auto.py").unlink()
        created = create(database, [unique], "m")
        assert created is not None
        database.execute_sql("ALTER TABLE t RENAME COLUMN name TO title")
        (rejected,) = RowCounter(database).of_all(created)
        assert (rejected.rows, "name" in rejected.reason) == (None, True)
        database.execute_sql("DROP TABLE t")
        (rejected,) = RowCounter(database).of_all(created)
        assert (rejected.rows, bool(rejected.reason)) == (None, True)


def test_a_count_has_a_time_limit(url: str) -> None:
    old = model("t", age(null=True))
    with opened(url) as database:
        changed(database, old, model("t", age(null=True, unique=True)), AGES)
        source = "generate_series(1, 100000000) AS g (age)"
        if database.param == "?":
            source = "(WITH RECURSIVE g (age) AS (SELECT 1 UNION ALL SELECT age + 1 FROM g) " \
                     "SELECT age FROM g) AS g"  # fmt: skip
        database.execute_sql(f"DROP TABLE t")  # noqa: F541
        database.execute_sql(f"CREATE VIEW t AS SELECT g.age, 'x' AS name FROM {source}")
        Path("m/002_auto.py").unlink()
        created = create(database, [model("t", age(null=True, unique=True))], "m")
        assert created is not None
        (rejected,) = RowCounter(database, 0.2).of_all(created)
        assert rejected.rows is None
        assert re.search("interrupted|longer|timeout", rejected.reason)
        assert shown(database, "SELECT 1") == [(1,)]  # the limit is gone, and the session usable


@pytest.mark.parametrize(
    ("rejected", "text"),
    [
        (Rejected("rule", "", 0), "no row breaks rule"),
        (Rejected("rule", "", 1), "1 row breaks rule"),
        (Rejected("rule", "", 1200), "1,200 rows break rule"),
        (Rejected("rule", "", 1, "", True), "1 row breaks rule; the migration gives it a value"),
        (Rejected("rule", "", 2, "", True), "2 rows break rule; the migration gives them a value"),
        (Rejected("rule", "", None, "why"), "not counted for rule: why"),
    ],
)
def test_a_count_in_words(rejected: Rejected, text: str) -> None:
    assert str(rejected) == text
