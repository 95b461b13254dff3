"""The functions that run the migrations of a directory."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import peewee as pw

from dbkit.database_argument import takes_database
from dbkit.limits import DEFAULT, Limits
from dbkit.run_lock import one_at_a_time

from .data_loss import Guard
from .router import Router
from .run_log import RunLog
from .start_again import Reset


@takes_database
def migrate(
    database: pw.Database,
    directory: str | Path = "migrations",
    name: str | None = None,
    fake: bool = False,
    allow_out_of_order: bool = False,
    limits: Limits = DEFAULT,
    allow_edited: bool = False,
    may_lose_data: Collection[str] | None = None,
    log: RunLog | None = None,
) -> list[str]:
    """Apply the pending migrations, each in its own transaction. A failure keeps those before it.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        directory: The folder of the migrations.
        name: Stop after this file, given by its name, its number, or the unique beginning of its
            name. Without it, all pending files run.
        fake: Mark the files as applied, and do not run them.
        allow_out_of_order: Accept files that share a number, and pending files whose number is
            below that of an applied file.
        limits: How long to wait for other runs and for locks.
        allow_edited: Accept applied files that were edited, or that are gone.
        may_lose_data: If given, a file that would lose data is refused unless this contains its
            name. By default, every file may lose data.
        log: Is told which file and operation runs (see `RunLog`).

    Returns:
        The names of the applied files without `.py`, in order.

    Raises:
        MigrationError: A file cannot be run, or the files and the history contradict each other.
        WouldLoseData: A file would lose data, and `may_lose_data` does not contain it.
        DatabaseFailed: Another run, or a session that blocks this one, did not end in time.
    """
    guard = Guard(may_lose_data)
    router = Router(database, directory, allow_out_of_order, limits, allow_edited, guard, log)
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
    may_lose_data: Collection[str] | None = None,
    log: RunLog | None = None,
) -> list[str]:
    """Roll back the newest migrations, each in its own transaction.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        directory: The folder of the migrations.
        count: The number of files.
        baseline: Also roll back a file that replaces others (a baseline), which drops its tables.
        limits: How long to wait for other runs and for locks.
        to: Roll back every file after this file, named as in `migrate`, instead of `count` files.
        allow_edited: Accept applied files that were edited, or that are gone.
        may_lose_data: As in `migrate`.
        log: Is told which file and operation runs (see `RunLog`).

    Returns:
        The names of the files without `.py`, the newest first.

    Raises:
        MigrationError: A file cannot be rolled back, or `to` names no applied file.
        WouldLoseData: A file would lose data, and `may_lose_data` does not contain it.
        DatabaseFailed: Another run, or a session that blocks this one, did not end in time.
    """
    guard = Guard(may_lose_data)
    router = Router(database, directory, False, limits, allow_edited, guard, log)
    return router.rollback_files(count, baseline, to)


@takes_database
def reset(
    database: pw.Database,
    directory: str | Path = "migrations",
    limits: Limits = DEFAULT,
    log: RunLog | None = None,
) -> list[str]:
    """Roll back all migrations and apply them again. This destroys the data of their tables.

    Everything happens in one transaction, with two exceptions. PostgreSQL allows the use of a new
    enum label only after a commit, so the reset commits before the file that uses the label: after
    an interruption, the earlier files are applied, and `migrate` continues. If a migration has
    ATOMIC = False, each file has its own transaction.

    No row of the tables can stop the reset: if a file cannot be rolled back, the rows are deleted
    first. Tables that no migration creates stay as they are.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        directory: The folder of the migrations.
        limits: How long to wait for other runs and for locks.
        log: Is told which file and operation runs (see `RunLog`).

    Returns:
        The names of the applied files without `.py`, in order.

    Raises:
        MigrationError: A file is gone, cannot be rolled back, or cannot be run.
    """
    router = Router(database, directory, limits=limits, allow_edited=True, log=log)

    standing = router.retried(router.standing)
    standing.refuse_gone()
    start_again = Reset(router)
    if standing.begun or not all(map(router.files.is_atomic, standing.todo)):
        router.apply(())  # a half-done migration is completed first
        return start_again.file_by_file()
    return one_at_a_time(database, limits, start_again.at_once)
