"""The commands as a person runs them: what they print, how they exit, what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import dbkit as library
from dbkit.cli import commands
from dbkit.connection import parse
from dbkit.models import MODELS
from tests.conftest import MIGRATIONS, SEEDS, opened, without_files

Run = Callable[..., Result]
WHERE = ("--migrations", str(MIGRATIONS))
WHAT = ("--models", "dbkit.models")
FROM = ("--seeds", str(SEEDS))


def test_up_does_the_whole_job_and_again(url: str, dbkit: Run) -> None:
    first = dbkit("up", "--database", url, *WHERE, *WHAT, *FROM)
    assert first.exit_code == 0, first.output
    assert without_files(first.stdout) == (
        "migrate: applied 001_accounts, 002_marketing, 003_add_billing_tables\n"
        "seed: 26 inserted, 0 updated, 0 unchanged\n"
        "verify: 16 tables compared: the database matches the models\n"
    )
    second = dbkit("up", "--database", url, *WHERE, *WHAT, *FROM)
    assert (second.exit_code, second.stdout) == (
        0,
        (
            "migrate: nothing to apply\n"
            "seed: 0 inserted, 0 updated, 26 unchanged\n"
            "verify: 16 tables compared: the database matches the models\n"
        ),
    )


def test_every_command_says_which_database_without_the_password(
    url: str, dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url.replace("postgres@", "postgres:s3cr%25t@"))
    monkeypatch.setenv("DBKIT_MODELS", "dbkit.models")
    monkeypatch.setenv("DBKIT_MIGRATIONS", str(MIGRATIONS))
    monkeypatch.setenv("DBKIT_SEEDS", str(SEEDS))
    shown = f"database: {url}\n"
    for command in ("up", "check", "migrate", "status", "seed", "verify", "rollback"):
        result = dbkit(command)
        assert result.stderr == shown, result.output
    assert dbkit("reset", "--yes").stderr == shown
    assert "s3cr" not in dbkit("verify", "--format", "json", "--debug").output


def test_status_answers_by_exit_code(url: str, dbkit: Run) -> None:
    dbkit("migrate", "--database", url, *WHERE, "--name", "001_accounts")
    pending = dbkit("status", "--database", url, *WHERE)
    assert (pending.exit_code, pending.stdout) == (
        1,
        (
            "[x] 001_accounts\n[ ] 002_marketing\n[ ] 003_add_billing_tables\n"
            "applied: 1, pending: 2\n"
        ),
    )
    dbkit("migrate", "--database", url, *WHERE)
    assert dbkit("status", "--database", url, *WHERE).exit_code == 0


def test_rollback_counts(url: str, dbkit: Run) -> None:
    dbkit("migrate", "--database", url, *WHERE)
    result = dbkit("rollback", "--database", url, *WHERE, "--count", "2")
    lines = [line.split(": ")[:2] for line in result.stdout.splitlines()]
    assert lines == [["rollback", "003_add_billing_tables"], ["rollback", "002_marketing"]]
    assert dbkit("rollback", "--database", url, *WHERE, "--count", "2").exit_code == 2
    assert dbkit("rollback", "--database", url, *WHERE, "--count", "0").exit_code == 2


def test_migrate_fake_marks(url: str, dbkit: Run) -> None:
    assert dbkit("migrate", "--database", url, *WHERE, "--fake").exit_code == 0
    assert dbkit("status", "--database", url, *WHERE).exit_code == 0
    assert dbkit("verify", "--database", url, *WHERE, *WHAT).exit_code == 1


def test_verify_answers_in_json(url: str, dbkit: Run) -> None:
    dbkit("migrate", "--database", url, *WHERE, "--name", "002_marketing")
    result = dbkit("verify", "--database", url, *WHERE, *WHAT, "--format", "json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["version"], report["clean"]) == (1, 1, False)
    assert [c["name"] for c in report["changes"] if c["kind"] == "table"] == [
        "plans",
        "subscriptions",
        "tenant_config",
        "tenants",
    ]


def test_reset_asks_for_the_databases_name(url: str, dbkit: Run) -> None:
    name = parse(url).name
    dbkit("up", "--database", url, *WHERE, *WHAT, *FROM)
    for answer in ("yes\n", "\n", ""):
        refused = dbkit("reset", "--database", url, *WHERE, input=answer)
        assert refused.exit_code == 2
        assert "Not confirmed; nothing was changed." in refused.output
    assert count(url) == 2
    done = dbkit("reset", "--database", url, *WHERE, input=f"{name}\n")
    assert done.exit_code == 0, done.output
    assert count(url) == 0


def test_reset_with_seeds(url: str, dbkit: Run) -> None:
    dbkit("migrate", "--database", url, *WHERE)
    done = dbkit("reset", "--database", url, *WHERE, *WHAT, *FROM, "--yes", "--seed")
    assert done.exit_code == 0, done.output
    assert "seed: 26 inserted" in done.stdout
    assert count(url) == 2


def count(url: str) -> int:
    with opened(url) as database:
        return int(database.execute_sql("SELECT count(*) FROM users").fetchone()[0])


def test_production_is_not_reset_and_loads_only_reference_seeds(
    url: str, dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    dbkit("up", "--database", url, *WHERE, *WHAT, *FROM)
    monkeypatch.setenv("DBKIT_ENV", "production")
    refused = dbkit("reset", "--database", url, *WHERE, "--yes")
    assert refused.exit_code == 2
    assert "DBKIT_ENV is production" in refused.output
    seeded = dbkit("seed", "--database", url, *WHAT, *FROM)
    reference = ("plans: 0 inserted, 0 updated, 2 unchanged\n"
                 "system_configurations: 0 inserted, 0 updated, 1 unchanged\n")  # fmt: skip
    assert (seeded.exit_code, seeded.stdout) == (0, reference)
    assert "4 files are not loaded in production without reference = true" in seeded.stderr
    assert count(url) == 2
    up = dbkit("up", "--database", url, *WHERE, *WHAT, *FROM)
    assert (up.exit_code, up.stdout.splitlines()[1]) == (
        0,
        "seed: 0 inserted, 0 updated, 3 unchanged",
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("verify",), "DATABASE_URL is not set (or is empty)"),
        (
            ("status", "--database", "sqlite:///none/x.db"),
            "There is no folder none for the file none/x.db",
        ),
        (("migrate", "--database", "sqlite:///none/x.db"), "There is no folder none."),
        (("migrate", "--database", "mysql://localhost/x"), "mysql is not a known scheme"),
        (("verify", "--database", "sqlite:///:memory:"), "No models are configured"),
        (("verify", "--database", "sqlite:///:memory:", "--models", "nope"), "no module nope"),
        (
            ("migrate", "--database", "sqlite:///:memory:"),
            "create first` makes the directory",
        ),
        (("seed", "--database", "sqlite:///:memory:", *WHAT), "There is no seeds directory seeds"),
        (("seed", "--database", "sqlite:///:memory:", *WHAT, *FROM), "A table is missing"),
        (
            ("rollback", "--database", "sqlite:///:memory:", *WHERE),
            "0 migrations are applied",
        ),
    ],
)
def test_mistakes_are_sentences(dbkit: Run, arguments: tuple[str, ...], words: str) -> None:
    result = dbkit(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("error: ") == 1
    assert "Traceback" not in result.output
    assert not Path("dbkit.db").exists()


def test_debug_shows_the_traceback(dbkit: Run) -> None:
    arguments = ("verify", "--database", "sqlite:///:memory:", "--models", "nope")
    result = dbkit(*arguments, "--debug")
    assert "Traceback" not in dbkit(*arguments).stderr
    assert "Traceback" in result.stderr
    assert result.exit_code == 2


def test_a_crash_never_looks_clean(dbkit: Run, tmp_path: Path) -> None:
    (tmp_path / "exploding.py").write_text(
        "import peewee as pw\nclass Bad(pw.Field):\n"
        "    def ddl(self, ctx): raise RuntimeError('boom')\n"
        "class Model(pw.Model):\n    bad = Bad()\n"
    )
    result = dbkit("verify", "--database", "sqlite:///:memory:", "--models", "exploding")
    assert result.exit_code == 2
    assert "boom" in result.stderr
    assert "Model" in result.stderr
    assert "unexpected" not in result.stderr


@pytest.mark.parametrize("error", ["SystemExit(0)", "BaseException('x')", "MemoryError()"])
def test_nothing_that_ends_a_command_looks_clean(dbkit: Run, tmp_path: Path, error: str) -> None:
    directory = tmp_path / "m"
    directory.mkdir()
    (directory / "001_one.py").write_text(
        f"def migrate(migrator, database, *, fake=False): raise {error}"
    )
    where = ("--database", "sqlite:///:memory:", "--migrations", str(directory))
    assert dbkit("migrate", *where).exit_code == 2


def test_a_failed_command_leaves_no_empty_database(dbkit: Run) -> None:
    assert dbkit("up", *WHAT).exit_code == 2
    assert not Path("dbkit.db").exists()


def test_up_without_seeds_goes_on(dbkit: Run) -> None:
    result = dbkit("up", *WHERE, *WHAT)
    assert result.exit_code == 0
    assert "seed: skipped, there is no directory seeds" in result.stdout


def test_as_a_module_and_as_a_program(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("dbkit")
    for start in ([sys.executable, "-m", "dbkit"], [str(program)]):
        shown = subprocess.run([*start, "--version"], capture_output=True, text=True, check=True)
        assert shown.stdout.startswith(f"dbkit {library.__version__}\n")
        failed = subprocess.run([*start, "verify"], capture_output=True, text=True, cwd=tmp_path)
        assert failed.returncode == 2


def test_from_python(url: str) -> None:
    database = library.connect(url)
    with database.connection_context():
        assert len(library.migrate(database, MIGRATIONS)) == 3
        assert library.seed(database, MODELS, SEEDS).inserted["users"] == 2
        report = library.verify(database, MODELS)
        assert not report
        assert json.loads(report.to_json())["clean"] is True
        assert len(library.rollback(database, MIGRATIONS, 3)) == 3
        assert library.verify(database, MODELS)


def test_every_option_is_explained(dbkit: Run) -> None:
    assert "..." not in dbkit("--help").output.partition("Commands:")[2]  # no summary is cut
    for command in commands.main.commands.values():
        assert command.help
        assert all(one.help for one in command.params if isinstance(one, click.Option))


MODEL = """\
import peewee as pw
class Größe(pw.Model):
    a = pw.IntegerField(column_name="名前")
    class Meta: table_name = "größe"
