"""Queries of other sessions are shown without their constants, which may be passwords."""

from __future__ import annotations

import pytest

from dbkit.schema.postgres.other_sessions import LONGEST, shown

QUERIES = {
    None: "",
    "SELECT *\n  FROM t": "SELECT * FROM t",
    "ALTER ROLE a PASSWORD 's3cret'": "ALTER ROLE a PASSWORD '...'",
    "ALTER ROLE a PASSWORD 's3''cret' LOGIN": "ALTER ROLE a PASSWORD '...' LOGIN",
    r"ALTER ROLE a PASSWORD E's3\'cret' LOGIN": "ALTER ROLE a PASSWORD E'...' LOGIN",
    "ALTER ROLE a PASSWORD 's3cre": "ALTER ROLE a PASSWORD '...'",
    "ALTER ROLE a PASSWORD E's3cre\\": "ALTER ROLE a PASSWORD E'...'",
    "DO $x$ s3cret $$ 'x' $x$; SELECT $$s3cret": "DO '...'; SELECT '...'",
    "SELECT $1, 'a', 'b'": "SELECT $1, '...', '...'",
}


@pytest.mark.parametrize("query", QUERIES)
def test_constants_are_hidden(query: str | None) -> None:
    assert shown(query) == QUERIES[query]


def test_a_long_query_is_cut() -> None:
    assert len(shown("SELECT " + "a, " * 100)) == LONGEST
