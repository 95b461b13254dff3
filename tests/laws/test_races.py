"""Processes at work on one database at once; `benchmarks/races.py` has long rounds of this."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.races import Place, round_
from tests.conftest import POSTGRES, SQLITE, server_of


@pytest.mark.parametrize("name", [SQLITE, POSTGRES[0]])
def test_each_migration_runs_once_and_in_order(name: str, tmp_path: Path) -> None:
    place = Place(name, tmp_path, None if name == "sqlite" else server_of(name))
    place.prepare()
    assert list(round_(place, "mixed", 4, random.Random(2))) == []  # noqa: S311
