"""The next step of a message fits its cause: of `verify`, and of a directory of migrations whose
files or name are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest
from click.testing import Result

from dbkit import migrate, verify
from tests.conftest import opened
from tests.pairs.pair import table

Run = Callable[..., Result]
IGNORE = "list it in the setting `ignore`"
UNDO = "The SQL that undoes the change: python -m dbkit verify --format sql"
FILE = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    {up}

def rollback(migrator, database, *, fake=False):
    {down}
"""
TABLE = """@migrator.create_model
    class T(pw.Model):
        a = pw.IntegerField()"""
TRIGGER = {
    True: "CREATE TRIGGER seen AFTER INSERT ON t BEGIN SELECT 1; END",
    False: "CREATE TRIGGER seen BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION "
    "suppress_redundant_updates_trigger()",
}


def write(directory: Path, name: str, up: str, down: str = "pass") -> None:
    directory.mkdir(exist_ok=True)
    (directory / f"{name}.py").write_text(FILE.format(up=up, down=down))


def last(report: object) -> str:
    """The lines after the summary of a report."""
    return str(report).partition("compared: ")[2].partition("\n")[2]


def test_the_hint_about_ignore_is_only_about_objects_that_models_cannot_describe(
    database: pw.Database, tmp_path: Path
) -> None:
    write(tmp_path, "001_t", TABLE)
    migrate(database, tmp_path)
    new = verify(database, [table("t", a=pw.IntegerField(), b=pw.TextField())], tmp_path)
    assert last(new) == "Create a migration for the changed models: python -m dbkit create NAME"
    trigger = TRIGGER[isinstance(database, pw.SqliteDatabase)]
    write(tmp_path, "002_trigger", f'migrator.sql("{trigger}")')
    migrate(database, tmp_path)
    same = verify(database, [table("t", a=pw.IntegerField())], tmp_path)
    assert last(same).startswith("No model can describe a trigger. ")
    assert IGNORE in last(same)
    assert "Create a migration" not in last(same)


def test_a_change_by_hand_has_its_sql(database: pw.Database, tmp_path: Path) -> None:
    write(tmp_path, "001_t", TABLE)
    migrate(database, tmp_path)
    database.execute_sql("ALTER TABLE t ADD COLUMN b integer")
    report = verify(database, [table("t", a=pw.IntegerField())], tmp_path)
    assert last(report).endswith(UNDO)
    assert "b" in report.to_sql()


@pytest.fixture
def project(url: str, dbkit: Run) -> Callable[..., Result]:
    """A command in a project with three applied migrations."""
    Path("models_of_project.py").write_text(
        "import peewee as pw\nclass T(pw.Model):\n    a = pw.IntegerField()\n"
        "    b = pw.TextField(null=True)\n    class Meta: table_name = 't'\n"
    )
    add = "migrator.add_fields('t', b=pw.TextField(null=True))"
    write(Path("migrations"), "001_t", TABLE, "migrator.remove_model('t')")
    write(Path("migrations"), "002_b", add, "migrator.remove_fields('t', 'b')")
    write(Path("migrations"), "003_same", 'migrator.add_index("t", "b")',
          'migrator.drop_index("t", "b")')  # fmt: skip
    with opened(url) as database:
        migrate(database, "migrations", "002_b")

    def run(command: str, *words: str) -> Result:
        models = () if command == "status" else ("--models", "models_of_project")
        return dbkit(command, "--database", url, *models, *words)

    return run


@pytest.mark.parametrize("is_there", [False, True])
def test_applied_migrations_without_a_directory(
    project: Callable[..., Result], is_there: bool
) -> None:
    """A misspelled directory, and an empty one."""
    if is_there:
        Path("migratoins").mkdir()
    result = project("verify", "--migrations", "migratoins")
    assert result.exit_code == 2
    said = "Migrations 001_t, 002_b are applied to this database, but the directory migratoins has"
    assert said in " ".join(result.output.split())


def test_a_database_without_a_history_needs_no_directory(
    database: pw.Database, tmp_path: Path
) -> None:
    model = table("t", a=pw.IntegerField())
    model.bind(database)
    model.create_table()
    report = verify(database, [model], tmp_path / "none")
    assert not report.history
    assert not report.notes


@pytest.mark.parametrize("words", [("new",), ("--empty", "new")])
def test_the_first_file_beside_a_directory_with_migrations(
    project: Callable[..., Result], words: tuple[str, ...]
) -> None:
    result = project("create", "--migrations", "migratoins", *words)
    assert result.exit_code == 0
    assert "warning: migratoins had no migrations, but migrations has. " in result.stderr
    result = project("create", "--migrations", "migratoins", *words)
    assert "had no migrations" not in result.stderr


def test_a_missing_number_is_named(project: Callable[..., Result]) -> None:
    Path("migrations/002_b.py").unlink()
    gap = "A number is missing between migrations 001_t and 003_same."
    result = project("prove")
    assert f"warning: {gap} If a file was deleted, restore it" in result.stderr
    for command in (("create", "new"), ("create", "--check"), ("diagram", "migrations")):
        result = project(*command)
        assert result.exit_code == 2
        assert gap in result.stderr
        assert "If the missing file was deleted, restore it" in result.stderr
        assert "init" not in result.stderr
    write(Path("migrations"), "003_same", "pass")
    result = project("create", "new")
    assert f"warning: {gap}" in result.stderr
