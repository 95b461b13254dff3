"""A killed command leaves nothing half done; `benchmarks/kills.py` has long rounds of this."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.kills import Project, rounds


def test_the_next_run_completes_what_a_killed_command_began(url: str, tmp_path: Path) -> None:
    project = Project(tmp_path, url)
    assert len(list(rounds(project, 2, random.Random(1), only="migrate"))) == 2  # noqa: S311
