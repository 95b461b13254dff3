"""The statements that bring one SQLite schema to another: written from values, run in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from dbkit.schema.details import Generated, Key
from dbkit.schema.sqlite.writing import statements
from dbkit.schema.values import Check, Column, Index, Part, PrimaryKey, Schema, Table, Trigger
from tests.names import own

KEY = PrimaryKey(("id",), named=False)
ID, A = Column("id", "integer", False), Column("a", "text")
CHECK = Check("a <> ''", name="c")


def schema(*parts: Part) -> Schema:
    return Schema(tables=(Table(own("t"), (KEY, ID, *parts)),))


@pytest.fixture
def memory() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def run(connection: sqlite3.Connection, old: Schema, new: Schema) -> list[str]:
    written = [one.sql for one in statements(old, new)]
    for sql in written:
        connection.execute(sql)
    return written


@pytest.mark.parametrize(
    ("part", "add", "drop"),
    [
        (Column("b", "integer", False, "1"),
         'ALTER TABLE "t" ADD COLUMN "b" integer NOT NULL DEFAULT 1',
         'ALTER TABLE "t" DROP COLUMN "b"'),
        (Index((Key("a"),), name="i", where="a > 0"), 'CREATE INDEX "i" ON "t" (a) WHERE a > 0',
         'DROP INDEX "i"'),
    ],
)  # fmt: skip
def test_in_place(memory: sqlite3.Connection, part: Part, add: str, drop: str) -> None:
    run(memory, Schema(), schema(A))
    assert run(memory, schema(A), schema(A, part)) == [add]
    assert run(memory, schema(A, part), schema(A)) == [drop]


@pytest.mark.parametrize(
    "part",
    [
        CHECK,
        Column("b", "integer", False, "1 + 1"),
        Column("b", "integer", generated=Generated("id + 1", "stored")),
    ],
)
def test_a_rebuild_keeps_the_rows(memory: sqlite3.Connection, part: Part) -> None:
    run(memory, Schema(), schema(A))
    memory.execute("INSERT INTO t (id, a) VALUES (1, 'x'), (2, 'y')")
    written = run(memory, schema(A), schema(A, part))
    assert written[0] == "PRAGMA foreign_keys = OFF"
    assert 'ALTER TABLE "dbkit_new_t" RENAME TO "t"' in written
    run(memory, schema(A, part), schema(A))
    assert memory.execute("SELECT id, a FROM t").fetchall() == [(1, "x"), (2, "y")]
    assert [one for (one,) in memory.execute("SELECT name FROM sqlite_master")] == ["t"]


def test_in_an_open_transaction_no_pragma_is_written() -> None:
    written = statements(schema(A), schema(A, CHECK), wrapped=False)
    assert not any(one.sql.startswith(("PRAGMA", "BEGIN", "COMMIT")) for one in written)


def test_a_rebuilt_table_gets_its_indexes_and_triggers_again(memory: sqlite3.Connection) -> None:
    index = Index((Key("a"),), name="i")
    trigger = Trigger("g", "create trigger g after insert on t begin select 1 ; end")
    run(memory, Schema(), schema(A, index, trigger))
    run(memory, schema(A, index, trigger), schema(A, index, trigger, CHECK))
    found = {one for (one,) in memory.execute("SELECT name FROM sqlite_master")}
    assert found == {"t", "i", "g"}


def test_what_loses_data_says_so() -> None:
    (column,) = statements(schema(A, Column("b", "text")), schema(A))
    assert column.loses == "column b of table t"
    (table,) = (one for one in statements(schema(A), Schema()) if one.loses)
    assert (table.sql, table.loses) == ('DROP TABLE "t"', "table t")
    rebuilt = statements(schema(A, Column("b", "text", generated=Generated("a"))), schema(A, CHECK))
    assert not any(one.loses for one in rebuilt)


def test_equal_schemas_need_nothing() -> None:
    assert statements(schema(A), schema(A)) == []
