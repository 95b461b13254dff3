"""Python names for tables, columns and the labels of enum types."""

from __future__ import annotations

from enum import StrEnum

import pytest

from dbkit.adoption.english import plural, singular
from dbkit.adoption.python_names import class_name, field_name, member_names, model_name, unique


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


@pytest.mark.parametrize(
    ("table", "name"),
    [("order_lines", "OrderLine"), ("Order Details", "OrderDetail"), ("categories", "Category"),
     ("user_data", "UserData"), ("people", "Person"), ("users_2", "Users2"), ("ünïts", "Ünïts"),
     ("@", "Table")],
)  # fmt: skip
def test_models_are_in_the_singular(table: str, name: str) -> None:
    assert model_name(table) == name


@pytest.mark.parametrize(
    ("one", "several"),
    [("user", "users"), ("category", "categories"), ("address", "addresses"), ("box", "boxes"),
     ("status", "statuses"), ("person", "people"), ("child", "children"), ("index", "indexes"),
     ("branch", "branches"), ("cache", "caches"), ("house", "houses"), ("cause", "causes"),
     ("database", "databases"), ("purchase", "purchases"), ("analysis", "analyses"),
     ("movie", "movies"), ("key", "keys"), ("day", "days"), ("hero", "heroes"), ("size", "sizes"),
     ("lens", "lenses"), ("menu", "menus"), ("virus", "viruses"), ("news", "news"),
     ("data", "data"), ("series", "series"), ("media", "media")],
)  # fmt: skip
def test_nouns(one: str, several: str) -> None:
    assert (singular(several), plural(one)) == (one, several)
    assert (singular(one), plural(several)) == (one, several)


@pytest.mark.parametrize("other", ["", "x2", "ünit", "表", "a_b", "is"])
def test_what_is_no_noun_keeps_its_form(other: str) -> None:
    assert (singular(other), plural(other)) == (other, None)


@pytest.mark.parametrize(
    ("column", "target", "name"),
    [("user_id", "id", "user"), ("UserID", "ID", "user"), ("product_sku", "sku", "product"),
     ("sku", "sku", "sku"), ("_id", "id", "id"), ("created_by", "id", "created_by")],
)  # fmt: skip
def test_foreign_keys_lose_their_ending(column: str, target: str, name: str) -> None:
    assert field_name(column, target) == name


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["on", "PG-13", "inProgress"], ["ON", "PG_13", "IN_PROGRESS"]),
        (["in-progress", "2xl", "", "'"], ["IN_PROGRESS", "VALUE_2XL", "EMPTY", "VALUE"]),
        (["class", "None", "mro", "__x__"], ["CLASS", "NONE", "MRO", "X"]),
        (["a-b", "a_b", "A B"], ["A_B", "A_B_2", "A_B_3"]),
        (["A+", "A-", "c++", ">="], ["A_PLUS", "A_MINUS", "C_PLUS_PLUS", "GREATER_EQUAL"]),
    ],
)
def test_labels_of_an_enum(labels: list[str], names: list[str]) -> None:
    assert member_names(labels) == names
    assert list(StrEnum("Some", dict(zip(names, labels, strict=True)))) == labels  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "taken", "found"),
    [("a", [], "a"), ("a", ["a"], "a_1"), ("a", ["a", "a_1"], "a_2"), ("class", [], "class_1")],
)
def test_a_name_that_is_not_taken(name: str, taken: list[str], found: str) -> None:
    assert unique(name, taken, lambda count: f"_{count}") == found
