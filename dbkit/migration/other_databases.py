"""While a file runs, the Database objects of the project lead to the database of the migration.

A file may import models of the project, which are bound to a Database object of the project. If
this object opened its own connection, its statements would reach the live database while the file
runs on a scratch database. In a real run they would be outside the transaction of the file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import peewee as pw

from dbkit.errors import ConfigError, MigrationError
from dbkit.own_statements import is_own, own_database
from dbkit.peewee_internals import replaced_databases
from dbkit.schema.dialect import dialect_for
from dbkit.schema.peewee_models import Model, table_name

from .intercept import silenced

if TYPE_CHECKING:
    from .operation_queue import OperationQueue

BELOW = {"contextlib", "peewee", "dbkit.peewee_internals", __name__}  # between author and hook
SENDING = {"connection", "cursor", "execute_sql"}
NOT_ON_SCRATCH = (
    "Write `if not (fake or migrator.on_scratch):` before lines that use another database."
)


class OtherDatabases:
    """The Database objects that files use beside that of the migration, which may be a scratch
    database. `uses` has for each file the line of the first redirected statement, and the model of
    the statement if it has a model."""

    def __init__(self, database: pw.Database, on_scratch: bool) -> None:
        self.database, self.on_scratch = database, on_scratch
        self.uses: dict[str, tuple[int, Model | None]] = {}

    @contextmanager
    def silent(self, path: Path) -> Iterator[None]:
        """In the block, let other objects send no statement, and return no rows."""
        nowhere = own_database(pw.SqliteDatabase(":memory:"))
        always = self._led(path, nowhere, lambda _: True)
        with nowhere.connection_context(), silenced(nowhere), always:
            yield

    @contextmanager
    def leading_here(self, path: Path, migrator: OperationQueue) -> Iterator[None]:
        """In the block, redirect objects to the database of the migration. On a scratch database,
        these are all objects: another kind of database raises MigrationError. Otherwise, these are
        the objects that lead to the same database."""
        same = dict[pw.Database, bool]()

        def leads_here(other: pw.Database) -> bool:
            if self.on_scratch:
                self._require_same_kind(path, other)
                return True
            if other not in same:
                with migrator.own():
                    same[other] = self._is_same(other)
            return same[other]

        with self._led(path, self.database, leads_here, lambda: migrator.busy):
            yield

    def _led(
        self,
        path: Path,
        database: pw.Database,
        leads_here: Callable[[pw.Database], bool],
        is_operation: Callable[[], bool] = lambda: False,
    ) -> AbstractContextManager[None]:
        def replacement(other: pw.Database, name: str) -> pw.Database | None:
            if other is self.database or is_own(other) or not vars(other).get("database"):
                return None
            if (frame := _calling(path, is_operation())) is None or not leads_here(other):
                return None
            if database is self.database and name in SENDING:
                self.uses.setdefault(path.stem, (frame.f_lineno, _model_of_statement(path)))
            return database

        return replaced_databases(replacement)

    def _require_same_kind(self, path: Path, other: pw.Database) -> None:
        if _kind(other) != _kind(self.database):
            frame = _calling(path)
            raise MigrationError(
                f"{path.stem}, line {frame.f_lineno if frame else 1}, uses a "
                f"{type(other).__name__}, but the file runs on a scratch database here, where it "
                "must not reach any other database.",
                NOT_ON_SCRATCH,
            )

    def _is_same(self, other: pw.Database) -> bool:
        if _kind(other) != _kind(self.database):
            return False
        dialect, was_closed = dialect_for(other), other.is_closed()
        identity = None
        with suppress(pw.PeeweeException):  # the file's own statement will say it
            identity = dialect.identity(other)
        if was_closed and not other.is_closed():
            other.close()
        return identity is not None and identity == dialect.identity(self.database)

    def warning(self, name: str) -> str:
        """Return a warning about a file that used another object, or no text."""
        if name not in self.uses:
            return ""
        said = f"{self._use(name)} dbkit sent its statements to the database of the migration."
        if self.uses[name][1] is not None:
            said += " The file may fail when the model changes later."
        return f"{said} {self._instead(name)}"

    def hint(self, name: str) -> str:
        """Return a hint for a file that failed after it used another object, or no text."""
        if name not in self.uses:
            return ""
        if not self.on_scratch:
            return f"{self._use(name)} {self._instead(name)}"
        here = f"{self._use(name)} Here it leads to the scratch database. {self._instead(name)}"
        return f"{here} {NOT_ON_SCRATCH}"

    def _use(self, name: str) -> str:
        line, model = self.uses[name]
        if model is None:
            return f"{name}, line {line}, uses another Database object than its own."
        return f"{name}, line {line}, uses the model {model.__name__} of the project."

    def _instead(self, name: str) -> str:
        _, model = self.uses[name]
        if model is None:
            return "Use the argument `database`, or `migrator.orm[TABLE]` instead of a model."
        return f'Write `{model.__name__} = migrator.orm["{table_name(model)}"]` instead.'


def _kind(database: pw.Database) -> str:
    with suppress(ConfigError):
        return dialect_for(database).name
    return type(database).__name__


def _frames() -> Iterator[FrameType]:
    frame = inspect.currentframe()
    while frame:
        yield frame
        frame = frame.f_back


def _calling(path: Path, is_operation: bool = False) -> FrameType | None:
    """The frame of the file from which the present statement comes. It is None while the file
    imports a module: the module may connect its own database, as it does in every program. It is
    also None for the statements that dbkit sends itself while an operation runs."""
    for frame in _frames():
        name, module = frame.f_code.co_filename, frame.f_globals.get("__name__", "")
        if name == str(path):
            return frame
        if name.startswith("<frozen importlib"):
            return None
        if module not in BELOW and not module.startswith("playhouse."):
            if is_operation and module.startswith("dbkit."):
                return None
            is_operation = False  # the operation has called code of the project
    return None


def _model_of_statement(path: Path) -> Model | None:
    """The model whose statement is sent now."""
    for frame in _frames():
        if frame.f_code.co_filename == str(path):
            return None
        model = getattr(frame.f_locals.get("self"), "__dict__", {}).get("model")
        if isinstance(model, type) and issubclass(model, pw.Model):
            return model
    return None
