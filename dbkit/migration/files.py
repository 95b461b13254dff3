"""The numbered files of a directory: their names in order, and their contents.

A file with a tuple REPLACES replaces the files of these names; see `applied`.
"""

from __future__ import annotations

import ast
import inspect
import re
import tokenize
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from dbkit.errors import MigrationError
from dbkit.limits import Limits, seconds
from dbkit.project import hint_where

from .applied import FileLayout
from .checksums import Content
from .file_numbers import is_time, number
from .standing import RESTORE

MASK = re.compile(r"[0-9]{3,}_[^.]+\.py")
MIGRATE = re.compile(r"^(async )?def migrate\b", re.MULTILINE)
SIGNATURE = "def {}(migrator, database, *, fake=False)"
NOT_RUN = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)


class Files:
    """The files of a directory. `texts` by name take the place of files that are only tried or must
    not change meanwhile. A missing directory is an error, unless it is not `needed`."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.needed = directory, True
        self.texts: dict[str, str] = {}

    def names(self) -> list[str]:
        """Return the names in the order of their numbers. Raises MigrationError."""
        found = {*self._found(), *self.texts}
        return sorted(found, key=lambda name: (number(name), name))

    def _found(self) -> list[str]:
        try:
            return [path.stem for path in sorted(self.directory.iterdir()) if _is_migration(path)]
        except FileNotFoundError:
            if not self.needed:
                return []
            raise MigrationError(
                f"There is no migrations directory {self.directory}.",
                hint_where(
                    "Run in a folder of the project, or give --migrations DIR. In a new project, "
                    "`python -m dbkit create first` makes the directory and its first file."
                ),
            ) from None
        except OSError as error:
            raise MigrationError(
                f"The migrations directory {self.directory} cannot be read: {error.strerror}.",
                "Give a readable directory with --migrations DIR.",
            ) from error

    def layout(self) -> FileLayout:
        """Return the names of all files, and the names that some replace. Raises MigrationError."""
        where = f"the directory {self.directory}"
        return FileLayout(tuple(self.names()), self.replacing(), cache(self.content), where)

    def content(self, name: str) -> Content:
        return Content(self.text(name))

    def text(self, name: str) -> str:
        """Return the text of a file. Like Python, this reads a byte order mark and a coding line.
        Raises MigrationError."""
        if name in self.texts:
            return self.texts[name]
        path = self.path(name)
        try:
            with tokenize.open(path) as stream:
                return stream.read()
        except FileNotFoundError:
            raise MigrationError(f"There is no file {path}.", RESTORE) from None
        except (OSError, SyntaxError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise MigrationError(
                f"{path} cannot be read: {reason}.", "Save the file as UTF-8."
                if not isinstance(error, OSError) else "Check its permissions."
            ) from error  # fmt: skip

    def path(self, name: str) -> Path:
        return self.directory / f"{name}.py"

    def functions(self, name: str) -> tuple[Any, Any]:
        """Return (migrate, rollback) of a file; rollback may be None. Raises MigrationError if they
        cannot be used."""
        path, text = self.path(name), self.text(name)
        scope: dict[str, Any] = {"__name__": name, "__file__": str(path)}
        try:
            exec(compile(text, str(path), "exec", dont_inherit=True), scope)
        except SyntaxError as error:
            raise MigrationError(f"{path}, line {error.lineno}: {error.msg}") from error
        except (Exception, SystemExit) as error:
            raise MigrationError(f"{path}: {type(error).__name__}: {error}") from error
        if scope.get("migrate") is None:
            raise MigrationError(
                f"{path} has no function migrate().", f"Write {SIGNATURE.format('migrate')}:"
            )
        for word in ("migrate", "rollback"):
            if scope.get(word) is not None:
                _refuse_unusable(path, word, scope[word])
        return scope["migrate"], scope.get("rollback")

    def replacing(self) -> dict[str, tuple[str, ...]]:
        """Return the files with REPLACES, with the names that they replace. (A baseline of a
        database without migrations replaces none.)"""
        found = {}
        for name in self.names():
            text = self.text(name)
            names = _replaced(text, self.path(name))
            if names is not None:
                found[name] = names
        return found

    def is_atomic(self, name: str) -> bool:
        """Whether a file runs in a transaction: it does not say ATOMIC = False."""
        path = self.path(name)
        for value in _constant(self.text(name), path, "ATOMIC"):
            if not isinstance(value, bool):
                raise MigrationError(
                    f"{path}: ATOMIC is not True or False.",
                    "Write ATOMIC = False if the file cannot run in a transaction.",
                )
            return value
        return True

    def limits(self, name: str, limits: Limits) -> Limits:
        """Return these limits with the timeouts that the file sets: LOCK_TIMEOUT and
        STATEMENT_TIMEOUT. Raises ConfigError for a value that is not a duration."""
        text, path = self.text(name), self.path(name)
        for constant in ("LOCK_TIMEOUT", "STATEMENT_TIMEOUT"):
            for value in _constant(text, path, constant):
                own: dict[str, Any] = {constant.lower(): seconds(value, f"{path}: {constant}")}
                limits = replace(limits, **own)
        return limits

    def next_name(self, word: str, done: Iterable[str]) -> str:
        """Return the name of a new file: the next number, of at least three digits, and `word`. If
        the last file has a time, the new file has the present time (UTC)."""
        numbers = [number(one) for one in {*self.names(), *done} if one.partition("_")[0].isdigit()]
        last = max(numbers, default=0)
        if is_time(last):
            return f"{datetime.now(UTC):%Y%m%d_%H%M%S}_{word}"
        return f"{last + 1:03}_{word}"


def has_migrations(directory: Path) -> bool:
    """Whether a directory has a migration, if it can be read."""
    with suppress(OSError, ValueError):
        return any(
            MASK.fullmatch(path.name) and MIGRATE.search(path.read_text("utf-8"))
            for path in directory.iterdir()
        )
    return False


def _is_migration(path: Path) -> bool:
    """Whether a file of the directory is a migration. Raises MigrationError for a file that looks
    like a migration but would never run."""
    if MASK.fullmatch(path.name) and path.name.isprintable():
        if not path.is_file():
            what = "a broken link" if path.is_symlink() else "not a file"
            raise MigrationError(f"{path} is {what}.", "Put the migration there, or remove it.")
        return True
    if _looks_like_one(path):
        shown = str(path) if path.name.isprintable() else ascii(str(path))
        raise MigrationError(
            f"{shown} would never run: the name must be NNN_name.py.",
            "Rename it: three digits or more, an underscore, and no other dot than .py.",
        )
    return False


def _looks_like_one(path: Path) -> bool:
    if path.suffix.lower() != ".py" or path.name[0] in "._":
        return False
    if path.name[0].isdigit():
        return True
    try:
        with tokenize.open(path) as stream:
            return bool(MIGRATE.search(stream.read()))
    except (OSError, SyntaxError, ValueError):
        return False


def _refuse_unusable(path: Path, word: str, function: Any) -> None:
    """Raise MigrationError for a function that cannot be called as a migration, or that would do
    nothing (a coroutine)."""
    signature = f"Write {SIGNATURE.format(word)}:"
    if not callable(function):
        raise MigrationError(f"{word} in {path} is not a function.", signature)
    if any(kind(one) for kind in NOT_RUN for one in (function, function.__call__)):
        raise MigrationError(
            f"{word}() in {path} is async or a generator, so calling it runs nothing.",
            f"{signature} without async, await and yield.",
        )
    try:
        inspect.signature(function).bind(None, None, fake=False)
    except TypeError as error:
        raise MigrationError(f"{word}() in {path} cannot be called: {error}.", signature) from error
    except ValueError:
        pass  # some functions that are written in C have no signature


def refuse_unrun(result: Any) -> None:
    """Raise MigrationError if a migration returned something that still has to run, such as a
    coroutine or a generator."""
    if inspect.isawaitable(result) or isinstance(result, (Generator, AsyncGenerator)):
        if isinstance(result, Coroutine):
            result.close()
        raise MigrationError(
            "It returns a coroutine or a generator, so nothing ran.",
            "Run the coroutine or the generator to its end inside the function.",
        )


def _replaced(text: str, path: Path) -> tuple[str, ...] | None:
    """The names in a file's REPLACES; None if the file does not assign it."""
    values = _constant(text, path, "REPLACES")
    if not values:
        return None
    (names,) = values
    if not isinstance(names, (tuple, list)) or not all(isinstance(one, str) for one in names):
        raise MigrationError(
            f"{path}: REPLACES is not a tuple of names.",
            'Write the names of the files without .py: REPLACES = ("001_first", "002_second")',
        )
    return tuple(names)


def _constant(text: str, path: Path, name: str) -> list[Any]:
    """The last value that a file assigns to this name, or no value. A value that is not a literal
    is returned as its source text."""
    if name not in text:
        return []
    try:
        values = list(_assigned(ast.parse(text), name))
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else error
        raise MigrationError(f"{path}{line}") from error
    try:
        return [ast.literal_eval(value) for value in values[-1:]]
    except (ValueError, TypeError):
        return [ast.unparse(values[-1])]


def _assigned(module: ast.Module, name: str) -> Iterator[ast.expr]:
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if value is not None and any(
            isinstance(one, ast.Name) and one.id == name for one in targets
        ):
            yield ast.Tuple([ast.Name("_")]) if isinstance(node, ast.AugAssign) else value
