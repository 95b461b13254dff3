"""Spellings that PostgreSQL stores differently although its manual calls them equivalent."""

from __future__ import annotations

import re

# sections 9.9.5 (time), 9.14 (UUIDs) and 9.27 (session)
EQUIVALENT = {
    "now()": "CURRENT_TIMESTAMP",
    "transaction_timestamp()": "CURRENT_TIMESTAMP",
    "CURRENT_ROLE": "CURRENT_USER",
    "USER": "CURRENT_USER",
    "current_database()": "CURRENT_CATALOG",
    '"current_schema"()': "CURRENT_SCHEMA",
    "current_schema()": "CURRENT_SCHEMA",
    "uuidv4()": "gen_random_uuid()",
}
MARKS = ("()", "USER", "ROLE")  # each spelling contains one of them; most defaults do not
ONES = "|".join(map(re.escape, EQUIVALENT))
# strings and quoted names are skipped as a whole; a dot precedes the now() of another schema
TOKEN = re.compile(
    rf"(?P<one>(?<![\w.$])(?:{ONES})(?![\w.$(]))|'(?:[^']|'')*'|" + r'"(?:[^"]|"")*"'
)


def one_spelling(expression: str | None) -> str | None:
    """Return a default of `pg_get_expr` in one of its equivalent spellings."""
    if expression is None or not any(map(expression.__contains__, MARKS)):
        return expression
    return TOKEN.sub(lambda match: EQUIVALENT[match[0]] if match["one"] else match[0], expression)


STRINGS = r"'(?:[^']|'')*'::character varying"
CAST = re.compile(rf"\(ARRAY\[({STRINGS}(?:, {STRINGS})*)\]\)::text\[\]")
EACH = re.compile(rf"({STRINGS})")


def one_array(expression: str | None) -> str | None:
    """Return an expression with its casts of arrays as the server prints them after it has read its
    own output again."""
    if expression is None or "])::text[]" not in expression:
        return expression
    return CAST.sub(lambda match: "ARRAY[" + EACH.sub(r"(\1)::text", match[1]) + "]", expression)
