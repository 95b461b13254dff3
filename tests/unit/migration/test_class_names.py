"""Names of classes in a generated function."""

from __future__ import annotations

import pytest

from dbkit.migration.class_names import class_names
from dbkit.python_source import is_plain
from tests.pairs.pair import table


def names(*given: str, taken: tuple[str, ...] = ()) -> list[str]:
    models = [table("t") for _ in given]
    for model, name in zip(models, given, strict=True):
        model.__name__ = name
    return list(class_names(models, taken).values())


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("User", "User"),
        ("Größe", "Größe"),
        ("ﬁeld", "field"),
        ("__Hidden", "Hidden"),
        ("A b", "A_b"),
        ("2fa", "Model2fa"),
        ("class", "Modelclass"),
        ("", "Model"),
        ("Migrator", "Migrator_"),  # the source's own
        ("Database", "Database_"),
        ("List", "List_"),  # list, which a field named so would hide
        ("EnumField", "EnumField_"),
    ],
)
def test_a_name(given: str, name: str) -> None:
    assert names(given) == [name]


def test_names_differ_in_more_than_case() -> None:
    assert names("User", "USER", "User") == ["User", "USER_", "User__"]
    assert names("User", taken=("user",)) == ["User_"]


@pytest.mark.parametrize(
    ("name", "answer"),
    [("a", True), ("__a__", True), ("__a", False), ("class", False), ("ﬁ", False), ("", False)],
)
def test_a_name_that_python_keeps(name: str, answer: bool) -> None:
    assert is_plain(name) is answer
