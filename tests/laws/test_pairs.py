"""Every pair of models, with rows in the tables: there, back to exactly what was, and there again.

The schema that the migrations make is held to what `create_tables` makes of v2 on a clean database:
by dbkit's own diff, and by pg_dump or SQLite's pragmas, so that dbkit is not its only judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, rollback, verify
from dbkit.migration import create
from dbkit.schema.dialect import dialect_for
from dbkit.schema.diff import diff
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import OWN_TABLES
from dbkit.schema.sql import quoted
from dbkit.schema.values import Column, Schema, Table
from dbkit.scratch_database import scratch_database
from tests.conftest import EVERY_CASE
from tests.conftest import POSTGRES as SERVERS
from tests.conftest import SQLITE as FILE
from tests.laws.dumps import dumped
from tests.pairs import all_pairs as pairs
from tests.pairs.pair import Pair

Rows = list[dict[str, Any]]
Names = dict[Name, set[str | None]]


def cases() -> Iterator[Any]:
    for names, places in (
        (pairs.BOTH, [FILE, *SERVERS]),
        (pairs.POSTGRES, SERVERS),
        (pairs.SQLITE, [FILE]),
    ):
        for name in names:
            for place in places:
                (kind,) = place.values
                yield pytest.param(kind, name, marks=place.marks, id=f"{name}-{kind}")


@pytest.mark.parametrize(("url", "name"), list(cases()), indirect=["url"])
def test_there_and_back(database: pw.Database, name: str, tmp_path: Path) -> None:
    pair = pairs.PAIRS[name]
    directory = tmp_path / "migrations"
    directory.mkdir()
    assert create(database, pair.v1(), directory, "one")
    by_hand(directory, pair.extra)
    migrate(database, directory)
    is_clean(database, pair.v1(), pair)
    run(database, pair.rows)
    before = live(database)
    rows = contents(database, before)

    created = create(
        database, pair.v2(), directory, "two",
        rename=pair.rename, fill=pair.fill, no_rename=pair.no_rename,
    )  # fmt: skip
    if dialect_for(database).name in pair.idle:
        assert created is None
        return
    assert created
    assert (directory / f"{created.name}.py").read_text(encoding="utf-8") == created.text
    names = [one.name for one in (created.first, created) if one]
    assert migrate(database, directory) == names
    is_clean(database, pair.v2(), pair)
    wanted, chosen, dump = on_a_clean_database(database, pair)
    after = live(database)
    assert diff(of_chosen_names(after, chosen), wanted) == ()
    assert dump is None or dumped(database, set().union(*chosen.values())) == dump
    check_rows(database, pair, before, rows, after)
    counts_on(database, after)
    assert create(database, pair.v2(), directory, "three") is None
    assert len(list(directory.iterdir())) == 1 + bool(pair.extra) + len(names)

    rollback(database, directory, len(names))
    again = live(database)
    assert diff(before, again) == ()
    is_clean(database, pair.v1(), pair)
    assert without(contents(database, again), pair.lost) == without(rows, pair.lost)
    counts_on(database, again)

    migrate(database, directory)
    is_clean(database, pair.v2(), pair)
    assert diff(of_chosen_names(live(database), chosen), wanted) == ()


@pytest.mark.parametrize("name", pairs.NOTHING)
def test_nothing_to_do(database: pw.Database, name: str, tmp_path: Path) -> None:
    pair = pairs.NOTHING[name]
    assert create(database, pair.v1(), tmp_path / "m", "one")
    assert create(database, pair.v2(), tmp_path / "m", "two") is None
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["001_one.py"]


def by_hand(directory: Path, extra: Iterable[str]) -> None:
    """A migration that somebody wrote."""
    statements = [f"    migrator.sql({sql!r})\n" for sql in extra]
    if statements:
        head = "def migrate(migrator, database, *, fake=False):\n"
        (directory / "002_by_hand.py").write_text(head + "".join(statements), encoding="utf-8")


def run(database: pw.Database, statements: Iterable[str]) -> None:
    is_postgres = isinstance(database, pw.PostgresqlDatabase)
    for sql in statements:
        # psycopg2 takes a bare % for a placeholder
        database.execute_sql(sql.replace("%", "%%") if is_postgres else sql)


def is_clean(database: pw.Database, models: list[Any], pair: Pair) -> None:
    report = verify(database, models, strict=True, ignore=pair.hidden)
    assert not report, str(report)


def live(database: pw.Database) -> Schema:
    """All that there is, but for the history."""
    with dialect_for(database).reading(database, None) as reading:
        found = reading.live(comments=True)
    tables = (table for table in found.tables if str(table.name) not in OWN_TABLES)
    return replace(found, tables=tuple(tables))


def on_a_clean_database(database: pw.Database, pair: Pair) -> tuple[Schema, Names, Any]:
    """(what `create_tables` makes of v2, the names in it that the models say, its dump)."""
    models = pair.v2()
    with scratch_database(database) as clean, clean.bind_ctx(models, False, False):
        build(clean, models)
        with dialect_for(clean).reading(clean, None) as reading:
            said = reading.models(models, reading.live())
        run(clean, pair.extra_after or pair.extra)
        chosen = {
            table.name: {part.name for part in table.parts if getattr(part, "named", False)}
            for table in said.tables
        }
        all_chosen = set().union(*chosen.values())
        dump = dumped(clean, all_chosen) if is_dumped(clean, pair) else None
        return of_chosen_names(live(clean), chosen), chosen, dump


def is_dumped(database: pw.Database, pair: Pair) -> bool:
    """Whether pg_dump or SQLite's pragmas judge the pair too. A dump takes 0.1 s, so PostgreSQL
    has every fourth pair dumped, unless every case is to be run."""
    is_postgres = isinstance(database, pw.PostgresqlDatabase)
    return not is_postgres or EVERY_CASE or pair in [*pairs.PAIRS.values()][::4]


def build(database: pw.Database, models: list[Any]) -> None:
    """`create_tables`, with what Peewee leaves to its user."""
    if isinstance(database, pw.PostgresqlDatabase):
        for name in {model._meta.schema for model in models} - {None}:
            database.execute_sql(f"CREATE SCHEMA {quoted(name)}")
    database.create_tables(models)
    if isinstance(database, pw.PostgresqlDatabase):
        for model in models:
            for field in model._meta.refs:
                if field.deferred:
                    model._schema.create_foreign_key(field)


def of_chosen_names(schema: Schema, chosen: Names) -> Schema:
    """The schema, in which a name that the models do not say may be any."""

    def renamed(table: Table) -> Table:
        names = chosen.get(table.name, set())
        parts = (
            replace(part, named=part.name in names) if hasattr(part, "named") else part
            for part in table.parts
        )
        return replace(table, parts=tuple(parts))

    return replace(schema, tables=tuple(map(renamed, schema.tables)))


def counts_on(database: pw.Database, schema: Schema) -> None:
    """Every sequence is past the keys that there are."""
    if not isinstance(database, pw.PostgresqlDatabase):
        return
    for name, some in columns(schema).items():
        for column in (column for column in some.values() if column.identity):
            owner = name.sql
            sql = f"SELECT nextval(pg_get_serial_sequence(%s, %s)) > max({quoted(column.name)}) "
            (is_past,) = database.execute_sql(
                f"{sql} FROM {owner}", (owner, column.name)
            ).fetchone()
            assert is_past is not False, f"{name}.{column.name}"


def columns(schema: Schema) -> dict[Name, dict[str, Column]]:
    """Table -> column; of tables only."""
    return {
        table.name: {part.name: part for part in table.parts if isinstance(part, Column)}
        for table in schema.tables
        if table.kind == "table"
    }


def contents(database: pw.Database, schema: Schema) -> dict[Name, Rows]:
    """Table -> its rows as texts."""
    found = {}
    for name, some in columns(schema).items():
        cells = ", ".join(f"CAST({quoted(column)} AS text)" for column in some)
        sql = f"SELECT {cells} FROM {name.sql}"
        if isinstance(database, pw.PostgresqlDatabase):
            sql = sql.replace("%", "%%")
        rows = database.execute_sql(sql).fetchall()
        found[name] = [dict(zip(some, row, strict=True)) for row in rows]
    return found


def without(rows: dict[Name, Rows], left_out: Collection[str]) -> dict[Name, list[Any]]:
    """In an order that does not depend on the database's; less these tables and columns."""
    return {
        name: sorted(
            sorted((column, str(value)) for column, value in row.items()
                   if f"{name}.{column}" not in left_out)
            for row in some
        )
        for name, some in rows.items()
        if str(name) not in left_out
    }  # fmt: skip


def check_rows(
    database: pw.Database, pair: Pair, before: Schema, rows: dict[Name, Rows], after: Schema
) -> None:
    """v2 has v1's rows; it answers as the pair says; it takes and refuses new ones."""
    now = contents(database, after)
    olds, news = columns(before), columns(after)
    for name in olds.keys() & news.keys():
        if str(name) in pair.changed:
            continue
        assert len(rows[name]) == len(now[name])
        kept = [
            column for column, old in olds[name].items()
            if f"{name}.{column}" not in (*pair.changed, *pair.rename)
            and column in news[name] and news[name][column].type == old.type
            and old.generated is None
        ]  # fmt: skip
        was, has = ([{column: row[column] for column in kept} for row in some]
                    for some in (rows[name], now[name]))  # fmt: skip
        assert without({name: was}, ()) == without({name: has}, ())
    for sql, answer in pair.after.items():
        assert [tuple(row) for row in database.execute_sql(sql).fetchall()] == answer, sql
    for sql in pair.accepts:
        with database.atomic() as transaction:
            run(database, [sql])
            transaction.rollback()
    for sql in pair.refuses:
        with pytest.raises(pw.DatabaseError), database.atomic():
            run(database, [sql])
