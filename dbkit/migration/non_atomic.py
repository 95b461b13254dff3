"""Runs a file with ATOMIC = False: each operation is recorded as it completes.

The file runs in a transaction that is committed after each operation, together with its record.
Only statements that the database refuses in a transaction run without one: first the intent is
recorded, and a run that finds the intent looks for the effect. A file that was interrupted runs
again from its beginning, but its recorded operations are only followed in memory. Its statements
between two operations are committed with the second operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from dbkit.errors import MigrationError
from dbkit.limits import Limits
from dbkit.masking import masked
from dbkit.plurals import counted
from dbkit.run_lock import waiting
from dbkit.schema.changes import Add, Change, Drop
from dbkit.schema.dialect import dialect_for
from dbkit.schema.patch import filtered, patched
from dbkit.schema.sql import blanked
from dbkit.schema.values import Index, Part, Schema, Table
from dbkit.transactions import NotInTransaction, is_open

from .files import refuse_unrun
from .intercept import intercepted, nothing, sql_of
from .migrator import Migrator
from .operation_calls import SETTING, MigratorProxy
from .recorder import MigrationRecorder
from .standing import Progress

# Of statements without comments and texts. Setting a PRAGMA again changes nothing.
READING = re.compile(
    r"\s*((SHOW|VALUES|TABLE|PRAGMA)\b|SELECT\b(?!.*\bINTO\b)|EXPLAIN\b(?!.*\bANALY[SZ]E\b)"
    r"|WITH\b(?!.*\b(INSERT|UPDATE|DELETE|MERGE|INTO)\b))",
    re.IGNORECASE | re.DOTALL,
)
SAVEPOINT = re.compile(r"\s*SAVEPOINT\b", re.IGNORECASE)
RELEASE = re.compile(r"\s*RELEASE\b", re.IGNORECASE)
BACK = re.compile(r"\s*ROLLBACK\s+((WORK|TRANSACTION)\s+)?TO\b", re.IGNORECASE)
NONE = Progress(False, (), 0)


class Moved(Exception):
    """Another run has continued the file, between two transactions of this run."""


class NonAtomicRun:
    """A run of a file on a database with this history. `number` is the number of the operation that
    runs, or that ran last."""

    def __init__(
        self,
        name: str,
        downgrade: bool,
        migrator: Migrator,
        recorder: MigrationRecorder,
        history: tuple[str, ...],
        begin: Callable[[], AbstractContextManager[None]],
        limits: Limits,
    ) -> None:
        self.name, self.downgrade, self.migrator, self.limits = name, downgrade, migrator, limits
        self.recorder, self.history, self.begin = recorder, history, begin
        self.stack = ExitStack()
        self.database, self.dialect = migrator.database, dialect_for(migrator.database)
        self.progress = NONE
        self.number, self.text = 0, ""
        self.savepoints = 0  # of the file itself
        self.in_block = self.is_following = False
        self.unrecorded: dict[int, str] = {}  # the operations that ran since the last commit

    def run(self, function: Callable[..., Any], record: Callable[[], None]) -> None:
        """Call `migrate` or `rollback` of the file, and `record` that it is complete. Raises
        Moved."""
        with ExitStack() as self.stack:
            with self.migrator.own():
                self._begin()
            self.migrator.non_atomic = self
            try:
                with intercepted(self.database, self._statement):
                    refuse_unrun(function(MigratorProxy(self), self.database, fake=False))
            finally:
                self.migrator.non_atomic = None
            self._require_all()
            self.migrator()
            record()

    def _begin(self) -> None:
        """Begin a transaction. Raises Moved if another run has changed the history or has continued
        the file."""
        self.stack.enter_context(self.begin())
        history = tuple(self.recorder.read())
        progress = self.recorder.begun.get(self.name, NONE)
        if self.number == 0:
            self.progress = progress
        other_way = progress != NONE and progress.downgrade != self.downgrade
        if history != self.history or progress != self.progress or other_way:
            raise Moved

    @property
    def is_recorded(self) -> bool:
        """Whether the next operation ran before."""
        return self.is_following or self.number < self.progress.done

    @property
    def was_interrupted(self) -> bool:
        """Whether an earlier run was killed while it ran this operation."""
        there = self.progress.operations[self.number - 1 : self.number]
        return there == (self.text,) and self.number > self.progress.done

    def operation(self, text: str, action: Callable[[], Any]) -> Any:
        """Run an operation of the file, or follow it if it ran before."""
        if self.in_block:
            return action()
        with self._recording(text):
            return action()

    @contextmanager
    def block(self, text: str) -> Iterator[None]:
        """Let the operations of the block be one operation."""
        with self._recording(text):
            self.in_block = True
            try:
                yield
            finally:
                self.in_block = False

    @contextmanager
    def _recording(self, text: str) -> Iterator[None]:
        follows = self.is_recorded
        self.number, self.text = self.number + 1, text
        if follows:
            self._require_same(text)
            self.is_following = True
            with self.migrator.fake():
                yield
            self.is_following, self.text = False, ""
            return
        yield
        self.migrator.run_queue()
        with self.migrator.own():
            self._complete()

    def _complete(self) -> None:
        """Commit the operation with its record, unless the file has a savepoint of its own, or a
        table waits for the table of its foreign key."""
        text, self.text = self.text, ""
        if self.number == self.progress.done:
            return  # `outside_transaction` has recorded it
        self.unrecorded[self.number] = text
        self._commit_if_complete()

    def _commit_if_complete(self) -> None:
        if not self.savepoints and not self.migrator.queue:
            self._commit(done=True)
            self._begin()

    def _commit(self, done: bool) -> None:
        """Record the waiting operations as complete, and commit. Without `done`, the last one is
        recorded only as begun."""
        if not is_open(self.database):
            raise MigrationError(
                "It ended its own transaction (a COMMIT or ROLLBACK).",
                "Remove that statement: with ATOMIC = False, dbkit commits each operation.",
            )
        last = {} if done else {self.number: self.unrecorded.pop(self.number)}
        for operations, is_done in ((self.unrecorded, True), (last, False)):
            if operations:
                self.recorder.begin(self.name, self.downgrade, operations, is_done)
                kept = self.progress.operations[: min(operations) - 1]
                texts = (*kept, *operations.values())
                number = len(texts) if is_done else len(kept)
                self.progress = Progress(self.downgrade, texts, number)
        self.unrecorded = {}
        self.migrator.added, self.migrator.unchecked = {}, False
        self.stack.close()

    def outside_transaction(
        self, statements: Iterable[tuple[str, Callable[[], Any]]], whole: bool = True
    ) -> Any:
        """Send statements without a transaction; return the last result. They are the `whole`
        operation, or a part of it."""
        if self.in_block or self.savepoints:
            raise MigrationError(
                "A statement that cannot run in a transaction is inside a block that opens one.",
                "Move it out of the block `with migrator.without_views` or `database.atomic`.",
            )
        interrupted, number, text, result = self.was_interrupted, self.number, self.text, None
        with self.migrator.own():
            self.unrecorded[number] = text
            self._commit(done=False)
            with waiting(
                lambda: self.dialect.locked_alone(self.database, self.limits), self.limits
            ):
                self.recorder.read()
                if self.recorder.begun.get(self.name) != self.progress:
                    raise Moved
                for sql, call in statements:
                    result = self.dialect.run_alone(self.database, sql, call, interrupted)
                if whole:
                    self.recorder.complete(self.name, number)
                    self.progress = replace(self.progress, done=number)
            self._begin()
        return result

    def attempt(self, sql: str, call: Callable[[], Any], whole: bool = True) -> Any:
        """Send a statement of the operation, without a transaction if it needs that."""
        try:
            with self.migrator.own():
                return self.dialect.attempt(self.database, call)
        except NotInTransaction:
            return self.outside_transaction([(sql, call)], whole)

    def reshape(
        self, live: Schema, changes: Iterable[Change], sought: Iterable[Callable[[Schema], Change]]
    ) -> None:
        """Change indexes concurrently. What an earlier, killed run did is not done again."""
        left = [
            change for change in changes if not (self.was_interrupted and _is_made(live, change))
        ]
        for find in sought:
            try:
                left.append(find(live))
            except MigrationError:
                if not self.was_interrupted:
                    raise
        live = _without_invalid(live, left)
        statements = self.dialect.concurrent(live, patched(live, left))
        self.outside_transaction(
            (sql, partial(self.dialect.execute, self.database, sql)) for sql in statements
        )

    def _statement(self, call: Callable[[], Any]) -> Any:
        """A use of the database that does not come from an operation."""
        sql, begun = sql_of(call), self.progress.operations[self.number : self.number + 1]
        if self.migrator.busy:
            return call()
        bare = blanked(sql)
        if SAVEPOINT.match(bare):
            self.savepoints += 1
        elif RELEASE.match(bare) or BACK.match(bare):
            call = partial(self._end_savepoint, bare, call)
        elif READING.match(bare) or SETTING.match(sql):
            pass  # it is sent again when the file continues
        elif self.is_following or (begun and begun != (masked(sql),)):
            return nothing()  # the operation after it has committed it
        elif self.is_recorded:
            self.number += 1
            return nothing()
        elif sql:
            call = partial(self._send, sql, call)
        return self.migrator.after_queue(partial(self._pass, call))

    def _pass(self, call: Callable[[], Any]) -> Any:
        with self.migrator.own():  # the call itself gets a cursor
            return call()

    def _end_savepoint(self, sql: str, call: Callable[[], Any]) -> Any:
        """End a savepoint of the file, and commit the operations in it, unless the savepoint
        belongs to an operation, or the file rolls it back: then the file probably fails."""
        result = call()
        self.savepoints = max(0, self.savepoints - 1)
        if self.unrecorded and not self.text and RELEASE.match(sql):
            with self.migrator.own():
                self._commit_if_complete()
        return result

    def _send(self, sql: str, call: Callable[[], Any]) -> Any:
        """Send a statement of a function that `run` calls, or of the file itself; the latter is an
        operation if it cannot run in a transaction."""
        self.migrator.guard.check_sql(sql)
        if self.text:
            return self.attempt(sql, call, whole=False)
        try:
            self.number, self.text = self.number + 1, masked(sql)
            return self.attempt(sql, call)
        finally:
            self.text = ""
            if self.number > self.progress.done:
                self.number -= 1  # the statement ran in the transaction, so it is no operation

    def _require_same(self, text: str) -> None:
        old = self.progress.operations[self.number - 1]
        if text != old:
            raise self._edited(f"its operation {self.number} was {old}, and is now {text}")

    def _require_all(self) -> None:
        if self.number < self.progress.done:
            raise self._edited(f"the file has only {counted(self.number, 'operation')} now")

    def _edited(self, what: str) -> MigrationError:
        state = "rolled back" if self.downgrade else "applied"
        return MigrationError(
            f"Migration {self.name} is half {state}: "
            f"{counted(self.progress.done, 'operation')} ran, but {what}.",
            "Restore the operations that ran. The operations after them may change.",
        )

    @property
    def place(self) -> str:
        """The operation that runs, in words."""
        return f"operation {self.number}, {self.text}" if self.text else "its own statements"

    def kept(self) -> str:
        """Return a sentence about the operations that are kept after a failure."""
        done = self.progress.done
        if not done:
            return "None of its operations is complete."
        first = "first operation is" if done == 1 else f"first {done} operations are"
        return f"Its {first} kept. Run the command again to continue from there."


def _is_made(live: Schema, change: Change) -> bool:
    """Whether an index exists that a change adds, or does not exist that it drops."""
    for table in live.tables:
        if table.name == change.table:
            same = [part for part in table.parts if _is_same_index(part, change.item)]
            if isinstance(change, Drop):
                return not same
            return isinstance(change, Add) and any(getattr(part, "valid", True) for part in same)
    return False


def _without_invalid(live: Schema, changes: Iterable[Change]) -> Schema:
    """The schema without the invalid indexes whose names these changes use again.
    `Dialect.run_alone` drops those indexes first."""
    added = {(change.table, change.item.name) for change in changes if isinstance(change, Add)}

    def without_invalid(table: Table) -> Table:
        def stays(part: Part) -> bool:
            is_invalid = isinstance(part, Index) and not part.valid
            return not (is_invalid and (table.name, part.name) in added)

        return filtered(table, stays)

    return replace(live, tables=tuple(map(without_invalid, live.tables)))


def _is_same_index(part: Part, item: Any) -> bool:
    return isinstance(part, Index) and isinstance(item, Index) and part.name == item.name
