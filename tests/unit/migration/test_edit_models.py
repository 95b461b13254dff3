"""What an operation does to a model, without a database."""

from __future__ import annotations

from typing import Any

import peewee as pw
import pytest

from dbkit.errors import MigrationError
from dbkit.migration.edit_models import (
    default_of,
    field_of,
    find_field,
    is_default,
    is_filled,
    put_field,
    remove_field,
    rename_in_model,
    renamed_in,
    unquoted,
)
from tests.pairs.pair import table


def names(model: Any) -> list[str]:
    return [field.name for field in model._meta.sorted_fields]


@pytest.mark.parametrize(
    ("sql", "result"),
    [
        ("a > 0 AND b <> 'a'", "{} > 0 AND b <> 'a'"),
        ('"a" IN (1) OR "b" = A', '{} IN (1) OR "b" = {}'),
        ("lower(a) = t.a", "lower({}) = t.{}"),
        ('"a"."a" = a.a', '"a".{} = a.{}'),
        ("CAST(a AS a) = a::a", "CAST({} AS a) = {}::a"),
        ("a '2020' < a", "a '2020' < {}"),
        ("a (1) = a(a)", "a (1) = a({})"),
        ("aa + a_ + ba = 'it''s a'", "aa + a_ + ba = 'it''s a'"),
        ("UNIQUE (b, a)", "UNIQUE (b, {})"),
    ],
)
def test_a_name_in_sql(sql: str, result: str) -> None:
    assert renamed_in(sql, "a", 'C"x') == result.replace("{}", '"C""x"')


def test_a_field_is_put_and_removed() -> None:
    model = table("t", a=pw.CharField())
    put_field(model, "b", pw.IntegerField())
    assert names(model) == ["id", "a", "b"]
    put_field(model, "a", pw.TextField())
    assert type(model._meta.fields["a"]) is pw.TextField
    remove_field(model, "a")
    assert names(model) == ["id", "b"]
    assert not hasattr(model, "a")


def test_another_primary_key_takes_the_place_of_the_first() -> None:
    model = table("t", a=pw.CharField(primary_key=True))
    put_field(model, "b", pw.IntegerField(primary_key=True))
    assert model._meta.primary_key.name == "b"
    assert not model._meta.fields["a"].primary_key


def test_a_foreign_key_leaves_nothing_behind() -> None:
    parent = table("p")
    child = table("c", parent=pw.ForeignKeyField(parent, backref="children"))
    remove_field(child, "parent")
    assert not hasattr(child, "parent_id")
    assert not hasattr(parent, "children")


def test_a_renamed_field_is_renamed_wherever_the_model_names_it() -> None:
    meta = {"indexes": ((("a", "b"), True),), "constraints": [pw.Check("a > 0")],
            "primary_key": pw.CompositeKey("a", "b")}  # fmt: skip
    model = table("t", meta, a=pw.IntegerField(), b=pw.IntegerField())
    model.add_index(pw.SQL("CREATE INDEX i ON t (a) WHERE a > 1"))
    rename_in_model(model, model.a, "c", "d")
    assert sorted(names(model)) == ["b", "c"]
    assert model._meta.fields["c"].column_name == "d"
    assert model._meta.primary_key.field_names == ("c", "b")
    assert model._meta.indexes[0] == (("c", "b"), True)
    assert model._meta.indexes[1].sql == 'CREATE INDEX i ON t ("d") WHERE "d" > 1'
    assert model._meta.constraints[0].sql == 'CHECK ("d" > 0)'


def test_a_field_is_found_by_its_name_or_its_column() -> None:
    model = table("t", a=pw.CharField(column_name="x"), p=pw.ForeignKeyField(table("p")))
    for name, found in {"a": "a", "x": "a", "p": "p", "p_id": "p"}.items():
        assert field_of(model, name).name == found
    assert find_field(model, "z") is None
    with pytest.raises(MigrationError, match="Table t has no field z"):
        field_of(model, "z")


@pytest.mark.parametrize(
    ("field", "filled"),
    [
        (pw.IntegerField(default=1), True),
        (pw.IntegerField(), False),
        (pw.IntegerField(default=1, null=True), False),
        (pw.IntegerField(default=1, constraints=[pw.SQL("DEFAULT 1")]), False),
        (pw.IntegerField(default=1, constraints=[pw.Check("a > 0")]), True),
    ],
)
def test_rows_are_filled_where_only_python_knows_the_default(field: Any, filled: bool) -> None:
    assert is_filled(field) is filled


def test_a_default_is_called() -> None:
    assert default_of(pw.IntegerField(default=lambda: 3)) == 3
    assert default_of(pw.IntegerField(default=4)) == 4
    assert is_default(pw.SQL("default 1"))
    assert not is_default(pw.SQL("CHECK (1)"))


def test_quotation_marks_of_simple_names() -> None:
    assert unquoted('"a" > "B" AND "c d" = "e"') == 'a > "B" AND "c d" = e'
