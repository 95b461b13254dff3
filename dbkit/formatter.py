"""Lays out generated files with the formatter that the project configures, if it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from .atomic_files import write_new

# black first: where [tool.black] exists, ruff is only the project's linter
COMMANDS = {
    "black": ("--quiet", "--stdin-filename"),
    "ruff": ("format", "--quiet", "--force-exclude", "--stdin-filename"),
}
FILES = ("ruff.toml", ".ruff.toml")  # ruff's own; both programs also read pyproject.toml


def write_python(path: Path, text: str) -> None:
    """Write a new file of Python source, as the project's formatter lays it out. Raises WriteFailed
    like `write_new`."""
    write_new(path, formatted(path, text))


def formatted(path: Path, text: str) -> str:
    """Return the source for a file as the project's formatter lays it out.

    The source keeps dbkit's own layout, which is the same in every environment, if no directory
    above the file configures a formatter, or if the formatter is not installed or fails.
    """
    name = _configured(path)
    scripts = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    program = name and shutil.which(name, path=scripts)
    if not name or not program:
        return text
    source = text.encode(errors="surrogatepass")  # a program refuses it, as `write_new` will
    command = [program, *COMMANDS[name], str(path), "-"]
    try:
        done = subprocess.run(command, input=source, capture_output=True, check=False)
        return text if done.returncode else done.stdout.decode()
    except (OSError, UnicodeDecodeError):  # the file of that name is not a formatter
        return text


def _configured(path: Path) -> str | None:
    """The formatter of the nearest directory that configures one."""
    for directory in Path(os.path.abspath(path)).parents:  # the path may begin with ..
        text = ""
        with suppress(OSError):
            text = (directory / "pyproject.toml").read_text("utf-8", "replace")
        for name in COMMANDS:
            if re.search(rf"^\s*\[tool\.{name}\b", text, re.MULTILINE):
                return name
        if any(os.path.isfile(directory / name) for name in FILES):
            return "ruff"
    return None
