"""The migrator that a file gets: it passes each call of an operation on, and announces it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Protocol

import peewee as pw

from dbkit.errors import MigrationError
from dbkit.masking import masked
from dbkit.schema.peewee_models import table_name
from dbkit.similar_names import similar

from .migrator import Migrator

HELPERS = {"get_model", "fake", "in_order", "own", "run_queue", "after_queue", "catch_up",
           "statement", "migration_context"}  # fmt: skip
# a statement that a continued file needs again; it is not an operation
SETTING = re.compile(r"\s*(SET|RESET)\b(?!\s+CONSTRAINTS)", re.IGNORECASE)
LONGEST = 60  # characters of an argument in a note


class Receiver(Protocol):
    """Gets the operations of a file."""

    migrator: Migrator

    def operation(self, text: str, action: Callable[[], Any]) -> Any:
        """Run an operation, which is described by the text; return its result."""
        ...

    def block(self, text: str) -> AbstractContextManager[None]:
        """Let the operations of the block be one operation."""
        ...


class MigratorProxy:
    """The migrator that a file gets: the receiver gets each call of an operation, and the
    migrator's log hears of it unless the operation is only followed."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def __getattr__(self, name: str) -> Any:
        receiver = self._receiver
        try:
            found = getattr(receiver.migrator, name)
        except AttributeError:
            raise _no_operation(type(receiver.migrator), name) from None
        if name.startswith("_") or name in HELPERS or not hasattr(type(receiver.migrator), name):
            return found

        def announced(*args: Any, **kwargs: Any) -> Any:
            self._announce(name, args, kwargs)
            return found(*args, **kwargs)

        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "sql" and "sql" in kwargs:
                args = (kwargs.pop("sql"), *args)
            if name == "sql" and SETTING.match(str(*args[:1])):
                return announced(*args, **kwargs)
            return receiver.operation(
                described(name, args, kwargs), partial(announced, *args, **kwargs)
            )

        return call if callable(found) else found

    def _announce(self, name: str, args: Iterable[Any], kwargs: Iterable[str] = ()) -> None:
        migrator = self._receiver.migrator
        if not migrator.following:
            migrator.log.operation(" ".join([name, *map(_noted, args), *kwargs]))

    @contextmanager
    def without_views(self, *names: str) -> Iterator[None]:
        receiver = self._receiver
        with receiver.block(described("without_views", names, {})):
            self._announce("without_views", names)
            with receiver.migrator.without_views(*names):
                yield


class NoOperation(MigrationError, AttributeError):
    """The migrator has no operation of this name. (For `hasattr`, it is an AttributeError.)"""


def _no_operation(migrator: type[Migrator], name: str) -> NoOperation:
    known = [one for one in dir(migrator) if callable(getattr(migrator, one))]
    meant = similar(name, {*known} - HELPERS)
    return NoOperation(
        f"The migrator has no operation {name}.",
        f"Did you mean {meant}?" if meant else "The page about migrations lists all operations.",
    )


class OperationCounter:
    """Counts the operations of a file, which run as they are called."""

    def __init__(self, migrator: Migrator) -> None:
        self.migrator, self.number, self.in_block = migrator, 0, False

    def operation(self, text: str, action: Callable[[], Any]) -> Any:
        self.number += not self.in_block
        return action()

    @contextmanager
    def block(self, text: str) -> Iterator[None]:
        self.number, self.in_block = self.number + 1, True
        yield
        self.in_block = False


def described(name: str, args: Iterable[Any], kwargs: Mapping[str, Any]) -> str:
    """Return the call of an operation as text, the same in every run of the file. The values of a
    statement and of `fill` are left out, because they may be secret or differ."""
    args = list(args)[:1] if name in ("sql", "run", "python") else args
    named = (key if name == "fill" else f"{key}={_shown(value)}" for key, value in kwargs.items())
    shown = [*map(_shown, args), *named]
    return f"{name}({', '.join(shown)})"


def _shown(value: Any) -> str:
    match value:
        case str():
            return repr(masked(value))
        case bool() | int() | float() | None:
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(map(_shown, value))}]"
        case pw.SQL():
            return f"SQL({masked(value.sql)!r})"
        case type() if issubclass(value, pw.Model):
            return str(table_name(value))
    return getattr(value, "__name__", type(value).__name__)


def _noted(value: Any) -> str:
    """An argument in a few words for people: a model by its table, a field by its class."""
    if isinstance(value, type) and issubclass(value, pw.Model):
        return str(table_name(value))
    if isinstance(value, pw.Node):
        return type(value).__name__
    text = " ".join(masked(str(getattr(value, "__name__", value))).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
