"""Replays a migration history on a scratch database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.errors import MigrationError
from dbkit.schema.dialect import dialect_for
from dbkit.schema.values import Schema
from dbkit.scratch_database import scratch_database

from . import replay_cache
from .router import Router
from .stand_ins import Rehearsal

CORRECT = """\
Correct the file. Or, if a database has applied all migrations, run `python -m dbkit init`: it
replaces them with a baseline of that database."""


RESTORE = (
    "If the missing file was deleted, restore it from version control. Otherwise correct the file "
    "that fails."
)


def nothing(_: Router) -> Iterable[str]:
    """Prepare nothing, and apply no file."""
    return ()


@contextmanager
def replaying(
    live: pw.Database,
    directory: str | Path,
    same_version: bool = False,
    prepare: Callable[[Router], Iterable[str]] = nothing,
) -> Iterator[Router]:
    """Yield a Router for the files of the directory on a scratch database of the same kind as
    `live`, and with `same_version` of the same major version. See `replaying_on`. Raises NoScratch
    and MigrationError."""
    with replaying_on(lambda: scratch_database(live, same_version), directory, prepare) as router:
        yield router


@contextmanager
def replaying_on(
    empty: Callable[[], AbstractContextManager[pw.Database]],
    directory: str | Path,
    prepare: Callable[[Router], Iterable[str]],
    **options: Any,
) -> Iterator[Router]:
    """Yield a Router for the files of the directory on a database that `empty` makes and opens.
    `prepare` gets the Router on the empty database and returns the names of the files that are
    applied before the block, from the cache as far as possible. Raises MigrationError."""
    for apply in (replay_cache.apply, Router.apply):  # without the cache if its statements fail
        with empty() as database, diagnosed(database):
            router = rehearsing(database, directory, **options)
            names = list(prepare(router))
            try:
                with _named(router):
                    apply(router, names)
            except replay_cache.Unusable:
                continue
            yield router
            return


def rehearsing(database: pw.Database, directory: str | Path, **options: Any) -> Router:
    """Return a Router that creates stand-ins for the tables that no migration creates."""
    sets = {name: set[object]() for name in ("stand_ins", "outside", "custom", "renamed")}
    rehearsal = type("Rehearsal", (Rehearsal,), sets)
    return Router(database, directory, migrator_class=rehearsal, **options)


def replay(router: Router, names: Iterable[str] | None = None) -> None:
    """Apply all files, or these, to the scratch database. Raises MigrationError."""
    with _named(router):
        if names is None:
            router.run()
        else:
            router.apply(names)


@contextmanager
def _named(router: Router) -> Iterator[None]:
    """Say in errors that the files ran on a scratch database, and which numbers are missing."""
    try:
        yield
    except MigrationError as error:
        gaps = router.files.layout().standing({}).gaps
        failed = "The existing migrations cannot be replayed on a scratch database."
        raise MigrationError(
            " ".join([failed, *gaps, error.message]),
            "\n".join(filter(None, [error.hint, RESTORE if gaps else CORRECT])),
        ) from error


def read(router: Router, schemas: Iterable[str] | None) -> Schema:
    """Return the schema of the scratch database."""
    with dialect_for(router.database).reading(router.database, schemas) as reading:
        return reading.live()
