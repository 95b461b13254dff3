"""The folder of a project, and its settings in setup.cfg or pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from dbkit import config
from dbkit.config import DEFAULT_URL
from dbkit.connection import parse, target_of
from dbkit.errors import ConfigError, MigrationError, ModelsError
from dbkit.migration import Router
from dbkit.project import current_project

Dbkit = Callable[..., Result]
PYPROJECT = Path("pyproject.toml")


# Settings in pyproject.toml


def test_all_types_of_settings_in_pyproject() -> None:
    PYPROJECT.write_text(
        "[project]\nname = 'x'\n[tool.dbkit]\nmodels = 'app.models:ALL'\nmigrations = 'db'\n"
        "ignore = ['a b', 'c.*', '\"quoted\"']\nallow_edited = true\nquiet = 'no'\nwait = 2.5\n"
        "lock_timeout = 7\nstatement_timeout = '2min'\nwait_for_database = 0\n"
    )
    settings = config.load()
    assert (settings.models, settings.migrations) == ("app.models:ALL", Path("db"))
    assert settings.ignore == ("a b", "c.*", '"quoted"')
    assert (settings.allow_edited, settings.quiet) == (True, False)
    limits = settings.limits
    assert (limits.wait, limits.lock_timeout, limits.statement_timeout) == (2.5, 7, 120)


def test_settings_that_are_read_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBKIT_CACHE")
    PYPROJECT.write_text("[tool.dbkit]\ncache = false\nscratch = 'embedded'\n")
    assert config.cache_directory() is None
    assert config.scratch().on_live is False


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("modells = 'x'", "Did you mean models instead of modells?"),
        ("lock-timeout = 1", "Did you mean lock_timeout instead of lock-timeout?"),
        ("database = 's3cret'", "Set the database in DATABASE_URL or .env"),
        ("url = 's3cret'", "Set the database in DATABASE_URL or .env"),
        ("DATABASE_URL = 's3cret'", "Set the database in DATABASE_URL or .env"),
        ("password = 's3cret'", "Set the database in DATABASE_URL or .env"),
        ("models = 1", "models under [tool.dbkit] in pyproject.toml has a value of the wrong type"),
        ("models = ['s3cret']", "Write a string."),
        ("seeds = {}", "Write a string."),
        ("quiet = 1", "Write true or false."),
        ("quiet = 'maybe'", "quiet (DBKIT_QUIET) is maybe"),
        ("wait = true", "Write a number of seconds, or a string."),
        ("wait = nan", "is not a duration: nan"),
        ("wait = 2020-01-01", "Write a number of seconds, or a string."),
        ("ignore = 'a'", 'Write ignore = ["table"'),
        ("ignore = [1]", 'Write ignore = ["table"'),
        ("models = s3cret", "pyproject.toml cannot be read: "),
        ("models = 'a'\nmodels = 'b'", "pyproject.toml cannot be read: "),
        ("quiet = '\udcff'", "pyproject.toml cannot be read: "),
    ],
)
def test_wrong_settings_in_pyproject(dbkit: Dbkit, content: str, words: str) -> None:
    PYPROJECT.write_bytes(f"[tool.dbkit]\n{content}\n".encode(errors="surrogateescape"))
    result = dbkit("check")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert words in result.stderr
    assert "s3cret" not in result.output


def test_setup_cfg_has_suggestions_too(dbkit: Dbkit) -> None:
    Path("setup.cfg").write_text("[dbkit]\nmodels = a\nmigration = b\n")
    assert "Did you mean migrations instead of migration?" in dbkit("check").stderr


@pytest.mark.parametrize("content", ["tool = 1 # dbkit\n", "[tool]\ndbkit = 1\n"])
def test_no_table_of_settings(content: str) -> None:
    PYPROJECT.write_text(content)
    if content.startswith("["):
        with pytest.raises(ConfigError, match="is not a table"):
            current_project()
    else:
        assert not current_project().is_found


@pytest.mark.parametrize("content", ["[project\n", "[project]\nname = 'x'\n", "", "\0"])
def test_a_pyproject_without_settings_may_be_broken(content: str) -> None:
    """It belongs to other programs."""
    PYPROJECT.write_text(content)
    Path("setup.cfg").write_text("[dbkit]\nmodels = here\n")
    assert config.load().models == "here"


@pytest.mark.parametrize("where", [".", "below"])
def test_settings_in_both_files(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("below").mkdir()
    PYPROJECT.write_text("[tool.dbkit]\nmodels = 'a'\n")
    Path("setup.cfg").write_text("[dbkit]\nmodels = a\n")
    monkeypatch.chdir(where)
    with pytest.raises(ConfigError, match=r"\[dbkit\] in .*setup.cfg and \[tool.dbkit\] in .*py"):
        config.load()


@pytest.mark.parametrize(
    ("cfg", "toml"),
    [("[dbkit]\n", "[tool.dbkit]\nmodels = 'a'\n"), ("[dbkit]\nmodels = a\n", "[tool.dbkit]\n")],
)
def test_an_empty_section_beside_settings(cfg: str, toml: str) -> None:
    Path("setup.cfg").write_text(cfg)
    PYPROJECT.write_text(toml)
    assert config.load().models == "a"


# The project, from a folder below it

MARKS = {
    "setup.cfg": "[dbkit]\n",
    "pyproject.toml": "[tool.dbkit]\n",
    ".env": "export DATABASE_URL = sqlite:///dev.db\n",
    "migrations/001_first.py": "",
    "migrations/conf.py": "",
}


@pytest.mark.parametrize("mark", MARKS)
def test_a_project_is_found_from_below(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("migrations").mkdir()
    Path("app/deep").mkdir(parents=True)
    Path(mark).write_text(MARKS[mark])
    for folder, directory in ((".", "."), ("app", ".."), ("deep", "../..")):
        monkeypatch.chdir(folder)
        project = current_project()
        assert (project.is_found, project.directory) == (True, Path(directory))
        settings = config.load()
        assert settings.migrations == Path(directory, "migrations")
        assert settings.seeds == Path(directory, "seeds")
        name = "dev.db" if mark == ".env" else "dbkit.db"
        target = target_of(settings, session=True)
        assert target.name == str(Path(directory, name))
        assert parse(target.display).name == target.name


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # the nearest settings; a folder with migrations only counts if nothing else is found
        ({"setup.cfg": "[dbkit]\n", "app/pyproject.toml": "[tool.dbkit]\n"}, ".."),
        ({"setup.cfg": "[dbkit]\n", "app/migrations/001_a.py": ""}, "../.."),
        ({"setup.cfg": "[dbkit]\n", "app/.env": "VITE=1\n"}, "../.."),
        ({"setup.cfg": "[dbkit]\n", "app/.env": "DB_NAME=x\n"}, ".."),
        ({"setup.cfg": "[dbkit]\n", "app/setup.cfg": "[metadata]\n"}, "../.."),
        ({"setup.cfg": "[dbkit]\n", "app/pyproject.toml": "[project]\n"}, "../.."),
        ({".env": "DBKIT_ENV=test\n", "app/migrations/x.py": ""}, "../.."),
        # a broken file of others
        ({"setup.cfg": "x\n", "pyproject.toml": "[\n"}, None),
        # the root of a repository is the last folder
        ({"setup.cfg": "[dbkit]\n", "app/.git": ""}, None),
        ({"app/setup.cfg": "[dbkit]\n", "app/.git": ""}, ".."),
    ],
)
def test_which_folder_is_the_project(
    files: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    Path("app/deep").mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir("app/deep")
    project = current_project()
    assert (project.directory if project.is_found else None) == (expected and Path(expected))


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_folder_in_which_everybody_may_write_is_no_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its settings name a module, whose code would run."""
    Path("shared/mine").mkdir(parents=True)
    Path("shared/setup.cfg").write_text("[dbkit]\nmodels = theirs\n")
    Path("shared").chmod(0o1777)
    monkeypatch.chdir("shared/mine")
    assert config.load().models is None


