"""A real browser without a window, for tests of pages that dbkit writes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
needs_browser = pytest.mark.skipif(not PROGRAM, reason="no browser here: apt-get install chromium")
# requests of the browser itself, which no option switches off
OWN = {"clients2.google.com", "update.googleapis.com", "accounts.google.com"}
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """A page after its scripts have run, the addresses that it asked for, and its messages on the
    console."""

    html: str
    requests: set[str]
    console: list[str]

    @property
    def title(self) -> str:
        found = re.search("<title>(.*?)</title>", self.html, re.DOTALL)
        return found[1] if found else ""


def visit(page: Path) -> Visit:
    """Open a file in the browser."""
    assert PROGRAM
    with tempfile.TemporaryDirectory() as name:
        log = Path(name, "requests.json")
        done = subprocess.run(
            [PROGRAM, *OPTIONS, f"--user-data-dir={name}", f"--log-net-log={log}", "--dump-dom",
             page.resolve().as_uri()],
            capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
        )  # fmt: skip
        events = json.loads(log.read_text(encoding="utf-8"))["events"]
    asked = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
    requests = {url for url in asked if urlsplit(url).hostname not in OWN}
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return Visit(done.stdout, requests, console)
