"""Generated files are laid out by the project's formatter."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from dbkit.formatter import formatted

SOURCE = (
    'import peewee as pw\n\na = pw.CharField(constraints=[pw.Default("x"), pw.Check("größer")])\n'
)
SHORT = "line-length = 40\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app" / "migrations").mkdir(parents=True)
    return tmp_path


def lines(project: Path, source: str = SOURCE) -> int:
    text = formatted(project / "app" / "migrations" / "001_a.py", source)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(source))
    return len(text.splitlines())


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, False),
        ({"pyproject.toml/a": ""}, False),
        ({"setup.cfg": "[tool.ruff]\n" + SHORT}, False),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, False),
        ({"ruff.toml": SHORT}, True),
        ({".ruff.toml": SHORT}, True),
        ({"app/ruff.toml": SHORT, "ruff.toml": "broken"}, True),
        ({"pyproject.toml": "[tool.ruff]\n" + SHORT}, True),
        ({"pyproject.toml": "[tool.ruff.format]\n[tool.ruff]\n" + SHORT}, True),
        ({"app/pyproject.toml": "[project]\nname = 'x'\n", "ruff.toml": SHORT}, True),
        ({"ruff.toml": "broken"}, False),
        ({"ruff.toml": SHORT + 'extend-exclude = ["app/migrations"]\n'}, False),
    ],
)
def test_ruff(project: Path, files: dict[str, str], found: bool) -> None:
    pytest.importorskip("ruff")
    for name, text in files.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    assert (lines(project) > 3) is found


def test_a_path_from_a_folder_beside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration of the working directory is not that of its neighbour."""
    pytest.importorskip("ruff")
    (project / "other").mkdir()
    (project / "other" / "ruff.toml").write_text(SHORT, encoding="utf-8")
    monkeypatch.chdir(project / "other")
    assert formatted(Path("../app/migrations/001_a.py"), SOURCE) == SOURCE


def test_line_ends_are_those_of_the_configuration(project: Path) -> None:
    pytest.importorskip("ruff")
    (project / "ruff.toml").write_text('format.line-ending = "cr-lf"\n', encoding="utf-8")
    assert formatted(project / "a.py", SOURCE) == SOURCE.replace("\n", "\r\n")


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for black")
def test_black_comes_before_ruff_and_may_be_missing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = "[tool.ruff]\n" + SHORT + "[tool.black]\n" + SHORT
    (project / "pyproject.toml").write_text(both, encoding="utf-8")
    black = project / "black"
    monkeypatch.setenv("PATH", str(project), prepend=os.pathsep)
    monkeypatch.setattr("sys.executable", str(project / "python"))
    assert lines(project) == 3
    black.write_text('#!/bin/sh\n[ "$1 $2" = "--quiet --stdin-filename" ] && cat && echo "#"\n')
    black.chmod(0o755)
    assert lines(project) == 4
    for broken in (b"#!/bin/sh\necho broken; exit 1\n", b"\0", b"#!/bin/sh\nprintf '\\377'\n"):
        black.write_bytes(broken)
        assert lines(project) == 3
