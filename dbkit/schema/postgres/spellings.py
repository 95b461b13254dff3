"""Spellings of a default that PostgreSQL keeps apart and its manual gives as equivalent."""

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
MARKS = ("()", "USER", "ROLE")  # one of them is in each; most defaults have none
ONES = "|".join(map(re.escape, EQUIVALENT))
# a string or a quoted name is passed over as a whole; in a schema's own now() the dot is in front
TOKEN = re.compile(
    rf"(?P<one>(?<![\w.$])(?:{ONES})(?![\w.$(]))|'(?:[^']|'')*'|" + r'"(?:[^"]|"")*"'
)


def one_spelling(expression: str | None) -> str | None:
    """The default as `pg_get_expr` prints it, with one spelling for those that are equivalent."""
    if expression is None or not any(map(expression.__contains__, MARKS)):
        return expression
    return TOKEN.sub(lambda match: EQUIVALENT[match[0]] if match["one"] else match[0], expression)


STRINGS = r"'(?:[^']|'')*'::character varying"
CAST = re.compile(rf"\(ARRAY\[({STRINGS}(?:, {STRINGS})*)\]\)::text\[\]")
EACH = re.compile(rf"({STRINGS})")


def one_array(expression: str | None) -> str | None:
    """An array that is cast, as the server prints it once it has read its own words again."""
    if expression is None or "])::text[]" not in expression:
        return expression
    return CAST.sub(lambda match: "ARRAY[" + EACH.sub(r"(\1)::text", match[1]) + "]", expression)
