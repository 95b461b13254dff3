"""`python tools/release.py X.Y.Z` in a clone: it writes both files, or neither."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import dbkit
from tests.conftest import ROOT

CHANGES = "# Changelog\n\n## [Unreleased]\n{}\n## [0.3.0] - 2025-01-01\n\n- The first version.\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with version 0.3.0 and unreleased changes."""
    for folder in ("tools", "dbkit"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "tools" / "release.py", tmp_path / "tools")
    (tmp_path / "dbkit" / "__init__.py").write_text('"""x"""\n\n__version__ = "0.3.0"\n\nx = 1\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGES.format("\n- Pictures. \\1\n"))
    run(tmp_path, "git init -q -b main")
    commit(tmp_path)
    return tmp_path


def run(clone: Path, command: str) -> subprocess.CompletedProcess[str]:
    author = "-c user.name=Ada -c user.email=ada@example.com -c commit.gpgsign=false"
    words = shlex.split(command.replace("git ", f"git {author} ", 1))
    return subprocess.run(words, cwd=clone, capture_output=True, text=True)


def commit(clone: Path) -> None:
    run(clone, "git add -A")
    run(clone, "git commit -qm x")


def release(clone: Path, version: str) -> subprocess.CompletedProcess[str]:
    return run(clone, f"{sys.executable} tools/release.py {version}")


def test_a_release_sets_the_version_and_dates_the_changes(clone: Path) -> None:
    done = release(clone, "0.4.0")
    assert done.returncode == 0, done.stderr
    module = (clone / "dbkit" / "__init__.py").read_text()
    assert module == '"""x"""\n\n__version__ = "0.4.0"\n\nx = 1\n'
    heading = f"\n## [0.4.0] - {datetime.now(UTC).date()}\n\n- Pictures. \\1\n"
    assert (clone / "CHANGELOG.md").read_text() == CHANGES.format(heading)
    changed = run(clone, "git status --porcelain").stdout
    assert changed == " M CHANGELOG.md\n M dbkit/__init__.py\n"


def test_the_printed_git_commands_run(clone: Path) -> None:
    printed = release(clone, "0.4.0").stdout
    commands = [line for line in printed.splitlines() if re.match("git (commit|tag)", line)]
    assert len(commands) == 2
    assert [run(clone, command).returncode for command in commands] == [0, 0]
    assert run(clone, "git describe").stdout == "v0.4.0\n"
    assert run(clone, "git status --porcelain").stdout == ""
    assert "twine upload dist/peewee_dbkit-0.4.0*" in printed


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("0.2.9", "0.2.9 is lower than the current version, 0.3.0"),
        ("0.3.0", "CHANGELOG.md has 0.3.0 already"),
        ("v0.4.0", "v0.4.0 is not a version"),
        ("0.4", "0.4 is not a version"),
        ("0.04.0", "0.04.0 is not a version"),
        ("0.4.0-rc1", "0.4.0-rc1 is not a version"),
    ],
)
def test_a_version_that_does_not_follow_is_refused(clone: Path, version: str, reason: str) -> None:
    assert_refused(clone, version, reason)


def test_a_tree_with_changes_is_refused(clone: Path) -> None:
    (clone / "new.py").touch()
    assert_refused(clone, "0.4.0", "new.py")


@pytest.mark.parametrize("section", ["", "\n", "\n\n"])
def test_a_release_without_changes_is_refused(clone: Path, section: str) -> None:
    (clone / "CHANGELOG.md").write_text(CHANGES.format(section))
    commit(clone)
    assert_refused(clone, "0.4.0", "no changes under ## [Unreleased]")


def assert_refused(clone: Path, version: str, reason: str) -> None:
    before = run(clone, "git diff").stdout
    done = release(clone, version)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert run(clone, "git diff").stdout == before


def test_versions_are_compared_as_numbers(clone: Path) -> None:
    assert release(clone, "0.10.0").returncode == 0


def test_the_changelog_of_this_repository_can_be_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.count("\n## [Unreleased]\n") == 1
    assert text.index("## [Unreleased]") == text.index("## ")
    assert re.fullmatch(r"\d+\.\d+\.\d+", dbkit.__version__)
