"""Rewrites expressions that PostgreSQL printed as a person would write them."""

from __future__ import annotations

import re

from dbkit.schema.sql import closing

NAME = r'[a-z_][a-z0-9_]*|"(?:[^"]|"")+"'
ITEM = r"\(?'(?:[^']|'')*'::(?:character varying|text)\)?(?:::text)?|-?\d+(?:\.\d+)?"
ANY = re.compile(
    rf"(?:\((?P<cast>{NAME})\)::text|(?P<name>{NAME})) (?P<how>= ANY|<> ALL) "
    rf"\(\(?ARRAY\[(?P<items>(?:{ITEM})(?:, (?:{ITEM}))*)\](?P<all>\)?::text\[\])?\)"
)
CAST = re.compile(r"\(?('(?:[^']|'')*')::(?:character varying|text)\)?(?:::text)?")

# the cast can be omitted: the other operand has this type too
COMPARED = re.compile(
    r"( (?:[<>=]|<=|>=|<>) )\((\d+)\)::(?:numeric|double precision)(?=\)|$| AND | OR )"
)


def bare_numbers(expression: str) -> str:
    """Return the expression without casts of numbers: PostgreSQL prints `price > 0` as
    `price > (0)::numeric`."""
    return COMPARED.sub(r"\1\2", expression)


def in_lists(expression: str) -> str:
    """Return the expression with IN. PostgreSQL prints `a IN ('x', 'y')` as a comparison with an
    array, and prints that differently after reading it again; only IN is stable."""
    return ANY.sub(_in_list, expression)


def _in_list(match: re.Match[str]) -> str:
    items = CAST.sub(r"\1", match["items"])
    word = "IN" if match["how"] == "= ANY" else "NOT IN"
    return f"{match['cast'] or match['name']} {word} ({items})"


def outermost(expression: str) -> str:
    """Return the expression without parentheses around the whole."""
    while expression.startswith("(") and closing(expression) == len(expression) - 1:
        expression = expression[1:-1]
    return expression
