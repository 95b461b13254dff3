"""Models as their database sees them: each table once, each column once, names cut."""

from __future__ import annotations

from typing import Any

import peewee as pw
import pytest

from dbkit.errors import ModelsError
from dbkit.schema.canonicalize import by_table, joined, layers
from tests.pairs.pair import table


def cut(name: str) -> str:
    return name[:10]


def columns(model: Any) -> list[str]:
    return [field.column_name for field in model._meta.sorted_fields]


def two_fields_of_one_column() -> Any:
    return table("t", a=pw.CharField(), b=pw.CharField(column_name="a", null=True))


def test_plain_models_stay_as_they_are() -> None:
    models = [table("t", a=pw.CharField()), table("u", b=pw.CharField())]
    assert layers(models, cut) == models
    assert joined(models, cut) == models


def test_a_second_field_of_a_column_comes_in_a_further_model() -> None:
    first, second = layers([two_fields_of_one_column()], cut)
    assert (columns(first), columns(second)) == (["id", "a"], ["a"])
    assert second._meta.table_name == "t"


def test_a_joined_model_has_each_column_once() -> None:
    (model,) = joined([two_fields_of_one_column()], cut)
    assert columns(model) == ["id", "a"]


def test_two_models_of_one_table_are_joined() -> None:
    both = [table("t", a=pw.CharField()), table("t", b=pw.IntegerField(unique=True))]
    (model,) = joined(both, cut)
    assert sorted(columns(model)) == ["a", "b", "id"]
    assert model._meta.columns["b"].unique
    assert model._meta.primary_key.name == "id"


def test_a_foreign_key_points_to_the_joined_table() -> None:
    parent = table("p", a=pw.CharField())
    child = table("c", p=pw.ForeignKeyField(parent))
    models = joined([table("p", b=pw.CharField()), child, parent], cut)
    (key,) = (field for model in models for field in model._meta.refs)
    assert key.rel_model in models


def test_long_names_are_cut() -> None:
    (model,) = joined([table("a_long_table", a_long_column=pw.CharField())], cut)
    assert model._meta.table_name == "a_long_tab"
    assert columns(model) == ["id", "a_long_col"]


def test_models_of_a_table() -> None:
    one, other = table("t"), table("t", {"schema": "s"})
    assert by_table([one, other], cut) == {(None, "t"): [one], ("s", "t"): [other]}


def key_twice() -> Any:
    return table("t", {"primary_key": pw.CompositeKey("a", "a")}, a=pw.CharField())


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ([table("a_long_table_1"), table("a_long_table_2")], "to the same name, a_long_tab"),
        ([table("t", a_long_column_1=pw.CharField(), a_long_column_2=pw.CharField())],
         "a_long_column_1 and .a_long_column_2 to the same name"),
        ([key_twice()], "names a field twice: a, a"),
    ],
)  # fmt: skip
def test_what_no_table_can_be_is_an_error(models: list[Any], words: str) -> None:
    with pytest.raises(ModelsError, match=words):
        layers(models, cut)
