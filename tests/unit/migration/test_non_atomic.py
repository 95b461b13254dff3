"""Which statements of a file with ATOMIC = False are sent again when it continues."""

from __future__ import annotations

import pytest

from dbkit.migration.non_atomic import BACK, READING, RELEASE, SAVEPOINT
from dbkit.schema.sql import blanked

READS = [
    "SELECT 1",
    "-- of the rows\nselect a FROM t",
    "SELECT 'INTO'",
    'SELECT "into" FROM t',
    "WITH x AS (SELECT 'DELETE') SELECT * FROM x",
    "VALUES (1)",
    "TABLE t",
    "SHOW search_path",
    "EXPLAIN SELECT 1",
    "PRAGMA table_info(t)",
]
WRITES = [
    "SELECT 1 AS a INTO x",
    "WITH x AS (SELECT 1) SELECT * INTO y FROM x",
    "WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN (ANALYSE, BUFFERS) UPDATE t SET a = 1",
    "UPDATE t SET a = 1",
    "VACUUM",
]


@pytest.mark.parametrize("sql", READS)
def test_a_read_is_sent_again(sql: str) -> None:
    assert READING.match(blanked(sql))


@pytest.mark.parametrize("sql", WRITES)
def test_a_write_is_not_sent_again(sql: str) -> None:
    assert not READING.match(blanked(sql))


@pytest.mark.parametrize(
    ("pattern", "sql"),
    [
        (SAVEPOINT, " savepoint a"),
        (SAVEPOINT, "/* of the file */ SAVEPOINT a"),
        (RELEASE, "release savepoint a"),
        (BACK, "rollback to a"),
        (BACK, "ROLLBACK WORK TO SAVEPOINT a"),
    ],
)
def test_a_savepoint_is_seen_in_any_spelling(pattern: object, sql: str) -> None:
    assert pattern.match(blanked(sql))  # type: ignore[attr-defined]
