"""The numbered files of a directory: which there are, in which order, and what is in one.

A file with a tuple REPLACES of names stands for those: where all of them are applied, it is; where
none is, it is applied in their place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from dbkit.errors import MigrationError

MASK = re.compile(r"\d{3,}_[^.]+\.py$")
REPLACES = re.compile(r"^REPLACES\b", re.MULTILINE)


class Files:
    """`unwritten` are texts by name that are only tried yet; a directory that is not there is an
    error, unless it is not `needed`."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.needed = directory, True
        self.unwritten: dict[str, str] = {}

    def names(self) -> list[str]:
        """All, in the order of their numbers. Raises MigrationError."""
        if not self.directory.is_dir():
            if not self.needed:
                return list(self.unwritten)
            raise MigrationError(
                f"There is no directory {self.directory} of migrations.",
                "Run from the project's directory, or give --migrations DIR.",
            )
        files = list(self.directory.glob("[0-9]*.py"))
        names = [path.stem for path in files if MASK.fullmatch(path.name)]
        wrong = sorted(path.name for path in files if path.stem not in names)
        if wrong:
            raise MigrationError(
                f"{self.directory / wrong[0]} would never be run: no migration is called so.",
                "Rename it: three digits or more, an underscore, and no other dot than .py.",
            )
        return sorted({*names, *self.unwritten}, key=lambda name: (number(name), name))

    def text(self, name: str) -> str:
        """Raises MigrationError if the file is gone."""
        if name in self.unwritten:
            return self.unwritten[name]
        path = self.path(name)
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise MigrationError(
                f"Migration {name} is applied, but its file {path} is gone.",
                "Bring the file back, from version control.",
            ) from None
        except (OSError, ValueError) as error:
            raise MigrationError(f"{path} cannot be read: {error}") from error

    def path(self, name: str) -> Path:
        return self.directory / f"{name}.py"

    def functions(self, name: str) -> tuple[Any, Any]:
        """(migrate, rollback) of a file. Raises MigrationError if it cannot be had."""
        path, text = self.path(name), self.text(name)
        scope: dict[str, Any] = {"__name__": name, "__file__": str(path)}
        try:
            exec(compile(text, str(path), "exec"), scope)
        except SyntaxError as error:
            raise MigrationError(f"{path}, line {error.lineno}: {error.msg}") from error
        except (Exception, SystemExit) as error:
            raise MigrationError(f"{path}: {type(error).__name__}: {error}") from error
        if not callable(scope.get("migrate")):
            raise MigrationError(f"{path} has no function migrate().", "Write one.")
        return scope["migrate"], scope.get("rollback")

    def replacing(self) -> dict[str, tuple[str, ...]]:
        """The files that stand for others, or for what was there before the first, with the names
        of those."""
        found = {}
        for name in self.names():
            text = self.text(name)
            if REPLACES.search(text):
                found[name] = _replaced(text, self.path(name))
        return found

    def next_name(self, word: str, done: Iterable[str]) -> str:
        """The name of a new file: the number after the highest, in three digits or more."""
        numbers = [number(one) for one in {*self.names(), *done} if one.partition("_")[0].isdigit()]
        return f"{max(numbers, default=0) + 1:03}_{word}"


def number(name: str) -> int:
    """The number that a file's name begins with."""
    return int(name.partition("_")[0])


def _replaced(text: str, path: Path) -> tuple[str, ...]:
    try:
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "REPLACES":
                return tuple(map(str, ast.literal_eval(node.value)))
    except (SyntaxError, ValueError, TypeError) as error:
        raise MigrationError(f"{path}: REPLACES is no tuple of names.") from error
    return ()


def disorder(files: Sequence[str], done: Sequence[str]) -> list[str]:
    """What is wrong with the numbers, a sentence each: two files of one number, a gap, a file
    whose number is below one that is applied already."""
    found = []
    for before, name in pairwise(files):
        if number(before) == number(name):
            found.append(f"Migrations {before} and {name} have the same number.")
        elif number(name) > number(before) + 1:
            found.append(f"Between migrations {before} and {name} a number is missing.")
    applied = [name for name in files if name in set(done)]
    for name in files:
        if applied and name not in set(done) and number(name) < number(applied[-1]):
            found.append(f"Migration {name} is not applied, and {applied[-1]} after it is.")
    return found
