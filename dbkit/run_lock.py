"""One run at a time: every command that writes takes the same lock, and waits for it.

It polls: a statement that waits for a lock would keep its snapshot, and hold a pooler's connection.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

import peewee as pw

from .connection import diagnosed
from .diagnosis import is_lock_conflict
from .errors import DatabaseFailed, MigrationFailed
from .limits import Busy, Limits, Patience
from .schema.dialect import dialect_for
from .transactions import is_open

Result = TypeVar("Result")
POLL = 0.2  # seconds
HINT = "--wait SECONDS (DBKIT_WAIT) sets how long dbkit waits."

# it prints on standard error unless the program configures it
logger = logging.getLogger(__name__)


@contextmanager
def waiting(
    start: Callable[[], AbstractContextManager[Result]], limits: Limits
) -> Iterator[Result]:
    """Enter a context that raises Busy while another run has the lock; say for whom this run waits.
    Yield what the context yields.

    Raises DatabaseFailed when the time is over.
    """
    patience = Patience(limits.wait)
    with ExitStack() as stack:
        while True:
            try:
                entered = stack.enter_context(start())
                break
            except Busy as busy:
                who = str(busy) or "a run that has just ended"
            if patience.over():  # outside the except block: a lock conflict would be its context
                time = f" for {limits.wait:g} s" * bool(limits.wait)
                raise DatabaseFailed(
                    f"Another run of dbkit has held the lock{time}: {who}.",
                    f"Wait until that run ends, or end it, and run the command again. {HINT}",
                )
            patience.announce(logger.warning, "waiting for another run of dbkit: %s", who)
            patience.sleep(POLL)
        yield entered


@contextmanager
def locked_transaction(database: pw.Database, limits: Limits) -> Iterator[None]:
    """Run the block in a transaction that holds the lock; explain the failures of the database."""
    with (
        diagnosed(database),
        waiting(lambda: dialect_for(database).transaction(database, limits), limits),
    ):
        yield


def one_at_a_time(database: pw.Database, limits: Limits, action: Callable[[], Result]) -> Result:
    """Run an action that takes the lock for its transactions, and return its result.

    With `limits.session`, the lock is taken once for all of them.
    """
    with waiting(lambda: dialect_for(database).whole_run(database, limits), limits):
        return action()


def retried(database: pw.Database, limits: Limits, action: Callable[[], Result]) -> Result:
    """Run a transaction; run it again if other sessions hold its locks, until the time is over."""
    patience = Patience(limits.wait)
    while True:
        try:
            return action()
        except (DatabaseFailed, MigrationFailed) as error:
            if is_open(database) or not is_lock_conflict(error):
                raise
            if patience.over():
                error.hint = f"{error.hint}\n{HINT}"
                raise
            logger.warning("%s\ndbkit runs it again.", error.message)
            patience.sleep(min(limits.lock_timeout or 1, 2))
