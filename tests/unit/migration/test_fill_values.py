"""What the rows that are there get in a column that needs a value."""

from __future__ import annotations

from typing import Any

import peewee as pw
import pytest
from playhouse import postgres_ext, sqlite_ext

from dbkit.errors import ConfigError
from dbkit.fields import ColumnField, EnumField
from dbkit.migration.fill_values import emptied, filled, noting
from dbkit.migration.questioner import Decisions
from dbkit.python_source import Call
from dbkit.schema.changes import Add, Alter, Change
from dbkit.schema.details import Generated
from dbkit.schema.values import Column
from tests.names import own
from tests.pairs.pair import table

NEEDED = [Add(own("t"), Column("a", "text", False))]


def field(made: Any) -> Any:
    return table("t", a=made)._meta.fields["a"]


@pytest.mark.parametrize(
    ("made", "given", "value"),
    [
        (pw.BooleanField(), "TRUE", True),
        (pw.BooleanField(), "0", False),
        (pw.IntegerField(), "7", 7),
        (pw.FloatField(), "7.5", 7.5),
        (pw.DecimalField(), "7.50", "7.50"),
        (pw.CharField(), "7", "7"),
        (pw.IPField(), "10.0.0.1", "10.0.0.1"),
        (pw.JSONField(), '{"a": [1]}', {"a": [1]}),
        (sqlite_ext.JSONField(), '{"a": [1]}', {"a": [1]}),
        (postgres_ext.JSONField(), '{"a": [1]}', {"a": [1]}),
        (ColumnField("jsonb"), '{"a": [1]}', '{"a": [1]}'),  # it passes its values on
    ],
)
def test_a_flags_value_has_the_columns_type(made: Any, given: str, value: Any) -> None:
    fill = filled(NEEDED, Decisions(fill={"t.a": given}))
    assert fill(own("t"), field(made)) == value


@pytest.mark.parametrize(
    ("made", "given"),
    [
        (pw.BooleanField(), "no"),
        (pw.IntegerField(), "one"),
        (pw.FloatField(), "nan"),
        (pw.DecimalField(), "x"),
        (pw.JSONField(), "{"),
        (ColumnField("jsonb"), "{"),
    ],
)
def test_a_flags_value_that_is_none_is_an_error(made: Any, given: str) -> None:
    with pytest.raises(ConfigError, match=r"is not (a valid value|JSON) for column a"):
        filled(NEEDED, Decisions(fill={"t.a": given}))(own("t"), field(made))


def test_the_columns_default_comes_first_then_the_flag_then_pythons() -> None:
    by_server = field(pw.IntegerField(default=1, constraints=[pw.SQL("DEFAULT 2")]))
    by_python = field(pw.IntegerField(default=1))
    flag = Decisions(fill={"t.a": "3"})
    assert filled(NEEDED, flag)(own("t"), by_server) == Call("pw.SQL", ("2",))
    assert filled(NEEDED, flag)(own("t"), by_python) == 3
    assert filled(NEEDED, Decisions())(own("t"), by_python) == 1


def test_what_nothing_says_is_left_open() -> None:
    decisions = Decisions()
    assert filled(NEEDED, decisions)(own("t"), field(pw.IntegerField())) is None
    assert decisions.open


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [Add(own("u"), Column("a", "text", False))],
        [Add(own("t"), Column("b", "text", False))],
        [Add(own("t"), Column("a", "text"))],
        [Add(own("t"), Column("a", "text", False, "1"))],
        [Add(own("t"), Column("a", "integer", False, identity="always"))],
        [Add(own("t"), Column("a", "integer", False, generated=Generated("1")))],
        [Alter(own("t"), Column("a", "text", False), Column("a", "text"))],
    ],
)
def test_no_value_is_needed(changes: list[Change]) -> None:
    assert filled(changes, Decisions(fill={"t.a": "x"}))(own("t"), field(pw.CharField())) is None


def test_a_column_that_ceases_to_take_null_needs_a_value() -> None:
    changes = [Alter(own("t"), Column("a", "text"), Column("a", "text", False))]
    assert filled(changes, Decisions(fill={"t.a": "x"}))(own("t"), field(pw.CharField())) == "x"


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (pw.CharField(), ""),
        (pw.IntegerField(), 0),
        (pw.BooleanField(), False),
        (pw.DateField(), "1970-01-01"),
        (pw.DateTimeField(), "1970-01-01 00:00:00"),
        (pw.UUIDField(), "00000000-0000-0000-0000-000000000000"),
        (pw.JSONField(), {}),
        (sqlite_ext.JSONField(), {}),
        (ColumnField("jsonb"), "{}"),
        (postgres_ext.ArrayField(pw.IntegerField), []),
        (EnumField(["x", "y"], "e"), "x"),
        (pw.IntegerField(unique=True), None),
        (pw.ForeignKeyField("self"), None),
    ],
)
def test_the_zero_value_of_a_type(made: Any, value: Any) -> None:
    assert emptied(NEEDED)(own("t"), field(made)) == value


def test_what_has_a_value_is_noted() -> None:
    seen: set[tuple[str, str]] = set()
    fill = noting(emptied(NEEDED), seen)
    fill(own("t"), field(pw.IntegerField(unique=True)))
    assert seen == set()
    fill(own("t"), field(pw.IntegerField()))
    assert seen == {(own("t"), "a")}
