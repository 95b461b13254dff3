"""docs/adopting.md is run: a database is adopted, with its copies in staging and production."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest

from tests.conftest import ROOT, server_of
from tests.documents import assert_prints, blocks
from tests.servers import Server

PAGE = ROOT / "docs" / "adopting.md"
DATABASES = ("DATABASE_URL", "STAGING", "PRODUCTION")


@pytest.fixture
def databases(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, list[str]]]:
    """The server, and the names of the three databases of the page."""
    server = server_of("postgres18")
    names = [server.create_database() for _ in DATABASES]
    for variable, name in zip(DATABASES, names, strict=True):
        monkeypatch.setenv(variable, server.url(name))
    yield server, names
    for name in names:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.postgres
def test_every_command_prints_what_the_page_says(databases: tuple[Server, list[str]]) -> None:
    """In the end, each database has its own tables, and nothing of dbkit."""
    server, names = databases
    before: list[set[str]] = []
    for block in blocks(PAGE):
        if block.language == "sql":
            for name in names[-1:] if "in production" in block.text else names:
                server.execute(block.text, name)
            before = before or [tables(server, name) for name in names]
        for command, expected in block.commands():
            assert_prints(command, expected)
    assert len(before[0]) == 6
    assert [tables(server, name) for name in names] == before


def tables(server: Server, name: str) -> set[str]:
    """The tables and views of a database."""
    with psycopg2.connect(server.url(name)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT table_name FROM information_schema.tables "
                       "WHERE table_schema IN ('public', 'auth')")  # fmt: skip
        return {table for (table,) in cursor.fetchall()}
