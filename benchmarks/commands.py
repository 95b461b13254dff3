"""Commands of dbkit in processes that are forked from this one, so that they start fast."""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

import dbkit
from dbkit.cli import main

FORK = multiprocessing.get_context("fork")


def warm() -> None:
    """Import what commands import."""
    for module in pkgutil.walk_packages(dbkit.__path__, "dbkit."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


class Command:
    """A running command, in a directory and on a database."""

    def __init__(self, directory: Path, url: str, text: str, after: float = 0) -> None:
        self.text = text
        descriptor, self._output = tempfile.mkstemp(dir=directory, suffix=".out")
        os.close(descriptor)
        self._process = FORK.Process(target=self._run, args=(directory, url, after))
        self._process.start()

    def _run(self, directory: Path, url: str, after: float) -> None:
        with open(self._output, "w", encoding="utf-8") as file:
            sys.stdout = sys.stderr = file
            os.chdir(directory)
            sys.path.insert(0, str(directory))
            sys.modules.pop("app_models", None)  # another project's, if the parent imported it
            os.environ.update(DATABASE_URL=url, DBKIT_MODELS="app_models", PGAPPNAME="victim")
            os.environ.pop("DATABASE_DIRECT_URL", None)
            time.sleep(after)
            main(self.text.split())

    def has_ended(self, seconds: float) -> bool:
        """Wait for it this long."""
        self._process.join(seconds)
        return self._process.exitcode is not None

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def ended(self) -> tuple[int, str]:
        """Wait for it; return its exit code and what it printed."""
        assert self.has_ended(120), self.text
        text = Path(self._output).read_text(encoding="utf-8")
        Path(self._output).unlink()
        return self._process.exitcode or 0, text
