"""Record the session of the README in a real terminal, as an animated SVG.

`python tools/record.py` runs the commands of SESSION in a pseudo-terminal, in an empty directory
with the models of the README, and writes docs/recording.svg. A viewer that prefers less motion sees
the last picture.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLUMNS, LINE, CHARACTER, MARGIN = 102, 19, 8.4, 18
KEY, PAUSE = 0.035, 0.9  # seconds for a key, and before the next command
COLOURS = {"1": "#ffffff", "31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff"}
SGR = re.compile(r"\x1b\[([\d;]*)m")
DROP = "import sqlite3; sqlite3.connect('dbkit.db').execute('DROP INDEX post_author_id')"


@dataclass(frozen=True)
class Step:
    """A command, and what is typed after its question."""

    command: str
    answer: str = ""


SESSION = [
    Step('dbkit create "first tables"'),
    Step("dbkit migrate"),
    Step("sed -i.old s/title/headline/ blog.py"),
    Step("dbkit create headlines", answer="y"),
    Step("dbkit migrate"),
    Step("dbkit verify"),
    Step(f'python -c "{DROP}"'),
    Step("dbkit verify"),
]


@dataclass(frozen=True)
class Piece:
    """A text that appears at a time (seconds since the start), on a line and from a column."""

    at: float
    line: int
    column: int
    text: str
    colour: str = ""


def project(directory: Path) -> None:
    """Write the first models and the settings of the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("blog.py", "pyproject.toml"):
        block = re.search(rf"^```\w+\n(# {re.escape(name)}\n.*?)^```$", readme, re.M | re.S)
        assert block, f"README.md has no block {name}"
        (directory / name).write_text(block[1], encoding="utf-8")


def chunks(step: Step, directory: Path) -> Iterator[tuple[float, str]]:
    """(seconds since the start of the command, text) as the terminal receives them."""
    ours, theirs = pty.openpty()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": str(COLUMNS),
        "TERM": "xterm-256color",
    }
    for name in ("DATABASE_URL", "NO_COLOR", "DBKIT_ENV"):
        environment.pop(name, None)
    start = time.monotonic()
    running = subprocess.Popen(
        ["/bin/sh", "-c", step.command],
        cwd=directory,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    answer = step.answer
    while text := received(ours):
        yield time.monotonic() - start, text
        if answer and text.endswith(": "):
            os.write(ours, f"{answer}\n".encode())
            answer = ""
    os.close(ours)
    running.wait()


def received(terminal: int) -> str:
    """The next text of the terminal; empty at the end, which Linux reports as an error."""
    try:
        return os.read(terminal, 65536).decode()
    except OSError:
        return ""


def pieces(directory: Path) -> Iterator[Piece]:
    """All that appears on the screen. The first command is there from the start, so that a picture
    without motion is not empty."""
    now, line = 0.0, 0
    for step in SESSION:
        yield Piece(now, line, 0, "$ ", "#7ee787")
        for column, key in enumerate(step.command, 2):
            now += KEY * (step is not SESSION[0])
            yield Piece(now, line, column, key)
        line, column, colour, end = line + 1, 0, "", 0.0
        for end, text in chunks(step, directory):
            for part in re.split(r"(\x1b\[[\d;]*m|\r*\n)", text):
                if part.endswith("\n"):
                    line, column = line + 1, 0
                elif code := SGR.fullmatch(part):
                    colour = COLOURS.get(code[1], "")
                elif part:
                    assert not {"\x1b", "\r"} & {*part}, repr(part)  # SESSION moves no cursor
                    yield Piece(now + end, line, column, part, colour)
                    column += len(part)
        now += end + PAUSE


def svg(shown: list[Piece]) -> str:
    """The picture; the last one stays."""
    width = round(COLUMNS * CHARACTER + 2 * MARGIN)
    height = (max(piece.line for piece in shown) + 1) * LINE + 2 * MARGIN + 24
    texts = "\n".join(map(element, shown))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>dbkit in a terminal</title>
<style>
text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  fill: #d5dbe3; white-space: pre; }}
@media screen and (prefers-reduced-motion: no-preference) {{
  text[style*="delay"] {{ animation: 1ms step-end both shown; }} }}
@keyframes shown {{ from {{ visibility: hidden; }} to {{ visibility: visible; }} }}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/>
<circle cx="60" cy="18" r="6" fill="#28c840"/>
{texts}
</svg>
"""


def element(piece: Piece) -> str:
    x, y = MARGIN + piece.column * CHARACTER, MARGIN + 36 + piece.line * LINE
    length = len(piece.text) * CHARACTER  # other fonts have other widths
    delay = f"animation-delay:{piece.at:.2f}s;" * (piece.at > 0)
    style = delay + f"fill:{piece.colour}" * bool(piece.colour)
    stretch = f' textLength="{length:.1f}"' if len(piece.text) > 1 else ""
    return f'<text x="{x:.1f}" y="{y}"{stretch} style="{style}">{escape(piece.text)}</text>'


def recorded() -> str:
    """The picture of a new run."""
    with tempfile.TemporaryDirectory() as name:
        project(Path(name))
        return svg(list(pieces(Path(name))))


if __name__ == "__main__":
    (ROOT / "docs" / "recording.svg").write_text(recorded(), encoding="utf-8")
