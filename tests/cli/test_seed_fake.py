"""`seed --fake TABLE=COUNT --seed N`: made rows from the command line."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dbkit import models

from ..conftest import opened


@pytest.fixture
def fake(url: str, dbkit: Any) -> Any:
    """Run `seed` on the reference tables."""
    with opened(url) as database, database.bind_ctx(models.MODELS):
        database.create_tables(models.MODELS)

    def run(*arguments: str, **options: Any) -> Any:
        given = ("seed", "--database", url, "--models", "dbkit.models", *arguments)
        return dbkit(*given, **options)

    return run


def test_fake_rows_are_counted_and_parents_are_noted(fake: Any, url: str) -> None:
    done = fake("--fake", "campaigns=30", "--fake", "budgets=5", "--seed", "7")
    assert done.exit_code == 0, done.output
    assert done.stdout == "campaigns: 30 inserted\nusers: 6 inserted\nbudgets: 5 inserted\n"
    assert "note: users was empty and got 6 rows, because budgets refers to it." in done.stderr
    with opened(url) as database, database.bind_ctx(models.MODELS):
        assert models.Campaign.select().count() == 30
    document = json.loads(fake("--fake", "campaigns=3", "--format", "json").stdout)
    assert document["seed"]["inserted"] == {"campaigns": 3}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fake", "campaigns"], "write TABLE=COUNT"),
        (["--fake", "campaigns=many"], "write TABLE=COUNT"),
        (["--fake", "campaigns=-1"], "write TABLE=COUNT"),
        (["--fake", "campaigns=" + "9" * 5000], "write TABLE=COUNT"),
        (["--fake", "campaigns=0"], "at least 1"),
        (["--fake", "campain=1"], "Did you mean campaigns?"),
        (["--fake", "campaigns=1", "--fake", "campaigns=2"], "names campaigns twice"),
        (["--fake", "campaigns=1", "--check"], "exclude each other"),
        (["--fake", "campaigns=1", "users"], "without TABLE"),
        (["--seed", "7"], "belong together"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_wrong_options_are_explained(fake: Any, arguments: list[str], message: str) -> None:
    done = fake(*arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_production_gets_no_fake_rows(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBKIT_ENV", "production")
    done = fake("--fake", "campaigns=1")
    assert done.exit_code == 2
    assert "DBKIT_ENV is production" in done.stderr


def test_without_faker_the_error_says_what_to_install(tmp_path: Path) -> None:
    """And no other command needs it."""
    with sqlite3.connect("x.db") as database:
        database.execute("CREATE TABLE campaigns (id TEXT PRIMARY KEY, name TEXT)")
    database.close()
    code = (
        "import sys; sys.modules['faker'] = None\n"
        "from dbkit.cli.commands import main\nmain(sys.argv[1:], prog_name='dbkit')"
    )
    command = [sys.executable, "-c", code, "seed", "--database", "sqlite:///x.db",
               "--models", "dbkit.models", "--fake", "campaigns=2"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert 'pip install "peewee-dbkit[fake]"' in done.stderr
