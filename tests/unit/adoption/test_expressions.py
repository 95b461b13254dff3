"""Expressions as a server prints them, written as a person would."""

from __future__ import annotations

import pytest

from dbkit.adoption.expressions import bare_numbers, in_lists, outermost


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("(price > (0)::numeric)", "(price > 0)"),
        ("a >= (1)::double precision AND b <> (2)::numeric", "a >= 1 AND b <> 2"),
        ("a = (1)::bigint", "a = (1)::bigint"),
        ("a + (1)::numeric", "a + (1)::numeric"),
        ("a > (1)::numeric(10,2)", "a > (1)::numeric(10,2)"),
    ],
)
def test_numbers_without_a_cast(printed: str, written: str) -> None:
    assert bare_numbers(printed) == written


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        (
            "((a)::text = ANY ((ARRAY['x'::character varying, 'it''s'::character varying])"
            "::text[]))",
            "(a IN ('x', 'it''s'))",
        ),
        ("(a = ANY (ARRAY['x'::text]))", "(a IN ('x'))"),
        ("(a <> ALL (ARRAY[1, -2, 3.5]))", "(a NOT IN (1, -2, 3.5))"),
        ('("A b" = ANY (ARRAY[1]))', '("A b" IN (1))'),
        ("(a < ANY (ARRAY[1]))", "(a < ANY (ARRAY[1]))"),
        ("(a = ANY (ARRAY[b]))", "(a = ANY (ARRAY[b]))"),
    ],
)
def test_lists(printed: str, written: str) -> None:
    assert in_lists(printed) == written


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("((a))", "a"),
        ("(a) + (b)", "(a) + (b)"),
        ("(a = ')')", "a = ')'"),
        ("('(' = a)", "'(' = a"),
        ('(a = "b)""")', 'a = "b)"""'),
        ("(a = 'it''s)')", "a = 'it''s)'"),
        ("(a[(1)] = ']')", "a[(1)] = ']'"),
        ("a", "a"),
        ("(a", "(a"),
    ],
)
def test_outermost_parentheses(printed: str, written: str) -> None:
    assert outermost(printed) == written
