"""Removes views while a migration changes the tables below them, and restores the views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import peewee as pw

from dbkit.errors import DbkitError, MigrationError
from dbkit.schema.changes import Hints
from dbkit.schema.dialect import dialect_for
from dbkit.schema.names import known
from dbkit.schema.peewee_models import described
from dbkit.schema.values import VIEWS, Schema, Table
from dbkit.transactions import rolled_back


class RemovedViews:
    """The views with these names (qualified if they have a schema), and their state."""

    def __init__(self, database: pw.Database, names: Sequence[str]) -> None:
        self.database, self.dialect = database, dialect_for(database)
        self.before = self._whole()
        self.views = tuple(self._view(name) for name in dict.fromkeys(names))

    def remove(self) -> None:
        """Drop the views. Raises MigrationError, before anything changes, if a view could not be
        restored exactly, or if an object that is not named depends on a view."""
        with self._explained("cannot be removed and restored exactly"), rolled_back(self.database):
            self._drop()
            # the rows of a materialized view are not computed for the rehearsal
            self._create(replace(view, populated=False) for view in self.views)
        self._drop()

    def restore(self) -> None:
        """Create the views again, with their options, owner, privileges, comments, rules and
        triggers. Raises MigrationError if the tables no longer have what a view reads."""
        with self._explained("cannot be created again after the changes"):
            self._create(self.views)

    def _drop(self) -> None:
        left = tuple(table for table in self.before.tables if table not in self.views)
        desired = replace(self.before, tables=left)
        self.dialect.run(self.database, self.before, desired, Hints())

    def _create(self, views: Iterator[Table] | Sequence[Table]) -> None:
        now = self._whole()
        now = replace(now, attached={**self.before.attached, **now.attached})
        desired = replace(now, tables=(*now.tables, *views))
        self.dialect.run(self.database, now, desired, Hints())
        self.dialect.restore(self.database, self.before)

    def _whole(self) -> Schema:
        with self.dialect.reading(self.database, None) as reading:
            return reading.live(comments=True)

    def _view(self, name: str) -> Table:
        views = {table.name: table for table in self.before.tables if table.kind in VIEWS}
        exact = known(name, views)
        found = (
            [views[exact]] if exact else [one for one in views.values() if one.name.bare == name]
        )
        if len(found) != 1:
            raise MigrationError(
                f"There are {len(found)} views {name}." if found else f"There is no view {name}.",
                "Name the view with its schema, if that is not the default schema.",
            )
        return found[0]

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (pw.PeeweeException, DbkitError) as error:
            names = ", ".join(str(view.name) for view in self.views)
            views = "The view" if len(self.views) == 1 else "The views"
            reason = error.message if isinstance(error, DbkitError) else described(error)
            raise MigrationError(
                f"{views} {names} {what}: {reason}",
                "Name all views that depend on these views in the same without_views. To change a "
                "view, drop it with migrator.sql, and create it in its new form afterwards.",
            ) from error
