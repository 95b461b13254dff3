"""A model says where that is which its columns need from a schema that is not on the path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.servers import Server

from .test_hostile_names import assert_adopted
from .test_whole_database import rows

SCRIPT = """
CREATE SCHEMA off; CREATE SCHEMA "Odd.one";
CREATE TYPE off.mood AS ENUM ('a', 'b');
CREATE TYPE "Odd.one"."Odd type" AS ENUM ('x', 'y');
CREATE TYPE off.pair AS (a integer, b text);
CREATE TYPE off.floats AS RANGE (subtype = float8);
CREATE DOMAIN off.positive AS integer CHECK (VALUE > 0);
CREATE COLLATION off.bytes (locale = 'C');
CREATE SEQUENCE off.numbers;
CREATE FUNCTION off.f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE OPERATOR off.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
CREATE OPERATOR CLASS off.by_number FOR TYPE integer USING btree AS OPERATOR 1 <, OPERATOR 2 <=,
    OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer);
CREATE TABLE t (id integer PRIMARY KEY DEFAULT nextval('off.numbers'), m off.mood DEFAULT 'a',
    ms off.mood[], o "Odd.one"."Odd type" NOT NULL DEFAULT 'x', p off.pair, ps off.pair[],
    r off.floats, d off.positive, ds off.positive[], b text COLLATE off.bytes,
    a integer DEFAULT off.f(1) CHECK (off.f(a) > 0 AND a OPERATOR(off.===) 1),
    g integer GENERATED ALWAYS AS (off.f(a)) STORED);
CREATE INDEX by_off ON t (off.f(a));
CREATE INDEX by_class ON t (a off.by_number);
CREATE INDEX by_bytes ON t (b COLLATE "C", lower(b COLLATE off.bytes));
"""


@pytest.mark.postgres
def test_a_table_has_a_model(server: Server, dbkit: Callable[..., Result]) -> None:
    url, fresh = (server.url(server.create_database()) for _ in range(2))
    rows(url, SCRIPT)
    assert_adopted(dbkit, url, fresh)
    (models,) = (path.read_text() for path in Path().glob("adopted_*.py"))
    assert "class T(BaseModel)" in models
    assert '"off.pair[]"' in models
    assert "ignore" not in Path("setup.cfg").read_text()
