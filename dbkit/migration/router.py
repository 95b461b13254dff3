"""Running migrations: in order, one at a time, each in a transaction of its own.

Beyond peewee-migrate: two runs at once apply a file once, reading writes nothing, a failure says
which file and statement and what was kept, and SQLite's children survive a parent's rebuild.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import peewee as pw
from peewee_migrate import router as peewee_migrate
from peewee_migrate.models import MigrateHistory

from dbkit.connection import diagnosed
from dbkit.errors import DatabaseFailed, DbkitError, MigrationError
from dbkit.schema.dialect import dialect_for
from dbkit.transactions import unbroken

from .following import silenced
from .migrator import Migrator


@dataclass(frozen=True)
class Status:
    """Names of the migrations that were applied and of those that wait, in order; of the applied
    those whose file is gone."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    gone: tuple[str, ...] = ()


class Router(peewee_migrate.Router):
    """peewee-migrate's Router over a directory of numbered files."""

    filemask = re.compile(r"\d{3,}_[^.]+\.py$")

    def __init__(
        self, database: pw.Database, migrate_dir: str | Path | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("migrator_class", Migrator)
        super().__init__(database, Path(migrate_dir or "migrations"), **kwargs)

    @cached_property
    def model(self) -> Any:
        """The history table's model; peewee-migrate's creates the table when it is looked at."""
        meta = {"database": self.database, "table_name": self.migrate_table, "schema": self.schema}
        return type("MigrateHistory", (MigrateHistory,), {"Meta": type("Meta", (), meta)})

    @property
    def todo(self) -> list[str]:
        """The names of all files, in the order of their numbers."""
        if not self.migrate_dir.is_dir():
            raise MigrationError(
                f"There is no directory {self.migrate_dir} of migrations.",
                "Run from the project's directory, or give --migrations DIR.",
            )
        files = [path for path in self.migrate_dir.glob("[0-9]*.py")]
        names = [path.stem for path in files if self.filemask.fullmatch(path.name)]
        wrong = sorted(path.name for path in files if path.stem not in names)
        if wrong:
            raise MigrationError(
                f"{self.migrate_dir / wrong[0]} would never be run: no migration is called so.",
                "Rename it: three digits or more, an underscore, and no other dot than .py.",
            )
        return sorted(names, key=lambda name: (int(name.partition("_")[0]), name))

    @property
    def done(self) -> list[str]:
        """The names of the applied ones, in the order they were applied."""
        if not self.database.table_exists(self.migrate_table, self.schema):
            return []
        return list(super().done)

    def read(self, name: str) -> tuple[Any, Any]:
        """(migrate, rollback) of a file. Raises MigrationError if it cannot be had."""
        path = self.migrate_dir / f"{name}.py"
        scope: dict[str, Any] = {"__name__": name, "__file__": str(path)}
        try:
            exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), scope)
        except FileNotFoundError:
            raise MigrationError(
                f"Migration {name} is applied, but its file {path} is gone.",
                "Bring the file back, from version control.",
            ) from None
        except SyntaxError as error:
            raise MigrationError(f"{path}, line {error.lineno}: {error.msg}") from error
        except (Exception, SystemExit) as error:
            raise MigrationError(f"{path}: {type(error).__name__}: {error}") from error
        if not callable(scope.get("migrate")):
            raise MigrationError(f"{path} has no function migrate().", "Write one.")
        return scope["migrate"], scope.get("rollback")

    def run(self, name: str | None = None, *, fake: bool = False) -> list[str]:
        """Apply what is pending, up to `name`; give the names. Raises MigrationError."""
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
            self._follow(name, migrator)
        else:
            self._execute(name, migrator, fake=fake, downgrade=downgrade)
        return name

    def _execute(
        self, name: str, migrator: Migrator, *, fake: bool, downgrade: bool = False
    ) -> bool:
        """Run one file in a transaction; False if another run did it meanwhile."""
        with self._explained(name):
            migrate, rollback = self.read(name)
            if downgrade and rollback is None:
                raise MigrationError(f"Migration {name} has no rollback().", "Write one.")
            with dialect_for(self.database).migrating(self.database):
                if self._taken(name, downgrade):
                    if not downgrade:
                        self._follow(name, migrator)
                    return False
                self.logger.info("%s %s", "Rolling back" if downgrade else "Migrating", name)
                if fake:
                    self._follow(name, migrator)
                else:
                    with unbroken(self.database):
                        (rollback if downgrade else migrate)(migrator, self.database, fake=False)
                        migrator()
                if downgrade:
                    self.model.delete().where(self.model.name == name).execute()
                else:
                    self.model.create(name=name)
        return True

    def _follow(self, name: str, migrator: Migrator) -> None:
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
        self.model.create_table(safe=True)
        applied = self.model.select().where(self.model.name == name).exists()
        return bool(applied != downgrade)

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

    def rollback(self) -> str:
        """Take back the migration applied last; give its name. Raises MigrationError."""
        while done := self.done:
            if self._execute(done[-1], self.migrator, fake=False, downgrade=True):
                return done[-1]
        raise MigrationError("There is nothing to roll back: no migration is applied.")


def status(database: pw.Database, directory: str | Path = "migrations") -> Status:
    """What is applied and what is pending; writes nothing."""
    router = Router(database, directory)
    done, files = router.done, router.todo
    pending = tuple(name for name in files if name not in set(done))
    return Status(tuple(done), pending, tuple(name for name in done if name not in set(files)))


def migrate(
    database: pw.Database,
    directory: str | Path = "migrations",
    name: str | None = None,
    fake: bool = False,
) -> list[str]:
    """Apply the pending migrations, up to `name`; give their names in order.

    Each runs in a transaction of its own, so that a failure keeps those before it. With `fake`
    they are only marked as applied. Raises MigrationError.
    """
    return Router(database, directory).run(name, fake=fake)


def rollback(
    database: pw.Database, directory: str | Path = "migrations", count: int = 1
) -> list[str]:
    """Take back the last `count` migrations, the newest first; give their names."""
    router = Router(database, directory)
    check_count(router.done, count)
    return [router.rollback() for _ in range(count)]


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
        rollback(database, directory, len(router.done))
        return migrate(database, directory)
