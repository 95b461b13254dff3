"""Python names for tables, columns and the labels of enum types."""

from __future__ import annotations

import pytest

from dbkit.adoption.python_names import class_name, field_name, member_names, unique


@pytest.mark.parametrize(
    ("table", "name"),
    [("order_lines", "OrderLines"), ("Order Details", "OrderDetails"), ("2fa", "Table2fa"),
     ("@", "Table"), ("ünïts", "Ünïts"), ("api_keys", "ApiKeys")],
)  # fmt: skip
def test_class_names(table: str, name: str) -> None:
    assert class_name(table) == name


@pytest.mark.parametrize(
    ("column", "name"),
    [("CustomerID", "customer_id"), ("a b", "a_b"), ("_meta", "meta"), ("1st", "column_1st"),
     ("'", "column"), ("ﬁ", "fi")],
)  # fmt: skip
def test_field_names(column: str, name: str) -> None:
    assert field_name(column) == name


def test_foreign_keys_lose_their_ending() -> None:
    assert field_name("user_id", is_foreign_key=True) == "user"
    assert field_name("_id", is_foreign_key=True) == "id"


def test_labels_of_an_enum() -> None:
    assert member_names(["on", "PG-13"]) == ["ON", "PG_13"]
    assert member_names(["a-b", "a_b"]) is None
    assert member_names([""]) is None
    assert member_names([]) is None
    assert member_names(["class", "none"]) == ["CLASS", "NONE"]


@pytest.mark.parametrize(
    ("name", "taken", "found"),
    [("a", [], "a"), ("a", ["a"], "a_1"), ("a", ["a", "a_1"], "a_2"), ("class", [], "class_1")],
)
def test_a_name_that_is_not_taken(name: str, taken: list[str], found: str) -> None:
    assert unique(name, taken, lambda count: f"_{count}") == found
