"""Each command prints one JSON document, whatever happens, with the keys that the page lists."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dbkit.cli.commands import main
from tests.conftest import ROOT, opened
from tests.documents import assert_prints, blocks

Run = Callable[..., Result]
PAGE = ROOT / "docs" / "json.md"
ROWS = re.findall(r"^\| `([^`]*)` \| (`[^|]*) \|$", PAGE.read_text(), re.MULTILINE)
KEYS = {command: re.findall(r"`(\w+)`", keys) for command, keys in ROWS if command != "version"}
EVERY = {"version", "ok", "error"}
MODELS = """\
import peewee as pw
class Book(pw.Model):
    title = pw.CharField()
"""
SEEDS = '[keys]\nbook = ["title"]\n[[book]]\ntitle = "Emma"\n'
# in an order in which each command has something to do; several lead to the answer no
STEPS = [
    ("create --check", 1), ("create", 0), ("create --empty", 0), ("migrate --plan", 0),
    ("verify", 1), ("status", 1), ("migrate", 0), ("status", 0), ("create --check", 0),
    ("create", 0), ("seed --check", 1), ("verify --seeds", 1), ("seed --dry-run", 0),
    ("seed --fake book=2", 0), ("seed", 0), ("up", 0), ("prove", 0), ("verify", 0),
    ("diff models live", 0), ("diff models migrations", 0), ("rollback", 0),
    ("reset --yes --seed", 0), ("reset --yes", 0), ("repair --yes", 0),
    ("repair --pending 1 --yes", 0), ("renumber", 0), ("check", 0), ("diagram", 0),
    ("docs pages", 0),
]  # fmt: skip


@pytest.fixture
def project(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(url, monkeypatch)


@pytest.fixture
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(f"sqlite:///{tmp_path / 'small.db'}", monkeypatch)


def prepare(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "books", raising=False)
    Path("books.py").write_text(MODELS)
    Path("seeds").mkdir()
    Path("seeds/01_books.toml").write_text(SEEDS)
    Path("migrations").mkdir()
    with opened(url) as database:
        database.execute_sql("CREATE TABLE other (id INTEGER)")  # and with it SQLite's file
    for name, value in {"DATABASE_URL": url, "DBKIT_MODELS": "books"}.items():
        monkeypatch.setenv(name, value)


def keys_of(words: str) -> set[str]:
    """The keys of the page for a command line: those of its longest beginning."""
    best = max((row for row in KEYS if set(row.split()) <= set(words.split())), key=len)
    return EVERY | {*KEYS[best]}


def document(result: Result) -> dict[str, Any]:
    """The only document on standard output."""
    assert "Traceback" not in result.output
    found: dict[str, Any] = json.loads(result.stdout)
    assert (found["version"], found["ok"]) == (1, result.exit_code == 0)
    assert (found["error"] is None) == (result.exit_code < 2), result.output
    return found


@pytest.mark.usefixtures("project")
def test_every_command_prints_the_keys_of_the_page(dbkit: Run) -> None:
    Path("books.py").write_text(f"print('printed')\n{MODELS}")
    for words, code in STEPS:
        result = dbkit(*words.split(), "--format", "json")
        assert result.exit_code == code, (words, result.output)
        assert document(result).keys() == keys_of(words), words
    shutil.rmtree("migrations")
    Path("books.py").unlink()
    adopted = document(dbkit("init", "--models", "adopted", "--format", "json"))
    assert adopted.keys() == keys_of("init")
    assert {row.split()[0] for row in KEYS} == {*main.commands} - {"dump"}


NEEDS = {"diff": ["models", "live"], "reset": ["--yes"], "repair": ["--yes"],
         "diagram": ["live"], "docs": ["pages", "live"]}  # fmt: skip
WAYS = {
    "an unknown option": ["--nonsense"],
    "options that exclude each other": ["-q", "-v"],
    "a wrong setting": ["--database", "mysql://a/b"],
    "no database": ["--database", "sqlite:////no/such/directory/a.db"],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.sqlite
@pytest.mark.usefixtures("small_project")
def test_a_failure_of_any_command_is_a_document(dbkit: Run, way: str) -> None:
    Path("migrations/001_wrong.py").write_text("nonsense(\n")
    for name in main.commands:
        if name == "dump" or (way == "no database" and name in ("renumber", "prove")):
            continue
        words = [name, *NEEDS.get(name, []), *WAYS[way]]
        for json_ in (["--format", "json"], ["--format=json"]):
            result = dbkit(*words, *json_)
            assert result.exit_code == 2, (words, result.output)
            found = document(result)
            assert found.keys() >= EVERY
            assert found["error"]["message"], words


@pytest.mark.sqlite
@pytest.mark.usefixtures("small_project")
def test_the_error_of_a_document_has_a_message_and_a_hint(dbkit: Run) -> None:
    assert dbkit("create", "first").exit_code == 0
    assert dbkit("migrate").exit_code == 0
    path = Path("migrations/001_first.py")
    path.write_text(path.read_text().replace("title", "name"))
    for words in ("status", "verify", "migrate --plan", "migrate", "rollback"):
        found = document(dbkit(*words.split(), "--format", "json"))
        assert "001_first" in found["error"]["message"], words
    del sys.modules["books"]
    Path("books.py").write_text("import nothing_of_that_name\n")
    for words in ("verify", "create", "prove", "diff models live", "seed", "up"):
        found = document(dbkit(*words.split(), "--format", "json"))
        assert found["error"].keys() == {"message", "hint"}
        assert "nothing_of_that_name" in found["error"]["message"]


@pytest.mark.sqlite
@pytest.mark.usefixtures("small_project")
def test_a_document_suits_every_encoding(dbkit: Run) -> None:
    Path("books.py").write_text(MODELS.replace("Book", "Größe"), encoding="utf-8")
    result = CliRunner(charset="ascii").invoke(main, ["verify", "--format", "json"])
    assert result.exit_code == 1, result.output
    assert document(result)["changes"][0]["table"] == "größe"
    assert result.stdout.isascii()


@pytest.mark.sqlite
def test_the_page_runs() -> None:
    Path("setup.cfg").write_text("[dbkit]\nmodels = books\n")
    for block in blocks(PAGE, "console"):
        for command, expected in block.commands():
            assert_prints(command, expected)
