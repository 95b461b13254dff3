"""Running migrations: in order, one at a time, each in a transaction of its own.

Beyond peewee-migrate: two runs at once apply a file once, reading writes nothing, a failure says
which file and statement and what was kept, and SQLite's children survive a parent's rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import peewee as pw
from peewee_migrate import router as peewee_migrate

from dbkit.connection import diagnosed
from dbkit.database_argument import usable
from dbkit.errors import DatabaseFailed, DbkitError, MigrationError, MigrationFailed
from dbkit.schema.dialect import dialect_for
from dbkit.transactions import is_open, unbroken

from .applied import Layout, Standing
from .files import Files, refuse_unrun
from .intercept import silenced
from .migrator import Migrator
from .recorder import Records

Decide = Callable[[Standing], list[str]]


@dataclass(frozen=True)
class _Step:
    """What one transaction is for: to run the first of the files that `decide` names."""

    layout: Layout
    decide: Decide
    migrator: Migrator | None
    ran: tuple[str, ...] = ()
    fake: bool = False
    downgrade: bool = False


class Router(peewee_migrate.Router):
    """peewee-migrate's Router over a directory of numbered files."""

    _followed: tuple[str, ...] | None  # the files that made the migrator's models

    def __init__(
        self,
        database: pw.Database,
        migrate_dir: str | Path | None = None,
        allow_out_of_order: bool = False,
        **kwargs: Any,
    ) -> None:
        self.allow_out_of_order = allow_out_of_order
        kwargs.setdefault("migrator_class", Migrator)
        super().__init__(usable(database), Path(migrate_dir or "migrations"), **kwargs)
        self.files = Files(self.migrate_dir)
        self._forget()

    @cached_property
    def records(self) -> Records:
        return Records(self.database, self.migrate_table, self.schema)

    @property
    def model(self) -> Any:
        """The history table's model; peewee-migrate's creates the table when it is looked at."""
        return self.records.model

    def standing(self) -> Standing:
        """What is applied and what is pending. Raises MigrationError."""
        return self.files.layout().standing(self.recorded)

    @property
    def todo(self) -> list[str]:
        """The names of all files that play a part, in the order of their numbers."""
        return list(self.standing().todo)

    @property
    def done(self) -> list[str]:
        """The names of the applied files, in the order in which they were applied; a file that
        replaces others counts where all of those are."""
        return list(self.standing().applied)

    @property
    def diff(self) -> list[str]:
        """The names of the pending files."""
        return self.standing().pending

    @property
    def recorded(self) -> list[str]:
        """The names in the history table."""
        return self.records.names()

    @cached_property
    def migrator(self) -> Migrator:
        """A Migrator whose models are what the applied files make."""
        return self._caught_up(self.standing())

    def _caught_up(self, standing: Standing) -> Migrator:
        if self._followed != standing.applied:
            self.migrator = self.migrator_class(self.database)
            for name in standing.applied:
                self.follow(name, self.migrator)
            self._followed = standing.applied
        return self.migrator

    def read(self, name: str) -> tuple[Any, Any]:
        """(migrate, rollback) of a file. Raises MigrationError if it has none."""
        return self.files.functions(name)

    def next_name(self, word: str) -> str:
        """The name of a new file."""
        return self.files.next_name(word, self.recorded)

    def refuse(self, standing: Standing) -> None:
        """Raises MigrationError if nothing can be run as things stand."""
        standing.refuse()
        if not self.allow_out_of_order and (found := standing.disorder):
            raise MigrationError(
                "\n".join(found),
                "Rename the file that is not applied yet, or use --allow-out-of-order.",
            )

    def run(self, name: str | None = None, *, fake: bool = False) -> list[str]:
        """Apply what is pending, up to `name`; give the names. Raises MigrationError."""
        layout = self.files.layout()
        standing = layout.standing(self.recorded)
        if name and name not in standing.todo:
            raise MigrationError(
                f"There is no migration {name} in {self.migrate_dir}."
                if name not in layout.names
                else f"Migration {name} does not run: a migration that replaces it has run, or the "
                "migrations that it replaces have.",
                "`python -m dbkit status` lists the migrations.",
            )

        def pending(standing: Standing) -> list[str]:
            self.refuse(standing)
            return standing.until(name)

        if not pending(standing) and not standing.squashed:
            return []  # without the lock, which not everybody may take
        return self._steps(layout, pending, fake=fake)

    def apply(self, names: Iterable[str]) -> list[str]:
        """Apply these files, in this order, unless they are applied."""
        wanted = list(names)
        return self._steps(
            self.files.layout(),
            lambda standing: [one for one in wanted if one not in standing.applied],
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
        """Apply one file, take it back (`downgrade`), or follow it in memory only (`fake`);
        `force` marks a followed one as applied."""
        if fake and not force:
            self.follow(name, migrator)
            return name

        def still(standing: Standing) -> list[str]:
            return [name] if (name in standing.applied) == downgrade else []

        step = _Step(self.files.layout(), still, migrator, fake=fake, downgrade=downgrade)
        if not self._step(step) and not downgrade:
            self.follow(name, migrator)
        return name

    def take_back(self, count: int, baseline: bool = False) -> list[str]:
        """Roll back the last `count` files, the newest first; give their names. Which these are is
        decided once the lock is had, after a run that had it before. Raises MigrationError, also
        for a file that stands for others, which would take back all of them, unless `baseline`."""
        layout, left = self.files.layout(), list[str]()

        def newest(standing: Standing) -> list[str]:
            nonlocal left
            standing.refuse()
            if not left:
                left = standing.newest(count)
                self._refuse_baseline(left if not baseline else (), layout)
            elif standing.applied[-1:] != (left[0],):
                raise MigrationError(
                    f"Another run changed the history: {left[0]} is no longer the last applied "
                    "migration.",
                    "Check `python -m dbkit status`, then roll back the remaining migrations.",
                )
            names, left = left, left[1:]
            return names

        return self._steps(layout, newest, downgrade=True)

    def _refuse_baseline(self, names: Iterable[str], layout: Layout) -> None:
        for name in names:
            if name in layout.replacing:
                raise MigrationError(
                    f"Migration {name} stands for everything before it: rolling it back would drop "
                    "every table.",
                    "Use `python -m dbkit reset` to drop every table and to migrate again.",
                )

    def rollback(self, baseline: bool = False) -> str:
        """Take back the migration applied last; give its name. See `take_back`."""
        return self.take_back(1, baseline)[0]

    def _steps(self, layout: Layout, decide: Decide, **how: bool) -> list[str]:
        """Run the files that `decide` names, each in a transaction of its own; give their names.

        It is asked again in each transaction, under the lock, since other runs may have changed
        the history meanwhile.
        """
        ran: list[str] = []
        while True:
            names = self._step(_Step(layout, decide, None, ran=tuple(ran), **how))
            ran += names[:1]
            if len(names) < 2:
                return ran

    def _step(self, step: _Step) -> list[str]:
        """Take the lock, read the history, decide, and run the first of the files decided on."""
        names: list[str] = []
        with self._explained(lambda: names[:1]), self._forgetting(), self.locked():
            standing = step.layout.standing(self.records.opened())
            self.records.squash(standing.squashed)
            decided = step.decide(standing)
            if decided and decided[0] in step.ran:
                raise MigrationError(
                    f"Another run rolled back migration {decided[0]} after this run applied it.",
                    "Run the command again.",
                )
            migrator = step.migrator or (self._caught_up(standing) if decided else None)
            names = decided
            if names:
                self._execute(names[0], migrator, step.fake, step.downgrade)
        if names and not step.downgrade and migrator is self.__dict__.get("migrator"):
            self._followed = (*standing.applied, names[0])
        elif names:
            self._forget()
        return names

    @contextmanager
    def locked(self) -> Iterator[None]:
        """A transaction in which no other run reads or writes the history to decide by it."""
        dialect = dialect_for(self.database)
        with dialect.migrating(self.database):
            dialect.lock(self.database, f"dbkit migrate {self.migrate_table}")
            yield

    def _execute(self, name: str, migrator: Any, fake: bool, downgrade: bool) -> None:
        """Run one file, and let the history say so."""
        migrate, rollback = self.read(name)
        if downgrade and rollback is None:
            raise MigrationError(
                f"Migration {name} has no rollback().", f"Write it in {self.files.path(name)}."
            )
        self.logger.info("%s %s", "Rolling back" if downgrade else "Migrating", name)
        if fake:
            self.follow(name, migrator)
        else:
            function = rollback if downgrade else migrate
            with unbroken(self.database), dialect_for(self.database).keeping(self.database):
                with migrator.in_order():
                    refuse_unrun(function(migrator, self.database, fake=False))
                migrator()
        (self.records.remove if downgrade else self.records.add)(name)

    def follow(self, name: str, migrator: Migrator) -> None:
        """Let the migrator's models become what the file makes of them; run nothing."""
        migrate, _ = self.read(name)
        try:
            with silenced(self.database), migrator.fake():
                migrate(migrator, self.database, fake=True)
        except (Exception, SystemExit) as error:
            raise MigrationError(
                f"Migration {name} fails when it is replayed without a database: "
                f"{type(error).__name__}: {error}",
                "Before later migrations run, dbkit calls migrate() again with fake=True and a "
                "database that returns nothing. Query the database only `if not fake`.",
            ) from error

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """After a failure the migrator's models are not what the history makes."""
        try:
            yield
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        self.__dict__.pop("migrator", None)
        self._followed = None

    @contextmanager
    def _explained(self, running: Callable[[], list[str]]) -> Iterator[None]:
        """Errors as sentences that name the file which is `running`, if any is."""
        outer = is_open(self.database)  # as for `reset`, which then rolls everything back
        kept = "Nothing was committed." if outer else "Earlier steps of this run were kept."
        try:
            with diagnosed(self.database):
                yield
        except (Exception, SystemExit) as error:
            name = "".join(running())
            if not name and not isinstance(error, DbkitError):
                raise
            match error:
                case DatabaseFailed() if name:
                    raise MigrationFailed(
                        f"Migration {name} failed and was rolled back. {error.message}",
                        "\n".join(filter(None, (error.hint, kept))),
                        error.message,
                        error.hint,
                    ) from error.__cause__
                case MigrationError() if name not in error.message:
                    raise MigrationError(
                        f"Migration {name}: {error.message}", error.hint
                    ) from error
                case DbkitError():
                    raise
            percent = " In SQL for PostgreSQL, write % as %%." * isinstance(error, IndexError)
            reason = f"{type(error).__name__}: {error}"
            raise MigrationFailed(
                f"Migration {name} failed and was rolled back: {reason}",
                f"{kept}{percent} Run with --debug to see the line.",
                reason,
                "Correct the model.",
            ) from error
