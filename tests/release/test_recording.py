"""docs/recording.svg shows what the commands print today."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tools.record import recorded

# what differs from run to run, and from machine to machine
DIFFERS = re.compile(r"\d+\.\d+ s|SQLite [\d.]+")


def shown(svg: str) -> list[tuple[str, str, str]]:
    """(line, column, text) of all texts; those of a line in the order of the file."""
    found = re.findall(r'<text x="(.*?)" y="(.*?)".*?>(.*?)</text>', svg)
    return [(y, x, DIFFERS.sub("", text)) for x, y, text in found]


def test_the_recording_is_current() -> None:
    kept = (ROOT / "docs" / "recording.svg").read_text(encoding="utf-8")
    assert len(shown(kept)) > 200
    assert shown(kept) == shown(recorded()), "run python tools/record.py"
