"""Where `init` writes its settings: into the file that the project has for them."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from dbkit import config
from tests.conftest import opened

Dbkit = Callable[..., Result]
CFG, TOML = "[dbkit]\nmodels = adopted\n", "[tool.dbkit]\nmodels = 'adopted'\n"
TABLES = (
    "CREATE TABLE team (id integer PRIMARY KEY, name text)",
    'CREATE TABLE "odd "" \té" (a integer, b integer CHECK (b > 0))',
)


@pytest.fixture(autouse=True)
def adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with opened(f"sqlite:///{tmp_path / 'test.db'}") as database:
        for sql in TABLES:
            database.execute_sql(sql)
    yield
    for name in ("models", "adopted"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("before", "file", "text"),
    [
        ({}, "setup.cfg", "[dbkit]\nmodels = models\nmigrations = migrations\n"),
        ({"setup.cfg": "[x]\ny = 1\n"}, "setup.cfg", "[x]\ny = 1\n\n[dbkit]\nmodels = models\n"),
        ({"setup.cfg": "[x]\n", "pyproject.toml": ""}, "setup.cfg", "[x]\n\n[dbkit]\n"),
        ({"setup.cfg": CFG, "pyproject.toml": "[x]\n"}, "setup.cfg", CFG),
        (
            {"pyproject.toml": "[x]\r\ny = 1"},
            "pyproject.toml",
            '[x]\r\ny = 1\r\n\r\n[tool.dbkit]\r\nmodels = "models"\r\n',
        ),
        ({"setup.cfg": "[x]\n", "pyproject.toml": TOML}, "pyproject.toml", TOML),
        ({"pyproject.toml": '[ tool . "dbkit" ] # ours\n'}, "pyproject.toml", "[ tool . "),
    ],
)
def test_init_writes_where_the_settings_are(
    dbkit: Dbkit, before: dict[str, str], file: str, text: str
) -> None:
    for name, content in before.items():
        Path(name).write_text(content, newline="")
    done = dbkit("init")
    assert done.exit_code == 0, done.output
    assert Path(file).read_bytes().decode().startswith(text)
    for name, content in before.items():
        if name != file:
            assert Path(name).read_text() == content
    assert (f"init: wrote {file}" in done.output) == (file not in before)
    name = "adopted" if "adopted" in "".join(before.values()) else "models"
    assert Path(f"{name}.py").exists()
    if file == "pyproject.toml":
        tomllib.loads(Path(file).read_text())
    assert dbkit("verify", "--models", name).exit_code == 0
    assert dbkit("create", "--check", "--models", name).exit_code == 0


def test_init_from_below(dbkit: Dbkit, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text(TOML)
    Path("below").mkdir()
    monkeypatch.chdir("below")
    done = dbkit("init")
    assert done.exit_code == 0, done.output
    assert list(Path().iterdir()) == []
    assert Path("../adopted.py").exists()
    assert Path("../migrations/conf.py").exists()
    assert dbkit("create", "--check").exit_code == 0
    monkeypatch.chdir("..")
    assert dbkit("create", "--check").exit_code == 0


NAMES = ('q"uote.x', "back\\slash", "tab\t", "del\x7f", "é*?[", "\U0001f600", "plain")


@pytest.mark.parametrize("file", ["setup.cfg", "pyproject.toml"])
@pytest.mark.parametrize("section", [True, False])
def test_ignored_names_are_read_as_they_were_written(file: str, section: bool) -> None:
    from dbkit.adoption.write_settings import write_settings
    from dbkit.project import literal_pattern

    header = {"setup.cfg": "[dbkit]\nseeds = s\n", "pyproject.toml": "[tool.dbkit]\nseeds = 's'\n"}
    Path(file).write_text(header[file] if section else "")
    assert write_settings("app.models", Path("m"), NAMES) is None
    assert config.load().ignore == tuple(map(literal_pattern, NAMES))
    assert str(config.load().seeds) == ("s" if section else "seeds")


def test_settings_to_which_nothing_can_be_added() -> None:
    from dbkit.adoption.write_settings import write_settings
    from dbkit.errors import ConfigError

    Path("pyproject.toml").write_text("[tool]\ndbkit = {seeds = 's'}\n")
    with pytest.raises(ConfigError, match="so `ignore` cannot be added"):
        write_settings("app", Path("m"), ["a"])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("setup.cfg", "[flake8]\nignore = E1\n\n[dbkit]\nignore = old_*\n    # ours\n    b.c\n"),
        ("setup.cfg", "[dbkit]\nignore=\n  old_*\n\n  b.c\nseeds = s\n[x]\nignore = y\n"),
        ("setup.cfg", "[dbkit]\r\nIGNORE : old_* b.c"),
        ("pyproject.toml", "[tool.dbkit]\nignore = ['old_*', 'b.c']\nseeds = 's'\n"),
        ("pyproject.toml", '[tool.x]\nignore = ["a"]\n[tool]\n'
         'dbkit.ignore = [ # ]\n"old_*",\n"b.c"]'),
        ("pyproject.toml", "[tool]\r\ndbkit = {ignore = ['old_*', 'b.c'], seeds = 's'}\r\n"),
    ],
)  # fmt: skip
def test_an_ignore_that_exists_grows(file: str, text: str) -> None:
    from dbkit.adoption.write_settings import write_settings
    from dbkit.project import literal_pattern

    Path(file).write_text(text, newline="")
    seeds = config.load().seeds
    assert write_settings("app", Path("m"), ["b.c", *NAMES]) is None
    assert {*config.load().ignore} == {"old_*", "b.c", *map(literal_pattern, NAMES)}
    assert len(config.load().ignore) == 2 + len(NAMES)
    assert config.load().seeds == seeds
    new = Path(file).read_bytes().decode()
    assert ("\r\n" in new) == ("\r\n" in text)
    assert [line for line in text.splitlines() if line.startswith("[")] == [
        line for line in new.splitlines() if line.startswith("[")
    ]
