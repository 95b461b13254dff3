"""The blocks of a Markdown page, which tests run."""

from __future__ import annotations

import importlib
import logging
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from dbkit.cli.commands import main

from .conftest import ROOT

BLOCK = re.compile(r"^(?:<!-- ([^\n]*) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"# ([\w./-]+)\n")
# settings, dbkit, and its arguments; an embedded server must end with its command
DBKIT = re.compile(r"((?:[A-Z_]+=\S* )*)(?:python -m )?dbkit (?!.*embedded:)(.*)")


@dataclass(frozen=True)
class Block:
    """A block of code, with the comment on the line before it."""

    comment: str
    language: str
    text: str

    def commands(self) -> Iterator[tuple[str, str]]:
        """(command, what the page says it prints), in order; in the output, ... is any text."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def blocks(page: Path, language: str = "") -> list[Block]:
    """The blocks of a page; only those of a language, if one is given."""
    found = [Block(*groups) for groups in BLOCK.findall(page.read_text(encoding="utf-8"))]
    return [block for block in found if language in ("", block.language)]


def follow(page: Path) -> None:
    """Do what a page says, in the working directory: write its files, which begin with a comment
    with their name, and run its commands."""
    for block in blocks(page):
        if name := NAME.match(block.text):
            Path(name[1]).parent.mkdir(parents=True, exist_ok=True)
            Path(name[1]).write_text(block.text, encoding="utf-8")
        for command, expected in block.commands():
            assert_prints(command, expected)


def assert_prints(command: str, expected: str) -> None:
    """Run a command of a page. Both streams are together, and the exit code follows unless it is
    0. dbkit runs in this process where possible, which saves its start."""
    if call := DBKIT.fullmatch(command):
        arguments = shlex.split(os.path.expandvars(call[2]))
        printed = printed_here(arguments, shlex.split(call[1]))
    else:
        printed = printed_by(["sh", "-c", command])
    pattern = re.escape(expected).replace(re.escape("..."), ".*?")
    assert re.fullmatch(pattern, printed, re.DOTALL), f"$ {command}\n{printed}"


def printed_here(arguments: Sequence[str], settings: Sequence[str] = ()) -> str:
    """What dbkit prints, with these settings in the environment."""
    environment = dict(one.split("=", 1) for one in settings)
    with _as_a_program():
        done = CliRunner().invoke(main, arguments, prog_name="dbkit", env=environment)
    return done.output + f"[exit {done.exit_code}]\n" * bool(done.exit_code)


@contextmanager
def _as_a_program() -> Iterator[None]:
    """Print what dbkit logs (pytest has replaced Python's own handler), and forget the modules of
    the working directory."""
    logger, path, modules = logging.getLogger("dbkit"), [*sys.path], {*sys.modules}
    logger.addHandler(logging.lastResort)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        logger.removeHandler(logging.lastResort)
        sys.path[:] = path
        for name in sys.modules.keys() - modules:
            module = sys.modules[name]
            places = (module.__file__,) if getattr(module, "__file__", None) else ()
            for place in places or getattr(module, "__path__", ()):  # a folder without __init__.py
                if Path(place).is_relative_to(Path.cwd()):
                    sys.modules.pop(name, None)


def printed_by(words: Sequence[str]) -> str:
    """What a program prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        words,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
    )
    return done.stdout + f"[exit {done.returncode}]\n" * bool(done.returncode)
