"""No password is printed of the statements that dbkit prints."""

from __future__ import annotations

import pytest

from dbkit.masking import masked

STATEMENTS = [
    "CREATE ROLE a LOGIN PASSWORD {'s3''cr'} IN ROLE b",
    r"ALTER USER a ENCRYPTED PASSWORD {E's3\'cr'} VALID UNTIL 'x'",
    "create role a password {$$s3$cr$$}",
    "ALTER ROLE a PASSWORD\n  {$x$s3$$cr$x$}, x = 'y'",
    "ALTER ROLE a PASSWORD /* PASSWORD */ {U&'s3cr'}",
    "UPDATE u SET \"password\" = {'s3cr'}, b = 'c'",
    "SELECT dblink_connect('host=a password={s3cr} dbname=b')",
    "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password {'s3cr'})",
    "CREATE SUBSCRIPTION s CONNECTION 'postgresql://u:{s3%40cr}@h/d' PUBLICATION p",
    "ALTER ROLE a PASSWORD NULL",
    "CREATE TABLE u (password text NOT NULL DEFAULT 'x', password_hint text DEFAULT 'y')",
    "SELECT 'a://b:c', 'http://h:80/x'",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_only_passwords_are_hidden(statement: str) -> None:
    before, brace, rest = statement.partition("{")
    password, _, after = rest.partition("}")
    hidden = f"{before}***{after}" if brace else statement
    assert masked(f"{before}{password}{after}") == hidden == masked(hidden)
