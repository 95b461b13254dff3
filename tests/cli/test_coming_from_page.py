"""docs/coming-from.md is run on databases that the other tools made."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest
from peewee_migrate import Router

from dbkit.cli.commands import main
from dbkit.migration import Migrator
from tests.conftest import ROOT, SQLITE, opened, server_of
from tests.documents import follow

PAGE = ROOT / "docs" / "coming-from.md"
MADE_BY = Path(__file__).parent / "made_by"
SERVERS = [SQLITE, pytest.param("postgres18", marks=pytest.mark.postgres)]

JOURNAL = """\
import peewee as pw


class Author(pw.Model):
    name = pw.CharField()


class Entry(pw.Model):
    author = pw.ForeignKeyField(Author, backref="entries", on_delete="CASCADE")
    title = pw.CharField(max_length=100)
"""
MOOD = "    mood = pw.CharField(max_length=20, null=True)\n"


def made_by_peewee_migrate(database: pw.Database) -> None:
    """Two migrations that peewee-migrate itself applies; for the first database it writes them."""
    for number, (name, more) in enumerate((("first", ""), ("mood", MOOD)), 1):
        router = Router(database, migrate_dir="migrations")
        if len(router.todo) < number:
            Path("journal.py").write_text(JOURNAL + more)
            router.create(name, auto="journal")
            del sys.modules["journal"]
        router.run()
    database.execute_sql("INSERT INTO author (name) VALUES ('Ada')")
    database.execute_sql("INSERT INTO entry (author_id, title) VALUES (1, 'Notes')")


def made_by(tool: str, database: pw.Database, kind: str) -> None:
    """The tables that the tool makes for a project, with rows, and its history."""
    if tool == "peewee-migrate":
        return made_by_peewee_migrate(database)
    script = MADE_BY / f"{tool.split()[0].lower()}_{kind}.sql"
    for statement in script.read_text().split(";\n")[:-1]:
        database.execute_sql(statement)


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def urls(kind: str, tmp_path: Path) -> Iterator[list[str]]:
    """Two databases: that of development, and that of production."""
    if kind == "sqlite":
        yield [f"sqlite:///{tmp_path / name}.db" for name in ("development", "production")]
        return
    server = server_of(kind)
    names = [server.create_database() for _ in range(2)]
    yield [server.url(name) for name in names]
    for name in names:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("tool", ["peewee-migrate", "alembic and SQLAlchemy", "Django"])
def test_the_steps_of_a_move(
    tool: str, kind: str, urls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.syspath_prepend(str(project))
    for name, url in zip(("DATABASE_URL", "PRODUCTION"), urls, strict=True):
        monkeypatch.setenv(name, url)
        with opened(url) as database:
            made_by(tool, database, kind)
    follow(section(tool))
    if tool == "Django":
        assert_the_server_deletes_the_books(urls)


def section(title: str) -> Path:
    """A file with the section of the page."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"^## {title}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    path = Path("..", "section.md")
    path.write_text(found[0], encoding="utf-8")
    return path


def assert_the_server_deletes_the_books(urls: list[str]) -> None:
    for url in urls:
        with opened(url) as database:
            database.execute_sql("DELETE FROM library_book_tags")
            database.execute_sql("DELETE FROM library_author")
            assert database.execute_sql("SELECT count(*) FROM library_book").fetchone() == (0,)


def test_the_tables_name_commands_options_and_operations_that_exist() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = re.findall(r"`dbkit (\w+)([^`]*)`", text)
    assert len(named) > 30
    for command, arguments in named:
        options = {name for option in main.commands[command].params for name in option.opts}
        assert {*re.findall(r"--[\w-]+", arguments)} <= options, (command, arguments)
    operations = {*re.findall(r"\bmigrator\.(\w+)", text)} - {"orm"}
    assert len(operations) > 7
    for name in operations:
        assert hasattr(Migrator, name), name
