"""Replays that are kept in the user's cache directory, as the statements that the files sent.

A replay is found by the texts of its files, the state of the scratch server, and the versions of
dbkit and of the libraries. It ends before the first file whose statements may depend on anything
else, such as a module of the project, the environment or the clock: that file and the later files
always run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import peewee as pw

from dbkit import config
from dbkit.atomic_files import overwrite
from dbkit.errors import MigrationError, WriteFailed
from dbkit.schema.dialect import dialect_for
from dbkit.schema.sent import Sent
from dbkit.schema.sql import NOT_DONE

from .router import Router
from .sent_statements import StatementCollector, terminated

MIN_SECONDS = 1.0  # that the files must take
MAX_REPLAYS = 20
MAX_CHARACTERS = 50_000_000  # of a replay
# the modules that a file may import: they read nothing that can change
PURE_MODULES = re.compile(r"""
    __future__|abc|base64|collections(\.abc)?|contextlib|copy|dataclasses|datetime|decimal|enum
    |fractions|functools|hashlib|itertools|json|logging|math|operator|re|string|textwrap|typing|uuid
    |dbkit\.(fields|migration)|peewee|peewee_migrate
    |playhouse\.(fields|hybrid|migrate|postgres_ext|shortcuts|sqlite_ext)
""", re.VERBOSE)  # fmt: skip
# the names that lead to other modules, files, connections and databases; and, if they are called,
# to the clock
IMPURE_NAMES = re.compile(r"""
    __builtins__|__file__|__import__|connect|connection|cursor|environ|eval|exec|executescript
    |getattr|getnode|globals|hash|importlib|input|open|os|sys
    |\w+Database""", re.VERBOSE)  # fmt: skip
CLOCK = {"now", "today", "utcnow", "uuid1", "uuid4"}

Batches = list[list[str]]  # a batch is sent at once


class Unusable(Exception):
    """The statements of a replay in the cache fail, and the scratch database is incomplete."""


def apply(router: Router, names: Sequence[str]) -> None:
    """Apply the files to the Router's empty scratch database, as far as possible from the cache,
    and keep their replay. Raises Unusable and MigrationError."""
    directory = _directory()
    keys = list(_keys(router, names)) if directory else []
    if directory and keys:
        count, batches = _find(directory, keys)
        if count:
            _send(router.database, batches, directory / keys[count - 1])
        collector, begun = StatementCollector(looks=False), time.monotonic()
        with dialect_for(router.database).recorded(router.database, collector):
            router.apply(names[count : len(keys)])
        if time.monotonic() - begun > MIN_SECONDS and _is_whole(router):
            _keep(directory / keys[-1], batches, collector.taken())
    router.apply(names[len(keys) :])


def _is_whole(router: Router) -> bool:
    """Whether the files made the database without stand-ins, and can be followed in memory. Files
    that come from the cache are followed, so that later files know their models."""
    other = Router(router.database, router.migrate_dir)
    other.files = router.files
    with suppress(MigrationError):
        return not router.migrator_class.outside and other.migrator is not None
    return False


def _directory() -> Path | None:
    """The cache directory, which is created; None if others could write to it."""
    directory = config.cache_directory()
    with suppress(OSError):
        if directory and _is_private(directory):
            return directory
    return None


def _is_private(directory: Path) -> bool:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    return os.name != "posix" or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


def _keys(router: Router, names: Iterable[str]) -> Iterator[str]:
    """The keys of the replays that end with each of these files. The files then run as they were
    read here."""
    try:
        surroundings = dialect_for(router.database).surroundings(router.database)
    except pw.PeeweeException:
        return  # a replay depends on the state of the server: if that is unknown, none fits
    digest = hashlib.sha256(f"{sys.version} {_code()} {surroundings}".encode())
    for name in names:
        text = router.files.texts[name] = router.files.text(name)
        if not is_pure(text):
            return
        digest.update(json.dumps([name, text]).encode())
        yield digest.hexdigest()


@cache
def _code() -> str:
    """The versions of the code that writes the statements."""
    from dbkit import __version__

    sources = sorted(Path(__file__).parents[1].rglob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    return f"{__version__} {digest.hexdigest()} {pw.__version__} {version('peewee-migrate')}"


def is_pure(text: str) -> bool:
    """Whether the statements of a file depend only on its text and on the database."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not any(map(_is_impure, ast.walk(tree)))


def _is_impure(node: ast.AST) -> bool:
    match node:
        case ast.Import(names):
            return not all(PURE_MODULES.fullmatch(one.name) for one in names)
        case ast.ImportFrom(str(module), names, 0):
            every = [module], [f"{module}.{one.name}" for one in names]
            return not any(all(map(PURE_MODULES.fullmatch, some)) for some in every)
        case ast.ImportFrom():
            return True
        case ast.Call(ast.Name(name) | ast.Attribute(_, name)) if name in CLOCK:
            return True
        case ast.alias(name, str()) if name in CLOCK:
            return True
        case ast.Name(name) | ast.Attribute(_, name) | ast.alias(name):
            return IMPURE_NAMES.fullmatch(name) is not None
    return False


def _find(directory: Path, keys: Sequence[str]) -> tuple[int, Batches]:
    """(the number of files, their statements) of the longest replay in the cache."""
    for count in range(len(keys), 0, -1):
        path = directory / keys[count - 1]
        with suppress(OSError, ValueError):
            digest, _, text = path.read_text(encoding="utf-8").partition("\n")
            if digest == _digest(text):
                os.utime(path)  # `_keep` removes the least recently used replays
                return count, json.loads(text)
    return 0, []


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _send(database: pw.Database, batches: Batches, path: Path) -> None:
    dialect = dialect_for(database)
    try:
        for batch in batches:
            dialect.execute_together(database, [(dialect.escaped(sql), ()) for sql in batch])
    except pw.PeeweeException as error:
        with suppress(OSError):
            path.unlink()
        raise Unusable from error


def _keep(path: Path, batches: Batches, statements: Iterable[Sent]) -> None:
    """Write a replay into the cache: the statements that came from it, and those that were sent
    after them. Remove the least recently used replays. Errors are ignored."""
    batches = [*batches]
    for outside, group in groupby(statements, key=lambda sent: sent.outside):
        sent = [terminated(one) for one in group]
        batches += [[sql] for sql in sent] if outside else [sent]
    if any(sql.startswith(NOT_DONE) for batch in batches for sql in batch):
        return
    text = json.dumps(batches)
    with suppress(OSError, WriteFailed):
        if len(text) < MAX_CHARACTERS:
            overwrite(path, f"{_digest(text)}\n{text}")
            files = sorted(path.parent.iterdir(), key=lambda one: one.stat().st_mtime)
            for old in files[:-MAX_REPLAYS]:
                old.unlink()
