"""Whatever is in a database: each command works or says in a sentence why it does not.

`DBKIT_EXAMPLES=1000 pytest tests/laws/test_any_databases.py` tries so many, other ones each time.
"""

from __future__ import annotations

import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import peewee as pw
import psycopg2
import pytest

from dbkit import DbkitError, create, migrate, rollback, verify
from dbkit.adoption import adopt
from dbkit.connection import opened, parse
from dbkit.errors import DatabaseFailed
from dbkit.migration import merge, reset, status
from dbkit.schema.dialect import dialect_for
from dbkit.schema.values import Schema
from dbkit.transactions import is_open
from dbkit.verification.comparison import compare
from tests.conftest import SQLITE, server_of
from tests.servers import Server

from .any_databases import history, statements
from .test_properties import EXAMPLES

FILE = """\
import peewee as pw
def migrate(migrator, database, fake=False, **kwargs):
    class T(pw.Model):
        a = pw.IntegerField(null=True)
        class Meta:
            table_name = {table!r}
    migrator.create_model(T)
def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model({table!r}, cascade=True)
"""


class T(pw.Model):
    a = pw.IntegerField(null=True)
    b = pw.TextField(constraints=[pw.SQL("DEFAULT 'x'"), pw.Check("b <> '%'")])

    class Meta:
        table_name = "t"


def filled(database: pw.Database, sql: list[str]) -> None:
    """Run the statements that the server takes."""
    on_postgres = isinstance(database, pw.PostgresqlDatabase)
    start = "SET allow_system_table_mods TO on" if on_postgres else "PRAGMA writable_schema = ON"
    for statement in (start, *sql):
        with suppress(pw.PeeweeException, psycopg2.Error, ValueError, OverflowError):
            database.execute_sql(statement.replace("%", "%%") if on_postgres else statement)


def compared(database: pw.Database, _: Path) -> None:
    dialect = dialect_for(database)
    with dialect.reading(database, None) as reading:
        whole = reading.whole()
    for report in (compare(dialect, whole, Schema()), compare(dialect, Schema(), whole)):
        for text in (report.to_text(), report.to_json(), report.to_github(), report.to_sql()):
            text.encode()


COMMANDS: tuple[Callable[[pw.Database, Path], Any], ...] = (
    compared,
    lambda database, files: verify(database, [T]),
    lambda database, files: verify(database, [T], files, strict=True).to_sql(),
    status,
    migrate,
    status,
    rollback,
    lambda database, files: create(database, [T], files, "three"),
    lambda database, files: merge(database, files),
    migrate,
    lambda database, files: adopt(database, None, files.parent / "adopted"),
    lambda database, files: adopt(database, None, files),
    reset,
)


def failures(url: str, sql: list[str], directory: Path) -> list[str]:
    """The commands that fail with another error than a sentence, each with its traceback."""
    found = []
    files = directory / "m"
    files.mkdir(parents=True)
    for number, table in enumerate(("one", "two"), 1):
        (files / f"00{number}_{table}.py").write_text(FILE.format(table=table))
    with opened(parse(url).database()) as database:
        filled(database, sql)
    for command in COMMANDS:
        try:
            with opened(parse(url).database()) as database:
                with suppress(DbkitError):
                    command(database, files)
                assert not is_open(database)
        except DbkitError:
            pass  # the database cannot be opened
        except Exception:
            text = "\n".join(sql).encode(errors="backslashreplace").decode()
            found.append(f"{text}\n{traceback.format_exc()}")
    return found


@pytest.fixture(params=[SQLITE, pytest.param("postgres18", marks=pytest.mark.postgres)])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Empty databases."""

    def made() -> Iterator[str]:
        if request.param == "sqlite":
            number = 0
            while True:
                yield f"sqlite:///{tmp_path / f'{(number := number + 1)}.db'}"
        server = server_of(request.param)
        while True:
            name = server.create_database()
            yield server.url(name)
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    return made()


@pytest.mark.parametrize("make", [statements, lambda random, postgres: history(random)],
                         ids=["databases", "histories"])  # fmt: skip
def test_a_sentence_or_an_answer(
    urls: Iterator[str],
    make: Callable[[Random, bool], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])  # `adopt` puts the project's directory in it
    start = int(time.time()) * 10_000 if EXAMPLES else 0
    for seed, url in enumerate(islice(urls, EXAMPLES or 1), start):
        sql = make(Random(seed), url.startswith("postgresql"))  # noqa: S311
        (directory := tmp_path / str(seed)).mkdir()
        monkeypatch.chdir(directory)
        found = failures(url, sql, directory)
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(directory)
        assert not found, f"seed {seed}\n" + min(found, key=len)


@pytest.mark.postgres
@pytest.mark.parametrize("words", ["DEFAULT 1", "GENERATED ALWAYS AS (1) STORED"])
def test_a_column_that_lost_its_expression(server: Server, words: str) -> None:
    url = server.url(server.create_database())
    sql = [f"CREATE TABLE t (a int, b int {words})", "DELETE FROM pg_catalog.pg_attrdef"]
    with opened(parse(url).database()) as database:
        filled(database, sql)
        with pytest.raises(DatabaseFailed, match="damaged: column b of table t"):
            verify(database, [T])
