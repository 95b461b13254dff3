"""The functions that run the migrations of a directory, and return its status."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import peewee as pw

from dbkit.database_argument import takes_database
from dbkit.limits import DEFAULT, Limits
from dbkit.run_lock import one_at_a_time

from .router import Router


@dataclass(frozen=True)
class Status:
    """The names of the applied and the pending migrations, in order; the applied migrations whose
    files are gone; faults of the numbers; errors that stop every migration; and missing numbers,
    which stop nothing."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    gone: tuple[str, ...] = ()
    disorder: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


@takes_database
def status(database: pw.Database, directory: str | Path = "migrations") -> Status:
    """Return which migrations are applied and which are pending. Writes nothing."""
    standing = Router(database, directory).standing()
    return Status(
        standing.applied,
        tuple(standing.pending),
        standing.gone,
        standing.disorder,
        tuple(map(str, standing.problems)),
        standing.gaps,
    )


@takes_database
def migrate(
    database: pw.Database,
    directory: str | Path = "migrations",
    name: str | None = None,
    fake: bool = False,
    allow_out_of_order: bool = False,
    limits: Limits = DEFAULT,
) -> list[str]:
    """Apply the pending migrations, up to `name` (a file's name, its number, or a unique beginning
    of its name); return their names in order.

    Each runs in its own transaction, so a failure keeps the migrations before it. With `fake`, they
    are only marked as applied. Files whose numbers repeat, or are below that of an applied file,
    are refused, unless `allow_out_of_order`. `limits` say how long to wait for other
    runs and for locks. Raises MigrationError.
    """
    return Router(database, directory, allow_out_of_order, limits).run(name, fake=fake)


@takes_database
def rollback(
    database: pw.Database,
    directory: str | Path = "migrations",
    count: int = 1,
    baseline: bool = False,
    limits: Limits = DEFAULT,
    to: str | None = None,
) -> list[str]:
    """Roll back the last `count` migrations, or those after `to` (see `migrate`), the newest first;
    return their names.

    A migration that replaces others is refused, unless `baseline`. Raises MigrationError.
    """
    return Router(database, directory, limits=limits).take_back(count, baseline, to)


@takes_database
def reset(
    database: pw.Database, directory: str | Path = "migrations", limits: Limits = DEFAULT
) -> list[str]:
    """Roll back all migrations and apply them again, in one transaction; return their names.

    This destroys the data of their tables, and leaves other tables alone. Raises MigrationError.
    """
    router = Router(database, directory, limits=limits)

    def back_and_forth() -> list[str]:
        with router.locked():
            if count := len(router.done):
                router.take_back(count, baseline=True)
            return router.run()

    return one_at_a_time(database, limits, lambda: router.retried(back_and_forth))
