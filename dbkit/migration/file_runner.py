"""Runs one file: in a transaction, operation by operation, or only in memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cached_property, partial
from logging import Logger
from typing import Any

import peewee as pw

from dbkit.errors import MigrationError
from dbkit.limits import Limits
from dbkit.run_lock import waiting
from dbkit.schema.dialect import dialect_for

from .data_loss import Guard
from .files import Files, refuse_unrun
from .intercept import silenced
from .migrator import Migrator
from .non_atomic import Moved, NonAtomicRun
from .operation_calls import MigratorProxy, OperationCounter
from .other_databases import OtherDatabases
from .recorder import MigrationRecorder
from .run_log import RunLog

logger = logging.getLogger(__name__)


class FileRunner:
    """The part of the Router that runs a file and records it in the history."""

    database: pw.Database
    migrator_class: type[Migrator]
    files: Files
    migrate_table: str
    schema: str | None
    limits: Limits
    guard: Guard
    log: RunLog
    logger: Logger

    @cached_property
    def recorder(self) -> MigrationRecorder:
        return MigrationRecorder(self.database, self.migrate_table, self.schema)

    def read(self, name: str) -> tuple[Any, Any]:
        """Return (migrate, rollback) of a file. Raises MigrationError if it has no `migrate`."""
        with self.others.silent(self.files.path(name)):
            return self.files.functions(name)

    @cached_property
    def others(self) -> OtherDatabases:
        return OtherDatabases(self.database, self.migrator_class.on_scratch)

    def _led_here(self, name: str, migrator: Migrator) -> AbstractContextManager[None]:
        """Let the Database objects of the project lead to the database of the migration."""
        return self.others.leading_here(self.files.path(name), migrator)

    def _warn(self, name: str) -> None:
        """Warn of a file that uses other Database objects. (A command that runs files on a scratch
        database decides itself which warnings it prints.)"""
        if not self.others.on_scratch and (warning := self.others.warning(name)):
            logger.warning("warning: %s", warning)

    def _is_non_atomic(self, name: str) -> bool:
        return name in self.recorder.begun or not self.files.is_atomic(name)

    def _non_atomic_run(
        self, name: str, migrator: Any, downgrade: bool, history: tuple[str, ...]
    ) -> NonAtomicRun:
        limits = self.files.limits(name, self.limits)
        begin = partial(self.locked, limits)
        return NonAtomicRun(name, downgrade, migrator, self.recorder, history, begin, limits)

    @contextmanager
    def locked(self, limits: Limits | None = None) -> Iterator[Any]:
        """Begin a transaction with the lock: no other run reads or writes the history to decide.
        Yield what the dialect yields."""
        dialect, limits = dialect_for(self.database), limits or self.limits
        with waiting(lambda: dialect.migrating(self.database, limits), limits) as begun:
            yield begun

    def _execute(self, name: str, migrator: Any, begun: Any, fake: bool, downgrade: bool) -> None:
        """Run a file in the transaction that has begun, and record it in the history."""
        if name in self.recorder.begun and not fake:
            raise MigrationError(
                f"Migration {name} is half done, and a transaction is open.",
                "Commit the transaction: the migration commits each of its operations.",
            )
        function, record = self._function(name, migrator, downgrade, fake)
        if fake:
            self.follow(name, migrator)
            record(None)
            return
        start, limits = time.monotonic(), self.files.limits(name, self.limits)
        migrator.atomic = self.files.is_atomic(name)
        keeping = dialect_for(self.database).keeping
        led_here = self._led_here(name, migrator)
        with keeping(self.database, limits, begun), self._heard(), led_here:
            with migrator.in_order():
                proxy = MigratorProxy(OperationCounter(migrator))
                refuse_unrun(function(proxy, self.database, fake=False))
            migrator()
        self._warn(name)
        record(time.monotonic() - start)

    def _execute_non_atomic(self, running: NonAtomicRun) -> bool:
        """Run the operations of a file, and record it in the history; return False if another run
        continued the file meanwhile."""
        function, record = self._function(running.name, running.migrator, running.downgrade)
        begun = time.monotonic()
        running.migrator.atomic = False

        def complete() -> None:
            hearing.close()  # the file itself does not write the history
            self._warn(running.name)
            record(time.monotonic() - begun)

        try:
            keeping = dialect_for(self.database).keeping
            with keeping(self.database, running.limits), ExitStack() as hearing:
                hearing.enter_context(self._heard())
                hearing.enter_context(self._led_here(running.name, running.migrator))
                running.run(function, complete)
        except Moved:
            return False
        return True

    def _heard(self) -> AbstractContextManager[None]:
        """Let the log hear the statements of the block, if it wants to."""
        if not self.log.hears_statements:
            return nullcontext()
        return dialect_for(self.database).recorded(self.database, self.log.statement)

    def _function(
        self, name: str, migrator: Any, downgrade: bool, fake: bool = False
    ) -> tuple[Any, Callable[[float | None], None]]:
        """Return the function of a file to run, and a function that records how long it took."""
        content = self.files.content(name)
        with self._led_here(name, migrator):
            migrate, rollback = self.files.functions(name)
        migrator.guard, migrator.log = self.guard, self.log
        self.guard.name, self.guard.filled = name, set()
        if downgrade and rollback is None:
            raise MigrationError(
                f"Migration {name} has no rollback().", f"Write it in {self.files.path(name)}."
            )
        self.logger.info("%s %s", "Rolling back" if downgrade else "Migrating", name)
        self.log.begin(self.database, name, downgrade, fake)
        if downgrade:
            return rollback, lambda _: self.recorder.remove(name)
        return migrate, partial(self.recorder.add, name, content)

    def follow(self, name: str, migrator: Migrator) -> None:
        """Edit the migrator's models as the file does, but run nothing. Raises MigrationError."""
        path, (migrate, _) = self.files.path(name), self.read(name)
        try:
            with silenced(self.database), self.others.silent(path), migrator.fake():
                migrate(migrator, self.database, fake=True)
        except (Exception, SystemExit) as error:
            raise MigrationError(
                f"Migration {name} fails when it is replayed without a database: "
                f"{type(error).__name__}: {error}",
                "Before later migrations run, dbkit calls migrate() again with fake=True and a "
                "database that returns nothing. Query the database only `if not fake`.",
            ) from error
