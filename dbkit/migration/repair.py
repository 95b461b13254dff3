"""`dbkit repair`: changes what the history and the records say. It runs no migration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import peewee as pw

from dbkit.connection import diagnosed
from dbkit.errors import MigrationError
from dbkit.limits import DEFAULT, Limits
from dbkit.run_lock import one_at_a_time

from .router import Router
from .standing import LISTED, Standing
from .targets import only_match

ACCEPT, APPLIED, PENDING = "accept", "applied", "pending"
SENTENCES = {
    ACCEPT: "the edited file of {} is accepted; the database is not changed.",
    APPLIED: "{} is marked as applied; it is not run.",
    PENDING: "{} is marked as not applied; it is not rolled back.",
}


@dataclass(frozen=True)
class HistoryChange:
    """A change of what is recorded of a migration. `str()` returns a sentence about it.

    Attributes:
        kind: "accept", "applied" or "pending".
        name: The name of the migration.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return SENTENCES[self.kind].format(self.name)


class Repair:
    """Corrects the record of the applied migrations. It runs no migration.

    Args:
        database: A Peewee database of PostgreSQL or SQLite.
        directory: The folder of the migrations.
        names: The edited files to accept as they are now. Without names, all are accepted.
        applied: The file to mark as applied, instead.
        pending: The file to mark as not applied, instead.
        limits: How long to wait for other runs and for locks.
    """

    def __init__(
        self,
        database: pw.Database,
        directory: str | Path = "migrations",
        names: Sequence[str] = (),
        applied: str | None = None,
        pending: str | None = None,
        limits: Limits = DEFAULT,
    ) -> None:
        self.router = Router(database, directory, limits=limits)
        self.router.files.needed = pending is None  # the files may have been deleted
        self.names, self.applied, self.pending = names, applied, pending
        self.layout = self.router.files.layout()

    def changes(self) -> list[HistoryChange]:
        """Return what `run` would do. Raises MigrationError if that is impossible."""
        with diagnosed(self.router.database):
            return list(
                self._changes(self.router.standing_of(self.layout, self.router.recorder.read()))
            )

    def run(self, agreed: Sequence[HistoryChange]) -> None:
        """Make the changes to which the user `agreed`. Raises MigrationError if another run has
        changed the history since then."""
        router = self.router

        def make() -> None:
            with diagnosed(router.database), router.locked():
                standing = router.standing_of(self.layout, router.recorder.opened())
                if list(self._changes(standing)) != list(agreed):
                    raise MigrationError(
                        "Another run changed the history meanwhile.", "Run the command again."
                    )
                router.recorder.bring_up_to_date(standing, self.layout.content)
                for change in agreed:
                    self._do(change)

        one_at_a_time(router.database, router.limits, lambda: router.retried(make))

    def _do(self, change: HistoryChange) -> None:
        recorder, name = self.router.recorder, change.name
        if change.kind == PENDING:
            recorder.remove(name)
        elif change.kind == APPLIED:
            recorder.remove(name)  # it may be half rolled back
            recorder.add(name, self.layout.content(name), None)
        else:
            recorder.accept(name, self.layout.content(name))

    def _changes(self, standing: Standing) -> Iterator[HistoryChange]:
        for error in standing.errors:
            raise error
        if self.applied is not None:
            name = only_match(self.applied, standing.todo, f"in {self.router.migrate_dir}")
            if name in standing.applied and name not in standing.begun:
                raise MigrationError(f"Migration {name} is applied already.", LISTED)
            yield HistoryChange(APPLIED, name)
        elif self.pending is not None:
            where, names = "in the history of this database", [*standing.applied, *standing.begun]
            yield HistoryChange(PENDING, only_match(self.pending, names, where))
        else:
            yield from self._accepted(standing)

    def _accepted(self, standing: Standing) -> Iterator[HistoryChange]:
        names = [only_match(one, standing.applied, "that is applied") for one in self.names]
        for name in names:
            if name not in standing.edited:
                raise MigrationError(f"The file of migration {name} was not edited.", LISTED)
        if not standing.edited:
            standing.refuse()  # a file may be gone, and then nothing can be accepted
        for name in standing.edited:
            if name in names or not names:
                yield HistoryChange(ACCEPT, name)
