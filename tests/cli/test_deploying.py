"""docs/deploying.md is run: its commands print what it says, also beside other sessions."""

from __future__ import annotations

import logging
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg2
import pytest

from dbkit.cli.commands import main
from dbkit.schema.postgres.other_sessions import KEY
from tests.conftest import ROOT, server_of
from tests.documents import Block, assert_prints, blocks
from tests.servers import Server

PAGE = ROOT / "docs" / "deploying.md"
MODELS = """\
import peewee as pw


class Author(pw.Model):
    name = pw.CharField()

    class Meta:
        table_name = "authors"


class Book(pw.Model):
    title = pw.CharField()
    price = pw.IntegerField()
    pages = pw.IntegerField(null=True)

    class Meta:
        table_name = "books"
"""
MIGRATION = """\
import peewee as pw


def migrate(migrator, database, *, fake=False):
    {}


def rollback(migrator, database, *, fake=False):
    {}
"""
PRICE = """migrator.add_fields("books", price=pw.IntegerField(null=True))
    migrator.fill("books", price=20)
    migrator.add_not_null("books", "price")"""
TABLES = """migrator.sql("CREATE TABLE authors (id serial PRIMARY KEY, name varchar(255) NOT NULL)")
    migrator.sql("CREATE TABLE books (id serial PRIMARY KEY, title varchar(255) NOT NULL)")"""
FILES = {
    "001_shop": (TABLES, 'migrator.sql("DROP TABLE books, authors")'),
    "002_price": (PRICE, 'migrator.remove_fields("books", "price")'),
    "002_pages": ('migrator.add_fields("books", pages=pw.IntegerField(null=True))',
                  'migrator.remove_fields("books", "pages")'),
}  # fmt: skip
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null"} | {
    f"GIT_{who}_{what}": "shop@example.com"
    for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}  # fmt: skip
# What other sessions do, as user and application, while the commands of a block run. The comment
# before the block says which of them, and when it ends.
SESSIONS = {
    "another run": ("deploy", "dbkit", f"SELECT pg_advisory_xact_lock({KEY})"),
    "a report": ("reports", "psql", "SELECT title FROM books WHERE title <> 'Emma'"),
    "an update": ("reports", "psql", "UPDATE books SET title = 'Emma' WHERE title = 'Ema'"),
}
FOR_THE_BLOCK, UNTIL_NAMED, CTRL_C = "for the block", "until dbkit names it", "Ctrl-C"


@contextmanager
def beside(comment: str, server: Server) -> Iterator[None]:
    """Another session does what the comment says, such as `for the block: a report`."""
    if not comment:
        yield
        return
    end, _, name = comment.partition(": ")
    user, application, sql = SESSIONS[name]
    other = psycopg2.connect(server.url("shop", user), application_name=application)
    other.cursor().execute(sql)
    actions: dict[str, Callable[[], object]] = {
        FOR_THE_BLOCK: lambda: None,
        UNTIL_NAMED: other.rollback,
        CTRL_C: partial(signal.raise_signal, signal.SIGINT),
    }
    try:
        with when_dbkit_waits(actions[end]):
            yield
    finally:
        other.rollback()
        other.close()


@contextmanager
def when_dbkit_waits(action: Callable[[], object]) -> Iterator[None]:
    """Act after each message about a wait is printed: a handler of the root logger comes last."""

    class Handler(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            action()

    logger, handler = logging.getLogger(), Handler()
    handler.addFilter(logging.Filter("dbkit"))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with the database of a shop in production, whose project is the working directory:
    a branch that adds a migration, while main has another migration of that number."""
    server = server_of("postgres18")
    server.create_role("deploy", "CREATEDB IN ROLE pg_read_all_stats")
    server.create_role("reports")
    server.execute("CREATE DATABASE shop OWNER deploy")
    settings = {
        "DATABASE_URL": server.url("shop", "deploy"),
        "DBKIT_SCRATCH_URL": server.url("postgres", "deploy"),
        "DBKIT_ENV": "production",
        "DBKIT_MODELS": "shop",
        "DBKIT_LOCK_TIMEOUT": "200ms",  # only to save time
    }
    for name, value in {**settings, **GIT}.items():
        monkeypatch.setenv(name, value)
    Path("shop.py").write_text(MODELS)
    Path("migrations").mkdir()
    for words, name in (("init -q -b main", "001_shop"), ("checkout -q -b pages", "002_pages"),
                        ("checkout -q main", "002_price")):  # fmt: skip
        assert_prints(f"git {words}", "")
        Path("migrations", f"{name}.py").write_text(MIGRATION.format(*FILES[name]))
        assert_prints(f"git add -A && git commit -q -m {name}", "")
    assert_prints("git checkout -q pages", "")
    assert_prints("dbkit migrate --to 1 -q", "")
    rows = "INSERT INTO books (title) VALUES ('Ema'), ('Persuasion')"
    server.execute(f"GRANT ALL ON books TO reports; {rows}; ANALYZE books", "shop")
    yield server
    server.execute("DROP DATABASE shop WITH (FORCE)")


def write(block: Block) -> None:
    """Write the file whose name is in the first line of the block."""
    name = re.match(r"# (\S+)", block.text)
    assert name, block.text
    Path(name[1]).write_text(block.text)


@pytest.mark.postgres
@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_every_command_prints_what_the_page_says(server: Server) -> None:
    for block in blocks(PAGE):
        if block.language == "python":
            write(block)
        elif block.language == "console":
            with beside(block.comment, server):
                for command, expected in block.commands():
                    assert_prints(command, expected)


def test_the_recipes_use_commands_and_options_that_exist() -> None:
    recipes = "".join(block.text for block in blocks(PAGE, "yaml"))
    lines = re.findall(r"(?:run|command): (.*)", recipes)
    words = [re.sub(r"""[\[\],"]""", " ", line).split() for line in lines]
    commands = [arguments for program, *arguments in words if program == "dbkit"]
    assert len(commands) > 5
    for name, *arguments in commands:
        main.commands[name].make_context(name, arguments)
