"""The pages whose examples use the reference schema are run, and the pages leave nothing out."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbkit import config
from dbkit.cli.commands import main
from dbkit.diagnosis import RULES
from dbkit.migration import Migrator
from dbkit.migration.base_migrator import BaseMigrator
from dbkit.schema.postgres.equivalent_spellings import EQUIVALENT
from tests.conftest import ROOT
from tests.documents import assert_prints, blocks, follow, printed_by, printed_here
from tests.laws.test_dump_equality import NOT_COMPARED, NOT_COMPARED_18

DOCS = ROOT / "docs"
GUIDES = {*DOCS.glob("*.md")} - {DOCS / "commands.md"}  # the reference always has all
ALL = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *sorted(GUIDES)))


def words(name: str) -> str:
    """The text of a page, on one line."""
    return " ".join((DOCS / name).read_text(encoding="utf-8").split())


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the reference schema, migrated and seeded."""
    # not pytest's own directory: run by root, the embedded server's user may not look into that
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        for name in ("migrations", "seeds", "setup.cfg"):
            (directory / name).symlink_to(ROOT / name)
        monkeypatch.chdir(directory)
        printed_here(["up"])
        yield directory


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("troubleshooting.md", marks=pytest.mark.postgres),  # by embedded:DIR
    ],
)
@pytest.mark.usefixtures("project")
def test_every_command_prints_what_the_page_says(page: str) -> None:
    shown = [pair for block in blocks(DOCS / page, "console") for pair in block.commands()]
    assert shown
    for command, expected in shown:
        assert_prints(command, expected)


@pytest.mark.parametrize("page", ["verify.md"])
def test_a_page_with_a_project_of_its_own(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    follow(DOCS / page)


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml"])
def test_the_settings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DBKIT_MODELS", raising=False)
    block = next(b for b in blocks(DOCS / "settings.md") if b.text.startswith(f"# {name}\n"))
    Path(name).write_text(block.text, encoding="utf-8")
    assert config.load().models == "myproject.models"


def block_that_starts(words: str) -> str:
    """A block of Python."""
    texts = (block.text for block in blocks(DOCS / "python.md", "python"))
    return next(text for text in texts if text.startswith(words))


@pytest.mark.usefixtures("project")
def test_the_script_runs() -> None:
    assert printed_by([sys.executable, "-c", block_that_starts("# a script")]) == "pro\n"


def test_the_fastapi_dependency_works(project: Path) -> None:
    app = block_that_starts("# FastAPI")
    (project / "app.py").write_text(app)
    (project / "client.py").write_text("""
from concurrent.futures import ThreadPoolExecutor
from fastapi.testclient import TestClient
from app import app, database
client = TestClient(app)
with ThreadPoolExecutor(8) as threads:
    answers = list(threads.map(lambda _: client.get("/campaigns"), range(40)))
assert {answer.status_code for answer in answers} == {200}
assert database.is_closed()
print(sorted(campaign["name"] for campaign in answers[0].json())[0])
""")
    printed = printed_by([sys.executable, "-W", "ignore", "client.py"])
    assert printed == "Content Marketing 2025\n"


def test_no_command_option_or_setting_is_missing() -> None:
    for name, command in main.commands.items():
        assert f"`{name}`" in ALL
        assert re.search(rf"\bdbkit {name}\b", ALL), name
        for option in command.params:
            assert max(option.opts, key=len) in ALL, f"{name} {option.opts}"


def test_every_file_that_the_requirements_name_exists() -> None:
    text = words("requirements.md")
    named = re.findall(r"`((?:dbkit|migrations|seeds|tests)/[\w./]*|tox\.ini|setup\.cfg)`", text)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "cause",
    [
        "refused",
        "timed out",
        "host not found",
        "provider project paused",
        "wrong password",
        "TLS required",
        "database missing",
        "no privilege",
        "locked",
    ],
)
def test_the_troubleshooting_table_uses_the_words_of_check(cause: str) -> None:
    assert f"`{cause}`" in words("troubleshooting.md")
    assert cause in {rule.cause for rule in RULES}


def test_all_that_is_not_compared_is_listed() -> None:
    for kind in (*NOT_COMPARED, *NOT_COMPARED_18):
        assert kind in words("verify.md")


@pytest.mark.parametrize("spelling", EQUIVALENT)
def test_the_spellings_that_are_the_same_are_listed(spelling: str) -> None:
    assert f"`{spelling.replace(chr(34), '')}`" in words("verify.md")


def test_every_operation_is_explained() -> None:
    own = {name for kind in Migrator.__mro__ if kind.__module__.startswith("dbkit")
           for name in vars(kind) if not name.startswith("_")}  # fmt: skip
    own -= {
        "fake",
        "in_order",
        "catch_up",
        "after_queue",
        "run_queue",
        "own",
        *vars(BaseMigrator),
    }  # for the Router and operations
    assert len(own) > 25
    text = words("migrations.md")
    assert "migrator.on_scratch" in text  # an attribute
    assert [name for name in own - {"on_scratch"} if f"{name}(" not in text] == []
