"""Pieces of SQL: names, strings, and the script that statements make."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbkit.errors import MigrationError
from dbkit.schema.sql import (
    Statement,
    closing,
    folded,
    listed,
    literal,
    mentions,
    not_done,
    quoted,
    runnable,
    script,
)

ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("CHECK (a)", 8), ("(a) + (b)", 2), ("((a) + b)", 8), ("(')' = a)", 8), ("('it''s)')", 9),
        ('("b)""(" = a)', 12), ("ARRAY['('](1)", 12), ("(a", -1), ("a)", -1), ("", -1),
    ],
)  # fmt: skip
def test_the_parenthesis_that_closes_the_first(text: str, place: int) -> None:
    assert closing(text) == place


@given(ANY)
def test_sqlite_reads_a_literal_as_the_text(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    assert connection.execute(f"SELECT {literal(text)}").fetchone() == (text,)
    connection.close()


@given(ANY.filter(bool))
def test_sqlite_reads_a_quoted_name_as_the_name(name: str) -> None:
    connection = sqlite3.connect(":memory:")
    cursor = connection.execute(f"SELECT 1 AS {quoted(name)}")
    assert cursor.description[0][0] == name
    connection.close()


def test_names_in_a_list() -> None:
    assert listed(["a", 'b"', "C d"]) == '("a", "b""", "C d")'


@pytest.mark.parametrize(("name", "result"), [("ABC", "abc"), ("ÄÖ", "ÄÖ"), ("Größe_1", "größe_1"),
                                              ("\u212a", "\u212a")])  # fmt: skip
def test_only_ascii_letters_are_folded(name: str, result: str) -> None:
    assert folded(name) == result


@pytest.mark.parametrize(
    ("text", "name", "answer"),
    [
        ("a > 0", "a", True),
        ("A > 0", "a", True),
        ('"a" > 0', "a", True),
        ("lower(a)", "a", True),
        ("aa > a_", "a", False),
        ("'a'", "a", True),  # too often, never too seldom
        ('"x""y" > 0', 'x"y', True),
        ("a.b", "b", True),
        ("a+b", "a.b", False),
        ("größe > 0", "größ", False),
    ],
)
def test_a_name_is_mentioned_as_a_word(text: str, name: str, answer: bool) -> None:
    assert mentions(text, name) is answer


def test_a_script_comments_out_what_loses_data() -> None:
    some = [
        Statement("SELECT 1"),
        Statement("DROP TABLE\nx", "table\nx"),
        not_done("a foreign\n table"),
    ]
    assert script(some) == (
        "SELECT 1;\n"
        "-- not run, it would lose data: table x\n-- DROP TABLE\n-- x;\n"
        "-- not done: a foreign table\n"
    )


def test_what_is_left_to_do_by_hand_is_an_error() -> None:
    assert runnable(iter([Statement("SELECT 1")])) == [Statement("SELECT 1")]
    with pytest.raises(MigrationError, match="cannot do this: a foreign table"):
        runnable([Statement("SELECT 1"), not_done("a foreign table")])
