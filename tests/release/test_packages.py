"""What users install: the wheel and the sdist, built as `python -m build` builds them."""

from __future__ import annotations

import configparser
import email
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import dbkit
from tests.conftest import ROOT

BUILD = """
import sys
from setuptools import build_meta
directory = sys.argv[1]  # a build replaces sys.argv
build_meta.build_sdist(directory)
build_meta.build_wheel(directory)
"""
NOT_COPIED = shutil.ignore_patterns(".*cache", ".venv", ".tox", ".git", "build", "dist", "*.db*",
                                    "pgdata", "*.egg-info", "__pycache__")  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a wheel and an sdist. setuptools writes beside its sources: a copy."""
    directory = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, directory / "source", ignore=NOT_COPIED)
    command = [sys.executable, "-W", "ignore", "-c", BUILD, str(directory)]
    done = subprocess.run(command, cwd=directory / "source", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def sdist(built: Path) -> set[str]:
    """The names of its files, without the folder around them."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as files:
        return {one.name.partition("/")[2] for one in files if one.isfile()}


def sources(folder: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_has_every_module_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    """No tests and no reference schema: the models, migrations and seeds of this repository."""
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == sources("dbkit") - sources("dbkit/models")
    assert "dbkit/py.typed" in packed


def test_no_module_of_the_wheel_needs_the_reference_schema(built: Path) -> None:
    """Every module of the wheel is imported, in a process that finds no other dbkit."""
    (path,) = built.glob("*.whl")
    code = (
        "import pkgutil, sys; sys.path.insert(0, sys.argv[1])\n"
        "import dbkit; assert dbkit.__file__.startswith(sys.argv[1])\n"
        "for one in pkgutil.walk_packages(dbkit.__path__, 'dbkit.'):\n"
        "    if not one.name.endswith('__main__'): __import__(one.name)\n"
    )
    command = [sys.executable, "-P", "-W", "ignore", "-c", code, str(path)]
    done = subprocess.run(command, cwd=built, capture_output=True, text=True, env={})
    assert done.returncode == 0, done.stderr


def test_the_page_about_deploying_installs_the_wheel(built: Path) -> None:
    (path,) = built.glob("*.whl")
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    named = {*re.findall(r"\./wheels/(\S+?\.whl)", page)}
    assert {re.sub(r"-[\d.]+-", "-", name) for name in named} == {
        path.name.replace(f"-{dbkit.__version__}-", "-")
    }


def test_the_sdist_has_what_the_first_commands_of_the_readme_need(sdist: set[str]) -> None:
    needed = {"setup.cfg", "pyproject.toml", "tox.ini", "README.md", "CHANGELOG.md", "LICENSE"}
    for folder in ("dbkit", "migrations", "seeds", "tests", "docs", "benchmarks", "tools"):
        needed |= sources(folder)
    assert not needed - sdist


def test_the_metadata(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["Version"] == dbkit.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    (scripts,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    parser = configparser.ConfigParser()
    parser.read_string(wheel.read(scripts).decode())
    assert parser["console_scripts"]["dbkit"] == "dbkit.cli:main"


def test_the_same_versions_of_python_are_named_everywhere(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    named = email.message_from_bytes(wheel.read(name)).get_all("Classifier") or []
    prefix = "Programming Language :: Python :: 3."
    minors = [one.removeprefix(prefix) for one in named if one.startswith(prefix)]
    assert minors == ["11", "12", "13", "14"]
    tox = (ROOT / "tox.ini").read_text()
    assert f"py{{{','.join(f'3{minor}' for minor in minors)}}}" in tox
