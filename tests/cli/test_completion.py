"""What the shell completes: names from the files of the project, quickly, whatever is wrong."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from dbkit.cli.commands import main
from tests.conftest import MIGRATIONS

MODELS = """
import peewee as pw
print("a module that prints")
class Shop(pw.Model):
    name = pw.TextField(column_name="title")
class Order(pw.Model):
    shop = pw.ForeignKeyField(Shop)
    class Meta:
        table_name = "order details"
"""
OTHER_FILES = """
shop/__init__.py shop/models/__init__.py shop/models/order.py folder/part.py
empty/note.txt .hidden/x.py not-a-module.py
"""
FILES = ["001_accounts", "002_marketing", "003_add_billing_tables"]


def completed(*words: str) -> list[str]:
    """The completions of the last word."""
    *before, word = words
    shell = ShellComplete(main, {}, "dbkit", "_DBKIT_COMPLETE")
    return [item.value for item in shell.get_completions(before, word)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (tmp_path / "setup.cfg").write_text("[dbkit]\nmodels = completed_models\n")
    (tmp_path / "completed_models.py").write_text(MODELS)
    for file in OTHER_FILES.split():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.touch()
    monkeypatch.delitem(sys.modules, "completed_models", raising=False)
    return tmp_path


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["migrate", "--to", ""], FILES),
        (["migrate", "--to", "003"], FILES[2:]),
        (["migrate", "--name", "002"], ["002_marketing"]),
        (["rollback", "--to", "001"], ["001_accounts"]),
        (["renumber", "--after", "00"], FILES),
        (["repair", "00"], FILES),
        (["repair", "001_accounts", "00"], FILES[1:]),
        (["repair", "--applied", "002"], ["002_marketing"]),
        (["repair", "--pending", "002"], ["002_marketing"]),
        (["seed", ""], ["shop"]),  # no shell would insert "order details" as one word
        (["seed", "shop", ""], []),
        (["dump", "s"], ["shop"]),
        (["dump", "shop", "--anonymize", "shop."], ["shop.id", "shop.title"]),
        (["seed", "--models", "dbkit.models", "user"], ["user_configurations", "users"]),
        (["diff", "m"], ["models", "migrations"]),
        (["diff", "models", "l"], ["live"]),
        (["diagram", "l"], ["live"]),
        (["diagram", "--changed", "live", "mo"], ["models"]),
        (["diagram", "--only", "sh"], ["shop"]),
        (["init", "--skip", "sh"], ["shop"]),
        (["verify", "--models", "sh"], ["shop", "shop.models"]),
        (["verify", "--models", "shop."], ["shop.models", "shop.models.order"]),
        (["verify", "--models", "shop.models.o"], ["shop.models.order"]),
        (["create", "--models", ""], ["completed_models", "folder", "folder.part", "migrations",
                                      "migrations.conf", "shop", "shop.models"]),
        (["create", "--models", "a..b"], []),
        (["create", "--models", "../"], []),
    ],
)  # fmt: skip
def test_completions(
    line: list[str], expected: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert completed(*line) == expected
    assert capfd.readouterr() == ("", "")


def test_a_folder_of_the_project_completes_the_same(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "shop")
    assert completed("migrate", "--to", "001") == ["001_accounts"]
    assert completed("seed", "") == ["shop"]
    assert completed("verify", "--models", "shop.m") == ["shop.models", "shop.models.order"]


def test_options_that_are_typed_already_are_used(project: Path) -> None:
    (project / "migrations").rename(project / "other")
    assert completed("migrate", "--to", "") == []
    assert completed("migrate", "--migrations", "other", "--to", "") == FILES


BROKEN = {
    "no models": ("setup.cfg", ""),
    "unknown settings": ("setup.cfg", "[dbkit]\nmodel = x\n"),
    "a file that cannot be parsed": ("setup.cfg", "[dbkit\n"),
    "a bad .env": (".env", "DATABASE_URL\0=\n="),
    "a module that is missing": ("setup.cfg", "[dbkit]\nmodels = nowhere\n"),
    "a module that fails": ("completed_models.py", "1 / 0"),
    "a module that exits": ("completed_models.py", "raise SystemExit(3)"),
    "a module that cannot be parsed": ("completed_models.py", "def"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_broken_completes_nothing(
    project: Path, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file, text = BROKEN[fault]
    (project / file).write_text(text)
    assert completed("seed", "") == []
    assert completed("dump", "--anonymize", "") == []
    completed("migrate", "--to", "")
    assert capfd.readouterr() == ("", "")


def test_a_directory_that_is_missing_completes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert completed("migrate", "--to", "") == []
    assert completed("verify", "--models", "no.where.") == []


BASH = """
eval "$(_DBKIT_COMPLETE=bash_source dbkit)"
complete -p dbkit
COMP_WORDS=(dbkit "$@") COMP_CWORD=$# COMPREPLY=()
$(complete -p dbkit | sed 's/.* -F \\([^ ]*\\).*/\\1/') dbkit
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("line", "expected"), [(["migrate", "--to", "00"], FILES), (["seed", "sh"], ["shop"])]
)
def test_in_bash_within_a_third_of_a_second(line: list[str], expected: list[str]) -> None:
    """The shell waits for one start of dbkit; the time is the processor's, of two starts."""
    here = Path(sys.executable).parent
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", *line],  # noqa: S607
        capture_output=True, text=True, check=True,
        env={**os.environ, "PATH": f"{here}:{os.environ['PATH']}"},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    completes, *replies = done.stdout.splitlines()
    assert completes.endswith(" dbkit")
    assert (replies, done.stderr) == (expected, "")
    assert after.ru_utime - before.ru_utime < 0.6
