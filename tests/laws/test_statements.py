"""The statements that bring one database to another: run for real, on rows, both ways."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import peewee as pw
import psycopg2
import pytest

from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.postgres.writing import statements as postgres_statements
from dbkit.schema.sql import Statement, not_done, quoted, script
from dbkit.schema.sqlite.writing import statements as sqlite_statements
from dbkit.schema.values import Column, Schema, Table
from tests.conftest import opened, server_of
from tests.servers import Server

from .statement_pairs import POSTGRES, POSTGRES_18, SQLITE

WAYS = pytest.mark.parametrize("way", [1, -1], ids=["there", "back"])


def live(database: pw.Database) -> Schema:
    with dialect_for(database).reading(database, None) as reading:
        return reading.live(comments=True)


def tables(schema: Schema) -> dict[Name, Table]:
    return {table.name: table for table in schema.tables if "view" not in table.kind}


def columns(table: Table) -> dict[str, Column]:
    return {part.name: part for part in table.parts if isinstance(part, Column)}


def run(url: str, statements: Iterable[Statement | str]) -> None:
    """One by one, and not through Peewee, which would take a % for a parameter."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        for statement in statements:
            sql = statement.sql if isinstance(statement, Statement) else statement
            if sql and not sql.startswith("--"):
                connection.cursor().execute(sql)


@contextmanager
def databases(server: Server, *scripts: str) -> Iterator[list[str]]:
    names = [server.create_database() for _ in scripts]
    try:
        for name, sql in zip(names, scripts, strict=True):
            run(server.url(name), [sql])
        yield [server.url(name) for name in names]
    finally:
        for name in names:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def rows(database: pw.Database, schema: Schema) -> dict[tuple[Name, str], list[Any]]:
    """The values of every column, as text; of each table under '' its number of rows."""
    found = {}
    only = "ONLY " if isinstance(database, pw.PostgresqlDatabase) else ""  # not its children's
    for name, table in tables(schema).items():
        cells = {column: quoted(column) for column in columns(table)}
        for column, cell in {"": "1", **cells}.items():
            sql = f"SELECT CAST({cell} AS text) FROM {only}{name.sql} ORDER BY 1"
            found[name, column] = [value for (value,) in database.execute_sql(sql).fetchall()]
    return found


def keeps_everything(before: Schema, after: Schema) -> bool:
    """Whether no table and no column that is not computed is missing."""
    return all(
        column.name.lower() in map(str.lower, columns(tables(after)[name]))
        for name, table in tables(before).items()
        for column in columns(table).values()
        if column.generated is None
    )


def kept(before: Schema, after: Schema, lost: str) -> Iterator[tuple[str, str]]:
    """The columns that are as they were, and that no reason names."""
    for name in tables(before).keys() & tables(after).keys():
        old, new = columns(tables(before)[name]), columns(tables(after)[name])
        for column in old.keys() & new.keys():
            same = (old[column].type, old[column].generated) == (
                new[column].type, new[column].generated)  # fmt: skip
            if same and f"{name}," not in lost and f"column {column} " not in lost:
                yield name, column


@pytest.mark.parametrize("name", [*POSTGRES, *POSTGRES_18])
def test_statements_bring_one_postgresql_database_to_another(server: Server, name: str) -> None:
    if name in POSTGRES_18 and server is not server_of("postgres18"):
        pytest.skip("is of PostgreSQL 18")
    scripts = (POSTGRES | POSTGRES_18)[name]
    with databases(server, *scripts) as (one, two):
        with opened(one) as current, opened(two) as desired:
            schemas = [live(current), live(desired)]
            values = [rows(current, schemas[0]), rows(desired, schemas[1])]
        for url, sql in ((one, scripts[0]), (two, scripts[1])):
            before, wanted = schemas
            found = postgres_statements(before, wanted)
            spare = [sql] if any(statement.loses for statement in found) else []
            with databases(server, *spare) as spares:
                careful = spares[0] if spares else url
                run(url, found)
                if careful != url:
                    run(careful, [statement for statement in found if not statement.loses])
                with opened(url) as current, opened(careful) as spared:
                    check(found, before, wanted, values[0], current, spared)
            schemas.reverse()
            values.reverse()


def check(
    found: list[Statement],
    before: Schema,
    wanted: Schema,
    values: dict[tuple[str, str], list[Any]],
    current: pw.Database,
    spared: pw.Database,
) -> None:
    """`current` ran all that was found, `spared` what loses nothing."""
    after, left = live(current), live(spared)
    assert bool(found) == bool(diff(before, wanted))
    assert diff(after, wanted) == ()
    assert keeps_everything(before, left)
    still = rows(spared, left)
    assert all(still[key] == value for key, value in values.items() if not key[1])
    lost = "\n".join(statement.loses + "," for statement in found)
    now = rows(current, after)
    assert all(now[key] == values[key] for key in kept(before, after, lost))


