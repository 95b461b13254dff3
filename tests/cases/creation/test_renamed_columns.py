"""Columns that get other names: chains, circles, and the SQL of the models that names them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, rollback, verify
from dbkit.migration import Undecided, create
from dbkit.migration.goal import whole
from dbkit.schema.diff import diff
from tests.pairs.pair import table


def fields(**columns: str) -> list[Any]:
    """A table t: the fields by name, and the columns that they have."""
    return [table("t", **{name: pw.IntegerField(column_name=column)
                          for name, column in columns.items()})]  # fmt: skip


def values(database: pw.Database) -> dict[str, Any]:
    cursor = database.execute_sql("SELECT * FROM t")
    names = [column[0] for column in cursor.description]
    return {name: value for name, value in zip(names, cursor.fetchone(), strict=True)
            if name != "id"}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "flags", "rows"),
    [
        # fields that keep their names, without a question
        ({"f": "a", "g": "b"}, {"f": "b", "g": "c"}, {}, {"b": 1, "c": 2}),
        ({"f": "a", "g": "b", "h": "c"}, {"f": "b", "g": "c", "h": "d"}, {},
         {"b": 1, "c": 2, "d": 3}),
        # a circle, or a column that is in use, takes an answer
        ({"f": "a", "g": "b"}, {"f": "b", "g": "a"}, {"rename": {"t.a": "b", "t.b": "a"}},
         {"b": 1, "a": 2}),
        ({"f": "a", "g": "b"}, {"f": "b", "g": "a"}, {"no_rename": True}, {"a": 1, "b": 2}),
        ({"f": "a", "g": "b", "h": "c"}, {"f": "b", "g": "c", "h": "a"},
         {"rename": {"t.a": "b", "t.b": "c", "t.c": "a"}}, {"b": 1, "c": 2, "a": 3}),
        ({"f": "a", "g": "b"}, {"f": "b"}, {"rename": {"t.a": "b"}}, {"b": 1}),
        ({"f": "a", "g": "b"}, {"f": "b"}, {"no_rename": True}, {"b": 2}),
        # fields named like their columns
        ({"a": "a", "b": "b"}, {"b": "b", "c": "c"}, {"rename": {"t.a": "b", "t.b": "c"}},
         {"b": 1, "c": 2}),
        ({"a": "a", "b": "b"}, {"b": "b", "a": "a"}, {"rename": {"t.a": "b", "t.b": "a"}},
         {"b": 1, "a": 2}),
    ],
)  # fmt: skip
def test_values_follow_the_names(
    database: pw.Database, tmp_path: Path, steps: Any, old: Any, new: Any, flags: Any, rows: Any
) -> None:
    steps(fields(**old))
    numbers = dict(zip(old.values(), (1, 2, 3), strict=False))
    database.execute_sql(f"INSERT INTO t ({', '.join(numbers)}) VALUES "
                         f"({', '.join(map(str, numbers.values()))})")  # fmt: skip
    before = whole(database)
    if flags:
        with suppress(Undecided):
            assert create(database, fields(**new), tmp_path / "m") is None, "nobody was asked"
    steps(fields(**new), **flags)
    assert values(database) == rows
    assert create(database, fields(**new), tmp_path / "m") is None  # nobody is asked again
    rollback(database, tmp_path / "m")
    assert diff(before, whole(database)) == ()
    if len(new) == len(old):
        assert values(database) == numbers


def named_in_sql(name: str, more: Any = None, checked: bool = True) -> list[Any]:
    """A table whose column is named wherever a model holds SQL."""
    check = [pw.Check(f"{name} <> 'y'")] if checked else []
    fields = {name: pw.CharField(20, constraints=[pw.Check(f"{name} <> 'x'")])} if checked else {
        name: pw.CharField(20)}  # fmt: skip
    fields |= {"b": pw.IntegerField(), **({"more": more} if more else {})}
    made = table("t", {"constraints": [*check, pw.SQL(f"UNIQUE ({name}, b)")]}, **fields)
    made.add_index(pw.SQL(f"CREATE INDEX low ON t (lower({name})) WHERE {name} > 'A'"))
    return [made]


def test_what_names_a_renamed_column_can_change_later(
    database: pw.Database, tmp_path: Path, steps: Any
) -> None:
    rename = {"rename": {"t.a": "c"}}
    steps(named_in_sql("a"))
    assert "CHECK" not in steps(named_in_sql("c"), **rename).text.upper()
    made = steps(named_in_sql("c", pw.IntegerField(null=True, index=True)))
    assert "check" not in made.text.lower()
    steps(named_in_sql("c", pw.BigIntegerField(null=True)))
    steps(named_in_sql("c", pw.BigIntegerField(null=True), checked=False))
    for _ in range(4):
        rollback(database, tmp_path / "m")
    assert not verify(database, named_in_sql("a"))
    migrate(database, tmp_path / "m")


def test_a_column_that_is_renamed_and_loses_its_check(steps: Any) -> None:
    steps(named_in_sql("a"))
    steps(named_in_sql("c", checked=False), rename={"t.a": "c"})
