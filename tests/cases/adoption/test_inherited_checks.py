"""A check constraint that is not validated stays so in the tables that inherit it."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

from tests.conftest import opened
from tests.servers import Server

from .test_hostile_names import assert_adopted

TABLES = """
CREATE TABLE top (d date);
CREATE TABLE middle (e int, CONSTRAINT own CHECK (e > 0)) INHERITS (top);
CREATE TABLE bottom () INHERITS (middle);
CREATE SCHEMA s; CREATE TABLE s.top (d date); CREATE TABLE s.middle (e int) INHERITS (s.top);
CREATE TABLE two_parents () INHERITS (top, s.top);
ALTER TABLE top ADD CONSTRAINT late CHECK (d > '2001-01-01') NOT VALID;
ALTER TABLE middle ADD CONSTRAINT later CHECK (e > 1) NOT VALID;
ALTER TABLE s.top ADD CONSTRAINT late CHECK (d > '2001-01-01') NOT VALID;
"""


def test_inherited_checks(server: Server, dbkit: Callable[..., Result]) -> None:
    url, fresh = (server.url(server.create_database()) for _ in range(2))
    with opened(url) as database:
        database.execute_sql(TABLES)
    assert_adopted(dbkit, url, fresh)
    result = dbkit("rollback", "--database", fresh)
    assert result.exit_code == 0, result.output
