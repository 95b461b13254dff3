"""docs/tutorial.md is followed from its first line to its last."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.documents import follow

PAGE = ROOT / "docs" / "tutorial.md"


@pytest.mark.postgres  # by embedded:DIR
def test_every_command_prints_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    # not pytest's own directory: run by root, the embedded server's user may not look into that
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        monkeypatch.chdir(name)
        follow(PAGE)
