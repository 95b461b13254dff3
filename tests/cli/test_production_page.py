"""docs/production.md is run: its commands print what it says, also beside other sessions."""

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

from dbkit.diagnosis import RULES
from dbkit.schema.postgres.other_sessions import KEY
from tests.cli.shop import shop_in_production, write_migration
from tests.conftest import ROOT
from tests.documents import Block, assert_prints, blocks
from tests.servers import Server

PAGE = ROOT / "docs" / "production.md"
# What other sessions do, as user and application, while the commands of a block run. The comment
# before the block says which of them, and when it ends.
SESSIONS = {
    "another run": ("deploy", "dbkit", f"SELECT pg_advisory_xact_lock({KEY})"),
    "a report": ("reports", "psql", "SELECT title FROM books WHERE title <> 'Emma'"),
    "an update": ("reports", "psql", "UPDATE books SET title = 'Emma' WHERE title = 'Ema'"),
}
CAUSES = " ".join(rule.cause for rule in RULES)
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
    """A server with the database of the shop, whose project is in a branch of git that adds a
    migration, while main has another migration of that number."""
    with shop_in_production(monkeypatch) as server:
        for words, name in (("init -q -b main", "001_shop"), ("checkout -q -b pages", "002_pages"),
                            ("checkout -q main", "002_price")):  # fmt: skip
            assert_prints(f"git {words}", "")
            write_migration(name)
            assert_prints(f"git add -A && git commit -q -m {name}", "")
        assert_prints("git checkout -q pages", "")
        assert_prints("dbkit migrate --to 1 -q", "")
        server.create_role("reports")
        rows = "INSERT INTO books (title) VALUES ('Ema'), ('Persuasion')"
        server.execute(f"GRANT ALL ON books TO reports; {rows}; ANALYZE books", "shop")
        yield server


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


def test_the_table_of_messages_quotes_them() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition("| The message |")[2].partition("\n\n")[0]
    messages = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert len(messages) > 5
    told = "".join(block.text for block in blocks(PAGE, "console")) + CAUSES
    for message in re.findall("`(.*?)`", " ".join(messages)):
        assert message in told, message
