"""The functions that run a directory's migrations, and tell how far a database is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import peewee as pw

from dbkit.database_argument import takes_database

from .router import Router


@dataclass(frozen=True)
class Status:
    """Names of the migrations that were applied and of those that wait, in order; of the applied
    those whose file is gone; what is wrong with the numbers; and why nothing can be run."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    gone: tuple[str, ...] = ()
    disorder: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@takes_database
def status(database: pw.Database, directory: str | Path = "migrations") -> Status:
    """What is applied and what is pending; writes nothing."""
    standing = Router(database, directory).standing()
    return Status(
        standing.applied,
        tuple(standing.pending),
        standing.gone,
        standing.disorder,
        tuple(map(str, standing.problems)),
    )


@takes_database
def migrate(
    database: pw.Database,
    directory: str | Path = "migrations",
    name: str | None = None,
    fake: bool = False,
    allow_out_of_order: bool = False,
) -> list[str]:
    """Apply the pending migrations, up to `name`; give their names in order.

    Each runs in a transaction of its own, so that a failure keeps those before it. With `fake`
    they are only marked as applied. Files whose numbers repeat, have a gap, or are below one that
    is applied are refused, unless `allow_out_of_order`. Raises MigrationError.
    """
    return Router(database, directory, allow_out_of_order).run(name, fake=fake)


@takes_database
def rollback(
    database: pw.Database,
    directory: str | Path = "migrations",
    count: int = 1,
    baseline: bool = False,
) -> list[str]:
    """Take back the last `count` migrations, the newest first; give their names. One that stands
    for others is refused, unless `baseline`."""
    return Router(database, directory).take_back(count, baseline)


@takes_database
def reset(database: pw.Database, directory: str | Path = "migrations") -> list[str]:
    """Take back all migrations and apply them again, in one transaction: all or nothing.

    Destroys the data of their tables, and leaves others alone. Gives the names applied.
    """
    router = Router(database, directory)
    with router.locked():
        if count := len(router.done):
            router.take_back(count, baseline=True)
        return router.run()
