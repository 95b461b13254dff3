"""Seed files in Python: a function that yields rows, or that uses the database.

keys = {"campaigns": ["name"]}

def seed(database):
    for number in range(1000):
        yield "campaigns", {"name": f"Campaign {number}"}

Constants and the kind of the function are read from the source: finding the files runs no code.
"""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import Any, cast

import peewee as pw

from dbkit.diagnosis import is_lock_conflict
from dbkit.errors import DbkitError, SeedError
from dbkit.schema.peewee_models import is_model, table_name

from .reading import SETTINGS, Reader, Row, batched, decoded
from .rows import Batch
from .shown import shown

EXAMPLE = 'Write def seed(database): with yield "campaigns", {"name": "..."} for each row.'
OTHER_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
YIELDED = "Yielded rows are not in the database yet; refer to them with a dict."
END = object()
STILL_OPEN = "dbkit_seed_function"


class PythonFile(Reader):
    """A seed file in Python; see SeedFile. If it `uses_database`, it has no rows, but is to `run`;
    otherwise its `batches` need the database."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._source = self._text()
        tree = self._tree()
        for name, value in _constants(tree):
            self.set(name, self._literal(name, value), value.lineno)
        self._function = self._seed(tree)
        self.database: pw.Database | None = None  # for the function
        self.uses_database = not _yields(self._function)

    def batches(self, database: pw.Database | None = None) -> Iterator[Batch]:
        return batched(self._rows(self.database if database is None else database))

    def run(self, database: pw.Database) -> None:
        """Call seed(database), in a transaction that it must not end. Raises SeedError with the
        place of an exception."""
        function = self._executed()
        database.execute_sql(f"SAVEPOINT {STILL_OPEN}")
        with _without_commit(database):
            result = self._call(function, database)
        try:
            database.execute_sql(f"RELEASE {STILL_OPEN}")
        except pw.PeeweeException:
            problem = "seed() ended the transaction of the run. The rows before it may be kept."
            hint = "Remove the COMMIT or ROLLBACK: dbkit commits when all files are loaded."
            raise self.wrong(self._function.lineno, problem, hint) from None
        if result is not None:
            problem = f"seed() returned {shown(result)}."
            hint = "Yield the rows, or write them to the database and return nothing."
            raise self.wrong(self._function.lineno, problem, hint)

    def _rows(self, database: pw.Database | None) -> Iterator[Row]:
        rows = self._call(self._executed(), database)
        line = self._function.lineno
        if not inspect.isgenerator(rows):
            raise self.wrong(line, "seed() is not a generator when it is called.", EXAMPLE)
        while (item := self._call(next, rows, END)) is not END:
            if rows.gi_frame:
                line = rows.gi_frame.f_lineno
            yield self.checked(self._row(item, line))

    def _row(self, item: Any, line: int) -> Row:
        match item:
            case (str() as table, dict() as values) if table:
                pass
            case (model, dict() as values) if is_model(model):
                table = str(table_name(model))
            case _:
                problem = f"seed() yields {shown(item)} instead of a table and its values."
                raise self.wrong(line, problem, EXAMPLE)
        named = {name.name if isinstance(name, pw.Field) else name: value
                 for name, value in values.items()}  # fmt: skip
        if not all(isinstance(name, str) for name in named):
            raise self.wrong(line, f"A column of {table} is not named by a string.", EXAMPLE)
        size = sum(len(value) for value in named.values() if isinstance(value, (str, bytes)))
        return Row(table, named, line, size, self.size)

    def _text(self) -> str:
        with self.opened() as stream:
            data = stream.read()
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            is_utf8 = encoding in ("utf-8", "utf-8-sig")
            text = decoded(self.path, data, 1) if is_utf8 else data.decode(encoding)
        except (SyntaxError, ValueError) as error:
            if str(error).startswith("invalid or missing encoding"):  # it is UTF-8, but broken
                decoded(self.path, data, 1)
            raise self.wrong(
                1, "The text does not have the encoding of its coding line.", "Use UTF-8."
            ) from None
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise self.wrong(line, "There is a NUL character.", "Remove it.")
        return text

    def _tree(self) -> ast.Module:
        try:
            return ast.parse(self._source, str(self.path))
        except SyntaxError as error:
            line, column = error.lineno or 1, error.offset or 0
            problem = f"The Python is not valid: {error.msg}."
            raise self.wrong(line, problem, "Correct it.", column) from None
        except (RecursionError, MemoryError):
            raise self.wrong(
                1, "The Python is nested too deeply.", "Nest it less deeply."
            ) from None

    def _literal(self, name: str, value: ast.expr) -> Any:
        try:
            return ast.literal_eval(value)
        except (ValueError, TypeError, RecursionError, MemoryError):
            problem = f"{name} is not a literal, but dbkit reads it without running the file."
            raise self.wrong(value.lineno, problem, "Write the value itself.") from None

    def _seed(self, tree: ast.Module) -> ast.FunctionDef:
        for node in reversed(tree.body):
            if isinstance(node, ast.FunctionDef) and node.name == "seed":
                return node
            if isinstance(node, ast.AsyncFunctionDef) and node.name == "seed":
                raise self.wrong(node.lineno, "seed() is async.", "Write def without async.")
        raise self.wrong(1, "The file has no function seed(database).", EXAMPLE)

    def _executed(self) -> Callable[..., Any]:
        """Execute the file, and return its function. Unlike an import, this writes no cache."""
        scope = {"__name__": self.path.stem, "__file__": str(self.path)}
        code = self._call(compile, self._source, str(self.path), "exec", 0, True)
        self._call(exec, code, scope)
        function: Any = scope.get("seed")
        try:
            inspect.signature(function).bind(None)
        except (TypeError, ValueError):
            problem = "seed() cannot be called with the database."
            raise self.wrong(self._function.lineno, problem, "Write def seed(database):") from None
        return cast(Callable[..., Any], function)

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except (Exception, SystemExit) as error:
            if is_lock_conflict(error):  # the run may succeed later
                raise
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> SeedError:
        """Return the error for an exception, with the innermost line of this file."""
        lines = [
            number
            for part in (error.__cause__, error)  # the cause of "generator raised StopIteration"
            for frame, number in walk_tb(part.__traceback__ if part else None)
            if frame.f_code.co_filename == str(self.path)
        ]
        line = lines[-1] if lines else self._function.lineno
        if isinstance(error, DbkitError):
            return self.wrong(line, error.message, error.hint)
        if isinstance(error, SyntaxError) and error.filename == str(self.path):
            return self.wrong(error.lineno or line, f"The Python is not valid: {error.msg}.")
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        text = " ".join(text.split())
        hint = "Correct the function, or the rows that it yields."
        if isinstance(error, pw.DoesNotExist) and not self.uses_database:
            hint += f" {YIELDED}"
        return self.wrong(line, text.rstrip(".") + ".", hint)


@contextmanager
def _without_commit(database: pw.Database) -> Iterator[None]:
    """In the block, the methods that end the transaction raise DbkitError. Peewee's own
    transactions are savepoints in it."""

    def refuse(*_: Any) -> None:
        raise DbkitError("This call ends the transaction of the run.",
                         "Remove it: dbkit commits when all files are loaded.")  # fmt: skip

    database.commit = database.rollback = refuse
    try:
        yield
    finally:
        del database.commit, database.rollback


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the settings that the module assigns."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=value) if name in SETTINGS:
                yield name, value
            case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value) if (
                name in SETTINGS
            ):
                yield name, value


def _yields(node: ast.AST) -> bool:
    """Whether a function is a generator function."""
    return any(
        isinstance(child, (ast.Yield, ast.YieldFrom))
        or (not isinstance(child, OTHER_SCOPES) and _yields(child))
        for child in ast.iter_child_nodes(node)
    )
