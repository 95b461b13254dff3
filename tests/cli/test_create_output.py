"""`create`: words as a name, the operations in words and in colour, and questions asked again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
import peewee as pw
import pytest
from click.testing import CliRunner, Result

from dbkit import DbkitError
from dbkit.cli.commands import main
from dbkit.errors import ConfigError, MigrationError
from dbkit.migration import create
from dbkit.migration.new_migration import file_name

Dbkit = Callable[..., Result]
HEAD = "import peewee as pw\nfrom dbkit.fields import EnumField\nimport enum\n\n"
MODEL = "class User(pw.Model):\n    name = pw.CharField()\n"


@pytest.fixture
def project(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the models of the project."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    Path("setup.cfg").write_text("[dbkit]\nmodels = output_models\n")

    def write(source: str) -> None:
        Path("output_models.py").write_text(HEAD + source)
        sys.modules.pop("output_models", None)

    write(MODEL)
    return write


@pytest.fixture
def second(project: Callable[[str], None], dbkit: Dbkit) -> Callable[[str], None]:
    """The project with its first migration."""
    assert dbkit("create", "first").exit_code == 0
    return project


# Names


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("add phone", "add_phone"),
        ("  Add\tPhone  Number\n", "add_phone_number"),
        ("addPhone", "addPhone"),
        ("2-factor_x", "2-factor_x"),
        ("größe ändern", "größe_ändern"),
        ("x" * 200, "x" * 200),
    ],
)
def test_words_are_a_file_name(words: str, name: str) -> None:
    assert file_name(words) == name


@pytest.mark.parametrize(
    "words",
    [
        "",
        " ",
        "it's",
        "a.b",
        "../x",
        "a/b c",
        "a\\b",
        "a:b",
        "a\0b",
        "\udcff",
        "x" * 201,
        "é" * 101,
    ],
)
def test_what_cannot_be_a_name(words: str) -> None:
    with pytest.raises(MigrationError, match="is not a valid name") as raised:
        file_name(words)
    assert "letters, digits, _ and -" in raised.value.hint


@pytest.mark.parametrize("arguments", [["add phone"], ["Add", "phone"], ["--empty", "add phone"]])
def test_create_with_words(
    second: Callable[[str], None], dbkit: Dbkit, arguments: list[str]
) -> None:
    second(MODEL + "    phone = pw.TextField(null=True)\n")
    done = dbkit("create", *arguments)
    assert done.output.splitlines()[0] == "create: migrations/002_add_phone.py"
    assert Path("migrations/002_add_phone.py").exists()
    assert dbkit("migrate").exit_code == 0


def test_a_wrong_name_is_refused_before_any_work(dbkit: Dbkit, project: object) -> None:
    for name, words in (("it's", "is not a valid name"), ("", "The value is empty")):
        result = dbkit("create", name)
        assert (result.exit_code, words in result.stderr) == (2, True)
    assert not Path("migrations").exists()


# What is printed


def test_operations_then_warnings_in_colour(second: Callable[[str], None]) -> None:
    second(
        "class User(pw.Model):\n    full = pw.CharField(index=True)\n    age = pw.IntegerField()\n"
        "class Pet(pw.Model):\n    name = pw.CharField()\n"
    )
    done = CliRunner().invoke(
        main, ["create", "x", "--no-rename", "--fill", "user.full=a", "--fill", "user.age=1"],
        color=True,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    first, *lines, proof = done.stdout.splitlines()
    assert first == "create: migrations/002_x.py"
    assert proof.startswith("  proven on ")
    words = [click.unstyle(line).strip() for line in lines]
    added = ["add table pet", "add columns age, full of user"]
    assert [word for word in words if word.startswith("add")][:2] == added
    assert "drop column name of user" in words
    kinds = [word.split()[0] for word in words]
    assert kinds == sorted(kinds, key="warning:".__eq__)  # the warnings come last
    assert f"  {click.style('add table pet', fg='green')}" in lines
    assert f"  {click.style('drop column name of user', fg='red')}" in lines
    text = Path("migrations/002_x.py").read_text()
    assert text.startswith('"""Add table pet; add columns age, full of user;')


def test_no_colour_without_a_terminal(project: object, dbkit: Dbkit) -> None:
    assert "\x1b" not in dbkit("create").output


def test_a_name_cannot_control_the_terminal(project: Callable[[str], None], dbkit: Dbkit) -> None:
    project(MODEL + '    class Meta:\n        table_name = "a\\x1b[31m\\nb"\n')
    done = dbkit("create", "x")
    assert (done.exit_code, "\x1b" in done.output) == (0, False)
    assert "add table aU+001B[31m b" in done.output


@pytest.mark.parametrize("arguments", [[], ["--no-rename", "--fill", "user.full=x"]])
def test_check_as_an_annotation(
    second: Callable[[str], None], dbkit: Dbkit, arguments: list[str]
) -> None:
    clean = dbkit("create", "--check", "--format", "github")
    assert (clean.exit_code, clean.stdout) == (0, "")
    second("class User(pw.Model):\n    full = pw.CharField()\n")
    missing = dbkit("create", "--check", "--format", "github", *arguments)
    assert missing.exit_code == 1
    (line,) = missing.stdout.splitlines()
    assert line.startswith("::error file=output_models.py,line=6,title=missing migration::")
    words = "add column full of user%0Adrop column" if arguments else "--rename user.name:full"
    assert words in line
    assert "no migration was made" in line
    assert not Path("migrations/002_auto.py").exists()


