"""The functions that run the migrations of a directory, and return its status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import peewee as pw

from dbkit.database_argument import takes_database
from dbkit.limits import DEFAULT, Limits
from dbkit.run_lock import one_at_a_time

from .applied import Record
from .router import Router


@dataclass(frozen=True)
class Status:
    """The names of the applied and the pending migrations, in order; the applied migrations whose
    files are gone, or were edited; the new names of renamed files by their old names; faults of the
    numbers; errors that stop every migration; missing numbers, which stop nothing; and the records
    of the applied migrations."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    gone: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    disorder: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    records: Mapping[str, Record] = field(default_factory=dict)


@takes_database
def status(
    database: pw.Database,
    directory: str | Path = "migrations",
    allow_edited: bool = False,
) -> Status:
    """Return which migrations are applied and which are pending. Writes nothing.

    With `allow_edited`, applied files that were edited, or that are gone, are no errors.
    """
    standing = Router(database, directory).standing()
    return Status(
        standing.applied,
        tuple(standing.pending),
        standing.gone,
        standing.edited,
        standing.renamed,
        standing.disorder,
        tuple(map(str, standing.errors if allow_edited else standing.problems)),
        standing.gaps,
        {name: record for name in standing.applied if (record := standing.records.get(name))},
    )


@takes_database
def migrate(
    database: pw.Database,
    directory: str | Path = "migrations",
    name: str | None = None,
    fake: bool = False,
    allow_out_of_order: bool = False,
    limits: Limits = DEFAULT,
    allow_edited: bool = False,
) -> list[str]:
    """Apply the pending migrations, up to `name` (a file's name, its number, or a unique beginning
    of its name); return their names in order.

    Each runs in its own transaction, so a failure keeps the migrations before it. With `fake`, they
    are only marked as applied. Files whose numbers repeat, or are below that of an applied file,
    are refused, unless `allow_out_of_order`. `limits` say how long to wait for other runs and for
    locks. Applied files that were edited, or that are gone, are refused, unless `allow_edited`.
    Raises MigrationError.
    """
    router = Router(database, directory, allow_out_of_order, limits, allow_edited)
    return router.run(name, fake=fake)


@takes_database
def rollback(
    database: pw.Database,
    directory: str | Path = "migrations",
    count: int = 1,
    baseline: bool = False,
    limits: Limits = DEFAULT,
    to: str | None = None,
    allow_edited: bool = False,
) -> list[str]:
    """Roll back the last `count` migrations, or those after `to` (see `migrate`), the newest first;
    return their names.

    A migration that replaces others is refused, unless `baseline`; applied files that were edited,
    or that are gone, are refused, unless `allow_edited`. Raises MigrationError.
    """
    router = Router(database, directory, limits=limits, allow_edited=allow_edited)
    return router.take_back(count, baseline, to)


@takes_database
def reset(
    database: pw.Database, directory: str | Path = "migrations", limits: Limits = DEFAULT
) -> list[str]:
    """Roll back all migrations and apply them again, in one transaction; return their names.

    This destroys the data of their tables, and leaves other tables alone. Raises MigrationError.
    """
    router = Router(database, directory, limits=limits, allow_edited=True)

    def back_and_forth() -> list[str]:
        with router.locked():
            if count := len(router.done):
                router.take_back(count, baseline=True)
            return router.run()

    return one_at_a_time(database, limits, lambda: router.retried(back_and_forth))
