"""What an error of a connected server means, by its code and then by its text."""

from __future__ import annotations

import re

import pytest

from dbkit.sqlstates import ADVICE, advice, sql_name


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        ("42501", "permission denied for schema public", "Since PostgreSQL 15"),
        ("42501", "permission denied for schema My s LINE 1: x", 'ON SCHEMA "My s" TO me'),
        ("42501", "permission denied for table orders", "GRANT SELECT ON orders"),
        ("42501", "permission denied for sequence s", "GRANT ALL ON sequence ... TO me"),
        ("42501", "must be owner of table t", "OWNER TO me"),
        ("42501", "something new", "GRANT the privilege TO me"),
        ("42P07", "", "migrate --fake"),
        ("SQLITE_ERROR", "table t already exists", "migrate --fake"),
        ("42P01", "", "migrate` first"),
        ("SQLITE_ERROR", "no such table: t", "migrate` first"),
        ("SQLITE_ERROR", 'near "x": syntax error', "Check the SQL"),
        ("23505", "", "duplicates"),
        ("SQLITE_CONSTRAINT_UNIQUE", "", "duplicates"),
        ("23502", "", "migrator.fill"),
        ("23999", "", "Correct the rows first"),
        ("55006", "it has pending trigger events", "SET CONSTRAINTS ALL IMMEDIATE"),
        ("55006", "", "Let the other session end"),
        ("57014", "due to statement timeout", "SET statement_timeout = 0"),
        ("57014", "", "Run the command again"),
        ("22P02", "", "Correct the rows first"),
    ],
)
def test_what_to_do(code: str, text: str, words: str) -> None:
    found = advice(code, text, "me")
    assert found
    assert words in found[1]


def test_an_error_without_advice() -> None:
    assert advice("XX000", "", None) is None
    assert advice("SQLITE_ERROR", "something new", None) is None


def test_an_unknown_role_is_a_noun() -> None:
    found = advice("42501", "permission denied for table t", None)
    assert found
    assert "ON t TO the role " in found[1]


def test_no_rule_hides_a_later_rule() -> None:
    for place, rule in enumerate(ADVICE):
        above = [one for one in ADVICE[:place] if one.code == rule.code and not one.pattern]
        assert not above, rule


def test_every_hint_can_be_filled() -> None:
    for rule in ADVICE:
        names = set(re.findall(r"{(\w+)}", rule.hint)) - {"user"}
        assert names == set(re.compile(rule.pattern).groupindex), rule


@pytest.mark.parametrize(
    ("name", "sql"),
    [("orders", "orders"), ("Orders", '"Orders"'), ('"a b"', '"a b"'), ('a"b', '"a""b"')],
)
def test_a_name_in_a_hint_is_sql(name: str, sql: str) -> None:
    assert sql_name(name) == sql