FIRST = """\
class Colour(enum.Enum):
    RED = 'red'
class User(pw.Model):
    name = pw.CharField(null=True)
    colour = EnumField(Colour)
class Pet(pw.Model):
    name = pw.CharField()
"""
# what changes in the models; the file and the line of the annotation, and a part of its text
PLACES = {
    "a column": (
        "    name = pw.CharField()",
        "    age = pw.IntegerField(default=1)\n{}",
        11,
        "add",
    ),
    "a type": ("name = pw.CharField(null=True)", "name = pw.TextField(null=True)", 8, "change"),
    "an index": ("CharField()", "CharField(index=True)", 11, "add index"),
    "a drop": ("    name = pw.CharField(null=True)\n", "", 7, "drop column name"),
    "a label": ("    RED = 'red'\n", "{}    BLUE = 'blue'\n", 10, "blue"),
    "a table": ("class Pet", "class Cat(pw.Model):\n    a = pw.TextField()\n{}", 10, "add table"),
    "a table renamed": ("class Pet", "class Dog", 10, "--rename pet:dog"),
    "a column renamed": ("    name = pw.CharField()", "    title = pw.CharField()", 11, "--rename"),
    "a value": ("CharField(null=True)", "CharField()", 8, "--fill user.name=VALUE"),
    "a table dropped": ("class Pet(pw.Model):\n    name = pw.CharField()\n", "", 0, "drop table"),
}


def test_an_annotation_has_the_place(project: Callable[[str], None], dbkit: Dbkit) -> None:
    project(FIRST)
    assert dbkit("create", "first").exit_code == 0
    for name, (old, new, line, words) in PLACES.items():
        project(FIRST.replace(old, new.format(old)))
        (said,) = dbkit("create", "--check", "--format", "github").stdout.splitlines()
        if line:
            assert f"::error file=output_models.py,line={line},title=missing" in said, name
        else:  # only the migration still describes it
            assert "::error file=migrations/001_first.py,line=" in said, name
            number = int(said.partition("line=")[2].partition(",")[0])
            path = Path("migrations/001_first.py")
            assert "class Pet" in "".join(path.read_text().splitlines()[number - 5 : number]), name
        assert words in said, name
    project(FIRST.replace("class Pet", "class Dog"))
    arguments = ("--check", "--format", "github", "--rename", "pet:dog")
    (said,) = dbkit("create", *arguments).stdout.splitlines()
    assert "::error file=output_models.py,line=10,title=missing migration::rename table" in said


def test_an_annotation_is_for_check(project: object, dbkit: Dbkit) -> None:
    assert dbkit("create", "--format", "github").exit_code == 2
    assert not Path("migrations").exists()


# Questions

LABELS = "class Colour(enum.Enum):\n    RED = 'red'\n    BLUE = 'blue'\n"
ANSWERS = {
    "pw.IntegerField()": ("old", "1.5", "7"),
    "pw.FloatField()": ("x", "1.5"),
    "pw.DecimalField()": ("x", "NaN-", "1.5"),
    "pw.BooleanField()": ("maybe", "true"),
    "pw.CharField(max_length=3)": ("long", "abc"),
    "pw.DateField()": ("soon", "2026-01-31"),
    "pw.DateTimeField()": ("later", "2026-01-31 12:00"),
    "pw.TimeField()": ("noon?", "12:00"),
    "pw.UUIDField()": ("x", "12345678-1234-5678-1234-567812345678"),
    "EnumField(Colour)": ("green", "red"),
    "pw.BigIntegerField()": ("", "  ", "5"),
}


def test_a_wrong_answer_asks_again(
    second: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbkit.prompts.is_terminal", lambda: True)
    fields = "".join(f"    f{number} = {field}\n" for number, field in enumerate(ANSWERS))
    second(LABELS + MODEL + fields + "    z = pw.IntegerField()\n")
    # columns are asked for in the order of the fields; the last value is SQL
    answers = [one for answers in ANSWERS.values() for one in answers]
    done = CliRunner().invoke(main, ["create", "x"], input="\n".join([*answers, "sql:1 + 1", ""]))
    assert done.exit_code == 0, done.output
    for wrong in ("old", "maybe", "long", "soon", "green"):
        assert f"{wrong} is not a valid value for column" in done.output
    assert "Use one of: red, blue." in done.output
    assert Path("migrations/002_x.py").exists()


def test_a_wrong_answer_about_a_rename_asks_again(
    second: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbkit.prompts.is_terminal", lambda: True)
    second("class User(pw.Model):\n    full = pw.CharField()\n")
    done = CliRunner().invoke(main, ["create", "x"], input="perhaps\ny\n")
    assert done.exit_code == 0, done.output
    assert done.output.count("Was column user.name renamed to full?") == 2
    assert "rename column name of user to full" in done.output


def test_a_program_that_always_answers_wrongly(tmp_path: Path) -> None:
    class User(pw.Model):
        class Meta:
            table_name = "users"

    class Older(pw.Model):
        age = pw.IntegerField()

        class Meta:
            table_name = "users"

    database = pw.SqliteDatabase(":memory:")
    create(database, [User], tmp_path / "m")
    with pytest.raises(ConfigError, match="x is not a valid value for column age"):
        create(database, [Older], tmp_path / "m", prompt=lambda _: "x")
    with pytest.raises(DbkitError, match="age is NOT NULL"):
        create(database, [Older], tmp_path / "m")
