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
    """Apply the pending migrations, up to `name` (a file's name, its number, or a unique beginning
    of its name); return their names in order.

    Each runs in its own transaction, so a failure keeps the migrations before it. With `fake`, they
    are only marked as applied. Files whose numbers repeat, or are below that of an applied file,
    are refused, unless `allow_out_of_order`. `limits` say how long to wait for other runs and for
    locks. Applied files that were edited, or that are gone, are refused, unless `allow_edited`.
    If `may_lose_data` is given, a file that would lose data and is not among these names is
    refused. `log` hears what the run does. Raises MigrationError and WouldLoseData.
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
    """Roll back the last `count` migrations, or those after `to` (see `migrate`), the newest first;
    return their names.

    A migration that replaces others is refused, unless `baseline`; applied files that were edited,
    or that are gone, are refused, unless `allow_edited`. `may_lose_data` and `log` are as in
    `migrate`. Raises MigrationError and WouldLoseData.
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
    """Roll back all migrations and apply them again, in one transaction; return their names. If a
    migration has ATOMIC = False, each has its own transaction.

    This destroys the data of their tables, and leaves other tables alone. Raises MigrationError.
    """
    router = Router(database, directory, limits=limits, allow_edited=True, log=log)

    def back_and_forth() -> list[str]:
        standing = router.standing()
        standing.refuse_gone()  # an edited file can be rolled back
        if standing.applied:
            router.rollback_files(len(standing.applied), baseline=True)
        return router.run()

    def at_once() -> list[str]:
        try:
            with router.locked():
                return back_and_forth()
        except BaseException:
            router.log.files.clear()  # all are rolled back
            raise

    standing = router.retried(router.standing)
    standing.refuse_gone()
    if standing.begun or not all(map(router.files.is_atomic, standing.todo)):
        router.apply(())  # a half-done migration is completed first
        return back_and_forth()
    return one_at_a_time(database, limits, lambda: router.retried(at_once))