"""


@pytest.mark.parametrize("format_", ["text", "github", "json", "sql"])
def test_a_terminal_that_lacks_a_character(tmp_path: Path, format_: str) -> None:
    """A person reads an escape in its place; JSON has escapes; no other SQL is given."""
    (tmp_path / "sizes.py").write_text(MODEL, encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with opened(url) as database:
        database.execute_sql("CREATE TABLE größe (id INTEGER NOT NULL PRIMARY KEY)")
    command = ["verify", "--database", url, "--models", "sizes", "--format", format_]
    result = CliRunner(charset="latin-1").invoke(commands.main, command)
    if format_ == "sql":
        assert result.exit_code == 2
        assert "The output has a character that latin-1 does not have" in result.stderr
    else:
        assert result.exit_code == 1, result.output
        assert r"\u540d\u524d" in result.stdout
        assert ("größe" in result.stdout) == (format_ != "json")


def test_every_public_name_is_there() -> None:
    import dbkit
    from dbkit import adoption, migration, seeding

    for package in (dbkit, adoption, migration, seeding):
        assert all(getattr(package, name) is not None for name in package.__all__)
        assert not hasattr(package, "no_such_name")
    assert dbkit.migration is migration
    assert dbkit.fields.EnumField is dbkit.EnumField


@pytest.mark.parametrize(
    ("code", "spared"),
    [
        ("from dbkit.cli import main; main(['--help'], standalone_mode=False)",
         ("peewee", "psycopg2", "environs")),
        ("from dbkit.cli import main; "
         "main(['status', '--database', 'sqlite:///:memory:'], standalone_mode=False)",
         ("environs", "peewee_migrate", "unittest.mock", "dbkit.migration.router",
          "dbkit.verification.report", "dbkit.schema.postgres")),
        ("from dbkit.migration import Router", ("dbkit.adoption", "dbkit.migration.new_migration")),
        ("import dbkit", ("click", "peewee")),
    ],
)  # fmt: skip
def test_a_command_imports_only_what_it_needs(code: str, spared: tuple[str, ...]) -> None:
    asked = f"{code}; import sys; print([name for name in {spared!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=MIGRATIONS.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
