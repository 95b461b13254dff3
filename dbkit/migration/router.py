"""Running migrations: in order, one at a time, each in a transaction of its own.

Beyond peewee-migrate: two runs at once apply a file once, reading writes nothing, a failure says
which file and statement and what was kept, and SQLite's children survive a parent's rebuild.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import peewee as pw
from peewee_migrate import router as peewee_migrate

from dbkit.connection import diagnosed
from dbkit.errors import DatabaseFailed, DbkitError, MigrationError
from dbkit.schema.dialect import dialect_for
from dbkit.transactions import unbroken

from .files import Files, disorder
from .following import silenced
from .migrator import Migrator
from .records import Records


@dataclass(frozen=True)
class Status:
    """Names of the migrations that were applied and of those that wait, in order; of the applied
    those whose file is gone; and what is wrong with the numbers."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    gone: tuple[str, ...] = ()
    disorder: tuple[str, ...] = ()


class Router(peewee_migrate.Router):
    """peewee-migrate's Router over a directory of numbered files."""

    def __init__(
        self,
        database: pw.Database,
        migrate_dir: str | Path | None = None,
        allow_out_of_order: bool = False,
        **kwargs: Any,
    ) -> None:
        self.allow_out_of_order = allow_out_of_order
        kwargs.setdefault("migrator_class", Migrator)
        super().__init__(database, Path(migrate_dir or "migrations"), **kwargs)
        self.files = Files(self.migrate_dir)

    @cached_property
    def records(self) -> Records:
        return Records(self.database, self.migrate_table, self.schema)

    @property
    def model(self) -> Any:
        """The history table's model; peewee-migrate's creates the table when it is looked at."""
        return self.records.model

    @property
    def todo(self) -> list[str]:
        """The names of all files that play a part, in the order of their numbers."""
        recorded, hidden = set(self.recorded), set()
        for name, replaced in self.files.replacing().items():
            partly = 0 < len(recorded.intersection(replaced)) < len(replaced)
            hidden |= {name} if partly else set(replaced)  # half way the old ones come first
        return [name for name in self.files.names() if name not in hidden]

    @property
    def done(self) -> list[str]:
        """The names of the applied ones, in the order they were applied; one that replaces others
        counts where all of those are."""
        names = self.recorded
        for name, replaced in self.files.replacing().items() if names else ():
            if name not in names and replaced and set(replaced) <= set(names):
                names[names.index(replaced[-1])] = name
            if name in names:
                names = [one for one in names if one not in replaced]
        return names

    @property
    def recorded(self) -> list[str]:
        """The names in the history table."""
        return self.records.names()

    def _record_replaced(self) -> None:
        """Let the history say what `done` does."""
        names, recorded = self.done, self.recorded
        if names != recorded:
            with dialect_for(self.database).transaction(self.database):
                self.records.replace(names)

    def read(self, name: str) -> tuple[Any, Any]:
        """(migrate, rollback) of a file. Raises MigrationError if it cannot be had."""
        return self.files.functions(name)

    def next_name(self, word: str) -> str:
        """The name of a new file."""
        return self.files.next_name(word, self.recorded)

    def refuse_disorder(self) -> None:
        """Raises MigrationError for files whose order cannot be told."""
        if not self.allow_out_of_order and (found := disorder(self.todo, self.done)):
            raise MigrationError(
                "\n".join(found),
                "Rename the file that is not applied yet, or --allow-out-of-order.",
            )

    def run(self, name: str | None = None, *, fake: bool = False) -> list[str]:
        """Apply what is pending, up to `name`; give the names. Raises MigrationError."""
        self.refuse_disorder()
        self._record_replaced()
        names = self.diff
        if name and name not in self.todo:
            raise MigrationError(
                f"There is no migration {name} in {self.migrate_dir}.",
                "`python -m dbkit status` lists them.",
            )
        if name:
            names = names[: names.index(name) + 1] if name in names else []
        return [one for one in names if self._execute(one, self.migrator, fake=fake)]

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
        else:
            self._execute(name, migrator, fake=fake, downgrade=downgrade)
        return name

    def _execute(
        self, name: str, migrator: Migrator, *, fake: bool, downgrade: bool = False
    ) -> bool:
        """Run one file in a transaction; False if another run did it meanwhile."""
        with self._explained(name), self._forgetting():
            migrate, rollback = self.read(name)
            if downgrade and rollback is None:
                raise MigrationError(f"Migration {name} has no rollback().", "Write one.")
            dialect = dialect_for(self.database)
            with dialect.migrating(self.database):
                if self._taken(name, downgrade):
                    if not downgrade:
                        self.follow(name, migrator)
                    return False
                self.logger.info("%s %s", "Rolling back" if downgrade else "Migrating", name)
                if fake:
                    self.follow(name, migrator)
                else:
                    with unbroken(self.database), dialect.keeping(self.database):
                        (rollback if downgrade else migrate)(migrator, self.database, fake=False)
                        migrator()
                (self.records.remove if downgrade else self.records.add)(name)
        return True

    def follow(self, name: str, migrator: Migrator) -> None:
        """Let the migrator's models become what the file makes of them; run nothing."""
        migrate, _ = self.read(name)
        try:
            with silenced(self.database):
                migrate(migrator, self.database, fake=True)
        except (Exception, SystemExit) as error:
            raise MigrationError(
                f"Migration {name} cannot be followed without running it: "
                f"{type(error).__name__}: {error}",
                "It is read again before later ones are run, with fake=True and a database that "
                "answers nothing: let it ask the database only `if not fake`.",
            ) from error
        migrator.__ops__ = []

    def _taken(self, name: str, downgrade: bool) -> bool:
        """Take the lock that keeps two runs apart; whether the other one did this file first."""
        dialect_for(self.database).lock(self.database, f"dbkit migrate {self.migrate_table}")
        return (name in self.records.opened()) != downgrade

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """After a failure the migrator's models are not what the history makes."""
        try:
            yield
        except BaseException:
            self.__dict__.pop("migrator", None)
            raise

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        kept = "Nothing of it was kept; the ones before it were."
        try:
            with diagnosed(self.database):
                yield
        except DatabaseFailed as error:
            raise MigrationError(
                f"Migration {name} failed and was rolled back. {error.message}", kept
            ) from error.__cause__
        except MigrationError as error:
            if name in error.message:
                raise
            raise MigrationError(f"Migration {name}: {error.message}", error.hint) from error
        except DbkitError:
            raise
        except (Exception, SystemExit) as error:
            percent = " In PostgreSQL's SQL a % is written %%." * isinstance(error, IndexError)
            raise MigrationError(
                f"Migration {name} failed and was rolled back: {type(error).__name__}: {error}",
                f"{kept}{percent} --debug shows the line.",
            ) from error

    def rollback(self, baseline: bool = False) -> str:
        """Take back the migration applied last; give its name. Raises MigrationError, also for one
        that stands for others, which would take back all of them, unless `baseline`."""
        self._record_replaced()
        while done := self.done:
            if not baseline and done[-1] in self.files.replacing():
                raise MigrationError(
                    f"Migration {done[-1]} stands for all that was there before it: to take it "
                    "back would drop every table.",
                    "`python -m dbkit reset` does that, on purpose.",
                )
            taken = self._execute(done[-1], self.migrator, fake=False, downgrade=True)
            self.__dict__.pop("migrator", None)  # the history is another now
            if taken:
                return done[-1]
        raise MigrationError("There is nothing to roll back: no migration is applied.")


