"""`create --count-rows` prints how many rows a new rule would reject, and says it in questions."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dbkit.cli.commands import main
from dbkit.connection import parse
from tests.conftest import opened

Dbkit = Callable[..., Result]
MODELS = """
import peewee as pw
class User(pw.Model):
    name = pw.CharField({})
"""


@pytest.fixture
def project(url: str, tmp_path: Path, dbkit: Dbkit, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with two users of the same name, for which a rule is new."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    Path("setup.cfg").write_text("[dbkit]\nmodels = counted_models\n")
    for options in ("", "unique=True"):
        Path("counted_models.py").write_text(MODELS.format(options))
        sys.modules.pop("counted_models", None)
        if not options:
            assert dbkit("create", "first").exit_code == 0
            assert dbkit("migrate").exit_code == 0
    with opened(url) as database:
        database.execute_sql("""INSERT INTO "user" (name) VALUES ('a'), ('a')""")
    return url


QUERY = (
    'SELECT "name", count(*) FROM "user" WHERE "name" IS NOT NULL GROUP BY "name" '
    "HAVING count(*) > 1"
)


def test_the_command_prints_the_rows(project: str, dbkit: Dbkit) -> None:
    plain = dbkit("create", "--check")
    assert (plain.exit_code, "rows:" in plain.output) == (1, False)
    for arguments, code in ((["--check"], 1), (["x"], 0)):
        done = dbkit("create", "--count-rows", *arguments)
        assert done.exit_code == code, done.output
        words = f"  rows: 1 row breaks unique index user_name (name) of table user\n    {QUERY};\n"
        assert words in done.stdout
        assert done.stdout.index("  warning: ") < done.stdout.index("  rows: ")
        assert f"database: {parse(project).display}" in done.stderr
    clean = dbkit("create", "--count-rows")
    assert clean.stdout == "create: nothing to do, the migrations match the models\n"


NULLS = 'SELECT * FROM "user" WHERE "name" IS NULL'
ROWS = f"  rows: 2 rows break NOT NULL of column name of table user\n    {NULLS};\n"


@pytest.fixture
def nulls(url: str, project: str, dbkit: Dbkit) -> None:
    """Two users without a name, which the models now require."""
    for options in ("null=True", ""):
        Path("counted_models.py").write_text(MODELS.format(options))
        sys.modules.pop("counted_models", None)
        if options:
            assert dbkit("create", "nullable").exit_code == 0
            assert dbkit("migrate").exit_code == 0
    with opened(url) as database:
        database.execute_sql("""INSERT INTO "user" (name) VALUES (NULL), (NULL)""")


def test_the_rows_of_a_value_that_nobody_gave(nulls: None, dbkit: Dbkit) -> None:
    assert "rows:" not in dbkit("create", "--check").output
    for arguments, code in ((["--check"], 1), (["x"], 2)):
        done = dbkit("create", "--count-rows", *arguments)
        assert done.exit_code == code, done.output
        words = f"no default for the existing rows.\n{ROWS}Use --fill user.name=VALUE."
        assert words in (done.stdout if code == 1 else done.stderr)
    done = dbkit("create", "--check", "--count-rows", "--format", "json")
    found = json.loads(done.stdout)
    assert [(one["rows"], one["query"]) for one in found["rows"]] == [(2, NULLS)]
    done = dbkit("create", "--count-rows", "x", "--fill", "user.name=n")
    filled = ROWS.replace("table user", "table user; the migration gives them a value")
    assert filled in done.stdout


def test_a_question_says_how_many_rows_need_the_value(
    nulls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbkit.prompts.is_terminal", lambda: True)
    done = CliRunner().invoke(main, ["create", "x", "--count-rows"], input="n\n")
    assert done.exit_code == 0, done.output
    assert f"{ROWS}user.name is NOT NULL. Which value do the existing rows get?" in done.output
    assert done.output.count("the migration gives them a value") == 1


def test_the_rows_in_json(project: str, dbkit: Dbkit) -> None:
    done = dbkit("create", "--check", "--count-rows", "--format", "json")
    assert json.loads(done.stdout)["rows"] == [
        {"rule": "unique index user_name (name) of table user", "query": QUERY, "rows": 1,
         "reason": "", "are_filled": False}
    ]  # fmt: skip


@pytest.mark.parametrize("url", ["sqlite:///none.db", "postgresql://localhost:1/x"])
def test_no_database_to_count_in(url: str, dbkit: Dbkit, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is written, because the person wants to know the rows first."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setattr(sys, "path", [str(Path.cwd()), *sys.path])
    Path("countless_models.py").write_text(MODELS.format(""))
    done = dbkit("create", "--count-rows", "--models", "countless_models")
    assert done.exit_code == 2
    assert not Path("migrations").exists()
    assert not Path("none.db").exists()
