"""`dbkit create`, `init` and their like in `pw_migrate`: what they print, write and answer."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import CliRunner, Result
from peewee_migrate.cli import cli as pw_migrate

from dbkit import DbkitError, migrate, rollback, verify
from dbkit.cli.commands import main
from dbkit.discovery import load_models
from dbkit.migration import Created, Router, merge, status
from dbkit.prompts import created_text
from tests.conftest import opened

Run = Callable[..., Result]

ONE = """
import peewee as pw
class User(pw.Model):
    name = pw.CharField()
    class Meta:
        table_name = "users"
"""
TWO = ONE.replace(
    "name = pw.CharField()", "full_name = pw.CharField()\n    age = pw.IntegerField()"
)
CONF = "from dbkit.migration import pw_migrate\nDATABASE = pw_migrate.install()\n"


@pytest.fixture
def project(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the project's models anew; its database is empty."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    Path("setup.cfg").write_text("[dbkit]\nmodels = app_models\n")
    Path("migrations").mkdir()
    Path("migrations/conf.py").write_text(CONF)

    def forget() -> None:
        for name in ("app_models", "models"):
            sys.modules.pop(name, None)

    def write(source: str) -> None:
        Path("app_models.py").write_text(source)
        forget()

    forget()
    return write


def files() -> list[str]:
    return sorted(path.name for path in Path("migrations").glob("0*.py"))


def test_create_check_and_create(project: Callable[[str], None], dbkit: Run) -> None:
    project(ONE)
    checked = dbkit("create", "--check")
    assert (checked.exit_code, files()) == (1, [])
    assert "a migration would be made" in checked.output
    created = dbkit("create", "first")
    assert (created.exit_code, files()) == (0, ["001_first.py"])
    first, operation, second = created.output.splitlines()
    assert (first, operation) == ("create: migrations/001_first.py", "  add table users")
    assert re.fullmatch(
        r"  proven on (SQLite|PostgreSQL) [\d.]+ \(.+\): up, down and up again", second
    )
    assert dbkit("create", "--check").exit_code == 0
    assert dbkit("create").output.startswith("create: nothing to do")
    assert files() == ["001_first.py"]


def test_what_is_open_takes_flags(project: Callable[[str], None], dbkit: Run, url: str) -> None:
    project(ONE)
    dbkit("create", "first")
    dbkit("migrate")
    with opened(url) as database:
        database.execute_sql("INSERT INTO users (name) VALUES ('ann')")
    project(TWO)
    asked = dbkit("create", "second")
    assert (asked.exit_code, files()) == (2, ["001_first.py"])
    assert "--rename users.name:full_name, or --no-rename" in asked.output
    assert dbkit("create", "--check").exit_code == 1
    asked = dbkit("create", "--rename", "users.name:full_name")
    assert asked.exit_code == 2
    assert "--fill users.age=VALUE" in asked.output
    done = dbkit("create", "--rename", "users.name:full_name", "--fill", "users.age=7")
    assert (done.exit_code, files()[1:]) == (0, ["002_auto.py"])
    assert dbkit("migrate").exit_code == 0
    with opened(url) as database:
        rows = database.execute_sql("SELECT full_name, age FROM users").fetchall()
    assert [tuple(row) for row in rows] == [("ann", 7)]
    assert dbkit("rollback").exit_code == 0
    with opened(url) as database:
        (row,) = database.execute_sql("SELECT name FROM users").fetchall()
    assert row[0] == "ann"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rename", "users"), "users has no :"),
        (("--rename", "users.name:a", "--rename", "users.name:b"), "users.name is given twice"),
        (("--fill", "users.age"), "users.age has no ="),
        (("--rename", "users.nome:full_name"), "No change needs --rename users.nome"),
        (("--rename", "users.name:nome"), "the models add nothing with that name"),
        (
            ("--no-rename", "--fill", "users.full_name=x", "--fill", "users.age=old"),
            "is not a valid value for",
        ),
        (("../x",), "'../x' is not a valid name"),
    ],
)
def test_wrong_flags_are_sentences(
    project: Callable[[str], None], dbkit: Run, arguments: tuple[str, ...], words: str
) -> None:
    project(ONE)
    dbkit("create", "first")
    project(TWO)
    result = dbkit("create", *arguments)
    assert (result.exit_code, files()) == (2, ["001_first.py"])
    assert words in result.output
    assert "Traceback" not in result.output


def test_models_that_do_not_import_drop_nothing(project: Callable[[str], None], dbkit: Run) -> None:
    project(ONE)
    dbkit("create", "first")
    project("import nothing_of_this_name\n")
    result = dbkit("create", "--no-rename")
    assert (result.exit_code, files()) == (2, ["001_first.py"])
    assert "nothing_of_this_name" in result.output


def test_create_leaves_the_database_alone(
    project: Callable[[str], None], dbkit: Run, url: str
) -> None:
    project(ONE)
    dbkit("create", "first")
    with opened(url) as database:
        assert database.get_tables() == []


def test_an_empty_file_to_write_by_hand(project: Callable[[str], None], dbkit: Run) -> None:
    project(ONE)
    dbkit("create", "first")
    assert dbkit("create", "data", "--empty").output == "create: migrations/002_data.py\n"
    assert dbkit("migrate").output.endswith("applied 001_first, 002_data\n")


def test_numbers_go_on_after_the_highest(project: Callable[[str], None], dbkit: Run) -> None:
    project(ONE)
    Path("migrations/999_last.py").write_text("def migrate(migrator, database, **_): pass\n")
    dbkit("create", "next")
    assert Path("migrations/1000_next.py").exists()
    assert dbkit("migrate").output.endswith("applied 999_last, 1000_next\n")


def test_numbers_out_of_order(project: Callable[[str], None], dbkit: Run, url: str) -> None:
    project(ONE)
    with opened(url) as database:
        database.execute_sql("CREATE TABLE other (id integer)")
    for name in ("001_a", "001_b"):
        Path(f"migrations/{name}.py").write_text("def migrate(migrator, database, **_): pass\n")
    words = "Migrations 001_a and 001_b have the same number."
    assert words in dbkit("status").output
    for command in ("migrate", "create"):
        refused = dbkit(command)
        assert (refused.exit_code, len(files())) == (2, 2)
        assert words in refused.output
        assert "--allow-out-of-order" in refused.output
    assert dbkit("create", "--allow-out-of-order").exit_code == 0
    assert dbkit("migrate", "--allow-out-of-order").exit_code == 0


def test_a_gap_is_only_mentioned(project: Callable[[str], None], dbkit: Run) -> None:
    project(ONE)
    for name in ("001_a", "003_b"):
        Path(f"migrations/{name}.py").write_text("def migrate(migrator, database, **_): pass\n")
    assert dbkit("migrate").exit_code == 0
    assert "gap: A number is missing between migrations 001_a and 003_b." in dbkit("status").output
    assert dbkit("create").exit_code == 0
    assert files()[-1].startswith("004_")


def test_a_file_that_came_late(project: Callable[[str], None], dbkit: Run) -> None:
    project(ONE)
    for name in ("001_a", "003_c"):
        Path(f"migrations/{name}.py").write_text("def migrate(migrator, database, **_): pass\n")
    dbkit("migrate", "--allow-out-of-order")
    Path("migrations/002_b.py").write_text("def migrate(migrator, database, **_): pass\n")
    words = "Migration 002_b is not applied, but the later migration 003_c is."
    assert words in dbkit("status").output
    assert words in dbkit("migrate").output
    assert dbkit("migrate", "--allow-out-of-order").output.endswith("applied 002_b\n")


def answers(words: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="dbkit", input=words)


def test_a_terminal_is_asked(
    project: Callable[[str], None], dbkit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(ONE)
    dbkit("create", "first")
    project(TWO)
    monkeypatch.setattr("dbkit.prompts.is_terminal", lambda: True)
    result = answers("y\n5\n", "create", "second")
    assert result.exit_code == 0, result.output
    assert "Was column users.name renamed to full_name?" in result.output
    text = Path("migrations/002_second.py").read_text()
    assert 'rename_field("users", "name", "full_name")' in text
    assert 'fill("users", age=5)' in text


# pw_migrate


def by_pw_migrate(*arguments: str) -> Result:
    return CliRunner().invoke(pw_migrate, list(arguments))


def test_pw_migrate_create_writes_the_same_file(project: Callable[[str], None], dbkit: Run) -> None:
    project(ONE)
    dbkit("create", "first")
    text = Path("migrations/001_first.py").read_text()
    Path("migrations/001_first.py").unlink()
    made = by_pw_migrate("create", "first", "--auto")
    assert (made.exit_code, files()) == (0, ["001_first.py"])
    assert made.output.startswith("create: migrations/001_first.py\n  add table users\n  proven")
    assert Path("migrations/001_first.py").read_text() == text
    again = by_pw_migrate("create", "again", "--auto", "--auto-source", "app_models")
    assert "nothing to do" in again.output
    assert by_pw_migrate("create", "hand").output == "create: migrations/002_hand.py\n"


def test_pw_migrate_create_fails_with_a_sentence(
    project: Callable[[str], None], dbkit: Run
) -> None:
    project(ONE)
    dbkit("create", "first")
    project(TWO)
    made = by_pw_migrate("create", "second", "--auto")
    assert (made.exit_code, files()) == (2, ["001_first.py"])
    assert "--rename users.name:full_name" in made.output


def test_merge_stands_for_what_was(project: Callable[[str], None], dbkit: Run, url: str) -> None:
    project(ONE)
    dbkit("create", "first")
    dbkit("migrate")
    project(TWO)
    dbkit("create", "second", "--rename", "users.name:full_name", "--fill", "users.age=1")
    before = {name: Path("migrations", name).read_text() for name in files()}
    merged = by_pw_migrate("merge")
    assert merged.exit_code == 0, merged.output
    assert {name: Path("migrations", name).read_text() for name in before} == before
    text = Path("migrations/003_initial.py").read_text()
    assert 'REPLACES = ("001_first", "002_second")' in text
    # one that is half way goes on by the old files, and is then past the new one
    assert dbkit("migrate").output.endswith("applied 002_second\n")
    assert dbkit("status").output.endswith("[x] 003_initial\napplied: 1, pending: 0\n")
    assert dbkit("verify").exit_code == 0
    for name in before:
        Path("migrations", name).unlink()
    assert dbkit("migrate").output.endswith("nothing to apply\n")
    with opened(url) as database:
        assert status(database).applied == ("003_initial",)
        with pytest.raises(DbkitError, match="replaces all earlier migrations"):
            rollback(database)
        assert rollback(database, baseline=True) == ["003_initial"]
        assert database.get_tables() == ["dbkit_migratehistory", "migratehistory"]
        # and a new one takes only the new one
        assert migrate(database) == ["003_initial"]
        assert not verify(database, load_models("app_models"))


def test_merge_of_nothing(project: Callable[[str], None]) -> None:
    database = pw.SqliteDatabase(":memory:")
    with pytest.raises(Exception, match="has no migrations to merge"):
        merge(database)


# init


def test_init_adopts_a_database(
    project: Callable[[str], None], dbkit: Run, url: str, tmp_path: Path
) -> None:
    Path("migrations/conf.py").unlink()
    Path("setup.cfg").write_text("[metadata]\nname = old\n")
    with opened(url) as database:
        database.execute_sql("CREATE TABLE team (id integer PRIMARY KEY, name text DEFAULT 'x')")
        database.execute_sql(
            "CREATE TABLE person (id integer PRIMARY KEY, age integer CHECK (age > 0),"
            " team_id integer NOT NULL REFERENCES team ON DELETE CASCADE)"
        )
        database.execute_sql("CREATE VIEW grown AS SELECT id FROM person WHERE age > 17")
        database.execute_sql("INSERT INTO team (id) VALUES (1)")
    done = dbkit("init")
    assert done.exit_code == 0, done.output
    assert "init: wrote models.py" in done.output
    assert "view grown" in done.output.lower()
    assert Path("setup.cfg").read_text().startswith("[metadata]\nname = old\n\n[dbkit]\n")
    assert files() == ["001_baseline.py"]
    assert "grown" in Path("migrations/001_baseline.py").read_text()
    assert dbkit("verify").exit_code == 0
    assert dbkit("status").exit_code == 0
    assert dbkit("create", "--check").exit_code == 0
    assert dbkit("init").output.endswith("init: nothing to do, the migrations match the "
                                         "database\n")  # fmt: skip
    assert by_pw_migrate("list").exit_code == 0
    with opened(url) as database:
        assert database.execute_sql("SELECT name FROM team").fetchall()[0][0] == "x"


def test_init_replaces_a_history_that_does_not_replay(
    project: Callable[[str], None], dbkit: Run, url: str
) -> None:
    project(ONE)
    for name in ("001_old", "002_older"):
        Path(f"migrations/{name}.py").write_text("from nowhere import all_of_it\n")
    with opened(url) as database:
        models = load_models("app_models")
        with database.bind_ctx(models):
            database.create_tables(models)
        for name in ("001_old", "002_older"):
            Router(database).model.create_table()
            Router(database).model.create(name=name)
    assert dbkit("create", "x").exit_code == 2
    done = dbkit("init")
    assert done.exit_code == 0, done.output
    assert files() == ["001_old.py", "002_older.py", "003_baseline.py"]
    assert dbkit("status").output.endswith("[x] 003_baseline\napplied: 1, pending: 0\n")
    assert dbkit("create", "--check").exit_code == 0
    assert dbkit("verify").exit_code == 0


@pytest.mark.parametrize("spoil", ["no table", "other models", "read-only"])
def test_a_failed_init_leaves_nothing(
    project: Callable[[str], None], dbkit: Run, url: str, spoil: str
) -> None:
    Path("setup.cfg").write_text("[metadata]\nname = old\n")
    if spoil != "no table":
        with opened(url) as database:
            database.execute_sql("CREATE TABLE users (id integer PRIMARY KEY)")
    if spoil == "other models":
        project(ONE)
    if spoil == "read-only":
        if os.geteuid() == 0:
            Path("migrations/001_baseline.py").mkdir()  # root writes anywhere, but not there
        else:
            Path("migrations").chmod(0o500)
    before = sorted(str(path) for path in Path().rglob("*"))
    options = ("--models", "app_models") if spoil == "other models" else ()
    done = dbkit("init", *options)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert "This should not happen" not in done.output
    assert sorted(str(path) for path in Path().rglob("*")) == before


def test_hazards_are_said(tmp_path: Path) -> None:
    created = Created("001_x", '"""Drop column a of t.\n"""', ("loses data: column a",))
    assert created_text(created, tmp_path) == (
        f"create: {tmp_path / '001_x.py'}\n  warning: loses data: column a"
    )
