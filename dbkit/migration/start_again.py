"""Rolls back all files and applies them again, in as few transactions as possible."""

from __future__ import annotations

from collections.abc import Callable

from dbkit.connection import diagnosed
from dbkit.diagnosis import has_rolled_back, is_lock_conflict, sqlstate
from dbkit.errors import DbkitError, MigrationFailed
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import Name
from dbkit.schema.peewee_models import is_managed, table_name

from .router import Router

NEW_LABEL = "55P04"  # an enum label is used in the transaction that added it


class Reset:
    """A reset of the database of a router. `steps` are those that are not complete."""

    def __init__(self, router: Router) -> None:
        self.router, self.dialect = router, dialect_for(router.database)
        self.steps: list[Callable[[], object]] = [self._back, router.run]

    def file_by_file(self) -> list[str]:
        """Run each file in its own transaction; return the names of the applied files."""
        for step in self.steps:
            step()
        return self.router.recorded

    def at_once(self) -> list[str]:
        """Run all files in one transaction; return the names of the applied files.

        PostgreSQL allows the use of a new enum label only in a later transaction. So the
        transaction is committed before a file that uses a label of an earlier file.
        """
        while not self.router.retried(self._transaction):
            pass
        return self.router.recorded

    def _transaction(self) -> bool:
        """Run the remaining steps, and return whether they are complete."""
        log, steps = self.router.log, [*self.steps]
        try:
            with self.router.locked():
                is_complete = self._run(steps)
        except BaseException:
            log.roll_back()
            raise
        log.commit()
        self.steps = steps
        return is_complete

    def _run(self, steps: list[Callable[[], object]]) -> bool:
        before = len(self.router.log.files)
        while steps:
            try:
                steps[0]()
            except MigrationFailed as error:
                if sqlstate(error) != NEW_LABEL or len(self.router.log.files) == before:
                    raise
                return False
            del steps[0]
        return True

    def _back(self) -> None:
        """Roll back all files. If this fails, a row may be the reason (an old rule or type would
        refuse it), and all rows are lost anyway: delete them first."""
        try:
            self._roll_back()
        except MigrationFailed as error:
            if _is_passing(error):
                raise
            try:
                tables = self._empty()
                self._roll_back()
                if self._exists_one_of(tables):  # its rows would be lost without need
                    raise error
            except DbkitError as again:
                raise again if _is_passing(again) else error from error.__cause__

    def _roll_back(self) -> None:
        standing = self.router.standing()
        standing.refuse_gone()  # an edited file can be rolled back
        if standing.applied:
            self.router.rollback_files(len(standing.applied), baseline=True)

    def _empty(self) -> list[Name]:
        models = filter(is_managed, self.router.migrator.orm)
        with diagnosed(self.router.database), self.router.locked():
            return self.dialect.empty(self.router.database, [table_name(one) for one in models])

    def _exists_one_of(self, tables: list[Name]) -> bool:
        return bool(tables) and any(self.dialect.staging(self.router.database).live(tables))


def _is_passing(error: BaseException) -> bool:
    """Whether the failure has nothing to do with rows: another transaction may succeed."""
    return is_lock_conflict(error) or has_rolled_back(error) or sqlstate(error) == NEW_LABEL