@pytest.mark.sqlite
@WAYS
@pytest.mark.parametrize("name", SQLITE)
def test_statements_bring_one_sqlite_database_to_another(
    name: str, way: int, tmp_path: Path
) -> None:
    old, new = SQLITE[name][::way]
    urls = []
    for number, sql in enumerate((old, new, old)):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as connection:
            connection.executescript(sql)
        urls.append(f"sqlite:///{tmp_path / f'{number}.db'}")
    with opened(urls[0]) as current, opened(urls[1]) as desired, opened(urls[2]) as spared:
        before, wanted = live(current), live(desired)
        values = rows(current, before)
        found = sqlite_statements(before, wanted)
        for database in (current, spared):
            database.execute_sql("PRAGMA foreign_keys = ON")
        for statement in found:
            for database in (current, spared):
                if database is current or not statement.loses:
                    database.execute_sql(statement.sql)
        check(found, before, wanted, values, current, spared)


@pytest.mark.sqlite
@WAYS
@pytest.mark.parametrize("name", SQLITE)
def test_the_script_runs_and_loses_nothing(name: str, way: int) -> None:
    old, new = SQLITE[name][::way]
    with opened("sqlite:///:memory:") as current, opened("sqlite:///:memory:") as desired:
        current.connection().executescript(old)
        desired.connection().executescript(new)
        before = live(current)
        values = rows(current, before)
        text = script(dialect_for(current).statements(before, live(desired)))
        current.connection().executescript(text)
        after = live(current)
        assert keeps_everything(before, after)
        now = rows(current, after)
        assert all(now[key] == value for key, value in values.items() if not key[1])


def test_a_script_comments_out_what_loses_data() -> None:
    statements = [Statement("SELECT 1"), Statement("DROP\n  TABLE t", "table t"), not_done("a\nb")]
    assert script(statements) == (
        "SELECT 1;\n-- not run, it would lose data: table t\n-- DROP\n--   TABLE t;\n"
        "-- not done: a b\n"
    )
    assert script([]) == ""


LOSSES = {
    ("integer", "bigint"): False,
    ("bigint", "integer"): False,  # refuses what is out of range
    ("text", "character varying(5)"): False,  # refuses what is too long
    ("numeric", "integer"): True,
    ("numeric(10,0)", "integer"): False,
    ("numeric(10,4)", "numeric(10,2)"): True,
    ("numeric(10,2)", "numeric(12,4)"): False,
    ("double precision", "integer"): True,
    ("bigint", "double precision"): True,
    ("integer", "double precision"): False,
    ("text", "integer"): False,
    ("text", "numeric(5,2)"): True,
    ("boolean", "integer"): False,
    ("integer", "boolean"): True,
    ("timestamp without time zone", "date"): True,
    ("date", "timestamp without time zone"): False,
    ("timestamp(6) without time zone", "timestamp(0) without time zone"): True,
    ("point", "box"): True,
}


@pytest.mark.parametrize("types", LOSSES)
def test_a_type_that_would_change_values_is_a_loss(types: tuple[str, str]) -> None:
    old, new = (Schema(tables=(Table(Name("", "t"), (Column("a", type_),)),)) for type_ in types)
    (found,) = postgres_statements(old, new)
    assert bool(found.loses) == LOSSES[types]


def test_using_never_cuts() -> None:
    old = Schema(tables=(Table(Name("", "t"), (Column("a", "boolean"), Column("b", "text"))),))
    new = Schema(
        tables=(Table(Name("", "t"), (Column("a", "character(2)"), Column("b", "bit(3)"))),)
    )
    assert [one.sql for one in postgres_statements(old, new)] == [
        'ALTER TABLE "t" ALTER COLUMN "a" TYPE character(2)',
        'ALTER TABLE "t" ALTER COLUMN "b" TYPE bit(3) USING "b"::text::bit varying',
    ]


@pytest.mark.parametrize("kind", ["serial", "int GENERATED BY DEFAULT AS IDENTITY"])
def test_automatic_values_go_on_after_those_that_are_there(server: Server, kind: str) -> None:
    scripts = ("CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (1), (7)",
               f"CREATE TABLE t (a {kind})")  # fmt: skip
    with databases(server, *scripts) as (one, two):
        with opened(one) as current, opened(two) as desired:
            run(one, postgres_statements(live(current), live(desired)))
            current.execute_sql("INSERT INTO t DEFAULT VALUES")
            assert current.execute_sql("SELECT max(a) FROM t").fetchone() == (8,)


@pytest.mark.sqlite
def test_autoincrement_goes_on_after_the_largest_key_there_was() -> None:
    made = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a {})"
    with opened("sqlite:///:memory:") as current, opened("sqlite:///:memory:") as desired:
        current.connection().executescript(
            made.format("text") + "; INSERT INTO t VALUES (9, 'x'); DELETE FROM t"
        )
        desired.execute_sql(made.format("text NOT NULL"))
        for statement in sqlite_statements(live(current), live(desired)):
            current.execute_sql(statement.sql)
        current.execute_sql("INSERT INTO t (a) VALUES ('y')")
        assert current.execute_sql("SELECT id FROM t").fetchall() == [(10,)]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "types",
    {("text", "int"): True, ("int", "text"): False, ("real", "text"): True}.items(),
)
def test_an_affinity_that_would_change_values_is_a_loss(
    types: tuple[tuple[str, str], bool],
) -> None:
    old, new = (Schema(tables=(Table(Name("", "t"), (Column("a", type_),)),)) for type_ in types[0])
    assert any(one.loses for one in sqlite_statements(old, new)) == types[1]
