"""`dbkit --version` names every version that a report of a fault needs, and never fails."""

from __future__ import annotations

import platform
import re
import socket
import sqlite3
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import Result

import dbkit as library
from tests.servers import Server

Run = Callable[..., Result]
LIBRARIES = [
    f"dbkit {library.__version__}",
    f"Python {platform.python_version()}",
    f"Peewee {version('peewee')}",
    f"peewee-migrate {version('peewee-migrate')}",
    f"psycopg2 {version('psycopg2-binary')}",
    f"SQLite {sqlite3.sqlite_version}",
]


def lines(dbkit: Run) -> list[str]:
    result = dbkit("--version")
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_without_a_server(dbkit: Run, tmp_path: Path) -> None:
    assert lines(dbkit) == LIBRARIES
    assert list(tmp_path.iterdir()) == []


def test_with_a_server(dbkit: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.url("postgres")
    monkeypatch.setenv("DATABASE_URL", url.replace("postgres@", "postgres:s3cret@"))
    *libraries, last = lines(dbkit)
    assert libraries == LIBRARIES
    assert re.fullmatch(rf"server: PostgreSQL \d+\.\d+.* \({re.escape(url)}\)", last)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://u:s3cret@localhost:1/shop", "refused: Nothing answers at that host"),
        ("nonsense://u:s3cret@x", "The database URL is not understood"),
        ("embedded:nowhere", "database missing: There is no PostgreSQL data in nowhere"),
    ],
)
def test_without_an_answer(
    dbkit: Run, url: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    *libraries, last = lines(dbkit)
    assert libraries == LIBRARIES
    assert last.startswith(f"server: {reason}")
    assert "s3cret" not in last
    assert list(tmp_path.iterdir()) == []


def test_broken_settings(dbkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBKIT_ENV", "prod")
    assert lines(dbkit) == [*LIBRARIES, "server: DBKIT_ENV is prod."]


def test_a_server_that_is_silent(dbkit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("DATABASE_URL", f"postgresql://127.0.0.1:{port}/x?connect_timeout=60")
        began = time.monotonic()
        assert lines(dbkit)[-1].startswith("server: timed out: ")
        assert time.monotonic() - began < 5