def test_paths_of_flags_begin_in_the_current_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("below").mkdir()
    Path(".env").write_text("DATABASE_URL=sqlite:///a.db\nDBKIT_MIGRATIONS=m\n")
    monkeypatch.setenv("DBKIT_SEEDS", "s")
    monkeypatch.chdir("below")
    settings = config.load()
    assert (settings.migrations, settings.seeds) == (Path("../m"), Path("../s"))
    assert config.load(migrations="x").migrations == Path("x")
    assert target_of(config.load(database="sqlite:///b.db"), True).name == "b.db"
    embedded = parse("embedded:data", Path("..")).directory
    assert embedded == Path("../data")
    for absolute in ("sqlite:////a/b.db", "sqlite:///:memory:", "embedded:/a/b"):
        assert parse(absolute, Path("..")) == parse(absolute)


def test_errors_say_that_no_project_was_found(dbkit: Dbkit) -> None:
    words = "Neither this folder nor a folder above it has [dbkit] in setup.cfg, [tool.dbkit] in"
    assert words in dbkit("verify").output
    assert words in dbkit("migrate").output
    Path("setup.cfg").write_text("[dbkit]\n")
    for command in ("verify", "migrate"):
        result = dbkit(command)
        assert (result.exit_code, words in result.output) == (2, False)
    with pytest.raises(MigrationError, match="There is no migrations directory"):
        Router(target_of(config.load(), True).database(), "nowhere").files.names()


def test_commands_from_below(dbkit: Dbkit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules, migrations, .env and the database are those of the project."""
    Path(".env").write_text("DATABASE_URL=sqlite:///dev.db\n")
    PYPROJECT.write_text("[tool.dbkit]\nmodels = 'models_from_below'\n")
    Path("models_from_below.py").write_text(
        "import peewee as pw\nclass User(pw.Model):\n    name = pw.CharField()\n"
    )
    Path("app/deep").mkdir(parents=True)
    monkeypatch.chdir("app/deep")
    created = dbkit("create", "first")
    assert created.stdout.startswith("create: ../../migrations/001_first.py\n")
    done = dbkit("up")
    assert done.exit_code == 0, done.output
    assert "database: sqlite:///../../dev.db" in done.stderr
    assert os.listdir() == []
    monkeypatch.chdir("../..")
    assert Path("dev.db").exists()
    assert dbkit("verify").exit_code == 0
    assert config.load().url != DEFAULT_URL


def test_no_models_from_below(dbkit: Dbkit) -> None:
    from dbkit.discovery import load_models

    with pytest.raises(ModelsError, match="No models are configured"):
        load_models(None)
