"""`migrate --to` and `rollback --to`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import without_files

FILE = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE {name} (a int)")

def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TABLE {name}")
"""
NAMES = ("001_a", "002_b", "003_c", "004_d")


def rolled_back(output: str) -> list[str]:
    return re.findall(r"^rollback: (\w+):", output, re.MULTILINE)


@pytest.fixture
def run(url: str, dbkit: Callable[..., Result], tmp_path: Path) -> Callable[..., str]:
    (tmp_path / "migrations").mkdir()
    for name in NAMES:
        (tmp_path / f"migrations/{name}.py").write_text(FILE.format(name=name[-1]))

    def run(*words: str) -> str:
        result = dbkit(*words, "--database", url)
        lines = [line for line in without_files(result.output).splitlines()
                 if not line.startswith("database:")]  # fmt: skip
        return f"{result.exit_code} " + "\n".join([*lines, *rolled_back(result.output)])

    return run


def test_both_ways_to_a_file(run: Callable[..., str]) -> None:
    assert run("migrate", "--to", "2") == "0 migrate: applied 001_a, 002_b"
    assert run("migrate", "--to", "1") == "0 migrate: nothing to apply"
    assert run("migrate", "--name", "003_c") == "0 migrate: applied 003_c"
    assert run("migrate", "--to", "004") == "0 migrate: applied 004_d"
    assert run("rollback", "--to", "003_") == "0 004_d"
    assert run("rollback", "--to", "3") == "0 rollback: nothing to roll back"
    assert run("rollback", "--to", "001_a.py") == "0 003_c\n002_b"
    assert run("status").startswith("1 [x] 001_a\n[ ] 002_b")


def test_a_target_that_cannot_be_used(run: Callable[..., str]) -> None:
    run("migrate", "--to", "2")
    said = run("rollback", "--to", "3")
    assert said.startswith("2 error: There is no migration 3 among the applied migrations.\n")
    assert "Candidates: 001_a, 002_b. " in said
    assert run("migrate", "--to", "00").startswith("2 error: There are several migrations 00 in ")
    assert run("rollback", "--to", "1", "--count", "2").startswith("2 Usage")
    for words in (("migrate", "--to"), ("migrate", "--sql", "--to"), ("rollback", "--to"),
                  ("rollback", "--sql", "--to"), ("repair", "--applied"),
                  ("repair", "--pending")):  # fmt: skip
        assert "The value is empty" in run(*words, "")
    assert run("status").endswith("applied: 2, pending: 2")
