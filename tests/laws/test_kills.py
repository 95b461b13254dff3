"""A killed command leaves nothing half done; `benchmarks/kills.py` has long rounds of this."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.kills import Project, rounds
from tests.servers import Server


def test_the_next_run_completes_what_a_killed_command_began(url: str, tmp_path: Path) -> None:
    server = next((one for one in Server.running if f":{one.port}/" in url), None)
    project = Project(tmp_path, url, server)
    assert list(rounds(project, 2, random.Random(1), only="migrate"))  # noqa: S311