def status(database: pw.Database, directory: str | Path = "migrations") -> Status:
    """What is applied and what is pending; writes nothing."""
    router = Router(database, directory)
    done, files = router.done, router.todo
    pending = tuple(name for name in files if name not in set(done))
    gone = tuple(name for name in done if name not in set(files))
    return Status(tuple(done), pending, gone, tuple(disorder(files, done)))


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


def rollback(
    database: pw.Database,
    directory: str | Path = "migrations",
    count: int = 1,
    baseline: bool = False,
) -> list[str]:
    """Take back the last `count` migrations, the newest first; give their names. One that stands
    for others is refused, unless `baseline`."""
    router = Router(database, directory)
    check_count(router.done, count)
    return [router.rollback(baseline) for _ in range(count)]


def check_count(done: Sequence[str], count: int) -> None:
    """Refuse to take back more than is applied, before anything is taken back."""
    if count > len(done):
        raise MigrationError(
            f"{count} migrations cannot be rolled back: {len(done)} are applied.",
            "`python -m dbkit status` lists them.",
        )


def reset(database: pw.Database, directory: str | Path = "migrations") -> list[str]:
    """Take back all migrations and apply them again, in one transaction: all or nothing.

    Destroys the data of their tables, and leaves others alone. Gives the names applied.
    """
    router = Router(database, directory)
    with dialect_for(database).migrating(database):
        rollback(database, directory, len(router.done), baseline=True)
        return migrate(database, directory)
