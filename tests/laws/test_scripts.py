"""The statements of `--sql` are those of the real run: on a copy of the database, psql or sqlite3
make of them the same schema, the same rows and the same history; and the target is only read.

A slice of the pairs runs, on each dialect; all of them with DBKIT_EVERY_CASE.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from click.testing import Result

from dbkit import migrate, rollback
from dbkit.connection import parse
from dbkit.migration import create
from dbkit.migration.recorder import MigrationRecorder
from dbkit.migration.sent_statements import StatementCollector
from dbkit.schema.dialect import dialect_for
from dbkit.schema.sqlite.recording import Connection
from tests.conftest import EVERY_CASE
from tests.conftest import POSTGRES as SERVERS
from tests.conftest import SQLITE as FILE
from tests.laws.dumps import dumped
from tests.laws.test_pairs import by_hand, contents, live, run
from tests.pairs import all_pairs as pairs

STEP = 1 if EVERY_CASE else 30
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
SAVEPOINT = re.compile(r'"s[0-9a-f]{32}"')
TIMES = re.compile(r"'\d{4}-\d\d-\d\d[ T][\d:.]+'(?:::timestamp)?|\b\d+\.\d{6,}(?:e-\d+)?\b")


def cases() -> Iterator[Any]:
    for places, names in (
        ([FILE, *SERVERS], list(pairs.BOTH)[::STEP]),
        (SERVERS, list(pairs.POSTGRES)[::STEP]),
        ([FILE], list(pairs.SQLITE)[::STEP]),
    ):
        for name in names:
            for place in places:
                (kind,) = place.values
                yield pytest.param(kind, name, marks=place.marks, id=f"{name}-{kind}")


@pytest.mark.parametrize(("url", "name"), list(cases()), indirect=["url"])
def test_the_script_does_what_the_real_run_does(
    url: str, name: str, dbkit: Callable[..., Result]
) -> None:
    pair, directory = pairs.PAIRS[name], Path("migrations")
    directory.mkdir()
    database = opened(url)
    create(database, pair.v1(), directory, "one")
    by_hand(directory, pair.extra)
    migrate(database, directory)
    run(database, pair.rows)
    created = create(
        database, pair.v2(), directory, "two",
        rename=pair.rename, fill=pair.fill, no_rename=pair.no_rename,
    )  # fmt: skip
    if created is None:
        return
    for command, real in (("migrate", migrate), ("rollback", rollback)):
        before = state(database)
        result = dbkit(command, "--sql", "--database", url)
        assert result.exit_code == 0, result.output
        assert "warning" not in result.stderr
        assert state(database) == before
        copy = copied(url, database)
        send(copy, result.stdout)
        database = opened(url)
        collector = StatementCollector(looks=False)
        with dialect_for(database).recorded(database, collector):
            real(database, directory)
        with closing(opened(copy)) as other:
            assert state(other) == state(database)
        said = [line for line in result.stdout.splitlines() if not line.startswith("-- 00")]
        sent = [one.sql.strip().removesuffix(";") for one in collector.taken()]
        assert plain("\n".join(said)) == plain(";\n".join([*sent, ""]))


def plain(script: str) -> str:
    """Without times, names of savepoints, and empty lines."""
    lines = TIMES.sub("?", SAVEPOINT.sub("?", script)).splitlines()
    return "\n".join(filter(None, lines))


def opened(url: str) -> Any:
    database = parse(url).database()
    if url.startswith("sqlite"):
        database.connect_params["factory"] = Connection
    database.connect()
    return database


def state(database: Any) -> Any:
    """The schema for another judge, the rows, and the history with dbkit's records."""
    records = MigrationRecorder(database, "migratehistory", None).read()
    history = [(name, record and record.checksum) for name, record in records.items()]
    rows = repr(contents(database, live(database)))
    return dumped(database, ()), TIMES.sub("?", rows), history  # a default may be the time


def copied(url: str, database: Any) -> str:
    """The URL of a copy; the database is closed."""
    database.close()
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        shutil.copyfile(path, f"{path}.copy")
        return f"{url}.copy"
    place, _, name = url.rpartition("/")
    copy = f"{name}_copy"
    with closing(psycopg2.connect(f"{place}/postgres")) as server:
        server.autocommit = True
        server.cursor().execute(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")
        server.cursor().execute(OTHERS, (name,))
        server.cursor().execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
    return f"{place}/{copy}"


def send(url: str, script: str) -> None:
    """Run a script with the program of the database's makers."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(script)
    elif psql := shutil.which("psql"):
        command = [psql, "-qX", "-v", "ON_ERROR_STOP=1", url]
        done = subprocess.run(command, input=script, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    else:
        with closing(psycopg2.connect(url)) as connection:
            connection.autocommit = True
            connection.cursor().execute(script)
