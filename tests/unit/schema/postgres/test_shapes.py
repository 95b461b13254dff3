"""Checks that differ only in names of columns and in values have one shape."""

from __future__ import annotations

import pytest

from dbkit.schema.postgres.shapes import Shapes, filled

TYPES = {"price": "numeric", "cost": "numeric", "size": "integer", "name": "text", "select": "text"}


@pytest.fixture
def shapes() -> Shapes:
    found = Shapes.__new__(Shapes)  # the keywords would be asked of a server
    found.keywords, found.columns = frozenset({"select", "and"}), {}
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("price >= 7", "cost >= 25"),
        ("price >= 7.5", "cost >= 25.25"),
        ("price > cost", "cost > price"),
        ("name <> 'a'", "name <> 'it''s b'"),
        ("lower(name) = 'a'", "lower(name) = 'b'"),
    ],
)
def test_of_one_shape(shapes: Shapes, one: str, other: str) -> None:
    first, second = shapes.shape(one, TYPES), shapes.shape(other, TYPES)
    assert first
    assert second
    assert first[:2] == second[:2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("price >= 7", "size >= 7"),
        ("price >= 7", "price > 7"),
        ("price > 7 AND price < 7", "price > 7 AND price < 8"),
        ("price >= 7", "price >= 7.5"),
        ("price >= 7", "price >= -07"),
        ("price > cost", "price > price"),
        ("lower(name) = 'a'", "upper(name) = 'a'"),
        ("price > 0", "price > 1"),  # the server prints 0 as it is, and nothing else of it
    ],
)
def test_of_two_shapes(shapes: Shapes, one: str, other: str) -> None:
    first, second = shapes.shape(one, TYPES), shapes.shape(other, TYPES)
    assert first
    assert second
    assert first[:2] != second[:2]


@pytest.mark.parametrize("source", ['"price" > 1', "dbkit_1 > 1", "price > 1234567890"])
def test_without_a_shape(shapes: Shapes, source: str) -> None:
    assert shapes.shape(source, TYPES) is None


@pytest.mark.parametrize(
    "source", ["price >= 7", "price > 7 AND cost < 8.5", "name <> 'it''s'", "select = 'x'"]
)
def test_the_shape_filled_is_what_was_written(shapes: Shapes, source: str) -> None:
    shape = shapes.shape(source, TYPES)
    assert shape
    text, _, values = shape
    assert filled(text, values) == source


def test_an_answer_that_lost_a_value_is_none(shapes: Shapes) -> None:
    shape = shapes.shape("price >= 7", TYPES)
    assert shape
    assert filled(None, shape[2]) is None
    assert filled("(dbkit_0 IS NOT NULL)", shape[2]) is None
    assert filled("(dbkit_0 >= (1000000001)::numeric)", shape[2]) == "(price >= (7)::numeric)"
