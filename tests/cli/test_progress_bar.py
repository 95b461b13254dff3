"""The bar of seed: only on a terminal, with the rate and the time left, and removed at the end."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios

import pytest

from dbkit.cli.progress_bar import ProgressBar


def shown(monkeypatch: pytest.MonkeyPatch, quiet: bool = False) -> str:
    """What a terminal of 100 columns gets of a run. (pytest sets standard error for each phase.)"""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb", 0) as screen:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys, "stderr", terminal)
        bar = ProgressBar(quiet)
        bar.begin(1_000_000)
        bar.read(400_000, 2_000)
        if bar.bar is not None:
            bar.bar.refresh()
        bar.write()
        bar.close()
        print("end", file=terminal, flush=True)
        monkeypatch.undo()
        text = ""
        while "end" not in text:
            text += screen.read(4096).decode()
    return text


def test_a_terminal_shows_rows_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch)
    assert "40%" in text
    assert "400k/1.00M" in text
    assert "2,000 rows" in text
    assert "rows/s" in text
    assert "seed: writing 2,000 rows" in text
    last = text.rstrip().split("\r")[-1]
    assert last == "end", "the bar is removed"


def test_a_quiet_run_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, quiet=True).strip() == "end"


def test_a_file_gets_no_bar() -> None:
    assert not ProgressBar().is_shown
