"""The README is run: its commands print what it says, and its project is a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.documents import blocks, follow

PAGE = ROOT / "README.md"


def test_the_five_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    follow(PAGE)
    assert Path("dbkit.db").exists()


def test_the_first_two_commands_are_what_ci_runs() -> None:
    first = blocks(PAGE, "sh")[0].text.splitlines()
    assert len(first) == 2
    assert "-m dbkit up" in first[0]
    assert "pytest" in first[1]
    assert "README.md" in (ROOT / ".ci" / "run").read_text()


def test_the_readme_is_short() -> None:
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) <= 200
