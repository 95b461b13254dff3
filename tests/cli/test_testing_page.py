"""docs/testing.md is run: its tests pass with its FastAPI and Flask applications."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import ROOT
from tests.documents import blocks

pytest_plugins = "pytester"
PAGE = ROOT / "docs" / "testing.md"
PLUGIN = () if entry_points(group="pytest11", name="dbkit") else ("-p", "dbkit.testing.plugin")


def test_the_tests_of_the_page_pass(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    dbkit: Callable[..., Result],
    url: str,
) -> None:
    monkeypatch.chdir(pytester.path)
    monkeypatch.setattr("sys.path", [str(pytester.path), *sys.path])
    monkeypatch.setenv("DATABASE_URL", url)
    commands = []
    for block in blocks(PAGE):
        if name := re.match(r"# (\S+)\n", block.text):
            Path(name[1]).parent.mkdir(exist_ok=True)
            Path(name[1]).write_text(block.text, encoding="utf-8")
        commands += block.commands()
    assert dbkit("create", "first").exit_code == 0
    ((command, expected),) = commands
    assert command == "python -m pytest -q"
    # Starlette's client warns about its own future
    result = pytester.runpytest_inprocess("-q", *PLUGIN, "-W", "ignore")
    pattern = re.escape(expected).replace(re.escape("..."), ".*?")
    assert re.fullmatch(pattern, re.sub("\x1b\\[.*?m", "", result.stdout.str()) + "\n"), result
