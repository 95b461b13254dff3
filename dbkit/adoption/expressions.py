"""Rewrites expressions that a server printed as a person would write them."""

from __future__ import annotations

import re

from dbkit.schema.sqlite.tokenizer import TOKEN, tokens

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
    while expression.startswith("(") and _closing(expression) == len(expression) - 1:
        expression = expression[1:-1]
    return expression


def _closing(expression: str) -> int:
    """The end of the first parenthesis. Parentheses in strings do not count."""
    depth = 0
    for match in TOKEN.finditer(expression):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return -1


def spaced(expression: str) -> str:
    """Return an expression that consists of the tokenizer's tokens with usual spaces."""
    text, before = "", ""
    for word in tokens(expression):
        text += word if _touches(before, word) else f" {word}"
        before = word
    return text.strip()


def _touches(before: str, word: str) -> bool:
    if before == "x" and word.startswith("'"):  # x'00' is two tokens
        return True
    return before == "(" or word in (")", ",")
