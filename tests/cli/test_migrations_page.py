"""docs/migrations.md is run: its commands print what the page says, and its operations work."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from dbkit import migrate, rollback, verify
from dbkit.connection import parse
from tests.conftest import ROOT
from tests.documents import Block, assert_prints, blocks

PAGE = ROOT / "docs" / "migrations.md"
FILE = re.compile(r"# (\S+\.\w+)\n")
SERVERS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
HEAD = """\
import peewee as pw

from dbkit.fields import EnumField


def migrate(migrator, database, *, fake=False):
"""


def write(block: Block) -> None:
    """Write the file that the first line of a block names."""
    if name := FILE.match(block.text):
        Path(name[1]).parent.mkdir(exist_ok=True)
        Path(name[1]).write_text(block.text, encoding="utf-8")


def test_every_operation_runs(database: pw.Database, url: str) -> None:
    """Each block of operations is a file."""
    Path("m").mkdir()
    examples = [block for block in blocks(PAGE, "python") if not FILE.match(block.text)]
    assert len(examples) > 9
    for number, block in enumerate(examples):
        if block.comment in ("", SERVERS[parse(url).dialect]):
            body = textwrap.indent(block.text, "    ")
            Path(f"m/{number:03}_example.py").write_text(HEAD + body, encoding="utf-8")
    assert migrate(database, "m")


def test_every_command_prints_what_the_page_says(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    target = parse(url)
    for block in blocks(PAGE):
        if not block.comment:
            write(block)
        for command, expected in block.commands():
            here = expected.replace("sqlite:///dbkit.db", target.display)
            assert_prints(command, here.replace("on SQLite", f"on {SERVERS[target.dialect]}"))


def test_the_files_for_large_tables(postgres: pw.Database) -> None:
    checks = {"constraints": [pw.Check("price_cents >= 0", "courses_price")]}
    members = table("members", search_key=pw.TextField(index=True))
    courses = table("courses", checks, price_cents=pw.BigIntegerField())
    postgres.execute_sql(
        "CREATE TABLE courses (id serial PRIMARY KEY, price_cents bigint NOT NULL)"
    )
    postgres.execute_sql("CREATE TABLE members (id serial PRIMARY KEY, search_key text NOT NULL)")
    for block in blocks(PAGE, "python"):
        if block.comment:
            write(block)
    assert len(migrate(postgres)) == 3
    assert not verify(postgres, [members, courses])
    assert rollback(postgres, count=3)


def table(name: str, meta: dict[str, Any] | None = None, **fields: Any) -> Any:
    options = {"table_name": name, "legacy_table_names": False, **(meta or {})}
    return type("Model", (pw.Model,), {"Meta": type("Meta", (), options), **fields})
