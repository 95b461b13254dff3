"""Runs migrations in order, each in its own transaction.

Unlike in peewee-migrate, two simultaneous runs apply a file once, reading writes nothing, an error
names the file and what was kept, and on SQLite child rows survive the rebuild of their parent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import peewee as pw
from peewee_migrate import router as peewee_migrate

from dbkit.database_argument import usable
from dbkit.errors import DatabaseFailed, MigrationError
from dbkit.limits import DEFAULT, Limits
from dbkit.run_lock import Result, one_at_a_time, retried
from dbkit.transactions import is_open

from .applied import FileLayout
from .data_loss import Guard
from .failures import explained, naming_files
from .file_runner import FileRunner
from .files import Files
from .forget_seeds import forget_dropped
from .migrator import Migrator
from .non_atomic import NonAtomicRun
from .run_log import RunLog
from .standing import History, Standing
from .targets import pending_target, rollback_targets

# gets the state and the files that this run has already run
Decide = Callable[[Standing, tuple[str, ...]], list[str]]


@dataclass(frozen=True)
class _Turn:
    """The task of a transaction: to run the first of the files that `decide` returns."""

    layout: FileLayout
    decide: Decide
    migrator: Migrator | None
    ran: tuple[str, ...] = ()
    fake: bool = False
    downgrade: bool = False


class Router(FileRunner, peewee_migrate.Router):
    """The Router that `pw_migrate` uses: peewee-migrate's, with dbkit's locks and checks.

    `migrate`, `rollback` and `status` are simpler for a program.
    """

    _followed: tuple[str, ...] | None  # the files that made the migrator's models

    def __init__(
        self,
        database: pw.Database,
        migrate_dir: str | Path | None = None,
        allow_out_of_order: bool = False,
        limits: Limits = DEFAULT,
        allow_edited: bool = False,
        guard: Guard | None = None,
        log: RunLog | None = None,
        **kwargs: Any,
    ) -> None:
        self.allow_out_of_order, self.limits = allow_out_of_order, limits
        self.allow_edited, self.guard = allow_edited, guard or Guard()
        self.log = log or RunLog()
        kwargs.setdefault("migrator_class", Migrator)
        super().__init__(usable(database), Path(migrate_dir or "migrations"), **kwargs)
        self.files = Files(self.migrate_dir)
        self.forget()

    @property
    def model(self) -> Any:
        """The model of the history table. (In peewee-migrate, this property creates the table.)"""
        return self.recorder.model

    def standing(self) -> Standing:
        """Return which files are applied and which are pending. Raises MigrationError."""
        return self.standing_of(self.files.layout(), self.recorder.read())

    def standing_of(self, layout: FileLayout, history: History) -> Standing:
        """Return the state of the database, whose history has just been read."""
        return layout.standing(history, self.recorder.begun)

    @property
    def todo(self) -> list[str]:
        """The names of all files that count, in the order of their numbers."""
        return list(self.standing().todo)

    @property
    def done(self) -> list[str]:
        """The names of the applied files, in the order in which they were applied. A file counts as
        applied if all files that it replaces are."""
        return list(self.standing().applied)

    @property
    def diff(self) -> list[str]:
        """The names of the pending files."""
        return self.standing().pending

    @property
    def recorded(self) -> list[str]:
        """The names in the history table."""
        return list(self.recorder.read())

    @cached_property
    def migrator(self) -> Migrator:
        """A Migrator with the models after the applied files."""
        return self._caught_up(self.standing())

    def _caught_up(self, standing: Standing) -> Migrator:
        if self._followed != standing.applied:
            self.migrator = self.migrator_class(self.database)
            for name in standing.applied:
                if name not in standing.gone:
                    self.follow(name, self.migrator)
            self._followed = standing.applied
        return self.migrator

    def next_name(self, word: str) -> str:
        """Return the name of a new file."""
        return self.files.next_name(word, self.recorded)

    def refuse(self, standing: Standing) -> None:
        """Raise MigrationError if no migration can run in this state."""
        standing.refuse(self.allow_edited)
        if not self.allow_out_of_order and (found := standing.disorder):
            raise MigrationError("\n".join(found), standing.out_of_order)

    def run(self, name: str | None = None, *, fake: bool = False) -> list[str]:
        """Apply the pending files, up to `name`; return their names. Raises MigrationError."""
        layout = self.files.layout()
        standing = self.standing_of(layout, self.retried(self.recorder.read))
        name = pending_target(name, standing, layout, self.migrate_dir)

        def pending(standing: Standing, _: tuple[str, ...] = ()) -> list[str]:
            self.refuse(standing)
            return standing.until(name)

        if not pending(standing) and not standing.is_stale and not standing.begun:
            self._adopt(layout, standing)
            return []
        return self._run_files(layout, pending, fake=fake)

    def _adopt(self, layout: FileLayout, standing: Standing) -> None:
        """Record the applied files without a record, if this role may, and without waiting."""
        if standing.unrecorded:
            limits, self.limits = self.limits, replace(self.limits, wait=0)
            with suppress(DatabaseFailed):
                self._run_files(layout, lambda *_: [])
            self.limits = limits

    def apply(self, names: Iterable[str]) -> list[str]:
        """Apply those of these files that are not applied, in this order; return their names."""
        wanted = list(names)
        return self._run_files(
            self.files.layout(),
            lambda standing, _: [one for one in wanted if one not in standing.applied],
        )

    def run_one(
        self,
        name: str,
        migrator: Migrator,
        *,
        fake: bool = True,
        downgrade: bool = False,
        force: bool = False,
    ) -> str:
        """Apply a file, roll it back (`downgrade`), or only follow it in memory (`fake`); `force`
        marks a followed file as applied. Raises MigrationError."""
        if fake and not force:
            self.follow(name, migrator)
            return name

        def still(standing: Standing, _: tuple[str, ...]) -> list[str]:
            return [name] if (name in standing.applied) == downgrade else []

        # it does not run again after a lock timeout: the caller's migrator has seen half of it
        turn = _Turn(self.files.layout(), still, migrator, fake=fake, downgrade=downgrade)
        if not self._take_turn(turn) and not downgrade:
            self.follow(name, migrator)
        return name

    def rollback_files(
        self, count: int = 1, baseline: bool = False, to: str | None = None
    ) -> list[str]:
        """Roll back the last `count` files, or those after `to`, the newest first; return their
        names.

        The files are chosen under the lock, after other runs have ended. Raises MigrationError,
        also for a file that replaces others, unless `baseline`: its rollback would drop all tables.
        """
        layout, chosen = self.files.layout(), list[str]()

        def newest(standing: Standing, ran: tuple[str, ...]) -> list[str]:
            standing.refuse(self.allow_edited)
            if not ran:
                chosen[:] = rollback_targets(to, count, standing)
                self._refuse_baseline(chosen if not baseline else (), layout, standing)
            left = chosen[len(ran) :]
            if left and standing.applied[-1:] != (left[0],):
                raise MigrationError(
                    f"Another run changed the history: {left[0]} is no longer the last applied "
                    "migration.",
                    "Check `python -m dbkit status`, then roll back the remaining migrations.",
                )
            return left

        names = self._run_files(layout, newest, downgrade=True)
        forget_dropped(self.database)
        return names

    def _refuse_baseline(
        self, names: Iterable[str], layout: FileLayout, standing: Standing
    ) -> None:
        for name in names:
            record = standing.records.get(name)
            if name == standing.applied[0] and record and record.is_marked:
                raise MigrationError(
                    f"Migration {name} was only marked as applied: its tables were there before, "
                    "and rolling it back would drop them with all their rows.",
                    f"`python -m dbkit repair --pending {name}` takes the mark away. `python -m "
                    "dbkit reset` drops the tables and migrates again.",
                )
            if name in layout.replacing:
                raise MigrationError(
                    f"Migration {name} replaces all earlier migrations: rolling it back would drop "
                    "every table.",
                    "Use `python -m dbkit reset` to drop every table and to migrate again.",
                )

    def rollback(self, baseline: bool = False) -> str:
        """Roll back the last applied migration; return its name. See `rollback_files`."""
        return self.rollback_files(1, baseline)[0]

    def _run_files(self, layout: FileLayout, decide: Decide, **how: bool) -> list[str]:
        """Run the files that `decide` returns, each in its own transaction; return their names.

        `decide` is called again under the lock of each transaction, because other runs may have
        changed the history.
        """

        def turns() -> list[str]:
            ran: list[str] = []
            kept = partial(self.log.kept, is_open(self.database))
            while True:
                turn = _Turn(layout, decide, None, ran=tuple(ran), **how)
                with naming_files(ran, kept):
                    names = self.retried(partial(self._take_turn, turn))
                ran += names[:1]
                if len(names) < 2:
                    return ran

        return one_at_a_time(self.database, self.limits, turns)

    def retried(self, action: Callable[[], Result]) -> Result:
        """Run a transaction; run it again if other sessions hold its locks (see `run_lock`)."""
        return retried(self.database, self.limits, action)

    def _take_turn(self, turn: _Turn) -> list[str]:
        """Take the lock, read the history, decide, and run the first of the chosen files. A
        half-done file is completed first."""
        names, running = list[str](), list[NonAtomicRun]()
        in_transaction, completed = is_open(self.database), True
        with (
            explained(
                self.database,
                lambda: names[:1],
                self.log.kept(in_transaction),
                running,
                self.others.hint,
            ),
            self._forgetting(),
        ):
            with self.locked() as begun:
                standing = self.standing_of(turn.layout, self.recorder.opened())
                self.recorder.bring_up_to_date(standing, turn.layout.content)
                decided, downgrade = self._decided(turn, standing)
                migrator = turn.migrator or (self._caught_up(standing) if decided else None)
                names = decided
                if names and not turn.fake and not in_transaction and self._is_non_atomic(names[0]):
                    history = standing.recorded
                    running.append(self._non_atomic_run(names[0], migrator, downgrade, history))
                elif names:
                    self._execute(names[0], migrator, begun, turn.fake, downgrade)
            if running:
                completed = self._execute_non_atomic(running[0])
        self.log.end(completed)
        if not completed or downgrade != turn.downgrade:
            self.forget()
            return self._take_turn(turn)
        if names and not turn.downgrade and migrator is self.__dict__.get("migrator"):
            self._followed = (*standing.applied, names[0])
        elif names:
            self.forget()
        return names

    def _decided(self, turn: _Turn, standing: Standing) -> tuple[list[str], bool]:
        """The files to run, and whether they are rolled back. A half-done file comes first, and is
        alone if the others are run in the other direction."""
        half = None if turn.fake else next(iter(standing.begun), None)
        if half and standing.begun[half].downgrade != turn.downgrade:
            return [half], not turn.downgrade
        decided = turn.decide(standing, turn.ran)
        if decided and decided[0] in turn.ran:
            raise MigrationError(
                f"Another run rolled back migration {decided[0]} after this run applied it.",
                "Run the command again.",
            )
        if half:
            decided = [half, *(name for name in decided if name != half)]
        return decided, turn.downgrade

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Forget the migrator after a failure: its models do not match the history."""
        try:
            yield
        except BaseException:
            self.forget()
            self.log.end(complete=False)
            raise

    def forget(self) -> None:
        """Forget the migrator: the next run follows the applied files again."""
        self.__dict__.pop("migrator", None)
        self._followed = None
